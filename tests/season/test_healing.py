"""The real season, ingested with holes: the retry worker fetches what appears, and the season heals."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from services.ingest.source import RawFile
from shared.messages.models import RetryTick, TickWork
from shared.topology.graph import RETRY_TICK_TOPIC
from tests.realdata import requires_shared
from tests.season.conftest import END, SEASON, START
from tests.season.kit import UP_TO_FEATURES, Pipeline, copy_of, open_pipeline, standing_failures
from tests.support.direct import load_parquet_folder

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

_SCHEDULE = "nbac_schedule"
_PLAYERS = "nbac_gamebook_player_stats"
_OF_GAMES = (_PLAYERS, "nbac_team_boxscore", "nbac_shot_chart", "nbac_play_by_play")
#: Processors by what they read: of a date's own game, of team results before, of players' games before.
_OF_TEAM_GAMES = ("team_offense_game_summary", "team_defense_game_summary")
_AFTER_TEAM_GAMES = ("upcoming_team_game_context", "team_defense_zone_analysis")
_AFTER_PLAYER_GAMES = (
    "upcoming_player_game_context",
    "player_shot_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
    "ml_feature_store",
)
#: Hours of simulated time after which a third of the lost data each appears at the source.
_RELEASES = (3, 15, 60)
_TICKS = (0, 1, 2, 7, 20, 32, 92)


@dataclass
class Archive:
    """A source of raw data that lacks games: lost ones in every table, halved ones every second player."""

    tables: Mapping[str, pa.Table]
    lost: set[str]
    halved: set[str]

    def current(self) -> dict[str, pa.Table]:
        """What the source has now."""
        found = dict(self.tables)
        for name in _OF_GAMES:
            rows = found[name]
            gone = pc.is_in(rows.column("game_id"), value_set=pa.array(sorted(self.lost), pa.string()))
            if name == _PLAYERS:
                of_halved = pc.is_in(
                    rows.column("game_id"), value_set=pa.array(sorted(self.halved), pa.string())
                )
                second = pa.chunked_array([pa.array([n % 2 == 1 for n in range(rows.num_rows)])])
                gone = pc.or_(gone, pc.and_(of_halved, second))
            found[name] = rows.filter(pc.invert(gone))
        return found

    def read(self, start: dt.date, end: dt.date) -> Sequence[RawFile]:
        """The port of the ingest service."""
        return [RawFile(f"{name} of the archive", name, rows) for name, rows in self.current().items()]


@dataclass(frozen=True)
class Release:
    """Dates whose lost and halved games appeared together, and the cells that ran in its wake."""

    lost: frozenset[dt.date]
    halved: frozenset[dt.date]
    ran: tuple[tuple[str, dt.date], ...]

    def least(self, dates: Sequence[dt.date]) -> set[tuple[str, dt.date]]:
        """The cells whose declared inputs changed, written down from the design's table of reads."""
        both, found = self.lost | self.halved, set()
        found |= {("player_game_summary", day) for day in both}
        found |= {(name, day) for name in _OF_TEAM_GAMES for day in self.lost}
        if self.lost:
            found |= {(n, day) for n in _AFTER_TEAM_GAMES for day in dates if day > min(self.lost)}
        return found | {(n, day) for n in _AFTER_PLAYER_GAMES for day in dates if day > min(both)}


