"""What a process keeps between deliveries, and when it must not trust it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from services.registry import discover
from shared.planner.snapshot import CellHistory, RawCell, Snapshot, Success
from shared.planner.state import State
from shared.tables import TableAddress
from shared.topology.declaration import PLAYER_BOX, PROPS, SLOTS
from shared.topology.graph import build_topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Rows, Script
from shared.worker.memory import Memory, View, shared_table_names
from shared.worker.stage import Batch, batch_parameters
from tests.support.direct import select
from tests.unit.planner.worlds import SCORES

DAY = dt.date(2021, 12, 31)
BATCH = Batch((DAY,), 2021, *[dt.date(2021, 10, 19)] * 3)
NOW = dt.datetime(2022, 1, 5, tzinfo=dt.UTC)


def raw(run_id: str) -> RawCell:
    return RawCell(2021, "content", 1, frozenset({"0022100500"}), run_id)


def names(
    processor: str, *, raw_cells: dict[str, RawCell], summaries: str = "first", forced_by: str = ""
) -> dict[str, str]:
    success = Success("inputs", "output", 1, 1, summaries, "message")
    snapshot = Snapshot(
        {source: {DAY: cell} for source, cell in raw_cells.items()},
        {"player_game_summary": {DAY: CellHistory(success)}},
    )
    found = discover().processor(processor)
    return shared_table_names(found, batch_parameters(found, BATCH), snapshot, forced_by=forced_by)


def test_processors_that_need_the_same_evidence_share_it() -> None:
    world = {PLAYER_BOX: raw("first"), SLOTS: raw("first")}
    assert names("PCF", raw_cells=world) == names("PDC", raw_cells=world)


def test_processors_with_other_windows_share_all_but_what_the_windows_decide() -> None:
    world = {PLAYER_BOX: raw("first"), SLOTS: raw("first")}
    zones, cache = names("PSZA", raw_cells=world), names("PDC", raw_cells=world)
    same = {name for name in cache if zones[name] == cache[name]}
    assert same == {"team_lists", "expected_players", "player_listings", "player_windows"}


def test_a_commit_to_a_source_makes_new_tables_even_when_the_content_comes_back() -> None:
    before = names("PDC", raw_cells={PLAYER_BOX: raw("first")})
    after = names("PDC", raw_cells={PLAYER_BOX: raw("second")})
    assert set(before.values()).isdisjoint(after.values())


def test_a_commit_to_the_player_summaries_makes_new_tables() -> None:
    world = {PLAYER_BOX: raw("first")}
    again = names("PDC", raw_cells=world, summaries="second")
    assert set(names("PDC", raw_cells=world).values()).isdisjoint(again.values())


def test_a_commit_to_what_no_shared_statement_reads_changes_nothing() -> None:
    world = {PLAYER_BOX: raw("first"), PROPS: raw("first")}
    assert names("PDC", raw_cells=world) == names("PDC", raw_cells={**world, PROPS: raw("second")})


def test_who_forces_a_run_does_not_trust_what_is_there() -> None:
    world = {PLAYER_BOX: raw("first")}
    forced = names("PDC", raw_cells=world, forced_by="backfill-1")
    assert set(names("PDC", raw_cells=world).values()).isdisjoint(forced.values())


def test_the_oldest_shared_tables_are_given_up() -> None:
    memory = Memory()
    tables = [TableAddress("nba_staging", f"t{number}") for number in range(13)]
    for table in tables[:12]:
        assert memory.keep_table(table) == ()
    assert memory.keep_table(tables[0]) == ()
    assert memory.keep_table(tables[12]) == (tables[1],)


class _Counting(DuckDBWarehouse):
    """Counts the snapshots it is asked for."""

    reads = 0

    def run(self, script: Script) -> Rows:
        self.reads += script.name == "read snapshot"
        return super().run(script)


class TestLook:
    """The world is read again only when it can have changed."""

    def setup_method(self) -> None:
        self.topology = build_topology([replace(SCORES, name="scores")])
        self.warehouse = _Counting(None)
        initialise(self.warehouse, build_topology([]))
        self.memory = Memory()

    def look(self, *, now: dt.datetime = NOW, request_id: str = "request") -> View:
        return self.memory.look(
            self.warehouse,
            self.topology,
            start=DAY,
            end=DAY,
            request_id=request_id,
            backfill_id=None,
            now=now,
        )

    def test_nothing_written_nothing_read(self) -> None:
        assert self.look() is self.look()
        assert self.warehouse.reads == 1

    def test_a_read_of_something_else_is_no_write(self) -> None:
        self.look()
        select(self.warehouse, "-- a comment\nSELECT COUNT(*) FROM nba_orchestration.ledger")
        self.look()
        assert self.warehouse.reads == 1

    def test_every_write_makes_it_read_again(self) -> None:
        self.look()
        select(self.warehouse, "DELETE FROM nba_orchestration.ledger WHERE cell_name = 'nobody'")
        self.look()
        assert self.warehouse.reads == 2

    def test_a_run_of_our_own_is_known_without_reading(self) -> None:
        self.look()
        select(self.warehouse, "DELETE FROM nba_orchestration.ledger WHERE cell_name = 'nobody'")
        history = CellHistory(Success("inputs", "output", 1, 7, "run", "message"))
        self.memory.learn(self.warehouse, "scores", {DAY: history}, scripts=1)
        assert self.look().snapshot.history("scores", DAY) == history
        assert self.warehouse.reads == 1

    def test_of_several_runs_the_earliest_counts(self) -> None:
        earlier = DAY - dt.timedelta(days=1)
        for day in (earlier, DAY):
            select(
                self.warehouse,
                "INSERT INTO nba_orchestration.ledger (cell_name, cell_date, season_year, kind, status,"
                " output_fingerprint, record_count, game_ids, sequence, attempt, run_id, correlation_id,"
                f" committed_at) VALUES ('{SLOTS}', '{day}', 2021, 'raw', 'success', 'slots', 1,"
                " '[\"0022100500\"]', 1, 0, 'raw', 'raw', '2022-01-01 00:00:00')",
            )
        before = self.look()
        for day in (earlier, DAY):
            inputs = before.grid.cells["scores"][day].input_fingerprint
            history = CellHistory(Success(inputs, "output", 1, 1, "run", "message"))
            self.memory.learn(self.warehouse, "scores", {day: history}, scripts=0)
        assert {cell.state for cell in self.look().grid.cells["scores"].values()} == {State.CURRENT}

    def test_what_somebody_else_wrote_beside_a_run_is_read(self) -> None:
        self.look()
        for _ in range(2):
            select(self.warehouse, "DELETE FROM nba_orchestration.ledger WHERE cell_name = 'nobody'")
        self.memory.learn(self.warehouse, "scores", {DAY: CellHistory(open_failures=1)}, scripts=1)
        assert self.look().snapshot.history("scores", DAY) == CellHistory()
        assert self.warehouse.reads == 2

    def test_another_request_is_another_question(self) -> None:
        self.look()
        self.look(request_id="another")
        assert self.warehouse.reads == 2

    def test_time_going_back_makes_it_read_again(self) -> None:
        self.look()
        self.look(now=NOW - dt.timedelta(seconds=1))
        assert self.warehouse.reads == 2
