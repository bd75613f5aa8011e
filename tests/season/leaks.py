"""The leak rule on the real season: `python -m tests.season.leaks` tries every mutant of the SQL on 2021-22.

The tests try the SQL as it is on the real season, and the mutants on an invented month. This program takes
some minutes, prints what became of each mutant, and ends with 1 when one survived without a known reason.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.sql import Statement
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import dates, query
from tests.gates.over_reading import refused_reads
from tests.season.conftest import END, SEASON, START
from tests.season.equivalents import EQUIVALENT
from tests.season.future import Change
from tests.season.kit import UP_TO_FEATURES, Pipeline, open_pipeline
from tests.season.mutants import Mutant, mutants_of
from tests.season.trials import Findings, Range, Season, Step, find_leaks
from tests.support.direct import batch_of, load_parquet_folder

#: In the playoffs; the first night after the All-Star break; trade deadline; ten teams on the second night of
#: a back-to-back; the fifth date of the season. Later ones first, as trials go.
PLAYOFFS = dt.date(2022, 5, 4)
AFTER_BREAK = dt.date(2022, 2, 24)
DEADLINE = dt.date(2022, 2, 10)
BACK_TO_BACK = dt.date(2021, 11, 27)
EARLY = dt.date(2021, 10, 23)

STEPS = (
    Step(PLAYOFFS, Change.ALTERED, (Range.DATE,), PLAYOFFS),
    Step(AFTER_BREAK, Change.DELETED, (Range.DATE,), AFTER_BREAK),
    Step(DEADLINE, Change.ALTERED, (Range.DATE, Range.SEASON), DEADLINE - dt.timedelta(days=7)),
    Step(BACK_TO_BACK, Change.DELETED, (Range.DATE,), BACK_TO_BACK),
    Step(EARLY, Change.ALTERED, (Range.DATE,), EARLY),
)
#: For mutants: every date inside the season, its future altered and then deleted.
_MUTANT_STEPS = tuple(
    Step(day, change, (Range.SEASON,), day)
    for day in (PLAYOFFS, AFTER_BREAK, DEADLINE, BACK_TO_BACK, EARLY, START)
    for change in (Change.ALTERED, Change.DELETED)
)
#: Dates whose team summaries are lost before mutants are tried: an untouched season gives a triage nothing to
#: say. One is tried itself, and of the teams of others some lost a game shortly before, or weeks before.
_LOST = (dt.date(2021, 11, 20), BACK_TO_BACK, dt.date(2022, 1, 15))


@contextmanager
def season_of(path: Path, folder: Path) -> Iterator[Season]:
    """Two copies, in `folder`, of a processed season to try the leak rule on."""
    original, changed = (
        DuckDBWarehouse(Path(shutil.copyfile(path, folder / name))) for name in ("original", "changed")
    )
    try:
        whole = batch_of(original, start=dt.date.min, end=dt.date.max)
        yield Season(UP_TO_FEATURES, whole, original, changed)
    finally:
        original.close()
        changed.close()


def main() -> int:
    """Process the season, try every mutant, and print what became of it."""
    mutants = mutants_of(UP_TO_FEATURES)
    refused = refused_reads(UP_TO_FEATURES, [mutant for mutant in mutants if mutant.reads_more])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_pipeline(folder / "season", topology=UP_TO_FEATURES) as pipeline:
            pipeline.ingest(load_parquet_folder(SEASON))
            pipeline.backfill(START, END)
            _lose_team_summaries(pipeline)
        with season_of(folder / "season", folder) as season:
            findings = find_leaks(season, _MUTANT_STEPS, mutants)
    verdicts = {mutant.name: _verdict(mutant, findings, refused) for mutant in mutants}
    for mutant, verdict in verdicts.items():
        sys.stdout.write(f"{verdict}\n    {mutant}\n")
    for leak in findings.leaks:
        sys.stdout.write(f"LEAK as it is: {leak}\n")
    unknown = [verdict for verdict in verdicts.values() if verdict == _SURVIVED]
    sys.stdout.write(
        f"{len(mutants)} mutants: {len(findings.caught)} caught, {len(refused)} read what is not declared,"
        f" {len(unknown)} survived without a known reason; {len(findings.leaks)} leaks in the SQL as it is\n"
    )
    return 1 if unknown or findings.leaks else 0


def _lose_team_summaries(pipeline: Pipeline) -> None:
    for side in ("offense", "defense"):
        sql = f"DELETE FROM nba_analytics.team_{side}_game_summary WHERE game_date IN UNNEST(@lost)"
        query(pipeline.warehouse, Statement("lose team summaries", sql), {"lost": dates(_LOST)})


_SURVIVED = "SURVIVED"


def _verdict(mutant: Mutant, findings: Findings, refused: dict[str, str]) -> str:
    if mutant.name in findings.caught:
        return f"caught: {findings.caught[mutant.name]}"
    if mutant.name in refused:
        return "refused by the declared inputs; no row changes"
    return f"harmless: {EQUIVALENT[mutant.name]}" if mutant.name in EQUIVALENT else _SURVIVED


if __name__ == "__main__":
    raise SystemExit(main())
