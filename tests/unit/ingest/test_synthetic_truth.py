"""Everything the truth of a synthetic season claims is there in its tables, and nothing else is."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest

from services.ingest.synthetic import NameDifference, SyntheticOptions, generate
from shared.player_names import player_lookup
from shared.tables import raw_tables
from tests.unit.ingest.synthetic_seasons import (
    FIRST_MONTH,
    SEASONS,
    month,
    number,
    query,
    season,
    tiny_options,
)


def test_absences_are_the_listed_players_who_did_not_play_with_both_sources_reasons() -> None:
    told = query(
        month().clean,
        """
        SELECT b.game_date, b.game_id, b.player_lookup, b.team_abbr, b.player_status, b.dnp_reason, i.reason
        FROM nbac_gamebook_player_stats b
        LEFT JOIN nbac_injury_report i USING (game_id, player_lookup)
        WHERE b.player_status <> 'active' ORDER BY ALL
        """,
    )
    claimed = [
        (
            absence.game_date,
            absence.game_id,
            absence.player_lookup,
            absence.team_abbr,
            absence.player_status,
            absence.dnp_reason,
            absence.report_reason,
        )
        for absence in month().truth.absences
    ]
    assert claimed == told
    assert {(absence.player_status, absence.dnp_reason) for absence in month().truth.absences} == {
        ("dnp", None),
        ("dnp", "Did Not Play"),
        ("dnp", "Did Not Dress"),
        ("inactive", "Inactive"),
        ("inactive", "Not With Team"),
    }
    assert any(absence.report_reason for absence in month().truth.absences)


def test_without_optional_tables_no_absence_has_a_reported_reason() -> None:
    truth = generate(tiny_options(include_optional=False)).truth
    assert truth.absences
    assert not any(absence.report_reason for absence in truth.absences)
    optional = {name for name, schema in raw_tables().items() if not schema.required}
    assert {missing.table for missing in truth.missing_sources} == optional


def test_injuries_keep_players_out_for_stretches_from_which_they_return() -> None:
    returned = query(
        month().clean,
        """
        WITH games AS (
          SELECT b.player_lookup, b.game_date, b.player_status = 'inactive' AS is_out, i.reason,
            row_number() OVER (PARTITION BY b.player_lookup ORDER BY b.game_date) AS game
          FROM nbac_gamebook_player_stats b
          LEFT JOIN nbac_injury_report i
            ON i.game_id = b.game_id AND i.player_lookup = b.player_lookup
            AND i.injury_status = 'out' AND i.reason_category = 'Injury/Illness')
        SELECT a.player_lookup FROM games a
        JOIN games b ON b.player_lookup = a.player_lookup AND b.game = a.game + 1
        JOIN games c ON c.player_lookup = a.player_lookup AND c.game = a.game + 2
        WHERE a.is_out AND b.is_out AND c.is_out AND a.reason = b.reason AND b.reason = c.reason
          AND EXISTS (SELECT 1 FROM games l WHERE l.player_lookup = a.player_lookup AND l.game > c.game
            AND NOT l.is_out)
        """,
    )
    assert len({player for (player,) in returned}) >= 10


@pytest.mark.parametrize("which", SEASONS)
def test_a_traded_player_is_listed_by_each_team_on_its_own_dates_only(which: str) -> None:
    generated = SEASONS[which]()
    assert generated.truth.trades
    for trade in generated.truth.trades:
        listed = query(
            generated.clean,
            f"""
            SELECT team_abbr, min(game_date), max(game_date) FROM nbac_gamebook_player_stats
            WHERE player_lookup = '{trade.player_lookup}' GROUP BY ALL ORDER BY 2
            """,
        )
        assert [team for team, _, _ in listed] == [trade.from_team, trade.to_team]
        assert listed[0][2] < trade.first_date <= listed[1][1]


def test_nobody_else_changes_teams_and_nobody_is_listed_twice_on_a_date() -> None:
    movers = query(
        season().clean,
        """
        SELECT player_lookup FROM nbac_gamebook_player_stats
        GROUP BY ALL HAVING count(DISTINCT team_abbr) > 1
        """,
    )
    assert {player for (player,) in movers} == {trade.player_lookup for trade in season().truth.trades}
    twice = """
        SELECT count(*) FROM (SELECT 1 FROM nbac_gamebook_player_stats
          GROUP BY game_date, player_lookup HAVING count(*) > 1)
    """
    assert number(season().clean, twice) == 0


@pytest.mark.parametrize("which", SEASONS)
def test_a_postponed_game_keeps_its_slot_and_is_played_later_under_the_same_id(which: str) -> None:
    generated = SEASONS[which]()
    slots = query(
        generated.clean,
        """
        SELECT p.game_date, p.game_id, f.game_date FROM nbac_schedule p
        LEFT JOIN nbac_schedule f ON f.game_id = p.game_id AND f.game_status_text = 'Final'
        WHERE p.game_status_text = 'Postponed' AND p.game_status = 1 AND p.home_team_score IS NULL
          AND p.away_team_score IS NULL
        ORDER BY ALL
        """,
    )
    claimed = [(p.original_date, p.game_id, p.played_date) for p in generated.truth.postponements]
    if which == "season":
        assert claimed == slots
    else:
        # A game made up after the range shows as a slot only.
        in_range = [(old, game, new if new <= FIRST_MONTH[1] else None) for old, game, new in claimed]
        assert in_range == slots
        assert any(new is not None for _, _, new in in_range)
    assert all(old < new for old, _, new in claimed)
    boxes = """
        SELECT count(*) FROM nbac_team_boxscore t JOIN nbac_schedule s USING (game_id, game_date)
        WHERE s.game_status_text = 'Postponed'
    """
    assert number(generated.clean, boxes) == 0


# In all but the first, a game is made up on the very day of the next postponement.
@pytest.mark.parametrize(("season_year", "seed"), [(2021, 7), (2018, 6), (2020, 10), (2023, 5), (2025, 1)])
def test_no_game_is_postponed_twice(season_year: int, seed: int) -> None:
    generated = generate(
        SyntheticOptions.whole_season(seed=seed, season_year=season_year, include_optional=False, teams=4)
    )
    postponed = query(
        generated.clean, "SELECT game_date, game_id FROM nbac_schedule WHERE game_status = 1 ORDER BY ALL"
    )
    assert len({game_id for _, game_id in postponed}) == len(postponed) == 6
    assert postponed == [(p.original_date, p.game_id) for p in generated.truth.postponements]


@pytest.mark.parametrize("which", SEASONS)
def test_overtime_games_are_those_longer_than_240_minutes(which: str) -> None:
    generated = SEASONS[which]()
    long_games = query(
        generated.clean,
        "SELECT DISTINCT game_id FROM nbac_team_boxscore WHERE minutes_decimal > 240",
    )
    claimed = generated.truth.overtime_games
    assert claimed
    assert len(set(claimed)) == len(claimed)
    assert {(game_id,) for game_id in claimed} == set(long_games)


def test_overtime_shots_are_in_the_fifth_period_and_later() -> None:
    assert number(month().clean, "SELECT max(period) FROM nbac_shot_chart") >= 5
    periods = """
        SELECT count(*) FROM (
          SELECT s.game_id, max(s.period) AS last_period, any_value(t.minutes_decimal) AS minutes
          FROM nbac_shot_chart s JOIN nbac_team_boxscore t USING (game_id) GROUP BY ALL)
        WHERE last_period <> 4 + (minutes - 240) / 25
    """
    assert number(month().clean, periods) == 0


def test_name_pairs_are_two_people_with_two_lookups() -> None:
    pairs = {pair.difference: pair for pair in month().truth.name_pairs}
    assert set(pairs) == set(NameDifference)
    for pair in pairs.values():
        listed = query(
            month().clean,
            f"""
            SELECT player_lookup, player_name, count(DISTINCT player_id), any_value(team_abbr)
            FROM nbac_gamebook_player_stats
            WHERE player_lookup IN ('{pair.first_lookup}', '{pair.second_lookup}') GROUP BY ALL ORDER BY 1
            """,
        )
        assert [row[:3] for row in listed] == [
            (pair.first_lookup, pair.first_name, 1),
            (pair.second_lookup, pair.second_name, 1),
        ]
        same_team = listed[0][3] == listed[1][3]
        assert same_team == (pair.difference is NameDifference.SUFFIX)
    accents, suffix = pairs[NameDifference.ACCENTS], pairs[NameDifference.SUFFIX]
    assert player_lookup(accents.first_name) == player_lookup(accents.second_name) == accents.first_lookup
    assert player_lookup(suffix.second_name) == suffix.second_lookup == suffix.first_lookup + "jr"


def test_every_other_lookup_follows_from_the_name() -> None:
    exception = {pair.second_lookup for pair in season().truth.name_pairs} - {"terrellvossickjr"}
    people = query(
        season().clean, "SELECT DISTINCT player_lookup, player_name FROM nbac_gamebook_player_stats"
    )
    assert len({lookup for lookup, _ in people}) == len(people) == 480
    unlike = {lookup for lookup, name in people if player_lookup(str(name)) != lookup}
    assert unlike == exception
    assert any(not str(name).isascii() for _, name in people)


def test_play_by_play_cannot_tell_team_mates_of_one_surname_apart() -> None:
    [suffix] = [p for p in month().truth.name_pairs if p.difference is NameDifference.SUFFIX]
    pair = f"('{suffix.first_lookup}', '{suffix.second_lookup}')"
    named = f"""
        SELECT count(*) FROM nbac_play_by_play WHERE player_1_lookup IN {pair} OR player_2_lookup IN {pair}
    """
    unnamed = "SELECT count(*) FROM nbac_play_by_play WHERE player_1_lookup IS NULL"
    shots = f"""
        SELECT count(*) FROM nbac_shot_chart WHERE player_lookup IN {pair}
          AND game_id IN (SELECT game_id FROM nbac_play_by_play)
    """
    played = "game_id IN (SELECT game_id FROM nbac_shot_chart)"
    assert number(month().clean, named) == 0
    assert number(month().clean, f"{unnamed} AND {played}") == number(month().clean, shots) > 0


def test_scoreless_appearances_are_active_lines_with_zero_points() -> None:
    told = query(
        month().clean,
        """
        SELECT game_id, player_lookup FROM nbac_gamebook_player_stats
        WHERE player_status = 'active' AND points = 0
        """,
    )
    claimed = [(appearance.game_id, appearance.player_lookup) for appearance in month().truth.scoreless]
    assert sorted(claimed) == sorted(told)
    long_scoreless = """
        SELECT count(*) FROM nbac_gamebook_player_stats WHERE points = 0 AND minutes_decimal >= 10
    """
    assert number(month().clean, long_scoreless) > 0


@pytest.mark.parametrize("which", SEASONS)
def test_some_appearances_last_only_seconds_and_round_to_zero_minutes(which: str) -> None:
    generated = SEASONS[which]()
    told = query(
        generated.clean,
        """
        SELECT game_id, player_lookup FROM nbac_gamebook_player_stats
        WHERE player_status = 'active' AND round(minutes_decimal) = 0
        """,
    )
    claimed = [(appearance.game_id, appearance.player_lookup) for appearance in generated.truth.seconds_only]
    assert claimed
    assert sorted(claimed) == sorted(told)


def test_missing_sources_are_the_optional_tables_without_rows_on_a_game_date() -> None:
    clean = month().clean
    game_dates = set(pc.unique(clean["nbac_team_boxscore"]["game_date"]).to_pylist())
    absent = {
        (day, name)
        for name, schema in raw_tables().items()
        if not schema.required
        for day in game_dates - set(pc.unique(clean[name]["game_date"]).to_pylist())
    }
    claimed = [(missing.game_date, missing.table) for missing in month().truth.missing_sources]
    assert claimed == sorted(absent)
    counts = {name: sum(table == name for _, table in absent) for name in raw_tables()}
    assert counts["nbac_injury_report"] >= 1
    assert counts["nbac_shot_chart"] >= 1
    assert counts["nbac_play_by_play"] >= 3


def test_play_by_play_is_missing_for_a_stretch_of_consecutive_dates() -> None:
    days = [m.game_date for m in month().truth.missing_sources if m.table == "nbac_play_by_play"]
    assert (days[2] - days[0]).days <= 3


def test_games_without_a_line_are_recorded() -> None:
    unpriced = query(
        month().clean,
        """
        SELECT s.game_id FROM nbac_schedule s ANTI JOIN odds_api_game_lines USING (game_id)
        WHERE s.game_status = 3
        """,
    )
    claimed = month().truth.games_without_line
    assert 0 < len(claimed) < 20
    assert sorted(claimed) == sorted(game_id for (game_id,) in unpriced)
