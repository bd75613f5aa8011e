"""The three result tables over two real seasons: complete, within their declared bounds, the same by date."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest

from shared.topology.declaration import HARNESS_COLUMNS, Processor
from shared.warehouse.port import Rows, Value, Warehouse
from shared.worker.stage import Batch
from tests.oracle.raw import active_keys, load_raw_season, without_half_of_player_rows, without_player_rows
from tests.oracle.rosters import rosters
from tests.realdata import SHARED, requires_shared
from tests.support import direct
from tests.support.derived_rows import processor_of

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw")]

PROCESSORS = {
    name: processor_of(f"analytics/{name}")
    for name in ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary")
}
#: Active rows and team rows of the raw tables; 26,039 of the first are regular-season appearances.
ROWS = {
    ("2021-22", "player_game_summary"): 28049,
    ("2021-22", "team_offense_game_summary"): 2646,
    ("2021-22", "team_defense_game_summary"): 2646,
    ("2024-25", "player_game_summary"): 26454,
    ("2024-25", "team_offense_game_summary"): 2474,
    ("2024-25", "team_defense_game_summary"): 2474,
}
#: Every so many dates are computed once more, each by itself.
STRIDE = 23


@dataclass(frozen=True)
class Loaded:
    """A season in a warehouse, and the summary of staging each processor for all of it at once."""

    name: str
    warehouse: Warehouse
    batch: Batch
    summaries: dict[str, Rows]


@pytest.fixture(scope="module", params=["2021-22", "2024-25"])
def season(request: pytest.FixtureRequest) -> Loaded:
    name: str = request.param
    warehouse = direct.memory_warehouse(direct.load_parquet_folder(SHARED / "data" / "raw" / name))
    start = int(name[:4])
    batch = direct.batch_of(warehouse, start=dt.date(start, 10, 1), end=dt.date(start + 1, 6, 30))
    summaries = {key: direct.stage(warehouse, processor, batch, key) for key, processor in PROCESSORS.items()}
    return Loaded(name, warehouse, batch, summaries)


def staged(season: Loaded, name: str, expressions: str) -> tuple[Value, ...]:
    """One row of aggregates over the good rows of a processor."""
    (row,) = direct.select(
        season.warehouse, f"SELECT {expressions} FROM nba_staging.good_rows__{name}"
    ).values
    return row


@pytest.mark.parametrize("name", PROCESSORS)
def test_untouched_season_has_every_row_and_no_failure(season: Loaded, name: str) -> None:
    records = list(season.summaries[name].records())

    assert sum(int(str(record["record_count"])) for record in records) == ROWS[season.name, name]
    flaws = ("failure_count", "untracked", "contradicted", "unexpected", "problems")
    assert [record for record in records if any(record[flaw] for flaw in flaws)] == []


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_date_by_itself_gives_the_same_bytes_as_the_whole_season(season: Loaded, name: str) -> None:
    whole = {record["cell_date"]: record for record in season.summaries[name].records()}

    for date in season.batch.dates[::STRIDE]:
        alone = replace(season.batch, dates=(date,))
        (record,) = direct.stage(season.warehouse, PROCESSORS[name], alone, "alone").records()
        assert record == whole[date]


@pytest.mark.parametrize("name", PROCESSORS)
def test_values_keep_the_bounds_and_the_variety_their_schema_declares(season: Loaded, name: str) -> None:
    processor: Processor = PROCESSORS[name]
    broken = []
    for column in processor.schema.columns:
        if column.name in HARNESS_COLUMNS:
            continue
        bounded = column.minimum is not None or column.maximum is not None
        extremes = f"MIN({column.name}), MAX({column.name})" if bounded else "NULL, NULL"
        counts = f"COUNTIF({column.name} IS NULL), COUNT({column.name}), COUNT(DISTINCT {column.name})"
        nulls, values, distinct, low, high = staged(season, name, f"{counts}, {extremes}")
        if column.required and nulls:
            broken.append(f"{column.name} is NULL in {nulls} rows")
        if values == 0 and column.all_null is None:
            broken.append(f"{column.name} is always NULL")
        if distinct == 1 and column.constant is None:
            broken.append(f"{column.name} is constant")
        if column.minimum is not None and low is not None and float(str(low)) < column.minimum:
            broken.append(f"{column.name} falls to {low}")
        if column.maximum is not None and high is not None and float(str(high)) > column.maximum:
            broken.append(f"{column.name} rises to {high}")
    assert broken == []


@requires_shared("data", "raw", "2021-22")
def test_every_damaged_list_is_reported_and_no_other_game_changes() -> None:
    folder = SHARED / "data" / "raw" / "2021-22"
    intact = load_raw_season(folder)
    rng = random.Random(20211019)
    lost = rng.sample(sorted({row.game_id for row in intact.player_rows}), 40)
    damaged = intact
    for game_id in lost[:10]:
        damaged = without_player_rows(damaged, game_id)
    for game_id in lost[10:]:
        damaged = without_half_of_player_rows(damaged, game_id, rng)
    lists = rosters(damaged).lists_of_game
    unreliable = {game_id for game_id in lost if not all(team.reconciles for team in lists[game_id])}
    kept = {(row.game_id, row.player_lookup) for row in damaged.player_rows}

    raw = direct.load_parquet_folder(folder)
    box = raw["nbac_gamebook_player_stats"]
    keys = zip(box["game_id"].to_pylist(), box["player_lookup"].to_pylist(), strict=True)
    raw["nbac_gamebook_player_stats"] = box.filter(pa.array([key in kept for key in keys]))
    warehouse = direct.memory_warehouse(raw)
    batch = direct.batch_of(warehouse, start=dt.date(2021, 10, 1), end=dt.date(2022, 6, 30))
    summary = direct.stage(warehouse, PROCESSORS["player_game_summary"], batch)

    failures = direct.select(
        warehouse,
        "SELECT entity_id, failure_category FROM nba_staging.failures__test WHERE entity_type = 'GAME'",
    ).values
    assert {row[0]: row[1] for row in failures} == {
        **dict.fromkeys(lost[:10], "GAME_NOT_INGESTED"),
        **dict.fromkeys(unreliable - set(lost[:10]), "INCOMPLETE_DATA"),
    }
    assert len(failures) == len(unreliable)
    flaws = ("untracked", "contradicted", "unexpected", "problems")
    assert [record for record in summary.records() if any(record[flaw] for flaw in flaws)] == []
    rows = direct.select(
        warehouse, "SELECT game_id, player_lookup, is_production_ready FROM nba_staging.good_rows__test"
    ).values
    assert {(row[0], row[1]) for row in rows} == {key[::-1] for key in active_keys(intact)} & kept
    assert {row[0] for row in rows if not row[2]} == unreliable - set(lost[:10])


def test_players_add_up_to_their_teams(season: Loaded) -> None:
    sums = (
        "SUM(points), SUM(fg_makes), SUM(fg_attempts), SUM(three_pt_makes), SUM(three_pt_attempts),"
        " SUM(ft_makes), SUM(ft_attempts), SUM(offensive_rebounds), SUM(defensive_rebounds),"
        " SUM(total_rebounds), SUM(assists)"
    )

    assert staged(season, "player_game_summary", sums) == staged(season, "team_offense_game_summary", sums)


def test_what_teams_allow_is_what_teams_score(season: Loaded) -> None:
    scored = ("points", "fg_makes", "fg_attempts", "paint_attempts", "paint_makes", "mid_range_attempts")
    offense = staged(season, "team_offense_game_summary", ", ".join(f"SUM({name})" for name in scored))
    defense = staged(
        season, "team_defense_game_summary", ", ".join(f"SUM({name}_allowed)" for name in scored)
    )

    assert offense == defense


def test_zones_and_creation_add_up_to_the_box_score_wherever_they_are_known(season: Loaded) -> None:
    odd = staged(
        season,
        "player_game_summary",
        "COUNTIF(paint_attempts + mid_range_attempts + three_pt_attempts != fg_attempts),"
        " COUNTIF(paint_makes + mid_range_makes + three_pt_makes != fg_makes),"
        " COUNTIF(assisted_fg_makes + unassisted_fg_makes != fg_makes),"
        " COUNTIF((zone_source IS NULL) != (paint_attempts IS NULL))",
    )

    assert odd == (0, 0, 0, 0)


def test_shots_of_the_chart_are_used_for_all_games_but_the_one_it_is_cut_off_in(season: Loaded) -> None:
    (charted,) = staged(season, "team_offense_game_summary", "COUNTIF(zone_source = 'shot_chart')")
    (attempts,) = staged(
        season, "team_offense_game_summary", "SUM(IF(zone_source = 'shot_chart', fg_attempts, 0))"
    )

    assert (charted, attempts) == {"2021-22": (1160, 102258), "2024-25": (1152, 102373)}[season.name]


def test_lines_are_there_for_players_who_had_one_and_played(season: Loaded) -> None:
    found = staged(
        season,
        "player_game_summary",
        "COUNT(points_line), COUNTIF(over_under_result = 'OVER'), COUNTIF(over_under_result = 'UNDER'),"
        " COUNTIF(over_under_result = 'PUSH')",
    )

    assert found == {"2021-22": (0, 0, 0, 0), "2024-25": (11903, 5905, 5998, 0)}[season.name]
