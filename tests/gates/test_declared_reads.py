"""What a processor reads is what it declares: tables, sides of the schedule, dates, columns."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.registry import load_processor
from shared.sql import Statement
from shared.tables import TableAddress
from shared.topology.declaration import Processor
from shared.warehouse.port import date
from shared.worker.prepare import read_scripts, worker_scripts
from tests.gates.googlesql import analyse
from tests.gates.lookback import (
    SourceRead,
    UnboundedReadError,
    covered_columns,
    derived_expectations,
    source_reads,
    uncovered,
    undeclared,
    unread,
)
from tests.gates.resolved import ResolvedStatement
from tests.gates.rules import ROOT
from tests.gates.statements import (
    PROCESSOR_FOLDERS,
    add_computed,
    analyse_script,
    analysed_processor,
    analysed_recorded,
    catalog_of,
    declared_tables,
)

PGS = ROOT / "services" / "analytics" / "player_game_summary"
MLFS = ROOT / "services" / "precompute" / "ml_feature_store"
GRADE = ROOT / "services" / "predictions" / "prediction_grading"
PPP = ROOT / "services" / "predictions" / "player_points_predictions"
TDZA = ROOT / "services" / "precompute" / "team_defense_zone_analysis"
every_processor = pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)


def own_statements(folder: Path) -> tuple[ResolvedStatement, ...]:
    """The statements of the processor's own files and of the shared ones it names, not the harness's."""
    processor = load_processor(folder)
    names = {
        f"{processor.name}.{n}" for n in (*processor.shared_sql, "query", "expected", "triage", "checks")
    }
    return tuple(statement for statement in analysed_processor(folder) if statement.name in names)


def reads_of(folder: Path) -> tuple[SourceRead, ...]:
    """What the processor in `folder` reads."""
    return source_reads(own_statements(folder), outputs_with(load_processor(folder)))


def outputs_with(processor: Processor) -> dict[TableAddress, Processor]:
    """The tables of every processor, and of this one."""
    processors = [*map(load_processor, PROCESSOR_FOLDERS), processor]
    return {item.schema.address: item for item in processors}


@every_processor
def test_every_read_is_declared_and_bounded_by_its_partition(folder: Path) -> None:
    assert undeclared(load_processor(folder), reads_of(folder)) == []


@every_processor
def test_every_declared_input_is_read(folder: Path) -> None:
    assert unread(load_processor(folder), reads_of(folder)) == []


@every_processor
def test_every_raw_column_that_is_read_changes_the_fingerprint_of_its_source(folder: Path) -> None:
    assert uncovered(reads_of(folder), covered_columns(analysed_recorded())) == []


@every_processor
def test_who_is_expected_never_comes_from_a_derived_table(folder: Path) -> None:
    assert derived_expectations(load_processor(folder), own_statements(folder)) == []


def test_every_other_read_of_a_partitioned_table_names_partitions_too() -> None:
    partitions = {schema.address: schema.partition_column for schema in declared_tables()}
    harness = [s for folder in PROCESSOR_FOLDERS for s in analysed_processor(folder)]
    found = [
        f"[{statement.name}] reads every partition of [{read.table}]"
        for statement in (*analysed_recorded(), *harness)
        for read in statement.reads
        if read.table in partitions and not read.predicates.get(partitions[read.table])
    ]
    assert sorted(set(found)) == []


def copied(folder: Path, to: Path, file: str, right: str, wrong: str) -> Path:
    """A copy of a processor with `right` replaced in one file."""
    copy = to / "services" / folder.parent.name / folder.name
    shutil.copytree(folder, copy)
    text = (folder / file).read_text(encoding="utf-8")
    assert right in text
    (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    return copy


def analysed_copy(folder: Path) -> tuple[Processor, tuple[ResolvedStatement, ...]]:
    """A changed copy, and its own statements."""
    processor = load_processor(folder)
    catalog = catalog_of()
    add_computed(catalog, processor)
    scripts = [*read_scripts(processor), worker_scripts(processor)[0]]
    return processor, tuple(s for script in scripts for s in analyse_script(script, catalog))


OTHER_TABLE = """(
  SELECT *, 0.0 AS minutes_decimal
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @first_date AND @last_date
)"""


@pytest.mark.parametrize(
    ("folder", "file", "right", "wrong", "complaint"),
    [
        (
            PGS,
            "expected.sql",
            "nba_raw.nbac_team_boxscore",
            OTHER_TABLE,
            "reads on D of [team_offense_game_summary]",
        ),
        (
            TDZA,
            "query.sql",
            "game_date >= @season_start AND game_date < @last_date",
            "game_date >= @season_start AND game_date <= @last_date",
            "reads on D of [team_defense_game_summary]",
        ),
        (
            PPP,
            "query.sql",
            "game_date >= @history_start AND game_date < @last_date",
            "game_date >= @history_start AND game_date <= @last_date",
            "reads on D of [player_game_summary]",
        ),
        (
            MLFS,
            "query.sql",
            "SELECT player_lookup, analysis_date, paint_rate_last_10, three_pt_rate_last_10\n"
            "    FROM nba_precompute.player_shot_zone_analysis\n"
            "    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN",
            "SELECT player_lookup, game_date AS analysis_date, 1.0 AS paint_rate_last_10,\n"
            "      IF(player_status = 'inactive', 1.0, 0.0) AS three_pt_rate_last_10\n"
            "    FROM nba_raw.nbac_gamebook_player_stats\n"
            "    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN",
            "reads on D of [nbac_gamebook_player_stats]",
        ),
    ],
    ids=["another table", "the date itself", "targets of the date", "absences of the date"],
)
def test_an_undeclared_read_is_noticed(
    tmp_path: Path, folder: Path, file: str, right: str, wrong: str, complaint: str
) -> None:
    processor, statements = analysed_copy(copied(folder, tmp_path, file, right, wrong))
    found = undeclared(processor, source_reads(statements, outputs_with(processor)))
    assert any(complaint in line for line in found), found


def test_an_expectation_from_a_derived_table_is_noticed(tmp_path: Path) -> None:
    copy = copied(PGS, tmp_path, "expected.sql", "nba_raw.nbac_team_boxscore", OTHER_TABLE)
    assert derived_expectations(*analysed_copy(copy))


def test_a_read_of_results_is_noticed_where_only_slots_are_declared(tmp_path: Path) -> None:
    right, wrong = "Input(RESULTS, Window.BEFORE),", ""
    processor, statements = analysed_copy(copied(TDZA, tmp_path, "processor.py", right, wrong))
    found = undeclared(processor, source_reads(statements, outputs_with(processor)))
    assert any("reads before D of [nbac_schedule.results]" in line for line in found), found


def test_a_read_of_the_season_before_is_noticed_where_only_the_season_is_declared(tmp_path: Path) -> None:
    right, wrong = "        *OPENING_EVIDENCE,\n", ""
    processor, statements = analysed_copy(copied(GRADE, tmp_path, "processor.py", right, wrong))
    found = undeclared(processor, source_reads(statements, outputs_with(processor)))
    for source in ("nbac_schedule.results", "nbac_gamebook_player_stats", "nbac_injury_report"):
        assert any(f"while D's opens of [{source}]" in line for line in found), found


def test_a_declared_input_that_nobody_reads_is_noticed(tmp_path: Path) -> None:
    right, wrong = "Input(SLOTS, Window.ON_DATE),", "Input(SLOTS, Window.THROUGH),"
    processor, statements = analysed_copy(copied(TDZA, tmp_path, "processor.py", right, wrong))
    found = unread(processor, source_reads(statements, outputs_with(processor)))
    assert any("never reads before D" in line for line in found), found


_SCHEDULE = "SELECT game_id FROM nba_raw.nbac_schedule"


@pytest.mark.parametrize(
    "sql",
    [
        _SCHEDULE,
        f"{_SCHEDULE} WHERE game_date <= @last_date",
        f"{_SCHEDULE} WHERE game_date IN UNNEST([@last_date])",
        f"{_SCHEDULE} WHERE game_date BETWEEN @first_date AND @last_date OR game_status = 3",
        f"{_SCHEDULE} WHERE CAST(game_date AS STRING) BETWEEN '2021-10-19' AND CAST(@last_date AS STRING)",
        "SELECT n FROM (SELECT game_date, COUNT(*) OVER (ORDER BY game_id) AS n FROM nba_raw.nbac_schedule)"
        " WHERE game_date BETWEEN @first_date AND @last_date",
        "SELECT s.game_id FROM nba_raw.nbac_schedule AS s LEFT JOIN UNNEST([1]) AS one"
        " ON s.game_date BETWEEN @first_date AND @last_date",
    ],
)
def test_a_read_that_its_partition_column_does_not_bound_is_noticed(sql: str) -> None:
    parameters = {"first_date": date(None), "last_date": date(None)}
    resolved = analyse(Statement("planted", sql), parameters, catalog_of())
    with pytest.raises(UnboundedReadError):
        source_reads([resolved], {})
