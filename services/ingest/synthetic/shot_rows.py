"""Rows of the two raw tables about shots: shot chart and play-by-play."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, time

from services.ingest.synthetic.box_rows import BOX_LANDS
from services.ingest.synthetic.columns import RowCollector, game_columns
from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.game import GameResult, TeamLine
from services.ingest.synthetic.shots import Place

_PLAY_BY_PLAY_LANDS = time(12, 0, tzinfo=UTC)


def add_shot_chart(
    shot_chart: RowCollector, *, game: Game, result: GameResult, catalogue: tuple[Place, ...]
) -> None:
    """Add one row per field-goal attempt."""
    shots = result.shots
    places = [catalogue[place] for place in shots.place]
    teams = [line.lineup.team for line in result.sides]
    shooters = [
        result.sides[side].lineup.active[place] for side, place in zip(shots.side, shots.shooter, strict=True)
    ]
    shot_chart.add(
        game_columns(game, BOX_LANDS),
        {
            "shot_sequence": range(1, len(places) + 1),
            "team_abbr": [teams[side] for side in shots.side],
            "player_lookup": [player.name.lookup for player in shooters],
            "player_id": [player.player_id for player in shooters],
            "period": shots.period,
            "seconds_remaining": shots.seconds_remaining,
            "shot_type": [place.zone.shot_type for place in places],
            "shot_zone_basic": [place.zone.basic for place in places],
            "shot_zone_area": [place.area for place in places],
            "action_type": [place.action for place in places],
            "shot_distance": [place.distance for place in places],
            "loc_x": [place.loc_x for place in places],
            "loc_y": [place.loc_y for place in places],
            "shot_made": shots.made,
        },
    )


def add_play_by_play(
    play_by_play: RowCollector, *, game: Game, result: GameResult, catalogue: tuple[Place, ...]
) -> None:
    """Add one event per field-goal attempt, at the same clock as in the shot chart.

    Texts name surnames only, so the lookup of whoever shares his with a listed team-mate is NULL; an assist
    by such a player is an assist in which the second player and his role are NULL.
    """
    shots = result.shots
    places = [catalogue[place] for place in shots.place]
    teams = [line.lineup.team for line in result.sides]
    lookups = [_told_apart(line) for line in result.sides]
    shooters = list(zip(shots.side, shots.shooter, strict=True))
    passers = list(zip(shots.side, shots.assister, strict=True))
    helpers = [None if place < 0 else lookups[side][place] for side, place in passers]
    play_by_play.add(
        {**game_columns(game, _PLAY_BY_PLAY_LANDS), "event_type": "fieldgoal"},
        {
            # In the source other events stand between the shots.
            "event_sequence": range(2, 2 * len(places) + 2, 2),
            "period": shots.period,
            "seconds_remaining": shots.seconds_remaining,
            "team_abbr": [teams[side] for side in shots.side],
            "shot_type": [place.zone.shot_type for place in places],
            "shot_made": shots.made,
            "shot_distance": [place.event_distance for place in places],
            "player_1_lookup": [lookups[side][place] for side, place in shooters],
            "player_2_lookup": helpers,
            "player_2_role": [None if helper is None else "assist" for helper in helpers],
            "assisted": [place >= 0 for place in shots.assister],
            "blocked": shots.blocked,
            "and_one": shots.and_one,
            "description": _descriptions(result, places),
        },
    )


def _descriptions(result: GameResult, places: list[Place]) -> list[str]:
    shots = result.shots
    surnames = [[player.name.surname for player in line.lineup.active] for line in result.sides]
    texts = []
    for side, shooter, place, made, assister in zip(
        shots.side, shots.shooter, places, shots.made, shots.assister, strict=True
    ):
        text = f"{surnames[side][shooter]} {place.event_text}"
        if not made:
            text = f"MISS {text}"
        elif assister >= 0:
            text = f"{text} ({surnames[side][assister]} AST)"
        texts.append(text)
    return texts


def _told_apart(line: TeamLine) -> list[str | None]:
    """Lookups of the active players, NULL for those whose surname another listed team-mate has."""
    lineup = line.lineup
    bearers = Counter(player.name.surname for player in (*lineup.active, *lineup.unused, *lineup.inactive))
    return [player.name.lookup if bearers[player.name.surname] == 1 else None for player in lineup.active]
