"""Rows of the required raw tables: schedule, player box scores, team box scores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from random import Random

from services.ingest.synthetic.columns import RowCollector, game_columns, named_columns, next_day_at
from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.game import GameResult, TeamLine
from services.ingest.synthetic.league import Player
from services.ingest.synthetic.lineups import STARTERS
from shared.teams import TEAMS

_TEAM_NAMES = {team.tricode: team.name for team in TEAMS}
BOX_LANDS = time(6, 0, tzinfo=UTC)
_SLOT_CHANGE_LANDS = time(18, 0, tzinfo=UTC)
_UNKNOWN_POSSESSIONS = 0.02
_STATISTICS = (
    "minutes",
    "minutes_decimal",
    "points",
    "field_goals_made",
    "field_goals_attempted",
    "three_pointers_made",
    "three_pointers_attempted",
    "free_throws_made",
    "free_throws_attempted",
    "offensive_rebounds",
    "defensive_rebounds",
    "total_rebounds",
    "assists",
    "steals",
    "blocks",
    "turnovers",
    "personal_fouls",
    "plus_minus",
)


def minutes_text(seconds: int) -> str:
    """Playing time as M:SS."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def add_slot(schedule: RowCollector, game: Game, *, day: date, result: GameResult | None) -> None:
    """Add the schedule's row of `day`: Final with the score, or Postponed when there is no result."""
    played = result is not None
    schedule.add(
        {
            "game_id": game.game_id,
            "game_date": day,
            "season_year": game.season_year,
            "season_type": "regular",
            "game_status": 3 if played else 1,
            "game_status_text": "Final" if played else "Postponed",
            "home_team_tricode": game.home,
            "away_team_tricode": game.away,
            "home_team_score": None if result is None else result.sides[0].score,
            "away_team_score": None if result is None else result.sides[1].score,
            "start_time_et": game.start_time_et,
            "neutral_site_flag": False,
            "arena_name": f"Home of the {_TEAM_NAMES[game.home]}",
        },
        {
            "processed_at": [
                next_day_at(day, BOX_LANDS) if played else datetime.combine(day, _SLOT_CHANGE_LANDS)
            ]
        },
    )


def add_box_scores(
    rng: Random, *, player_box: RowCollector, team_box: RowCollector, game: Game, result: GameResult
) -> None:
    """Add both teams' rows, and a row for everybody they listed."""
    average = round(sum(_possessions(line) for line in result.sides) / 2)
    unknown = rng.random() < _UNKNOWN_POSSESSIONS
    for line, opponent in (result.sides, result.sides[::-1]):
        of_team = {
            **game_columns(game, BOX_LANDS),
            "team_abbr": line.lineup.team,
            "opponent_team_abbr": opponent.lineup.team,
            "is_home": line is result.sides[0],
        }
        counted = None if unknown else float(average + rng.choice((-1, 0, 0, 1)))
        team_box.add(
            {**of_team, "minutes_decimal": 240.0 + 25.0 * result.overtimes, "possessions_counted": counted},
            _team_totals(line),
        )
        _add_active(player_box, of_team, line)
        _add_absent(player_box, of_team, line)


def _possessions(line: TeamLine) -> float:
    """The simple estimate, which is close enough for what somebody counted by eye."""
    return (
        sum(line.field_goals_attempted)
        + 0.44 * sum(line.free_throws_attempted)
        - sum(line.offensive_rebounds)
        + sum(line.turnovers)
        + line.team_turnovers
    )


def _team_totals(line: TeamLine) -> dict[str, list[int]]:
    return {
        "fg_made": [sum(line.field_goals_made)],
        "fg_attempted": [sum(line.field_goals_attempted)],
        "three_pt_made": [sum(line.threes_made)],
        "three_pt_attempted": [sum(line.threes_attempted)],
        "ft_made": [sum(line.free_throws_made)],
        "ft_attempted": [sum(line.free_throws_attempted)],
        "offensive_rebounds": [sum(line.offensive_rebounds)],
        "defensive_rebounds": [sum(line.defensive_rebounds)],
        "total_rebounds": [sum(line.offensive_rebounds) + sum(line.defensive_rebounds)],
        "assists": [sum(line.assists)],
        "steals": [sum(line.steals)],
        "blocks": [sum(line.blocks)],
        "turnovers": [sum(line.turnovers) + line.team_turnovers],
        "personal_fouls": [sum(line.fouls)],
        "points": [line.score],
    }


def _add_active(player_box: RowCollector, of_team: Mapping[str, object], line: TeamLine) -> None:
    players = line.lineup.active
    rebounds = zip(line.offensive_rebounds, line.defensive_rebounds, strict=True)
    player_box.add(
        of_team,
        {
            **named_columns(players),
            "player_status": ["active"] * len(players),
            "dnp_reason": [None] * len(players),
            "player_id": [player.player_id for player in players],
            "starter": [place < STARTERS for place in range(len(players))],
            "minutes": [minutes_text(seconds) for seconds in line.seconds],
            "minutes_decimal": [round(seconds / 60, 4) for seconds in line.seconds],
            "points": line.points,
            "field_goals_made": line.field_goals_made,
            "field_goals_attempted": line.field_goals_attempted,
            "three_pointers_made": line.threes_made,
            "three_pointers_attempted": line.threes_attempted,
            "free_throws_made": line.free_throws_made,
            "free_throws_attempted": line.free_throws_attempted,
            "offensive_rebounds": line.offensive_rebounds,
            "defensive_rebounds": line.defensive_rebounds,
            "total_rebounds": [offensive + defensive for offensive, defensive in rebounds],
            "assists": line.assists,
            "steals": line.steals,
            "blocks": line.blocks,
            "turnovers": line.turnovers,
            "personal_fouls": line.fouls,
            "plus_minus": line.plus_minus,
        },
    )


def _add_absent(player_box: RowCollector, of_team: Mapping[str, object], line: TeamLine) -> None:
    lineup = line.lineup
    absent: list[tuple[Player, str, str | None]] = [
        *((player, "dnp", reason) for player, reason in lineup.unused.items()),
        *((player, "inactive", absence.box_reason) for player, absence in lineup.inactive.items()),
    ]
    if not absent:
        return
    unknown = [None] * len(absent)
    player_box.add(
        of_team,
        {
            **dict.fromkeys(_STATISTICS, unknown),
            **named_columns(player for player, _, _ in absent),
            "starter": [False] * len(absent),
            "player_id": [player.player_id for player, _, _ in absent],
            "player_status": [status for _, status, _ in absent],
            "dnp_reason": [reason for _, _, reason in absent],
        },
    )
