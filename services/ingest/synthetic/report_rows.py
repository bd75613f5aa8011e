"""Rows of the raw tables that speak before a game: injury report, game lines, player points lines."""

from __future__ import annotations

from datetime import UTC, datetime, time

from services.ingest.synthetic.availability import Report
from services.ingest.synthetic.columns import RowCollector, named_columns
from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.league import Player
from services.ingest.synthetic.markets import GameLine, PropLine, tip_off

_REPORT_LANDS = time(17, 0, tzinfo=UTC)
_LINE_LANDS = time(0, 0, tzinfo=UTC)


def add_injury_report(
    injury_report: RowCollector, *, game: Game, team: str, reports: dict[Player, Report]
) -> None:
    """Add a team's rows of the report of the game's date."""
    if not reports:
        return
    injury_report.add(
        {
            "report_date": game.game_date,
            "game_date": game.game_date,
            "game_id": game.game_id,
            "team_abbr": team,
            "processed_at": datetime.combine(game.game_date, _REPORT_LANDS),
        },
        {
            **named_columns(reports),
            "injury_status": [report.status for report in reports.values()],
            "reason": [report.reason for report in reports.values()],
            "reason_category": [report.category for report in reports.values()],
        },
    )


def add_game_line(game_lines: RowCollector, *, game: Game, line: GameLine) -> None:
    """Add the game's spread and total."""
    game_lines.add(
        {
            "game_id": game.game_id,
            "game_date": game.game_date,
            "home_team_abbr": game.home,
            "away_team_abbr": game.away,
            "processed_at": datetime.combine(game.game_date, _LINE_LANDS),
        },
        {"home_spread": [line.home_spread], "total_points": [line.total_points]},
    )


def add_props(player_props: RowCollector, *, game: Game, lines: list[PropLine]) -> None:
    """Add the points lines of a game, taken when they were seen."""
    seen = [line.snapshot for line in lines]
    player_props.add(
        {"game_id": game.game_id, "game_date": game.game_date, "commence_time": tip_off(game)},
        {
            **named_columns(line.player for line in lines),
            "bookmaker": [line.bookmaker for line in lines],
            "points_line": [line.points_line for line in lines],
            "over_price": [line.over_price for line in lines],
            "under_price": [line.under_price for line in lines],
            "snapshot_timestamp": seen,
            "processed_at": seen,
        },
    )
