"""Writes down the truth about a generated range of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from services.ingest.synthetic.columns import GAME_LINES
from services.ingest.synthetic.faults import Delivery, FaultKind
from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.game import GameResult, TeamLine
from services.ingest.synthetic.league import Player
from services.ingest.synthetic.names import ACCENT_ACCENTED, ACCENT_PLAIN, SUFFIX_JUNIOR, SUFFIX_SENIOR
from services.ingest.synthetic.options import SyntheticOptions
from services.ingest.synthetic.plan import SeasonPlan
from services.ingest.synthetic.truth import (
    AbsenceTruth,
    AppearanceTruth,
    GameHalfIngested,
    GameNotIngested,
    MissingSource,
    NameDifference,
    NamePair,
    PostponementTruth,
    TradeTruth,
    Truth,
)
from shared.tables import raw_tables

# Half a minute and more would round to one.
_ROUNDS_TO_NOTHING = 30

NAME_PAIRS = tuple(
    NamePair(
        difference=difference,
        first_name=first.full,
        first_lookup=first.lookup,
        second_name=second.full,
        second_lookup=second.lookup,
    )
    for difference, first, second in (
        (NameDifference.ACCENTS, ACCENT_PLAIN, ACCENT_ACCENTED),
        (NameDifference.SUFFIX, SUFFIX_SENIOR, SUFFIX_JUNIOR),
    )
)


def _absences(plan: SeasonPlan, game: Game, line: TeamLine, *, reported: bool) -> Iterator[AbsenceTruth]:
    lineup = line.lineup
    reports = plan.reports(game, lineup.team) if reported else {}

    def absence(player: Player, status: str, reason: str | None) -> AbsenceTruth:
        return AbsenceTruth(
            game_date=game.game_date,
            game_id=game.game_id,
            player_lookup=player.name.lookup,
            team_abbr=lineup.team,
            player_status=status,
            dnp_reason=reason,
            report_reason=reports[player].reason if player in reports else None,
        )

    for player, reason in lineup.unused.items():
        yield absence(player, "dnp", reason)
    for player, out in lineup.inactive.items():
        yield absence(player, "inactive", out.box_reason)


def _appearance(game: Game, line: TeamLine, place: int) -> AppearanceTruth:
    return AppearanceTruth(
        game_date=game.game_date,
        game_id=game.game_id,
        player_lookup=line.lineup.active[place].name.lookup,
        team_abbr=line.lineup.team,
    )


def _missing_sources(clean: Mapping[str, pa.Table], played: list[Game]) -> tuple[MissingSource, ...]:
    game_dates = {game.game_date for game in played}
    missing: list[MissingSource] = []
    for name, schema in raw_tables().items():
        if schema.required:
            continue
        present = set(clean[name]["game_date"].unique().to_pylist()) if name in clean else set()
        missing.extend(MissingSource(game_date=day, table=name) for day in game_dates - present)
    return tuple(sorted(missing))


def _without_line(clean: Mapping[str, pa.Table], played: list[Game]) -> tuple[str, ...]:
    priced = set(clean[GAME_LINES]["game_id"].to_pylist()) if GAME_LINES in clean else set()
    return tuple(game.game_id for game in played if game.game_id not in priced)


def _game_faults(delivery: Delivery) -> tuple[tuple[GameNotIngested, ...], tuple[GameHalfIngested, ...]]:
    whole, half = [], []
    for fault in delivery.faults:
        if fault.game is None:
            continue
        game_id = fault.game.game_id
        if fault.team is None:
            whole.append(GameNotIngested(game_date=fault.game_date, game_id=game_id))
            continue
        half.append(
            GameHalfIngested(
                game_date=fault.game_date,
                game_id=game_id,
                team_abbr=fault.team,
                missing_player_lookups=delivery.missing_players[game_id],
            )
        )
    return tuple(whole), tuple(half)


def truth_of(
    *,
    options: SyntheticOptions,
    plan: SeasonPlan,
    results: Mapping[str, GameResult],
    clean: Mapping[str, pa.Table],
    delivery: Delivery,
) -> Truth:
    """The truth about the games in `results` and about what was delivered of them."""
    played = [game for game in plan.fixtures.games if game.game_id in results]
    lines = [(game, line) for game in played for line in results[game.game_id].sides]
    whole, half = _game_faults(delivery)
    return Truth(
        absences=tuple(
            sorted(
                absence
                for game, line in lines
                for absence in _absences(plan, game, line, reported=options.include_optional)
            )
        ),
        trades=tuple(
            TradeTruth(
                first_date=move.first_date,
                player_lookup=move.player.name.lookup,
                from_team=move.from_team,
                to_team=move.to_team,
            )
            for move in plan.rosters.moves
            if options.covers(move.first_date)
        ),
        postponements=tuple(
            sorted(
                PostponementTruth(
                    original_date=game.postponed_from, game_id=game.game_id, played_date=game.game_date
                )
                for game in plan.fixtures.games
                if game.postponed_from is not None
                and (options.covers(game.postponed_from) or options.covers(game.game_date))
            )
        ),
        overtime_games=tuple(game.game_id for game in played if results[game.game_id].overtimes),
        name_pairs=NAME_PAIRS,
        scoreless=tuple(
            _appearance(game, line, place)
            for game, line in lines
            for place, points in enumerate(line.points)
            if points == 0
        ),
        seconds_only=tuple(
            _appearance(game, line, place)
            for game, line in lines
            for place, seconds in enumerate(line.seconds)
            if seconds < _ROUNDS_TO_NOTHING
        ),
        missing_sources=_missing_sources(clean, played),
        games_without_line=_without_line(clean, played),
        games_not_ingested=whole,
        games_half_ingested=half,
        late_box_scores=tuple(
            fault.game_date for fault in delivery.faults if fault.kind is FaultKind.LATE_BOX_SCORE
        ),
    )
