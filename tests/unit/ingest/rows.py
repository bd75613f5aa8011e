"""Invented rows that meet the raw contract, one builder per raw table; a test changes what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.tables import raw_tables

GAME_ID = "0022100001"
GAME_DATE = date(2021, 10, 19)
PROCESSED_AT = datetime(2021, 10, 20, 6, 0, tzinfo=UTC)

_COMMON: dict[str, object] = {"game_id": GAME_ID, "game_date": GAME_DATE, "processed_at": PROCESSED_AT}

_GOOD: dict[str, dict[str, object]] = {
    "nbac_schedule": {
        "season_year": 2021,
        "season_type": "regular",
        "game_status": 3,
        "game_status_text": "Final",
        "home_team_tricode": "MIL",
        "away_team_tricode": "BKN",
        "home_team_score": 101,
        "away_team_score": 99,
        "start_time_et": "19:30",
        "neutral_site_flag": False,
        "arena_name": "Hall of Tests",
    },
    "nbac_gamebook_player_stats": {
        "season_year": 2021,
        "team_abbr": "MIL",
        "opponent_team_abbr": "BKN",
        "is_home": True,
        "player_lookup": "adamnowhere",
        "player_name": "Adam Nowhere",
        "player_id": 1,
        "player_status": "active",
        "dnp_reason": None,
        "starter": True,
        "minutes": "27:34",
        "minutes_decimal": 27.5667,
        "points": 8,
        "field_goals_made": 3,
        "field_goals_attempted": 7,
        "three_pointers_made": 1,
        "three_pointers_attempted": 2,
        "free_throws_made": 1,
        "free_throws_attempted": 1,
        "offensive_rebounds": 1,
        "defensive_rebounds": 2,
        "total_rebounds": 3,
        "assists": 2,
        "steals": 0,
        "blocks": 0,
        "turnovers": 1,
        "personal_fouls": 2,
        "plus_minus": -5,
    },
    "nbac_team_boxscore": {
        "season_year": 2021,
        "team_abbr": "MIL",
        "opponent_team_abbr": "BKN",
        "is_home": True,
        "minutes_decimal": 240.0,
        "fg_made": 40,
        "fg_attempted": 90,
        "three_pt_made": 10,
        "three_pt_attempted": 30,
        "ft_made": 11,
        "ft_attempted": 15,
        "offensive_rebounds": 10,
        "defensive_rebounds": 35,
        "total_rebounds": 45,
        "assists": 25,
        "steals": 7,
        "blocks": 4,
        "turnovers": 13,
        "personal_fouls": 20,
        "points": 101,
        "possessions_counted": 99.0,
    },
    "nbac_shot_chart": {
        "season_year": 2021,
        "shot_sequence": 1,
        "team_abbr": "MIL",
        "player_lookup": "adamnowhere",
        "player_id": 1,
        "period": 1,
        "seconds_remaining": 700,
        "shot_type": "3PT",
        "shot_zone_basic": "Above the Break 3",
        "shot_zone_area": "Center(C)",
        "action_type": "Jump Shot",
        "shot_distance": 25,
        "loc_x": -12,
        "loc_y": 250,
        "shot_made": True,
    },
    "nbac_play_by_play": {
        "season_year": 2021,
        "event_sequence": 7,
        "period": 1,
        "seconds_remaining": 700,
        "team_abbr": "MIL",
        "event_type": "fieldgoal",
        "shot_type": "3PT",
        "shot_made": True,
        "shot_distance": 25,
        "player_1_lookup": "adamnowhere",
        "player_2_lookup": None,
        "player_2_role": None,
        "assisted": False,
        "blocked": False,
        "and_one": False,
        "description": "Nowhere 25' 3PT Jump Shot (3 PTS)",
    },
    "nbac_injury_report": {
        "report_date": GAME_DATE,
        "team_abbr": "MIL",
        "player_lookup": "adamnowhere",
        "player_name": "Adam Nowhere",
        "injury_status": "out",
        "reason": "Injury/Illness - Left Elbow; Soreness",
        "reason_category": "Injury/Illness",
    },
    "odds_api_game_lines": {
        "home_team_abbr": "MIL",
        "away_team_abbr": "BKN",
        "home_spread": -2.5,
        "total_points": 221.5,
    },
    "odds_api_player_points_props": {
        "player_lookup": "adamnowhere",
        "player_name": "Adam Nowhere",
        "bookmaker": "bookie",
        "points_line": 9.5,
        "over_price": 1.9,
        "under_price": 1.95,
        "snapshot_timestamp": datetime(2021, 10, 19, 12, tzinfo=UTC),
        "commence_time": datetime(2021, 10, 19, 23, 30, tzinfo=UTC),
    },
}


def good_row(table: str, **changes: object) -> dict[str, object]:
    """A row of `table` that meets the contract, with `changes` made to it."""
    unknown = changes.keys() - set(raw_tables()[table].column_names)
    if unknown:
        raise ValueError(f"Table [{table}] has no column {sorted(unknown)}")
    return {**_COMMON, **_GOOD[table], **changes}


def table_of(table: str, *rows: dict[str, object]) -> pa.Table:
    """The rows as an Arrow table of exactly the declared schema."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(raw_tables()[table]))
