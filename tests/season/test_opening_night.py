"""Two invented seasons, the second as it comes: predictions on its first night, grades once it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from services.ingest.synthetic import SyntheticOptions, generate, season_bounds
from shared.planner.state import State
from shared.topology.declaration import INJURY_REPORT, PLAYER_BOX, TEAM_BOX
from shared.warehouse.port import Value
from tests.season.growing import Evening, known_by
from tests.season.kit import Pipeline, copy_of, open_pipeline, table_rows

SCHEDULE = "nbac_schedule"
TABLES = (SCHEDULE, PLAYER_BOX, TEAM_BOX, INJURY_REPORT)
LAST_YEAR, YEAR = 2020, 2021
LAST_NIGHT, OPENING_NIGHT = season_bounds(LAST_YEAR)[1], season_bounds(YEAR)[0]
#: Of the last season its last weeks; of this one its first days, and some of which none opens it any more.
LAST_WEEKS = (LAST_NIGHT - dt.timedelta(days=14), LAST_NIGHT)
FIRST_DAYS = (OPENING_NIGHT, OPENING_NIGHT + dt.timedelta(days=2))
LATER_DAYS = (OPENING_NIGHT + dt.timedelta(days=14), OPENING_NIGHT + dt.timedelta(days=14))
BEFORE_TIP_OFF = dt.datetime.combine(OPENING_NIGHT, dt.time(18), tzinfo=dt.UTC)
LONG_AFTER = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
FEATURES, PREDICTIONS, GRADES = "ml_feature_store", "player_points_predictions", "prediction_grading"
#: What no model is needed for.
SIMPLE = {"season_average", "ewma_12"}


@cache
def tables_of(year: int, *ranges: tuple[dt.date, dt.date]) -> Mapping[str, pa.Table]:
    """Eight teams on the dates of some ranges; seasons of one seed share their players and teams."""
    parts = [
        generate(SyntheticOptions(seed=7, season_year=year, start_date=start, end_date=end, teams=8)).tables
        for start, end in ranges
    ]
    return {name: pa.concat_tables([part[name] for part in parts]) for name in TABLES}


def last_season() -> Mapping[str, pa.Table]:
    return tables_of(LAST_YEAR, LAST_WEEKS)


def this_season() -> Mapping[str, pa.Table]:
    return tables_of(YEAR, FIRST_DAYS, LATER_DAYS)


@dataclass(frozen=True)
class Night:
    """The warehouse when the season had begun, and the tables' rows before its first game."""

    path: Path
    features: Sequence[tuple[object, ...]]
    predictions: Sequence[tuple[object, ...]]
    systems: Mapping[str, int]
    on_lists: set[Value]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Last season processed; then, as events, the opening night's slots and reports; then all games."""
    path = tmp_path_factory.mktemp("opening") / "night.duckdb"
    with open_pipeline(path, now=BEFORE_TIP_OFF) as pipeline:
        pipeline.ingest(last_season())
        pipeline.backfill(*LAST_WEEKS)
        known = known_by(this_season(), Evening(LAST_NIGHT, OPENING_NIGHT))
        pipeline.announce(pipeline.ingest(known))
        features, predictions = table_rows(pipeline, FEATURES), table_rows(pipeline, PREDICTIONS)
        systems = {
            str(system): int(str(count))
            for system, count in pipeline.select(
                "SELECT system_id, COUNT(*) FROM nba_predictions.player_points_predictions"
                f" WHERE game_date = '{OPENING_NIGHT}' GROUP BY system_id"
            ).values
        }
        on_lists = names(pipeline, FEATURES, OPENING_NIGHT)
        pipeline.clock.sleep_until(LONG_AFTER)
        pipeline.announce(pipeline.ingest(this_season()))
    return Night(path, features, predictions, systems, on_lists)


def names(pipeline: Pipeline, processor: str, day: dt.date) -> set[Value]:
    """The players of whom a processor's table has a row on a date."""
    table = {FEATURES: FEATURES, PREDICTIONS: PREDICTIONS, GRADES: "prediction_accuracy"}[processor]
    found = pipeline.select(f"SELECT player_lookup FROM nba_predictions.{table} WHERE game_date = '{day}'")
    return {row[0] for row in found.values}


def of_night(rows: pa.Table, day: dt.date) -> pa.Table:
    return rows.filter(pc.equal(rows.column("game_date"), pa.scalar(day, pa.date32())))


def teams_of(day: dt.date) -> set[str]:
    """The teams with a slot on a date of this season."""
    slots = of_night(this_season()[SCHEDULE], day)
    return {team for side in ("home", "away") for team in slots.column(f"{side}_team_tricode").to_pylist()}


def last_list(team: str) -> tuple[dt.date, list[dict[str, object]]]:
    """The last list of a team in the season before, and its date."""
    rows = last_season()[PLAYER_BOX]
    own = rows.filter(pc.equal(rows.column("team_abbr"), team))
    day = max(own.column("game_date").to_pylist())
    return day, of_night(own, day).to_pylist()


