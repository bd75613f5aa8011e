"""`python -m tests.benchmarks`: the numbers of the README, measured on the real season 2021-22.

Every figure of a command is of a whole process, start-up included. Prints one line per number with its target
and ratio; exits 1 when a target is missed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from tests.benchmarks.log import last_commit
from tests.realdata import SHARED
from tests.support.direct import select

SEASON = SHARED / "data" / "raw" / "2021-22"
_NBA = Path(sys.executable).parent / "nba"
_FIRST, _LAST = "2021-10-19", "2022-04-10"
_LIVE, _NEXT = dt.date(2022, 1, 19), dt.date(2022, 1, 20)
_CORRECTED = dt.date(2022, 2, 8)
#: What the targets of phases 3 and 4 are for; features and predictions have targets of their own.
_BOX_SCORES_TO_CONTEXT = (
    "player_game_summary",
    "team_offense_game_summary",
    "team_defense_game_summary",
    "upcoming_player_game_context",
    "upcoming_team_game_context",
    "player_shot_zone_analysis",
    "team_defense_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
)
_NINE = [part for name in _BOX_SCORES_TO_CONTEXT for part in ("--processor", name)]
#: What reads earlier box scores of players: on every later date it runs again when one is corrected.
_READERS_OF_PLAYER_GAMES = (
    "upcoming_player_game_context",
    "player_shot_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
)


@dataclass(frozen=True)
class Result:
    """One measured number with its target; smaller is better."""

    what: str
    measured: float
    target: float
    unit: str

    @property
    def ratio(self) -> float:
        """Measured to target: at most 1 holds."""
        return self.measured / self.target


class Bench:
    """A folder of warehouse files, and the commands run on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: list[Result] = []

    def file(self, name: str) -> Path:
        """A warehouse file of that name."""
        return self.folder / f"{name}.duckdb"

    def copy(self, source: str, target: str) -> Path:
        """A copy of a warehouse file."""
        shutil.copyfile(self.file(source), self.file(target))
        return self.file(target)

    def nba(self, warehouse: Path, *arguments: str) -> tuple[float, str]:
        """Run one `nba` command; seconds and what it printed. Raises CalledProcessError when it fails."""
        return self.process([str(_NBA), *arguments], warehouse)

    def process(self, command: Sequence[str], warehouse: Path) -> tuple[float, str]:
        """Run a program with the warehouse set; wall seconds and its output."""
        environment = {**os.environ, "NBA_WAREHOUSE": f"duckdb://{warehouse}"}
        started = time.perf_counter()
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return time.perf_counter() - started, done.stdout

    def add(self, what: str, measured: float, target: float, unit: str = "s") -> None:
        """Take down a result and print it."""
        result = Result(what, measured, target, unit)
        self.results.append(result)
        verdict = "ok" if result.ratio <= 1 else "MISSED"
        sys.stdout.write(f"{what:<66} {measured:>8.2f} {unit:<3} target {target:>7.2f}  {verdict}\n")
        sys.stdout.flush()


