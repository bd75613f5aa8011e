"""No row of a date depends on what happens on it or later, and no slip in a bound in time goes unnoticed."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.registry import discover
from shared.topology.declaration import VOLATILE_COLUMNS
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from tests.gates.over_reading import refused_reads
from tests.season.equivalents import EQUIVALENT
from tests.season.future import Change, change_future, hidden_tables
from tests.season.growing import evening_of, known_by, output_by, settled_by
from tests.season.invented import AFTER_GAPS, FIRST, GAP, LAST, invented_tables
from tests.season.kit import ProcessedSeason, copy_of, open_pipeline
from tests.season.mutants import inspected, mutants_of, mutate
from tests.season.trials import Findings, Range, Season, Step, find_leaks
from tests.support.direct import batch_of, select

STEPS = (
    Step(AFTER_GAPS, Change.DELETED, (Range.SEASON,), FIRST),
    Step(GAP, Change.ALTERED, (Range.DATE, Range.SEASON), FIRST),
    Step(FIRST, Change.ALTERED, (Range.SEASON,), FIRST),
)


@pytest.fixture(scope="module")
def season(invented_season: ProcessedSeason, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """Two copies of the invented month."""
    folder = tmp_path_factory.mktemp("leaks")
    original, changed = (
        DuckDBWarehouse(Path(shutil.copyfile(invented_season.path, folder / name))) for name in ("a", "b")
    )
    yield Season(discover(), batch_of(original, start=FIRST, end=LAST), original, changed)
    original.close()
    changed.close()


@dataclass(frozen=True)
class Judged:
    """What the trials found, and the mutants that the declared inputs refuse, with the complaint."""

    findings: Findings
    refused: dict[str, str]


@pytest.fixture(scope="module")
def judged(season: Season) -> Judged:
    """The SQL as it is and all its mutants, tried once for all tests."""
    mutants = mutants_of(season.topology)
    refused = refused_reads(season.topology, [mutant for mutant in mutants if mutant.reads_more])
    tried = [mutant for mutant in mutants if mutant.name not in refused]
    return Judged(find_leaks(season, STEPS, tried), refused)


def test_no_row_up_to_a_date_changes_with_its_future(judged: Judged) -> None:
    assert [str(leak) for leak in judged.findings.leaks] == []


def test_every_column_of_every_processor_before_the_games_is_compared(judged: Judged) -> None:
    for processor in inspected(discover()):
        content = {column.name for column in processor.schema.without(VOLATILE_COLUMNS)}
        assert set(judged.findings.columns[processor.name]) == content
    assert judged.findings.rows > 10_000


def test_every_slip_in_a_bound_in_time_is_caught_or_proven_harmless(judged: Judged) -> None:
    names = {mutant.name for mutant in mutants_of(discover())}
    survivors = names - judged.findings.caught.keys() - judged.refused.keys()
    assert survivors - EQUIVALENT.keys() == set(), "not caught by any trial"
    assert EQUIVALENT.keys() - survivors == set(), "caught, or gone: take it from the table"
    assert len(judged.findings.caught) >= 20
    assert len(judged.refused) >= 20


def test_slips_are_found_in_code_only_and_one_by_one() -> None:
    text = (
        "-- a < b\n"
        "WHERE d < @last_date AND t <> 'x < y' AND n >= 1 AND m < 0\n"
        "OVER (ORDER BY d RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING), LAG(points) OVER w\n"
        "AND a.day > b.day AND d < @last_date\n"
    )
    found = [(mutant.name, mutant.reads_more) for mutant in mutate("p/query", "query", text)]
    first, second, third = (" ".join(line.split()) for line in text.splitlines()[1:])
    assert found == [
        (f"p/query: {first.replace('d < @', 'd <= @')}", True),
        (f"p/query: {third.replace('d < @', 'd <= @')}", True),
        (f"p/query: {third.replace('>', '>=')}", False),
        (f"p/query: {second.replace('1 PRECEDING', 'CURRENT ROW')}", False),
        (f"p/query: {second.replace('points', 'points, 0')}", False),
    ]


@pytest.mark.parametrize("change", list(Change))
def test_the_future_that_is_changed_is_all_of_it_and_nothing_else(
    invented_season: ProcessedSeason, tmp_path: Path, change: Change
) -> None:
    with copy_of(invented_season.path, tmp_path) as pipeline:
        tables = {item.schema.address: item for item in hidden_tables(discover())}
        before = {t: select(pipeline.warehouse, f"SELECT * FROM {t}").values for t in tables}
        change_future(pipeline.warehouse, discover(), change, GAP, until=None)
        for address, item in tables.items():
            column = item.schema.column_names.index(item.schema.partition_column)
            start = GAP + dt.timedelta(days=item.from_day)
            after = select(pipeline.warehouse, f"SELECT * FROM {address}").values
            past = [row for row in before[address] if row[column] < start]  # type: ignore[operator]
            future = [row for row in before[address] if row[column] >= start]  # type: ignore[operator]
            assert future, address
            assert set(past) <= set(after)
            assert not set(future) & set(after), address
            assert len(after) == len(past) + (len(future) if change is Change.ALTERED else 0)


def test_a_season_that_goes_on_changes_nothing_it_has_settled(
    invented_season: ProcessedSeason, tmp_path: Path
) -> None:
    tables = invented_tables()
    evening = evening_of(tables, GAP)
    with copy_of(invented_season.path, tmp_path) as pipeline:
        whole, all_rows = output_by(pipeline, evening), pipeline.tables()
    with open_pipeline(None) as pipeline:
        pipeline.ingest(known_by(tables, evening))
        pipeline.backfill(FIRST, evening.coming)
        assert output_by(pipeline, evening) == whole
        pipeline.runs.clear()
        pipeline.announce(pipeline.ingest(tables))
        again = [(n, day) for n, day in pipeline.ran() if day <= settled_by(discover().processor(n), evening)]
        assert again == []
        assert pipeline.tables() == all_rows