def test_the_first_night_has_features_of_last_seasons_listed_players_who_have_played(night: Night) -> None:
    active = pc.equal(last_season()[PLAYER_BOX].column("player_status"), "active")
    ever_played = set(last_season()[PLAYER_BOX].filter(active).column("player_lookup").to_pylist())
    listed = {row["player_lookup"] for team in teams_of(OPENING_NIGHT) for row in last_list(team)[1]}

    assert len(listed & ever_played) >= 20
    assert listed & ever_played <= night.on_lists
    # Beyond them, only whom the night's injury report names.
    report = of_night(this_season()[INJURY_REPORT], OPENING_NIGHT)
    assert night.on_lists - listed <= set(report.column("player_lookup").to_pylist())


def test_the_first_night_is_predicted_before_its_games_by_every_system(night: Night) -> None:
    rows = len(night.on_lists)

    assert night.systems == dict.fromkeys({*SIMPLE, "ridge", "boosting", "ensemble"}, rows)


def test_games_change_nothing_of_what_was_said_before_them(night: Night, tmp_path: Path) -> None:
    with copy_of(night.path, tmp_path) as pipeline:
        for name, before in ((FEATURES, night.features), (PREDICTIONS, night.predictions)):
            assert set(before) <= set(table_rows(pipeline, name))


def test_who_played_is_graded_and_who_did_not_is_void(night: Night, tmp_path: Path) -> None:
    lists = of_night(this_season()[PLAYER_BOX], OPENING_NIGHT).to_pylist()
    played = {(row["player_lookup"], row["team_abbr"]) for row in lists if row["player_status"] == "active"}
    with copy_of(night.path, tmp_path) as pipeline:
        found = pipeline.select(
            "SELECT DISTINCT player_lookup, team_abbr, outcome, absolute_error IS NULL FROM"
            f" nba_predictions.prediction_accuracy WHERE game_date = '{OPENING_NIGHT}'"
        ).values
        failed = pipeline.select(
            "SELECT DISTINCT entity_id, failure_type FROM nba_processing.prediction_failures"
            f" WHERE prediction_date = '{OPENING_NIGHT}' AND processor_name = 'PredictionGradingProcessor'"
        ).values

    assert {name for name, *_ in found} == night.on_lists
    assert len(found) == len(night.on_lists)
    for name, team, outcome, has_no_error in found:
        # Whoever has left his team is void as well, also when the other one is his opponent.
        assert (outcome, has_no_error) == (("GRADED", False) if (name, team) in played else ("VOID", True))
    assert {outcome for _, _, outcome, _ in found} == {"GRADED", "VOID"}
    # Nobody is lost: whoever was expected and is not graded has never played in either season.
    assert {kind for _, kind in failed} == {"INSUFFICIENT_HISTORY"}
    assert {name for name, _ in failed}.isdisjoint(night.on_lists)


def test_every_cell_of_both_seasons_ends_right(night: Night, tmp_path: Path) -> None:
    with copy_of(night.path, tmp_path) as pipeline:
        states = {cell.state for cells in pipeline.grid().cells.values() for cell in cells.values()}

    assert states <= {State.CURRENT, State.PARTIAL, State.EMPTY}


def test_a_corrected_last_list_runs_the_opening_again_and_no_later_date(night: Night, tmp_path: Path) -> None:
    team = sorted(teams_of(OPENING_NIGHT))[0]
    day, rows = last_list(team)
    gone = next(
        row["player_lookup"]
        for row in rows
        if row["player_status"] != "active" and row["player_lookup"] in night.on_lists
    )
    lists = of_night(last_season()[PLAYER_BOX], day)
    corrected = {PLAYER_BOX: lists.filter(pc.not_equal(lists.column("player_lookup"), gone))}
    with copy_of(night.path, tmp_path) as pipeline:
        season = [date for date in pipeline.grid().cells[FEATURES] if date >= OPENING_NIGHT]
        opening = {date for date in season if date <= FIRST_DAYS[1]}
        assert set(season) > opening
        pipeline.announce(pipeline.ingest(corrected, days=[day]))
        ran = pipeline.ran()
        # Both seasons in one go: what is left of the first message comes in one to the worker itself.
        assert [len(run.dates) for run in pipeline.runs if run.processor == GRADES] == [1, len(opening)]

        assert {date for name, date in ran if name == FEATURES and date >= OPENING_NIGHT} == opening
        assert {date for name, date in ran if name == GRADES and date >= OPENING_NIGHT} == opening
        assert gone not in names(pipeline, FEATURES, OPENING_NIGHT)
        assert night.on_lists - {gone} == names(pipeline, FEATURES, OPENING_NIGHT)


def test_a_season_loaded_alone_has_no_first_night_and_says_of_whom_it_knows_why() -> None:
    with open_pipeline(None, now=BEFORE_TIP_OFF) as pipeline:
        pipeline.ingest(known_by(this_season(), Evening(LAST_NIGHT, OPENING_NIGHT)))
        pipeline.backfill(OPENING_NIGHT, OPENING_NIGHT)
        said = pipeline.select(
            "SELECT entity_id, failure_type FROM nba_processing.precompute_failures"
            f" WHERE analysis_date = '{OPENING_NIGHT}' AND processor_name = 'MLFeatureStoreProcessor'"
        ).values
        reported = of_night(this_season()[INJURY_REPORT], OPENING_NIGHT).column("player_lookup").to_pylist()

        assert (
            names(pipeline, FEATURES, OPENING_NIGHT) == names(pipeline, PREDICTIONS, OPENING_NIGHT) == set()
        )
        assert set(said) == {(name, "INSUFFICIENT_HISTORY") for name in reported}
        assert said
