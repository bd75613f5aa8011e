"""`nba report predictions --known-inactives`: same rows, what tip-off showed, nothing stored, labelled."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from services.console.accuracy.known_inactives import (
    ABSENCE_FEATURES,
    EXPLANATION,
    LABEL,
    Loaded,
    absences_script,
    feature_rows,
    graded_again,
    walk_forward,
    with_known_absences,
    with_known_inactives,
)
from services.console.accuracy.numbers import Grades
from services.console.accuracy.text import MARK, render
from services.console.output import InputError
from services.console.report import bound_report_of, read_grades
from services.console.verification.season import SeasonDates, read_season
from services.registry import discover
from shared.ledger.repository import read_snapshot
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value
from tests.console.command_line import Ask
from tests.console.screen import screen
from tests.support.direct import select
from tests.support.tiny_pipeline import TappedWarehouse

YEAR = 2023
Absence = tuple[float | None, float | None]


@dataclass(frozen=True)
class Month:
    """The open month, its grades, what a bound made of them, and what was sent to the warehouse meanwhile."""

    warehouse: DuckDBWarehouse
    loaded: Loaded
    dates: SeasonDates
    grades: Grades
    bound: Grades
    steps: tuple[tuple[int, int], ...]
    jobs: tuple[str, ...]
    writes: tuple[int | None, int | None]


@pytest.fixture(scope="module")
def month(predicted_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    # A copy, so that commands can open the month while this one is open.
    copy = shutil.copy(predicted_month, tmp_path_factory.mktemp("bound"))
    warehouse = DuckDBWarehouse(Path(copy))
    tapped = TappedWarehouse(warehouse)
    topology = discover()
    snapshot = read_snapshot(
        tapped,
        topology,
        start=dt.date(1990, 1, 1),
        end=dt.date(2100, 1, 1),
        request_id=None,
        backfill_id=None,
    )
    loaded = Loaded.of(tapped, topology, snapshot)
    dates = read_season(warehouse, YEAR)
    grades, _ = read_grades(warehouse, dates, dates.dates[0], dates.dates[-1])
    tapped.jobs.clear()
    before = warehouse.writes()
    steps: list[tuple[int, int]] = []
    bound = with_known_inactives(loaded, grades, YEAR, lambda done, of: steps.append((done, of)))
    jobs, writes = tuple(tapped.jobs), (before, warehouse.writes())
    yield Month(warehouse, loaded, dates, grades, bound, tuple(steps), jobs, writes)
    warehouse.close()


def records(month: Month, sql: str) -> list[dict[str, Value]]:
    return list(select(month.warehouse, sql).records())


def by_hand(month: Month) -> dict[tuple[str, dt.date], Absence]:
    """Both absence features of everybody expected, from the list of the date and the games, without SQL."""
    expected = records(
        month,
        "SELECT player_lookup, team_abbr, game_id, game_date"
        " FROM nba_analytics.upcoming_player_game_context ORDER BY game_date",
    )
    games = records(
        month,
        "SELECT player_lookup, team_abbr, game_id, game_date, points, season_type"
        " FROM nba_analytics.player_game_summary ORDER BY game_date, game_id",
    )
    played: dict[str, list[dict[str, Value]]] = defaultdict(list)
    team_games: dict[str, list[tuple[dt.date, str]]] = defaultdict(list)
    there = set()
    for game in games:
        played[str(game["player_lookup"])].append(game)
        key = (game["game_date"], str(game["game_id"]))
        there.add((game["player_lookup"], game["game_id"]))
        if key not in team_games[str(game["team_abbr"])]:
            team_games[str(game["team_abbr"])].append(key)  # type: ignore[arg-type]

    def weight(row: dict[str, Value]) -> float:
        """Points per game of one who is missed; 0 of one who played, or who is not of the rotation."""
        day, team = row["game_date"], row["team_abbr"]
        before = [g for g in played[str(row["player_lookup"])] if g["game_date"] < day]  # type: ignore[operator]
        if (row["player_lookup"], row["game_id"]) in there or not before:
            return 0.0
        last_ten = [game_id for date, game_id in team_games[str(team)] if date < day][-10:]  # type: ignore[operator]
        newest = before[-1]
        if newest["team_abbr"] != team or newest["game_id"] not in last_ten:
            return 0.0
        counted = [float(g["points"]) for g in before if g["season_type"] != "cup_final"]  # type: ignore[arg-type]
        return sum(counted) / len(counted)

    missed: dict[tuple[Value, Value], float] = defaultdict(float)
    own = {(str(row["player_lookup"]), row["game_date"]): weight(row) for row in expected}
    for row in expected:
        missed[row["game_date"], row["team_abbr"]] += own[str(row["player_lookup"]), row["game_date"]]
    found: dict[tuple[str, dt.date], Absence] = {}
    earlier: dict[str, list[float]] = defaultdict(list)
    for row in expected:
        player, day, team = str(row["player_lookup"]), row["game_date"], str(row["team_abbr"])
        assert isinstance(day, dt.date)
        if not any(date < day for date, _ in team_games[team]):
            found[player, day] = (None, None)
            continue
        missing = missed[day, team] - own[player, day]
        usual = earlier[player]
        found[player, day] = (missing, missing - sum(usual) / len(usual) if usual else None)
        usual.append(missing)
    return found


def test_absences_are_those_of_whoever_of_the_list_has_no_appearance(month: Month) -> None:
    expected = by_hand(month)
    rows = feature_rows(month.loaded, month.loaded.seasons[0], month.dates.dates)
    known = with_known_absences(month.loaded, rows, month.dates.dates[-1])
    reported = {(r["player_lookup"], r["game_date"]): r for r in rows.to_pylist()}

    changed = 0
    for row in known.to_pylist():
        key = row["player_lookup"], row["game_date"]
        for name, value in zip(ABSENCE_FEATURES, expected[key], strict=True):
            assert row[name] == (None if value is None else pytest.approx(value, abs=1e-4)), (key, name)
        changed += row[ABSENCE_FEATURES[0]] != reported[key][ABSENCE_FEATURES[0]]
        others = {name: value for name, value in row.items() if name not in ABSENCE_FEATURES}
        assert others == {name: reported[key][name] for name in others}
    assert changed > len(known) / 4


def test_where_the_date_s_game_is_not_derived_nobody_is_missing_for_want_of_data(
    month: Month, predicted_month: Path, tmp_path: Path
) -> None:
    opened = DuckDBWarehouse(Path(shutil.copy(predicted_month, tmp_path)))
    day = month.dates.dates[-1]
    (game,) = select(
        opened, f"SELECT MIN(game_id) FROM nba_raw.nbac_schedule WHERE game_date = '{day}'"
    ).values[0]
    select(
        opened,
        f"DELETE FROM nba_analytics.player_game_summary WHERE game_date = '{day}' AND game_id = '{game}'"
        " AND points = (SELECT MAX(points) FROM nba_analytics.player_game_summary"
        f" WHERE game_date = '{day}' AND game_id = '{game}')",
    )
    processor = discover().processor("upcoming_player_game_context")
    loaded = replace(month.loaded, warehouse=opened)
    table = opened.table(absences_script(processor, loaded.batch(loaded.seasons[0], month.dates.dates)))
    teams = {
        (row[0]): row[1]
        for row in select(
            opened,
            "SELECT player_lookup, game_id FROM nba_analytics.upcoming_player_game_context"
            f" WHERE game_date = '{day}'",
        ).values
    }
    opened.close()
    today = [row for row in table.to_pylist() if row["game_date"] == day]

    unknown = {row["player_lookup"] for row in today if row["missing_teammate_points"] is None}
    assert unknown
    assert {teams[name] for name in unknown} == {game}
    assert len(unknown) < len(today)


def test_without_another_look_at_absences_it_is_the_evaluation_itself(month: Month) -> None:
    rows = feature_rows(month.loaded, month.loaded.seasons[0], month.dates.dates)
    days = [day.item() for day in np.unique(month.grades.columns["game_date"])]
    again = graded_again(month.grades, walk_forward(month.loaded, rows, days, lambda _done, _of: None))

    for name, values in month.grades.columns.items():
        if values.dtype == object:
            assert again.columns[name].tolist() == values.tolist(), name
        elif name != "game_date":
            assert np.allclose(again.floats(name), month.grades.floats(name), atol=1e-6, equal_nan=True), name


def test_both_evaluations_are_of_exactly_the_same_rows(month: Month) -> None:
    kept = ("game_date", "player_lookup", "game_id", "system_id", "actual_points", "games_played_season")

    for name in kept:
        assert np.array_equal(month.bound.columns[name], month.grades.columns[name]), name
    average = month.grades.columns["system_id"] == "ewma_12"
    changed = month.bound.floats("absolute_error") != month.grades.floats("absolute_error")
    assert not changed[average].any()
    assert changed[~average].any()


def test_nothing_is_stored(month: Month) -> None:
    assert month.writes[0] == month.writes[1]
    assert month.writes[0] is not None
    assert month.jobs == ("read player_points_predictions", "known_absences")
    assert [done for done, _ in month.steps] == sorted({done for done, _ in month.steps})
    assert month.steps[-1][0] == month.steps[-1][1] > 0


def test_what_cannot_be_made_again_is_no_bound(month: Month) -> None:
    days = [day.item() for day in np.unique(month.grades.columns["game_date"])]
    rows = feature_rows(month.loaded, month.loaded.seasons[0], days[:3])
    early = month.grades.where(
        np.isin(month.grades.columns["game_date"], np.array(days[:3], dtype="datetime64[D]"))
    )
    predictions = walk_forward(month.loaded, rows, days[:3], lambda _done, _of: None)

    assert len(graded_again(early, predictions)) == len(early) > 100
    with pytest.raises(InputError, match=r"^\[1\] graded predictions .*Run `nba backfill`"):
        graded_again(early, predictions.filter(_all_but(predictions, early.keys()[0], "ewma_12")))


def _all_but(predictions: pa.Table, key: tuple[str, str], system: str) -> pa.Array:
    names = ("player_lookup", "game_id", "system_id")
    found = zip(*(predictions.column(name).to_pylist() for name in names), strict=True)
    return pa.array([row != (*key, system) for row in found])


def test_every_heading_says_that_it_is_an_upper_bound(month: Month) -> None:
    report = bound_report_of(month.bound, month.grades, 5, 7, "A month")
    text = screen(render(report), width=200)

    assert text.startswith(f"{LABEL}: A month; {EXPLANATION}")
    headings = [line for line in text.splitlines() if line.startswith(("ensemble by", "Against lines"))]
    assert headings
    assert all(line.endswith(f"({MARK})") for line in headings)
    assert MARK in text.splitlines()
    assert "without that knowledge: MAE" in text
    assert report.upper_bound is not None
    best = next(one for one in report.systems if one.name == "ensemble")
    assert best.mean_absolute_error.value == pytest.approx(
        report.upper_bound.predicted.value + report.upper_bound.difference.value
    )


def test_the_command_labels_what_it_prints_and_writes(
    predicted_month: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NBA_WAREHOUSE", f"duckdb://{predicted_month}")
    page = tmp_path / "page.html"
    command = ("report", "predictions", "--season", str(YEAR), "--html", str(page), "--json")

    bound = ask(*command, "--known-inactives").document
    assert bound["is_upper_bound"]
    assert bound["title"].startswith(LABEL)
    assert page.read_text(encoding="utf-8").count(MARK) > 3
    predicted = ask(*command).document
    assert not predicted["is_upper_bound"]
    assert LABEL not in page.read_text(encoding="utf-8")
    assert [one["rows"] for one in bound["systems"]] == [one["rows"] for one in predicted["systems"]]
