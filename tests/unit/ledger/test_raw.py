"""Raw rows as upstream cells: what counts as their content, by date."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.topology.declaration import (
    INJURY_REPORT,
    PLAYER_BOX,
    PROPS,
    RAW_SOURCES,
    RESULTS,
    SLOTS,
    TEAM_BOX,
)
from shared.warehouse.port import Value
from tests.support.raw_rows import (
    SCHEDULE,
    Game,
    final_game,
    final_slot,
    injury,
    player_box,
    points_prop,
    postponed_slot,
    scorer,
    slot,
    team_box,
)
from tests.unit.ledger.ledgers import FIRST, Ledger, on

GAME = Game("0022100001", FIRST, "BOS", "CHI")
LATE = Game("0022100002", FIRST, "DET", "NYK")


@pytest.fixture
def ledger() -> Ledger:
    found = Ledger()
    found.write(final_game(GAME, home=[scorer("a", 100)], away=[scorer("b", 90)]))
    found.hash()
    return found


def test_every_raw_source_with_rows_is_recorded_with_its_games(ledger: Ledger) -> None:
    raw = ledger.snapshot().raw

    assert set(raw) == {SLOTS, RESULTS, PLAYER_BOX, TEAM_BOX}
    assert set(raw) < set(RAW_SOURCES)
    assert {cells[FIRST].game_ids for cells in raw.values()} == {frozenset({"0022100001"})}
    assert {source: cells[FIRST].record_count for source, cells in raw.items()} == {
        SLOTS: 1,
        RESULTS: 1,
        PLAYER_BOX: 2,
        TEAM_BOX: 2,
    }


def test_rehash_of_unchanged_rows_writes_nothing(ledger: Ledger) -> None:
    before = ledger.rows_written()

    ledger.hash(run_id="again")

    assert ledger.rows_written() == before
    assert ledger.raw(TEAM_BOX).run_id == "hash"


def test_date_without_rows_that_never_had_any_is_not_recorded(ledger: Ledger) -> None:
    ledger.hash(on(1), on(3))

    assert set(ledger.snapshot(on(0), on(3)).raw[SLOTS]) == {FIRST}


def test_time_of_processing_is_not_content(ledger: Ledger) -> None:
    before = ledger.rows_written()
    later = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    rows = final_game(GAME, home=[scorer("a", 100)], away=[scorer("b", 90)])
    ledger.replace(row.having(processed_at=later) for row in rows)

    ledger.hash(run_id="again")

    assert ledger.rows_written() == before


def test_order_of_rows_is_not_content(ledger: Ledger) -> None:
    before = ledger.rows_written()
    rows = final_game(GAME, home=[scorer("a", 100)], away=[scorer("b", 90)])
    ledger.replace(reversed(rows))

    ledger.hash(run_id="again")

    assert ledger.rows_written() == before


def test_any_other_column_is_content() -> None:
    ledger = Ledger()
    boxes = [team_box(GAME, team, []) for team in ("BOS", "CHI")]
    ledger.write(boxes)
    ledger.hash(run_id="first")
    changes: dict[str, Value] = {
        "points": 101,
        "minutes_decimal": 240.5,
        "possessions_counted": 98.0,
        "is_home": None,
        "opponent_team_abbr": "CHA",
    }

    found = {ledger.raw(TEAM_BOX).fingerprint}
    for column, value in changes.items():
        ledger.replace([boxes[0].having(**{column: value}), boxes[1]])
        ledger.hash(run_id=column)
        found.add(ledger.raw(TEAM_BOX).fingerprint)

    assert len(found) == 1 + len(changes)


def test_null_and_zero_and_empty_text_are_three_things(ledger: Ledger) -> None:
    found = set()
    for number, reason in enumerate([None, "", "0"]):
        ledger.replace([player_box(GAME, "BOS", scorer("a", 100), dnp_reason=reason)])
        ledger.hash(run_id=f"run{number}")
        found.add(ledger.raw(PLAYER_BOX).fingerprint)

    assert len(found) == 3


def test_last_bits_of_a_float_are_not_content(ledger: Ledger) -> None:
    ledger.replace([team_box(GAME, "BOS", [], minutes_decimal=0.1 + 0.2)])
    ledger.hash(run_id="one")
    ledger.replace([team_box(GAME, "BOS", [], minutes_decimal=0.3)])

    ledger.hash(run_id="two")

    assert ledger.raw(TEAM_BOX).run_id == "one"


class TestTheTwoSidesOfTheSchedule:
    @pytest.fixture
    def scheduled(self) -> Ledger:
        found = Ledger()
        found.write([slot(GAME), slot(LATE)])
        found.hash()
        return found

    def test_slots_that_stand_are_games_and_results_come_with_the_final(self, scheduled: Ledger) -> None:
        assert scheduled.raw(SLOTS).game_ids == {"0022100001", "0022100002"}
        assert RESULTS not in scheduled.snapshot().raw

    def test_a_final_changes_the_results_and_leaves_the_slots(self, scheduled: Ledger) -> None:
        slots = scheduled.raw(SLOTS)
        scheduled.replace([final_slot(GAME, 100, 90), slot(LATE)])

        scheduled.hash(run_id="final")

        assert scheduled.raw(SLOTS) == slots
        assert scheduled.raw(RESULTS).game_ids == {"0022100001"}

    def test_a_game_that_is_on_changes_nothing(self, scheduled: Ledger) -> None:
        before = scheduled.rows_written()
        scheduled.replace(
            [
                slot(GAME, game_status=2, game_status_text="Q3 4:10", home_team_score=70, away_team_score=66),
                slot(LATE),
            ]
        )

        scheduled.hash(run_id="live")

        assert scheduled.rows_written() == before

    def test_a_corrected_score_changes_the_results_only(self, scheduled: Ledger) -> None:
        scheduled.replace([final_slot(GAME, 100, 90), slot(LATE)])
        scheduled.hash(run_id="final")
        slots, results = scheduled.raw(SLOTS), scheduled.raw(RESULTS)
        scheduled.replace([final_slot(GAME, 101, 90), slot(LATE)])

        scheduled.hash(run_id="corrected")

        assert scheduled.raw(SLOTS) == slots
        assert scheduled.raw(RESULTS).fingerprint != results.fingerprint

    def test_a_postponed_slot_stays_in_the_schedule_but_is_no_game(self, scheduled: Ledger) -> None:
        before = scheduled.raw(SLOTS)
        scheduled.replace([slot(GAME), postponed_slot(LATE)])

        scheduled.hash(run_id="postponed")

        after = scheduled.raw(SLOTS)
        assert after.game_ids == {"0022100001"}
        assert after.record_count == 2
        assert after.fingerprint != before.fingerprint

    def test_a_date_of_postponed_slots_only_has_no_game_left(self, scheduled: Ledger) -> None:
        scheduled.replace([postponed_slot(GAME), postponed_slot(LATE)])

        scheduled.hash(run_id="postponed")

        assert scheduled.raw(SLOTS).game_ids == frozenset()

    def test_a_postponed_slot_is_no_result_whatever_its_status(self, scheduled: Ledger) -> None:
        scheduled.replace([postponed_slot(GAME, game_status=1), postponed_slot(LATE, game_status=3)])

        scheduled.hash(run_id="postponed")

        assert RESULTS not in scheduled.snapshot().raw

    def test_a_moved_start_changes_the_slots(self, scheduled: Ledger) -> None:
        before = scheduled.raw(SLOTS).fingerprint
        scheduled.replace([slot(GAME, start_time_et="20:30"), slot(LATE)])

        scheduled.hash(run_id="moved")

        assert scheduled.raw(SLOTS).fingerprint != before


def test_rows_that_are_removed_leave_an_empty_cell(ledger: Ledger) -> None:
    ledger.remove(TEAM_BOX, FIRST)

    ledger.hash(run_id="removed")

    cell = ledger.raw(TEAM_BOX)
    assert (cell.fingerprint, cell.record_count, cell.game_ids) == ("empty", 0, frozenset())
    assert cell.season_year == 2021


def test_schedule_that_loses_a_date_keeps_it_in_the_calendar(ledger: Ledger) -> None:
    ledger.remove(SCHEDULE, FIRST)

    ledger.hash(run_id="removed")

    assert ledger.raw(SLOTS).game_ids == frozenset()


def test_rows_of_somebody_else_are_picked_up_on_the_dates_asked_for_only(ledger: Ledger) -> None:
    for number in (1, 2):
        game = Game(f"002210000{number + 4}", on(number), "DET", "NYK")
        ledger.write([slot(game), team_box(game, "DET", [])])

    ledger.hash(on(1), on(1), run_id="somebody-elses")

    found = ledger.snapshot(on(0), on(2)).raw
    assert set(found[TEAM_BOX]) == {on(0), on(1)}
    assert found[TEAM_BOX][on(1)].run_id == "somebody-elses"


def test_season_of_a_date_is_in_the_ids_of_its_games() -> None:
    ledger = Ledger()
    games = {
        ("0022100001", dt.date(2021, 10, 19)): 2021,
        ("0022100900", dt.date(2022, 3, 1)): 2021,
        ("0041900406", dt.date(2020, 10, 11)): 2019,
        ("0029900001", dt.date(1999, 11, 2)): 1999,
        ("0020000001", dt.date(2000, 10, 31)): 2000,
        ("0024600001", dt.date(1946, 11, 1)): 1946,
    }
    ledger.write(slot(Game(game_id, day, "BOS", "CHI")) for game_id, day in games)

    for _, day in games:
        ledger.hash(day, day)

    assert {(game_id, day): ledger.raw(SLOTS, day).season_year for game_id, day in games} == games


def test_optional_sources_are_recorded_like_any_other(ledger: Ledger) -> None:
    ledger.write([injury(GAME, "BOS", "a"), points_prop(GAME, "a", "book", 20.5)])

    ledger.hash(run_id="optional")

    assert {ledger.raw(source).record_count for source in (INJURY_REPORT, PROPS)} == {1}
