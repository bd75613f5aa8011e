"""Bugs in who is expected, who played, and why a game is missing."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_EXPECTED = "shared/completeness/expected_players.sql"
_LISTS = "shared/completeness/team_lists.sql"
_LISTINGS = "shared/completeness/player_listings.sql"
_EVIDENCE = "shared/completeness/player_evidence.sql"
_OPENING = "shared/completeness/opening_players.sql"
_PREDICTED = "shared/completeness/prediction_evidence.sql"
_TESTS = ("golden/test_completeness.py",)
_OPENING_TESTS = ("golden/test_opening_players.py",)

COMPLETENESS = (
    Mutant(
        "ninety_per_cent_is_below_the_threshold",
        _EVIDENCE,
        "WHEN 10 * worst_played < 9 * worst_expected THEN 'PLAYER_DNP'",
        "WHEN 10 * worst_played <= 9 * worst_expected THEN 'PLAYER_DNP'",
        _TESTS,
    ),
    Mutant(
        "unknown_is_taken_for_a_gap",
        _EVIDENCE,
        "WHEN span_gaps + older_gaps > span_unclear + older_unclear THEN",
        "WHEN span_gaps + older_gaps >= span_unclear + older_unclear AND span_gaps + older_gaps > 0 THEN",
        _TESTS,
    ),
    Mutant(
        "one_gap_does_not_withhold",
        _EVIDENCE,
        "w.span_gaps > 0 OR w.played = 0 AS row_withheld",
        "w.span_gaps > 1 OR w.played = 0 AS row_withheld",
        _TESTS,
    ),
    Mutant(
        "absence_counts_as_lacking_data",
        _EVIDENCE,
        "SELECT *, span_expected - span_played - span_absent AS span_gaps",
        "SELECT *, span_expected - span_played AS span_gaps",
        _TESTS,
    ),
    Mutant(
        "null_becomes_zero",
        _EVIDENCE,
        "SAFE_DIVIDE(100 * (w.l7d_played + w.l7d_absent), w.l7d_expected) AS l7d_data_pct",
        "IFNULL(SAFE_DIVIDE(100 * (w.l7d_played + w.l7d_absent), w.l7d_expected), 0) AS l7d_data_pct",
        ("incidents/test_evidence.py",),
    ),
    Mutant(
        "half_a_minute_does_not_reconcile",
        _LISTS,
        "ABS(players.seconds - team.seconds) <= 30",
        "ABS(players.seconds - team.seconds) < 30",
        _TESTS,
    ),
    Mutant(
        "minutes_need_not_reconcile",
        _LISTS,
        "ABS(players.seconds - team.seconds) <= 30",
        "ABS(players.seconds - team.seconds) >= 0",
        _TESTS,
    ),
    Mutant(
        "postponed_slot_expects_players",
        _EXPECTED,
        "AND game_date IN UNNEST(@dates)\n      AND IFNULL(game_status_text, '') != 'Postponed'",
        "AND game_date IN UNNEST(@dates)",
        _TESTS,
    ),
    Mutant(
        "list_of_the_date_itself_is_seen",
        _EXPECTED,
        "PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
        "PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        _TESTS,
    ),
    Mutant(
        "reason_of_the_report_overrules_the_list",
        _LISTINGS,
        "COALESCE(dnp_reason, report_reason, 'not reported')",
        "COALESCE(report_reason, dnp_reason, 'not reported')",
        _TESTS,
    ),
    Mutant(
        "one_player_on_two_teams",
        _EXPECTED,
        "PARTITION BY c.cell_date, c.player_lookup\n",
        "PARTITION BY c.cell_date, c.player_lookup, c.team_abbr\n",
        _TESTS,
    ),
    Mutant(
        "old_team_keeps_whom_it_has_lost",
        _OPENING,
        "PARTITION BY box.player_lookup ORDER BY l.game_date DESC",
        "PARTITION BY box.player_lookup, l.team_abbr ORDER BY l.game_date DESC",
        _OPENING_TESTS,
    ),
    Mutant(
        "list_of_this_season_takes_nobody_away",
        _OPENING,
        "  AND (n.first_list_date IS NULL OR n.first_list_date >= s.cell_date)\n",
        "",
        _OPENING_TESTS,
    ),
    Mutant(
        "game_of_the_date_ends_the_opening",
        _OPENING,
        "g.first_game_date >= s.cell_date",
        "g.first_game_date > s.cell_date",
        _OPENING_TESTS,
    ),
    Mutant(
        "gap_of_last_season_does_not_withhold",
        _PREDICTED,
        "span_gaps >= 1 OR played = 0",
        "played = 0",
        _OPENING_TESTS,
    ),
)
