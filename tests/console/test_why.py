"""`nba why`: one screen with what decides a cell, and what a person can do about it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from services.console.cell_story import (
    CellStory,
    Run,
    read_entity,
    read_runs,
    similar_in_cell,
    story_of,
    what_next,
)
from services.console.why import render_cell, render_entity_of, story_document
from services.registry import SERVICES, topology_of
from shared.ledger.repository import ledger_tables
from shared.planner.state import State
from shared.topology.declaration import PROPS, TEAM_BOX, Phase, Processor, Window
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from tests.console.failure_rows import failure, game
from tests.console.screen import block, screen
from tests.support.derived_rows import Row, fill
from tests.unit.planner.worlds import AHEAD, CARD, FORM, SCORES, World, declared, on

DAYS = [on(number) for number in range(4)]
LONG_NAME = "Zachary Thomas LaVine of the Chicago Bulls"
PGS = topology_of([SERVICES / "analytics" / "player_game_summary"]).processors[0]
RUN = Run(
    sequence=1,
    status="success",
    attempt=0,
    record_count=20,
    failure_count=3,
    run_id="0123456789abcdef",
    correlation_id="c",
    backfill_id=None,
    trigger_source="live",
    input_fingerprint="x",
    output_fingerprint="y",
    error=None,
    started_at=None,
    committed_at=dt.datetime(2021, 11, 1, 12, 30, tzinfo=dt.UTC),
)


def played() -> World:
    world = World((SCORES, AHEAD, FORM, CARD))
    world.play(*DAYS)
    return world


def story(world: World, processor: Processor, day: dt.date, *runs: Run) -> CellStory:
    return story_of(processor, day, world.snapshot(), world.grid(), runs)


def test_every_input_shows_the_dates_it_is_read_for_and_what_is_there() -> None:
    world = played()
    world.run(SCORES, *DAYS[:3], rows=20)
    found = story(world, FORM, DAYS[2])

    assert [(i.source, i.first, i.last, i.dates, i.rows) for i in found.inputs] == [
        ("nbac_schedule.slots", DAYS[2], DAYS[2], 1, 1),
        ("scores", DAYS[0], DAYS[1], 2, 40),
    ]


def test_the_first_date_of_a_season_reads_nothing_before_it() -> None:
    (_, scores) = story(played(), FORM, DAYS[0]).inputs
    assert (scores.first, scores.last, scores.dates, scores.rows) == (None, None, 0, 0)


def test_a_week_ahead_ends_with_the_season() -> None:
    (slots,) = story(played(), AHEAD, DAYS[1]).inputs
    assert (slots.first, slots.last, slots.dates) == (DAYS[0], DAYS[3], 4)


def test_exactly_the_inputs_that_differ_from_the_last_run_are_marked() -> None:
    world = played()
    world.run(SCORES, DAYS[0])
    world.land(PROPS, DAYS[0], "g", content="lines arrived")

    assert {item.source: item.changed for item in story(world, SCORES, DAYS[0]).inputs} == {
        "nbac_schedule.results": False,
        TEAM_BOX: False,
        PROPS: True,
    }


def test_a_cell_that_never_ran_has_no_change_to_show() -> None:
    found = story(played(), SCORES, DAYS[0])
    assert [item.changed for item in found.inputs] == [None, None, None]
    assert found.code_changed is None


def test_new_code_is_told_apart_from_new_data() -> None:
    world = played()
    world.run(SCORES, DAYS[0])
    world.land(TEAM_BOX, DAYS[0], "g", content="corrected")
    newer = World((declared("scores", Phase.ANALYTICS, *_inputs(SCORES), version=2), AHEAD, FORM, CARD))
    newer.raw, newer.runs = world.raw, world.runs
    found = story(newer, newer.processors[0], DAYS[0])

    assert found.code_changed
    assert [item.source for item in found.inputs if item.changed] == [TEAM_BOX]


def _inputs(processor: Processor) -> list[tuple[str, Window]]:
    return [(item.source, item.window) for item in processor.inputs]


def test_a_waiting_cell_names_the_first_cell_it_waits_for() -> None:
    world = played()
    world.run(SCORES, DAYS[0])
    found = story(world, FORM, DAYS[3])

    (_, scores) = found.inputs
    assert scores.unsettled is not None
    assert (scores.unsettled.processor, scores.unsettled.date) == ("scores", DAYS[1])
    assert what_next(found) == (
        "It runs by itself after what it waits for. Look there: `nba why scores 2021-10-20`."
    )


def test_a_date_without_games_has_no_story() -> None:
    with pytest.raises(ValueError, match="2021-12-24"):
        story(played(), SCORES, dt.date(2021, 12, 24))


def test_each_state_says_what_happens_next() -> None:
    world = played()
    world.run(SCORES, DAYS[0])
    world.run(SCORES, DAYS[1], open_failures=2)
    world.fail(SCORES, DAYS[2])
    world.schedule(on(4))
    world.now = dt.datetime.combine(on(4), dt.time(22), tzinfo=dt.UTC)
    said = {
        found.cell.state: what_next(found)
        for found in (story(world, SCORES, on(number)) for number in range(5))
    }

    assert said == {
        State.CURRENT: "Nothing to do. It runs again when one of its inputs changes.",
        State.PARTIAL: "It runs again by itself when the data that is missing arrives. What would mend it: "
        "`nba failures --processor SCORES --start-date 2021-10-20 --end-date 2021-10-20`.",
        State.FAILED: "It has failed 1 of 5 times on these inputs, and runs again when they change. By hand: "
        "mend the cause, then `nba backfill --start-date 2021-10-21 --end-date 2021-10-21 --processor SCORES "
        "--reason ...` with --reprocess failed.",
        State.MISSING: "It is ready: the next event of its inputs runs it, or `nba backfill "
        "--start-date 2021-10-22 --end-date 2021-10-22 --processor SCORES --reason ...`.",
        State.WAITING: "It runs when its games are Final and their raw rows have landed, "
        "or with what is there after 2021-10-24 16:00 UTC.",
    }


def test_after_five_attempts_only_a_person_tries_again() -> None:
    world = played()
    for _ in range(5):
        world.fail(SCORES, DAYS[0])
    assert "5 attempts on these inputs are used up" in what_next(story(world, SCORES, DAYS[0]))


def test_a_cell_is_explained_on_one_screen() -> None:
    world = played()
    world.run_everything()
    world.run(SCORES, DAYS[1], rows=20, open_failures=2)
    world.land(PROPS, DAYS[1], "g", content="lines arrived")
    failures = [
        failure(game("2021-10-20", "GAME_INCOMPLETE"), entity="a"),
        failure(game("2021-10-20", "GAME_INCOMPLETE"), entity="b", row_written=True),
        failure(entity="c", kind="INSUFFICIENT_HISTORY", correctable=False, row_written=True),
    ]
    found = story(world, SCORES, DAYS[1], RUN)
    code = SCORES.code_version

    assert screen(render_cell(found, failures), width=90) == block(
        f"""
        SCORES scores, 2021-10-20
        stale because of odds_api_player_points_props (on D)

        Inputs, and whether they changed since the last run
          source                        dates read  with rows  rows
          nbac_schedule.results         2021-10-20          1     1  same
          nbac_team_boxscore            2021-10-20          1     1  same
          odds_api_player_points_props  2021-10-20          1     1  changed

        Output
          20 rows in nba_test.blank
          written by run run with code version {code}

        Failures
          DATA_GAP              2  unresolved  1 row not written
          INSUFFICIENT_HISTORY  1  unresolved  rows written
          → re-ingest 2021-10-20
          → 2 failures to be tried at the next tick

        Runs
          2021-11-01 12:30 UTC  live run 01234567  success  20 rows, 3 failures

        Next
          It is ready: the next event of its inputs runs it, or `nba backfill --start-date
          2021-10-20 --end-date 2021-10-20 --processor SCORES --reason ...`.
        """
    )


def test_a_cell_that_never_ran_says_so() -> None:
    text = screen(render_cell(story(played(), FORM, DAYS[1]), []))
    assert "waiting for scores of 2021-10-19" in text
    assert "scores of 2021-10-19: missing: never processed" in text
    assert "nothing yet in nba_test.blank" in text
    assert "Runs\n  none" in text
    assert "Failures" not in text


# What the warehouse has


def test_runs_come_newest_first_and_of_this_cell_only() -> None:
    (ledger,) = [schema for schema in ledger_tables() if schema.address.table == "ledger"]
    at = dt.datetime(2021, 11, 1, tzinfo=dt.UTC)
    common: Row = {
        "season_year": 2021,
        "attempt": 0,
        "correlation_id": "c",
        "committed_at": at,
        "run_id": "r",
    }
    mine: Row = {"cell_name": "scores", "cell_date": DAYS[0], "kind": "processor", **common}
    warehouse = DuckDBWarehouse(None)
    fill(
        warehouse,
        ledger,
        [
            {**mine, "status": "success", "sequence": 1, "record_count": 20},
            {**mine, "status": "failed", "sequence": 2, "error": "no such column"},
            {**mine, "status": "success", "sequence": 1, "cell_date": DAYS[1]},
            {**mine, "status": "success", "sequence": 1, "cell_name": "form"},
        ],
    )

    runs = read_runs(warehouse, SCORES, DAYS[0])

    assert [(run.sequence, run.status, run.record_count, run.error, run.committed_at) for run in runs] == [
        (2, "failed", None, "no such column", at),
        (1, "success", 20, None, at),
    ]


def with_summaries() -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(None)
    common = {"team_abbr": "CHI", "run_id": "0123456789abcdef"}
    fill(
        warehouse,
        PGS.schema,
        [
            {
                "game_date": DAYS[0],
                "player_lookup": "zachlavine",
                "player_full_name": LONG_NAME,
                "game_id": "1",
                "points": 34,
                **common,
            },
            {"game_date": DAYS[1], "player_lookup": "zachlavine", "game_id": "2", "points": 32, **common},
            {"game_date": DAYS[0], "player_lookup": "lonzoball", "game_id": "1", "points": 12, **common},
        ],
    )
    return warehouse


def test_the_row_of_an_entity_is_the_one_of_the_date_in_declared_order() -> None:
    (row,) = read_entity(with_summaries(), PGS, DAYS[0], "ZachLavine")
    assert tuple(row) == PGS.schema.column_names
    assert (row["points"], row["assists"]) == (34, None)


def test_a_fragment_of_a_name_finds_who_has_a_row_that_day() -> None:
    assert similar_in_cell(with_summaries(), PGS, DAYS[0], "Ball") == ("lonzoball",)
    assert similar_in_cell(with_summaries(), PGS, DAYS[1], "Ball") == ()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_every_column_of_a_row_is_on_the_screen_at_every_width(width: int) -> None:
    rows = read_entity(with_summaries(), PGS, DAYS[0], "zachlavine")
    topology = topology_of([PGS.folder])
    text = screen(
        render_entity_of(topology, story(played(), SCORES, DAYS[0]), "zachlavine", rows, [], width=width),
        width=width,
    )

    words = text.split()
    declared_columns = set(PGS.schema.column_names) - {"run_id", "processed_at", "data_hash"}
    assert declared_columns <= set(words)
    assert words[words.index("points") + 1] == "34"
    assert words[words.index("assists") + 1] == "NULL"
    assert max(map(len, text.splitlines())) <= width
    assert LONG_NAME in " ".join(words)
    assert "written by run 01234567" in text


def test_an_entity_without_row_shows_the_failure_that_says_why() -> None:
    lost = failure(game("2021-10-19", "GAME_NOT_INGESTED"), day=DAYS[1])
    text = screen(
        render_entity_of(
            topology_of([PGS.folder]), story(played(), SCORES, DAYS[1]), "zachlavine", [], [lost], width=80
        )
    )
    assert "zachlavine: no row" in text
    assert "2021-10-19  game of 2021-10-19  GAME_NOT_INGESTED" in text
    assert "→ re-ingest 2021-10-19" in text


def test_json_has_all_of_it() -> None:
    world = played()
    world.run(SCORES, DAYS[0], rows=20)
    rows = read_entity(with_summaries(), PGS, DAYS[0], "zachlavine")
    document = story_document(story(world, SCORES, DAYS[0], RUN), "zachlavine", rows, [failure()])

    assert isinstance(document, dict)
    assert (document["state"], document["rows"], document["code_changed"]) == ("current", 20, False)
    assert document["inputs"][1] == {
        "source": TEAM_BOX,
        "window": "on D",
        "first_date": DAYS[0],
        "last_date": DAYS[0],
        "dates": 1,
        "rows": 1,
        "changed": False,
        "waiting_for": None,
    }
    assert document["runs"][0]["run_id"] == RUN.run_id
    assert document["failures"] == [
        {
            "failure_type": "DATA_GAP",
            "resolution_status": "UNRESOLVED",
            "failures": 1,
            "rows_missing": 1,
        }
    ]
    assert document["entity"]["rows"][0]["points"] == 34
    json.dumps(document, default=str)
