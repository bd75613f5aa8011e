"""The oracle against the real season: published anchors, coverage, and damage it must notice."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from datetime import date

import pytest

from tests.oracle.evidence import PDC_SPAN, FailureType, PlayerEvidence, Verdict, verdicts
from tests.oracle.raw import (
    ACTIVE,
    RawSeason,
    active_keys,
    load_raw_season,
    without_half_of_player_rows,
    without_player_rows,
)
from tests.oracle.rosters import Game, expected_players, is_slot, listed_games, rosters
from tests.realdata import SHARED, requires_shared

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

NEW_YEARS_EVE = date(2021, 12, 31)


@pytest.fixture(scope="module")
def raw() -> RawSeason:
    return load_raw_season(SHARED / "data" / "raw" / "2021-22")


@pytest.fixture(scope="module")
def keys(raw: RawSeason) -> set[tuple[str, str]]:
    return active_keys(raw)


def judge(raw: RawSeason, keys: set[tuple[str, str]], player: str, day: date) -> PlayerEvidence:
    return verdicts(raw=raw, pgs_keys=keys, player=player, day=day, span=PDC_SPAN)


def slot_dates(raw: RawSeason) -> list[date]:
    return sorted({row.game_date for row in raw.schedule if is_slot(row)})


def next_date(raw: RawSeason, team: str, after: date) -> date:
    return min(
        row.game_date
        for row in raw.schedule
        if is_slot(row) and row.game_date > after and team in (row.home_team_tricode, row.away_team_tricode)
    )


def games_of_midseason(raw: RawSeason, count: int) -> list[Game]:
    games = [
        game
        for game in rosters(raw).games.values()
        if date(2021, 11, 15) <= game.game_date <= date(2022, 4, 1)
    ]
    return random.Random(20211231).sample(games, count)


def test_every_list_reconciles(raw: RawSeason) -> None:
    lists = [found for lists in rosters(raw).lists_of_team.values() for found in lists]
    assert (len(lists), all(found.reconciles for found in lists)) == (2646, True)


def test_lavine_played_three_of_five_in_fourteen_days_and_missed_two(
    raw: RawSeason, keys: set[tuple[str, str]]
) -> None:
    expected = listed_games(raw, "zachlavine", NEW_YEARS_EVE)
    days = [game.game.game_date.day for game in expected if game.game.game_date >= date(2021, 12, 17)]
    judged = judge(raw, keys, "zachlavine", NEW_YEARS_EVE)
    window = judged.window("L14d")
    absences = [game.game_date.day for game in judged.missing_in_span if game.game_date >= date(2021, 12, 17)]
    assert days == [19, 20, 26, 27, 29]
    assert (window.expected, window.actual, window.schedule_completeness_pct) == (5, 3, 60)
    assert absences == [19, 20]
    assert {game.verdict for game in judged.missing_in_span} == {Verdict.PLAYER_DNP}


def test_144_of_219_are_under_the_threshold_and_none_is_a_gap(
    raw: RawSeason, keys: set[tuple[str, str]]
) -> None:
    players = [
        row.player_lookup
        for row in raw.player_rows
        if row.game_date == NEW_YEARS_EVE and row.player_status == ACTIVE
    ]
    judged = [judge(raw, keys, player, NEW_YEARS_EVE) for player in players]
    assert (len(judged), sum(found.under_threshold for found in judged)) == (219, 144)
    assert {found.failure_type for found in judged} == {
        None,
        FailureType.PLAYER_DNP,
        FailureType.INSUFFICIENT_HISTORY,
    }


def test_untouched_season_has_absences_and_no_gap(raw: RawSeason, keys: set[tuple[str, str]]) -> None:
    types = Counter(
        judge(raw, keys, player, day).failure_type
        for day in slot_dates(raw)
        for player in expected_players(raw, day)
    )
    assert types[FailureType.DATA_GAP] == types[FailureType.MIXED] == 0
    assert 25_000 < types[FailureType.PLAYER_DNP] < 27_000


def test_nobody_expected_on_the_first_two_dates_has_a_game_behind_him(raw: RawSeason) -> None:
    for day, count in ((date(2021, 10, 19), 14), (date(2021, 10, 20), 51)):
        expected = expected_players(raw, day)
        assert len(expected) == count
        assert not any(listed_games(raw, player, day) for player in expected)


def test_appearances_after_the_first_are_expected(raw: RawSeason) -> None:
    regular = {game_id for game_id, game in rosters(raw).games.items() if game.season_type == "regular"}
    active = [row for row in raw.player_rows if row.game_id in regular and row.player_status == ACTIVE]
    first: dict[str, date] = {}
    for row in active:
        first[row.player_lookup] = min(row.game_date, first.get(row.player_lookup, row.game_date))
    expected = {day: expected_players(raw, day) for day in {row.game_date for row in active}}
    later = [row for row in active if row.game_date > first[row.player_lookup]]
    covered = sum(row.player_lookup in expected[row.game_date] for row in later)
    assert (len(active), len(later)) == (26_039, 25_434)
    assert covered / len(later) >= 0.99


def test_rows_dated_on_or_after_the_day_change_nothing(raw: RawSeason, keys: set[tuple[str, str]]) -> None:
    day = date(2022, 2, 12)
    # The slots of the day itself are known in advance; they only lose their result.
    known = dataclasses.replace(
        raw,
        schedule=tuple(
            row
            if row.game_date < day
            else dataclasses.replace(row, game_status=1, game_status_text="Scheduled")
            for row in raw.schedule
        ),
        player_rows=tuple(row for row in raw.player_rows if row.game_date < day),
        team_rows=tuple(row for row in raw.team_rows if row.game_date < day),
        injury_rows=tuple(row for row in raw.injury_rows if row.game_date <= day),
    )
    expected = expected_players(raw, day)
    assert expected_players(known, day) == expected
    for player in expected:
        assert judge(known, active_keys(known), player, day) == judge(raw, keys, player, day)


def test_lost_game_withholds_everybody_who_played_it_and_is_still_expected(raw: RawSeason) -> None:
    judged = 0
    for game in games_of_midseason(raw, 5):
        damaged = without_player_rows(raw, game.game_id)
        for found in rosters(raw).lists_of_game[game.game_id]:
            day = next_date(raw, found.team_abbr, game.game_date)
            expected = expected_players(damaged, day)
            for player, row in found.rows.items():
                if row.player_status != ACTIVE or not any(
                    listing.game.game_id == game.game_id for listing in listed_games(damaged, player, day)
                ):
                    continue
                evidence = judge(damaged, active_keys(damaged), player, day)
                verdict = {lost.game_id: lost.verdict for lost in evidence.missing_in_span}
                assert player in expected
                assert verdict[game.game_id] == Verdict.GAME_NOT_INGESTED
                assert evidence.row_withheld
                judged += 1
    assert judged > 90


def test_half_lost_game_is_incomplete_for_those_it_lost_and_played_for_the_rest(raw: RawSeason) -> None:
    verdicts_of_lost: Counter[Verdict] = Counter()
    for game in games_of_midseason(raw, 5):
        damaged = without_half_of_player_rows(raw, game.game_id, random.Random(game.game_id))
        left = active_keys(damaged)
        for found in rosters(raw).lists_of_game[game.game_id]:
            day = next_date(raw, found.team_abbr, game.game_date)
            for player, row in found.rows.items():
                evidence = judge(damaged, left, player, day)
                verdict = {lost.game_id: lost.verdict for lost in evidence.missing_in_span}
                if (player, game.game_id) in left:
                    assert game.game_id not in verdict
                elif row.player_status == ACTIVE and game.game_id in verdict:
                    verdicts_of_lost[verdict[game.game_id]] += 1
    assert set(verdicts_of_lost) == {Verdict.GAME_INCOMPLETE}
    assert verdicts_of_lost[Verdict.GAME_INCOMPLETE] > 30