def main() -> int:
    """Measure everything and return the exit code."""
    if not SEASON.exists():
        sys.stderr.write("The real season is not in ../shared; nothing can be measured.\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        for measure in (_ingest, _season, _unchanged, _coverage, _corrected, _live, _late_in_the_season):
            measure(bench)
        _memory(bench)
    missed = [result.what for result in bench.results if result.ratio > 1]
    sys.stdout.write(f"{len(bench.results) - len(missed)} of {len(bench.results)} targets held\n")
    return 1 if missed else 0


def _median(times: int, measure: Callable[[], float]) -> float:
    return sorted(measure() for _ in range(times))[times // 2]


def _ingest(bench: Bench) -> None:
    bench.nba(bench.file("empty"), "init")
    seconds, _ = bench.nba(bench.copy("empty", "raw"), "ingest", "files", str(SEASON))
    bench.add("ingest of the season's raw files", seconds, 10)


def _season(bench: Bench) -> None:
    arguments = ("--start-date", _FIRST, "--end-date", _LAST, "--reason", "benchmark")

    def pipeline() -> float:
        return bench.nba(bench.copy("raw", "season"), "backfill", *arguments, *_NINE)[0]

    def by_hand() -> float:
        module = [sys.executable, "-m", "tests.benchmarks.by_hand"]
        warehouse = bench.copy("raw", "by_hand")
        return bench.process([*module, str(warehouse), _FIRST, _LAST], warehouse)[0]

    season, bare = _median(3, pipeline), _median(3, by_hand)
    bench.add("season of 165 dates, nine processors, from ingested raw", season, 12)
    bench.add("the same, against the same SQL by hand on the same engine", season / bare, 2.5, "x")
    bench.add("  (the SQL by hand)", bare, 12)
    predictions, _ = bench.nba(bench.file("season"), "backfill", *arguments)
    bench.add("features, walk-forward predictions and grades of the season", predictions, 120)

    def one_date() -> float:
        script = [sys.executable, "-m", "tests.benchmarks.one_prediction"]
        warehouse = bench.copy("season", "one_prediction")
        return float(bench.process([*script, str(warehouse)], warehouse)[1].split()[-1])

    bench.add("predictions of one date, its week's models stored", _median(3, one_date), 2)


def _unchanged(bench: Bench) -> None:
    arguments = ("--start-date", _FIRST, "--end-date", _LAST, "--reason", "benchmark", "--json")
    runs = []

    def again() -> float:
        seconds, output = bench.nba(bench.file("season"), "backfill", *arguments)
        runs.append(json.loads(output)["cells_run"])
        return seconds

    bench.add("re-run of the unchanged season, 0 cells run", _median(3, again), 2)
    if any(runs):
        raise AssertionError(f"An unchanged season ran cells again: {runs}")


def _coverage(bench: Bench) -> None:
    bench.add(
        "nba coverage of the season", _median(3, lambda: bench.nba(bench.file("season"), "coverage")[0]), 1.5
    )


def _corrected(bench: Bench) -> None:
    """One game corrected 60 days before the end: one assist more for one player.

    The raw data of this season end with its last date, so that every cell is current before the correction.
    Raises AssertionError unless exactly the affected cells run.
    """
    whole = bench.folder / "whole"
    whole.mkdir()
    for path in SEASON.glob("*.parquet"):
        table = pq.read_table(path)
        last = dt.date.fromisoformat(_LAST)
        pq.write_table(table.filter(pc.less_equal(table.column("game_date"), last)), whole / path.name)
    bench.nba(bench.copy("empty", "current"), "ingest", "files", str(whole))
    arguments = ("--start-date", _FIRST, "--end-date", _LAST, "--reason", "benchmark")
    bench.nba(bench.file("current"), "backfill", *arguments)
    folder = _correction(bench.folder / "corrected")

    wholes = []

    def correct() -> float:
        warehouse = bench.copy("current", "corrected")
        started = dt.datetime.now(dt.UTC)
        wholes.append(bench.nba(warehouse, "ingest", "files", str(folder), "--process")[0])
        _only_affected_cells_ran(warehouse)
        log = warehouse.parent / "logs" / f"{warehouse.stem}.jsonl"
        return (last_commit(log, _BOX_SCORES_TO_CONTEXT) - started).total_seconds()

    bench.add("one corrected game 60 days back: ingest, every affected cell", _median(3, correct), 4)
    bench.add("  (the same with features and predictions refitted)", sorted(wholes)[1], 120)


def _only_affected_cells_ran(path: Path) -> None:
    warehouse = DuckDBWarehouse(path)
    ran = select(
        warehouse,
        "SELECT cell_name, cell_date FROM nba_orchestration.ledger"
        " WHERE cell_date >= '2000-01-01' AND kind = 'processor' AND trigger_source = 'live'",
    )
    later = select(
        warehouse,
        "SELECT DISTINCT game_date FROM nba_raw.nbac_schedule"
        f" WHERE game_date > '{_CORRECTED}' AND season_type = 'regular'",
    )
    warehouse.close()
    nine = {(name, day) for name, day in ran.values if name in _BOX_SCORES_TO_CONTEXT}
    affected = {(name, row[0]) for name in _READERS_OF_PLAYER_GAMES for row in later.values}
    if nine != affected | {("player_game_summary", _CORRECTED)} or len(ran) != len({*ran.values}):
        raise AssertionError(f"Not exactly the affected cells ran, once: {sorted(ran.values, key=str)}")


def _correction(folder: Path) -> Path:
    """The required tables of one date, with one assist more for who played longest."""
    rows = pq.read_table(SEASON / "nbac_gamebook_player_stats.parquet")
    day = rows.filter(pc.equal(rows.column("game_date"), _CORRECTED))
    minutes = day.column("minutes_decimal").to_pylist()
    position = max(range(len(minutes)), key=lambda i: minutes[i] or 0)
    assists = day.column("assists").to_pylist()
    assists[position] += 1
    day = day.set_column(day.column_names.index("assists"), "assists", [assists])
    folder.mkdir()
    for name in ("nbac_schedule", "nbac_team_boxscore"):
        table = pq.read_table(SEASON / f"{name}.parquet")
        pq.write_table(
            table.filter(pc.equal(table.column("game_date"), _CORRECTED)), folder / f"{name}.parquet"
        )
    pq.write_table(day, folder / "nbac_gamebook_player_stats.parquet")
    return folder


def _live(bench: Bench) -> None:
    """A date's raw rows land when everything before it is done; the next date's features become ready too."""
    folder = bench.folder / "live"
    before = bench.folder / "before"
    for target, keep in ((before, pc.less), (folder, pc.equal)):
        target.mkdir()
        for path in SEASON.glob("*.parquet"):
            table = pq.read_table(path)
            if path.stem == "nbac_schedule" and target is before:
                keep_rows = pc.less_equal(table.column("game_date"), _NEXT)
            else:
                keep_rows = keep(table.column("game_date"), _LIVE)
            pq.write_table(table.filter(keep_rows), target / path.name)
    bench.nba(bench.copy("empty", "live_base"), "ingest", "files", str(before))
    bench.nba(
        bench.file("live_base"),
        "backfill",
        *("--start-date", _FIRST, "--end-date", "2022-01-18", "--reason", "benchmark"),
    )

    wholes = []

    def live() -> float:
        script = [sys.executable, "-m", "tests.benchmarks.live_date"]
        _, output = bench.process(
            [*script, str(bench.copy("live_base", "live")), str(folder), *_BOX_SCORES_TO_CONTEXT],
            bench.file("live"),
        )
        *_, nine, whole = output.split()
        wholes.append(float(whole))
        return float(nine)

    bench.add("live date, raw complete to phase 4 complete, nine processors", _median(3, live), 2)
    bench.add("live date, raw complete to predictions, all processors", sorted(wholes)[1], 5)


def _late_in_the_season(bench: Bench) -> None:
    """Cost of a date in range mode: two weeks in April against two weeks in November, everything forced."""

    def two_weeks(start: str, end: str) -> float:
        arguments = (
            "--start-date",
            start,
            "--end-date",
            end,
            "--reason",
            "benchmark",
            "--no-resume",
            "--json",
            *_NINE,
        )
        _, output = bench.nba(bench.copy("season", "weeks"), "backfill", *arguments)
        return float(json.loads(output)["seconds"])

    november = _median(3, lambda: two_weeks("2021-11-08", "2021-11-21"))
    april = _median(3, lambda: two_weeks("2022-03-28", "2022-04-10"))
    bench.add("a date in April against one in November, range mode", april / november, 2, "x")


def _memory(bench: Bench) -> None:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bench.add("peak memory of any of these processes", peak, 1024, "MiB")


if __name__ == "__main__":
    sys.exit(main())
