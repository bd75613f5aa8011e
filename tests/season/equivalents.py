"""Mutants that let no date see itself, and why: they loosen no bound before D, or another one holds."""

from __future__ import annotations

from collections.abc import Mapping

_COUNTS = "compares counts of games, not their dates"
_OVER = "all of it is of the season before, which is over on every date"
_LATER = "chooses the later of two dates before D; of equal ones either is right"
_FURTHER_BACK = "a lower bound: one game more at the far end of a window before D"

#: Name of the mutant, and the reason. A test fails for one that is caught after all, or no longer exists.
EQUIVALENT: Mapping[str, str] = {
    "completeness/player_listings: WHERE game_date >= @season_start AND game_date <= @last_date": (
        "the injury report of D is known before its games, and is joined to games before D only"
    ),
    "completeness/player_listings: OR (other.team_abbr != d.team_abbr AND other.game_date >= p.game_date"
    " AND other.game_date <= d.game_date)": (
        "a lower bound: another team's list on the date of his own, and nobody is on two lists of a date"
    ),
    "completeness/player_listings: PARTITION BY team_abbr ORDER BY team_game_number"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW": (
        "of the lists that reconcile before one that does not, this one is none"
    ),
    "completeness/previous_player_listings: OR (other.team_abbr != d.team_abbr"
    " AND other.game_date >= p.game_date AND other.game_date <= d.game_date)": _OVER,
    "completeness/previous_player_listings: PARTITION BY team_abbr ORDER BY team_game_number"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW": _OVER,
    "completeness/player_evidence: WHEN span_gaps + older_gaps >= span_unclear + older_unclear"
    " THEN IF(span_absent > 0, 'MIXED', 'DATA_GAP')": _COUNTS,
    "upcoming_player_game_context/query: AND now.team_game_number >= t.games_before - 10 AS is_missed,": (
        _FURTHER_BACK
    ),
    "upcoming_player_game_context/query: team_last_game_date >= max_source_game_date"
    " OR max_source_game_date IS NULL,": _LATER,
    "upcoming_player_game_context/query: LAG(a.game_date, 0) OVER"
    " (PARTITION BY a.player_lookup ORDER BY a.game_date, a.game_id),": (
        "the rows are games before D; whether one was a back-to-back would be wrong, and is no secret"
    ),
    "upcoming_team_game_context/query: IFNULL(last_slot_date >= IFNULL(last_played_date, DATE '0001-01-01'),"
    " FALSE) AS latest_is_gap,": "compares two dates before D",
    "upcoming_team_game_context/triage: AND actual_season <= expected_season": _COUNTS,
    "upcoming_team_game_context/triage: IF(MIN(actual_window) <= MIN(expected_window), MIN(expected_window),"
    " MIN(expected_season)) AS expected_game_count,": _COUNTS,
    "upcoming_team_game_context/triage: IF(MIN(actual_window) <= MIN(expected_window), MIN(actual_window),"
    " MIN(actual_season)) AS actual_game_count,": _COUNTS,
    "team_defense_zone_analysis/expected: JOIN first_games AS f ON f.first_game_date <= c.cell_date": (
        "a team whose first game is on D has a slot on D, and is expected for that"
    ),
    "team_defense_zone_analysis/triage: k.game_number >= c.games_before - 15 AS withholds": _FURTHER_BACK,
    "player_composite_factors/query: PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date)"
    " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW": (
        "a window over contexts, and D's own is made before its games"
    ),
    "player_composite_factors/query: PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date)"
    " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW #2": (
        "a window over appearances before D: an average with the appearance itself is wrong, but no secret"
    ),
    "ml_feature_store/query: AND snapshot_timestamp <= commence_time": (
        "a line at the very moment of tip-off is known before the first point"
    ),
    "player_daily_cache/query: IF(t.last_game_date >= e.max_source_game_date, t.last_game_date,"
    " e.max_source_game_date) AS max_source_game_date": _LATER,
}
