"""Gaps injected into the real season: each gets the oracle's verdict, and heals without a trace."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.planner.snapshot import Reprocess
from shared.sql import Statement
from shared.tables import ColumnType
from shared.warehouse.port import Array, query
from tests.oracle.evidence import (
    CORRECTABLE,
    PDC_SPAN,
    PSZA_SPAN,
    FailureType,
    PlayerEvidence,
    verdicts,
)
from tests.oracle.raw import load_raw_season
from tests.oracle.rosters import expected_players
from tests.realdata import requires_shared
from tests.season.conftest import END, SEASON, START
from tests.season.damage import Damage, choose_damage, only_dates
from tests.season.kit import UP_TO_FEATURES, Pipeline, copy_of, standing_failures
from tests.support.direct import load_parquet_folder

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

Judged = dict[tuple[str, dt.date], tuple[PlayerEvidence, PlayerEvidence]]
Found = dict[tuple[str, dt.date], tuple[str, bool, frozenset[tuple[str, str]]]]

_JUDGED = ("PlayerDailyCacheProcessor", "PlayerShotZoneAnalysisProcessor")
_AFTER = (
    "upcoming_player_game_context",
    "player_shot_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
    "ml_feature_store",
)


@dataclass(frozen=True)
class Healed:
    """What was seen of a season that was damaged, judged and mended."""

    damage: Damage
    pgs_keys: set[tuple[str, str]]
    failures: dict[str, Found]
    cells_run: set[tuple[str, dt.date]]
    cells_changed: set[tuple[str, dt.date]]
    cells_different: set[tuple[str, dt.date]]
    clean: dict[str, list[tuple[object, ...]]]
    mended: dict[str, list[tuple[object, ...]]]
    clean_failures: list[tuple[object, ...]]
    mended_failures: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def healed(
    season_file: Path, damaged_from: dt.date, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Healed]:
    """Fifty games damaged at once, the verdicts, and the season after the data came back."""
    raw = load_raw_season(SEASON)
    tables = load_parquet_folder(SEASON)
    damage = choose_damage(raw, tables, seed=20211231, after=damaged_from, lost=17, halved=17, underived=16)
    with copy_of(season_file, tmp_path_factory.mktemp("recall"), topology=UP_TO_FEATURES) as pipeline:
        clean, clean_failures = pipeline.tables(), standing_failures(pipeline)
        _lose_derived(pipeline, damage.underived)
        pipeline.announce(pipeline.ingest(only_dates(damage.tables, damage.raw_dates), damage.raw_dates))
        failures = {name: _failures(pipeline, name) for name in _JUDGED}
        keys = {
            (str(player), str(game))
            for player, game in pipeline.select(
                "SELECT player_lookup, game_id FROM nba_analytics.player_game_summary"
            ).values
        }
        damaged_hashes = _hashes(pipeline)
        pipeline.backfill(
            damage.derived_dates[0],
            damage.derived_dates[-1],
            reprocess=Reprocess.ALL,
            processors=("player_game_summary",),
        )
        pipeline.runs.clear()
        back = only_dates({name: tables[name] for name in damage.tables}, damage.raw_dates)
        pipeline.announce(pipeline.ingest(back, damage.raw_dates))
        hashes = _hashes(pipeline)
        yield Healed(
            damage=damage,
            pgs_keys=keys,
            failures=failures,
            cells_run=pipeline.ran(),
            cells_changed=_changed_by(pipeline),
            cells_different={cell for cell in hashes if hashes[cell] != damaged_hashes.get(cell)}
            | {cell for cell in damaged_hashes if cell not in hashes},
            clean=clean,
            mended=pipeline.tables(),
            clean_failures=clean_failures,
            mended_failures=standing_failures(pipeline),
        )


@pytest.fixture(scope="module")
def judged(healed: Healed) -> Judged:
    """The oracle on the damaged season: every expected player of every date, by the spans of PSZA and PDC."""
    raw, keys = healed.damage.raw, healed.pgs_keys
    return {
        (player, day): (
            verdicts(raw=raw, pgs_keys=keys, player=player, day=day, span=PSZA_SPAN),
            verdicts(raw=raw, pgs_keys=keys, player=player, day=day, span=PDC_SPAN),
        )
        for day in sorted({row.game_date for row in raw.schedule})
        for player in expected_players(raw, day)
    }


def test_every_injected_gap_of_shot_zones_gets_the_verdict_of_the_oracle(
    healed: Healed, judged: Judged
) -> None:
    expected: Found = {}
    for key, (seen, _) in judged.items():
        if seen.failure_type not in (None, FailureType.PLAYER_DNP):
            expected[key] = (str(seen.failure_type), not seen.row_withheld, _gaps(seen))
    _assert_same(healed.failures["PlayerShotZoneAnalysisProcessor"], expected)


def test_every_injected_gap_of_the_cache_gets_the_verdict_of_the_oracle(
    healed: Healed, judged: Judged
) -> None:
    """The cache reads the shot zones: where these are withheld, so is its row, whatever its own windows."""
    expected: Found = {}
    for key, (zones, seen) in judged.items():
        if seen.failure_type not in (None, FailureType.PLAYER_DNP):
            written = not seen.row_withheld and not zones.row_withheld
            expected[key] = (str(seen.failure_type), written, _gaps(seen))
        elif zones.row_withheld:
            expected[key] = ("UPSTREAM_GAP", False, frozenset())
        elif seen.failure_type is FailureType.PLAYER_DNP:
            expected[key] = ("PLAYER_DNP", True, frozenset())
    _assert_same(healed.failures["PlayerDailyCacheProcessor"], expected)


def _assert_same(found: Found, expected: Found) -> None:
    assert len([failure for failure in expected.values() if failure[2]]) > 1000
    keys = found.keys() | expected.keys()
    wrong = {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}
    assert not wrong, (len(wrong), list(wrong.items())[:5])


def _gaps(seen: PlayerEvidence) -> frozenset[tuple[str, str]]:
    missing = (*seen.missing_in_span, *seen.missing_before_span)
    return frozenset((game.game_id, game.verdict.value) for game in missing if game.verdict in CORRECTABLE)


def test_the_data_coming_back_runs_exactly_the_cells_that_read_it(healed: Healed) -> None:
    first = healed.damage.raw_dates[0]
    dates = {day for name, day in healed.cells_run} | {
        day for rows in healed.clean.values() for row in rows for day in row if isinstance(day, dt.date)
    }
    read_box = {("player_game_summary", day) for day in healed.damage.raw_dates}
    read_before = {(name, day) for name in _AFTER for day in dates if START <= day <= END and day > first}
    assert healed.cells_run == read_box | read_before


def test_the_cells_that_changed_are_exactly_those_whose_rows_differ(healed: Healed) -> None:
    assert healed.cells_changed == healed.cells_different & healed.cells_run


def test_the_mended_season_is_the_clean_one_row_for_row(healed: Healed) -> None:
    for name, rows in healed.clean.items():
        assert healed.mended[name] == rows, name


def test_every_failure_is_resolved_or_was_an_absence_all_along(healed: Healed) -> None:
    assert healed.mended_failures == healed.clean_failures


def _lose_derived(pipeline: Pipeline, games: tuple[str, ...]) -> None:
    query(
        pipeline.warehouse,
        Statement(
            "lose derived rows",
            "DELETE FROM nba_analytics.player_game_summary WHERE game_id IN UNNEST(@games)",
        ),
        {"games": Array(ColumnType.STRING, games)},
    )


def _failures(pipeline: Pipeline, processor: str) -> Found:
    rows = pipeline.select(
        "SELECT entity_id, analysis_date, failure_type, row_written, evidence"
        " FROM nba_processing.precompute_failures"
        f" WHERE processor_name = '{processor}' AND resolution_status <> 'RESOLVED'"
    )
    found: Found = {}
    for entity, day, kind, written, evidence in rows.values:
        games = json.loads(str(evidence))["missing"] if evidence else []
        gaps = frozenset((g["game_id"], g["verdict"]) for g in games if g["verdict"] != "PLAYER_DNP")
        found[str(entity), day] = (str(kind), bool(written), gaps)  # type: ignore[index]
    return found


def _hashes(pipeline: Pipeline) -> dict[tuple[str, dt.date], list[str]]:
    found: dict[tuple[str, dt.date], list[str]] = {}
    for processor in pipeline.topology.processors:
        column = processor.schema.partition_column
        rows = pipeline.select(f"SELECT {column}, data_hash FROM {processor.schema.address} ORDER BY 1, 2")
        for day, data_hash in rows.values:
            found.setdefault((processor.name, day), []).append(str(data_hash))  # type: ignore[arg-type]
    return found


def _changed_by(pipeline: Pipeline) -> set[tuple[str, dt.date]]:
    """Cells whose newest two successful ledger rows have different output fingerprints."""
    rows = pipeline.select(
        "SELECT cell_name, cell_date FROM ("
        "  SELECT cell_name, cell_date, output_fingerprint, sequence,"
        "    LAG(output_fingerprint) OVER (PARTITION BY cell_name, cell_date ORDER BY sequence) AS before,"
        "    MAX(sequence) OVER (PARTITION BY cell_name, cell_date) AS newest"
        "  FROM nba_orchestration.ledger WHERE kind = 'processor' AND cell_date > '2021-01-01')"
        " WHERE sequence = newest AND before <> output_fingerprint"
    )
    ran = pipeline.ran()
    return {(str(name), day) for name, day in rows.values if (name, day) in ran}  # type: ignore[misc]