@dataclass
class Healing:
    """What was seen of the season while it healed."""

    open_at_first: int
    dates: list[dt.date]
    releases: list[Release] = field(default_factory=list)
    other_runs: int = 0
    standing: list[tuple[object, ...]] = field(default_factory=list)
    open_now: int = -1
    gone: dict[tuple[object, ...], int] = field(default_factory=dict)
    most_attempts: int = 0
    tables: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Clean:
    """The season that never lacked anything."""

    standing: list[tuple[object, ...]]
    tables: dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def clean(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    with copy_of(season_file, tmp_path_factory.mktemp("clean"), topology=UP_TO_FEATURES) as pipeline:
        return Clean(standing_failures(pipeline), pipeline.tables())


@pytest.fixture(scope="module")
def healing(damaged_from: dt.date, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Healing]:
    """Thirty games lost and ten by half, at random; all of it appears while simulated days pass."""
    tables = load_parquet_folder(SEASON)
    date_of = _final_games(tables, damaged_from)
    games = random.Random(20220410).sample(sorted(date_of), 40)
    lost, halved = games[:30], games[30:]
    archive = Archive(tables, set(lost), set(halved))
    path = tmp_path_factory.mktemp("healing") / "season.duckdb"
    with open_pipeline(path, source=archive, topology=UP_TO_FEATURES) as pipeline:
        pipeline.ingest(archive.current())
        pipeline.backfill(START, END)
        found = Healing(_open(pipeline), sorted(pipeline.grid().dates()))
        begun = pipeline.clock.now()
        appeared: set[str] = set()
        released = 0
        for hour in _TICKS:
            while released < len(_RELEASES) and _RELEASES[released] <= hour:
                part, released = released, released + 1
                appeared |= {*lost[part::3], *halved[part::3]}
                archive.lost -= appeared
                archive.halved -= appeared
            pipeline.clock.sleep_until(begun + dt.timedelta(hours=hour))
            pipeline.runs.clear()
            pipeline.broker.publish(RETRY_TICK_TOPIC, RetryTick(work=TickWork.RETRY))
            pipeline.settle()
            ran = tuple((report.processor, day) for report in pipeline.runs for day in report.dates)
            if ran and appeared:
                found.releases.append(
                    Release(
                        frozenset(date_of[game] for game in appeared if game in lost),
                        frozenset(date_of[game] for game in appeared if game in halved),
                        ran,
                    )
                )
                appeared = set()
            else:
                found.other_runs += len(ran)
        found.open_now = _open(pipeline)
        found.standing = standing_failures(pipeline)
        found.gone = _resolved(pipeline)
        found.most_attempts = _most_attempts(pipeline)
        found.tables = pipeline.tables()
        yield found


def _final_games(tables: Mapping[str, pa.Table], after: dt.date) -> dict[str, dt.date]:
    """Final regular-season games after a date."""
    slots = tables[_SCHEDULE].select(["game_id", "game_date", "game_status", "season_type"]).to_pylist()
    return {
        row["game_id"]: row["game_date"]
        for row in slots
        if row["game_status"] == 3 and row["season_type"] == "regular" and row["game_date"] > after
    }


def _failure_rows(pipeline: Pipeline, columns: str, where: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for table in ("analytics_failures", "precompute_failures"):
        found += pipeline.select(f"SELECT {columns} FROM nba_processing.{table} WHERE {where}").values
    return found


def _open(pipeline: Pipeline) -> int:
    return len(_failure_rows(pipeline, "entity_id", "is_correctable AND resolution_status <> 'RESOLVED'"))


def _resolved(pipeline: Pipeline) -> dict[tuple[object, ...], int]:
    found: dict[tuple[object, ...], int] = {}
    for row in _failure_rows(pipeline, "resolution_reason", "resolution_status = 'RESOLVED'"):
        found[row] = found.get(row, 0) + 1
    return found


def _most_attempts(pipeline: Pipeline) -> int:
    return max(
        int(str(row[0])) for row in _failure_rows(pipeline, "attempt_count", "attempt_count IS NOT NULL")
    )


def test_every_correctable_failure_is_resolved_and_every_absence_stays(
    healing: Healing, clean: Clean
) -> None:
    assert healing.open_at_first > 5_000
    assert healing.open_now == 0
    assert healing.standing == clean.standing
    # Somebody of a lost game is expected by an older list until the lost one says that he has left.
    assert {reason for (reason,) in healing.gone} <= {"observed", "reclassified", "no_longer_expected"}


def test_the_healed_season_is_the_clean_one_row_for_row(healing: Healing, clean: Clean) -> None:
    for name, rows in clean.tables.items():
        assert healing.tables[name] == rows, name


def test_every_release_runs_hardly_more_than_the_cells_that_read_it(healing: Healing) -> None:
    assert len(healing.releases) == len(_RELEASES)
    least = [release.least(healing.dates) for release in healing.releases]
    for release, cells in zip(healing.releases, least, strict=True):
        assert set(release.ran) == cells
    ran = sum(len(release.ran) for release in healing.releases) + healing.other_runs
    assert ran <= 1.2 * sum(len(cells) for cells in least), (ran, [len(cells) for cells in least])


def test_no_failure_is_tried_more_often_than_its_budget(healing: Healing) -> None:
    assert healing.most_attempts <= 5
