"""What one run leaves behind: rows, failures and ledger, together or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.planner.snapshot import Reprocess
from shared.topology.declaration import TEAM_BOX, Phase
from shared.warehouse.port import TableNotFoundError, TransientWarehouseError, Value, WarehouseError
from shared.worker.outcome import Decision, TransientError
from shared.worker.stage import staging_bindings
from tests.support.raw_rows import final_slot, postponed_slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_folders import BREAKS_THE_QUERY, IMPOSSIBLE_POINTS, SCORES
from tests.support.tiny_pipeline import TinyPipeline, game, on, played

TWO_TEAMS = ("DET", "NYK")
REPEATED = (Reprocess.STALE, Reprocess.FAILED, Reprocess.FAILED)


def scores(pipeline: TinyPipeline, first: int, last: int, *, message_id: str = "m1") -> Decision:
    """A request to tiny_scores for a range of day numbers."""
    message = pipeline.requested(Phase.ANALYTICS, on(first), on(last))
    return pipeline.deliver("tiny_scores", message, message_id=message_id).decision


def ledger(pipeline: TinyPipeline) -> list[Mapping[str, Value]]:
    found = pipeline.select(
        "SELECT cell_date, status, record_count, failure_count, error, attempt FROM nba_orchestration.ledger"
        " WHERE cell_date >= '2000-01-01' AND kind = 'processor' ORDER BY cell_date, sequence"
    )
    columns = ("day", "status", "record_count", "failure_count", "error", "attempt")
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_run_writes_rows_with_run_id_time_and_content_hash(pipeline: TinyPipeline) -> None:
    pipeline.ingest(played(0, 100, 90))

    assert scores(pipeline, 0, 0) is Decision.RAN

    run = pipeline.runs[0]
    stamps = pipeline.select(
        "SELECT DISTINCT run_id, processed_at FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-19'"
    )
    hashes = pipeline.select(
        "SELECT COUNT(DISTINCT data_hash) FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-19'"
    )
    assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
    assert stamps == [(run.run_id, pipeline.clock.now())]
    assert hashes == [(2,)]


def test_run_of_a_range_is_one_pass_over_all_its_dates(pipeline: TinyPipeline) -> None:
    pipeline.ingest([*played(0, 100, 90), *played(1, 80, 85), *played(5, 101, 99)])
    jobs = len(pipeline.warehouse.jobs)

    scores(pipeline, 0, 5)

    assert pipeline.warehouse.jobs[jobs:] == [
        "read snapshot",
        "stage tiny_scores",
        "commit tiny_scores",
    ]
    assert len(pipeline.rows("tiny_scores")) == 6


class TestAtomicity:
    def test_commit_that_fails_leaves_neither_rows_nor_failures_nor_ledger(
        self, pipeline: TinyPipeline
    ) -> None:
        pipeline.ingest([*played(0, 100, 90), final_slot(game(1), 90, 80)])
        pipeline.embedded.drop([pipeline.topology.processor("tiny_scores").schema.address])

        with pytest.raises(WarehouseError):
            scores(pipeline, 0, 1)

        assert pipeline.failures() == []
        assert ledger(pipeline) == []

    def test_last_statement_that_fails_takes_back_all_before_it(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        scores(pipeline, 0, 0)
        pipeline.ingest([*played(0, 111, 90), final_slot(game(0, *TWO_TEAMS), 90, 80)])
        pipeline.select("ALTER TABLE nba_orchestration.ledger DROP COLUMN started_at")

        with pytest.raises(WarehouseError, match="append"):
            scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert pipeline.failures() == []

    def test_conflict_at_the_commit_leaves_everything_as_it_was(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        scores(pipeline, 0, 0)
        pipeline.ingest([team_box(game(0), "BOS", [], points=111), team_box(game(0), "CHI", [], points=90)])
        pipeline.warehouse.fail_next("commit", TransientWarehouseError("conflict"))

        with pytest.raises(TransientError):
            scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.rows("tiny_scores")[0, "BOS"] == 100
        assert pipeline.states("tiny_scores") == {0: "stale"}

    def test_rows_failures_and_ledger_of_a_run_appear_together(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), final_slot(game(0, *TWO_TEAMS), 90, 80)])

        scores(pipeline, 0, 0)

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert [f["entity_id"] for f in pipeline.failures()] == ["DET", "NYK"]
        assert [(e["status"], e["record_count"], e["failure_count"]) for e in ledger(pipeline)] == [
            ("success", 2, 2)
        ]

    @pytest.mark.parametrize("step", ["stage", "commit"])
    def test_nothing_of_a_run_stays_in_staging(self, pipeline: TinyPipeline, step: str) -> None:
        pipeline.ingest(played(0, 100, 90))
        pipeline.warehouse.fail_next(step, TransientWarehouseError("quota"))

        with pytest.raises(TransientError):
            scores(pipeline, 0, 0)
        scores(pipeline, 0, 0, message_id="m2")

        names = staging_bindings(pipeline.topology.processor("tiny_scores"), "id").items()
        staged = [address.table.removesuffix("id") for name, address in names if name != "target.rows"]
        used = int(pipeline.new_id().removeprefix("id"))
        for table in [f"{name}id{number}" for name in staged for number in range(1, used)]:
            with pytest.raises(TableNotFoundError):
                pipeline.select(f"SELECT * FROM nba_staging.{table}")


class TestChecks:
    def test_bad_row_is_withheld_and_the_good_ones_are_written(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, IMPOSSIBLE_POINTS, 80), *played(0, 100, 99, teams=TWO_TEAMS)])

        assert scores(pipeline, 0, 0) is Decision.RAN

        assert pipeline.rows("tiny_scores") == {(0, "CHI"): 80, (0, "DET"): 100, (0, "NYK"): 99}
        failure = pipeline.failures()[0]
        assert (failure["entity_id"], failure["failure_category"], failure["failure_reason"]) == (
            "BOS",
            "CHECK_FAILED",
            "points_in_range: 300 points",
        )
        assert (failure["row_written"], failure["resolution_status"]) == (False, "UNRESOLVED")
        assert pipeline.states("tiny_scores") == {0: "partial"}

    def test_entity_withheld_on_one_date_is_written_on_the_others(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, IMPOSSIBLE_POINTS, 90), *played(1, 100, 90)])

        scores(pipeline, 0, 1)

        assert set(pipeline.rows("tiny_scores")) == {(0, "CHI"), (1, "BOS"), (1, "CHI")}

    def test_check_of_a_date_fails_that_date_and_no_other(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), *played(1, 299, 298), *played(2, 99, 98)])

        scores(pipeline, 0, 2)

        assert {day for day, _ in pipeline.rows("tiny_scores")} == {0, 2}
        assert pipeline.states("tiny_scores") == {0: "current", 1: "failed", 2: "current"}
        failure = pipeline.failures()[0]
        assert (failure["entity_type"], failure["entity_id"], failure["failure_reason"]) == (
            "DATE",
            on(1).isoformat(),
            "points_of_the_date: 597 points",
        )

    def test_failing_date_keeps_the_rows_it_had(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        scores(pipeline, 0, 0)
        pipeline.ingest([team_box(game(0), "BOS", [], points=299), team_box(game(0), "CHI", [], points=298)])

        scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert pipeline.states("tiny_scores") == {0: "failed"}


class TestAccounting:
    """Rows and withheld entities together are the expected set, on every commit."""

    def failed_because(self, pipeline: TinyPipeline) -> str:
        scores(pipeline, 0, 0)
        assert pipeline.rows("tiny_scores") == {}
        return str(pipeline.failures()[0]["failure_reason"])

    def test_entity_nobody_accounts_for_fails_its_date(self, make_pipeline: MakePipeline) -> None:
        silent = SCORES.triage.replace("WHERE r.team_abbr IS NULL", "WHERE FALSE")
        pipeline = make_pipeline(folders=(SCORES.saying(triage=silent),))
        pipeline.ingest([*played(0, 100, 90), final_slot(game(0, *TWO_TEAMS), 90, 80)])

        assert self.failed_because(pipeline) == "2 entities are untracked (such as [DET])"

    def test_row_of_an_entity_nobody_expects_fails_its_date(self, make_pipeline: MakePipeline) -> None:
        only_home = SCORES.expected.replace("FROM slots", "FROM slots WHERE team_abbr = 'BOS'")
        pipeline = make_pipeline(folders=(SCORES.saying(expected=only_home),))
        pipeline.ingest(played(0, 100, 90))

        assert self.failed_because(pipeline) == "1 entities are unexpected (such as [CHI])"

    def test_row_that_a_failure_says_is_not_written_fails_its_date(self, make_pipeline: MakePipeline) -> None:
        everybody = SCORES.triage.replace("WHERE r.team_abbr IS NULL", "WHERE e.entity_id = 'BOS'")
        pipeline = make_pipeline(folders=(SCORES.saying(triage=everybody),))
        pipeline.ingest(played(0, 100, 90))

        assert self.failed_because(pipeline) == "1 entities are contradicted (such as [BOS])"

    def test_only_the_date_that_does_not_add_up_fails(self, make_pipeline: MakePipeline) -> None:
        silent = SCORES.triage.replace("WHERE r.team_abbr IS NULL", "WHERE FALSE")
        pipeline = make_pipeline(folders=(SCORES.saying(triage=silent),))
        pipeline.ingest([*played(0, 100, 90), final_slot(game(1), 90, 80)])

        scores(pipeline, 0, 1)

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert pipeline.states("tiny_scores") == {0: "current", 1: "failed"}


class TestErrorsOfTheQuery:
    def broken(self, pipeline: TinyPipeline, number: int) -> None:
        teams = [team_box(game(number), t, [], points=90, assists=BREAKS_THE_QUERY) for t in ("BOS", "CHI")]
        pipeline.ingest([final_slot(game(number), 90, 90), *teams])

    def test_permanent_error_is_a_recorded_failure_of_each_date(self, pipeline: TinyPipeline) -> None:
        self.broken(pipeline, 0)

        assert scores(pipeline, 0, 0) is Decision.RECORDED_FAILURE

        failure = pipeline.failures()[0]
        assert (failure["entity_id"], failure["failure_category"], failure["failure_type"]) == (
            on(0).isoformat(),
            "PROCESSING_ERROR",
            "PROCESSING_ERROR",
        )
        assert "to INT64" in str(failure["failure_reason"])
        assert [(e["status"], e["attempt"]) for e in ledger(pipeline)] == [("failed", 1)]

    def test_last_good_rows_stay(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        scores(pipeline, 0, 0)
        self.broken(pipeline, 0)

        scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}

    def test_failure_is_resolved_as_observed_when_the_cause_is_mended(self, pipeline: TinyPipeline) -> None:
        self.broken(pipeline, 0)
        scores(pipeline, 0, 0)
        pipeline.ingest(played(0, 100, 90))

        scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.failure_states() == {
            (on(0).isoformat(), "PROCESSING_ERROR"): ("RESOLVED", "observed")
        }
        assert pipeline.states("tiny_scores") == {0: "current"}

    def test_failure_of_a_date_that_loses_its_slots_is_no_longer_expected(
        self, pipeline: TinyPipeline
    ) -> None:
        self.broken(pipeline, 0)
        scores(pipeline, 0, 0)
        pipeline.ingest([postponed_slot(game(0))])
        pipeline.remove_raw(TEAM_BOX, on(0))

        scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.failure_states() == {
            (on(0).isoformat(), "PROCESSING_ERROR"): ("RESOLVED", "no_longer_expected")
        }
        assert pipeline.states("tiny_scores") == {0: "empty"}

    def test_unchanged_broken_inputs_are_not_tried_again_by_ordinary_events(
        self, pipeline: TinyPipeline
    ) -> None:
        self.broken(pipeline, 0)
        scores(pipeline, 0, 0)

        scores(pipeline, 0, 0, message_id="m2")

        assert len(pipeline.runs) == 1

    def test_attempts_on_the_same_inputs_are_counted(self, pipeline: TinyPipeline) -> None:
        self.broken(pipeline, 0)
        for number in range(len(REPEATED)):
            message = pipeline.requested(
                Phase.ANALYTICS, on(0), on(0), REPEATED[number], correlation_id=f"c{number}"
            )
            pipeline.deliver("tiny_scores", message, message_id=f"m{number}")

        assert [e["attempt"] for e in ledger(pipeline)] == [1, 2, 3]


class TestFailuresOfEntities:
    def test_entity_whose_game_moved_away_is_no_longer_expected(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), final_slot(game(0, *TWO_TEAMS), 100, 90)])
        scores(pipeline, 0, 0)
        pipeline.ingest([*played(0, 100, 90)[:1], postponed_slot(game(0, *TWO_TEAMS))])

        scores(pipeline, 0, 0, message_id="m2")

        assert set(pipeline.failure_states().values()) == {("RESOLVED", "no_longer_expected")}
        assert pipeline.states("tiny_scores") == {0: "current"}

    def test_failure_of_another_date_is_left_alone(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([final_slot(game(0), 100, 90), final_slot(game(1), 100, 90)])
        scores(pipeline, 0, 1)
        pipeline.ingest(played(1, 100, 90))

        scores(pipeline, 1, 1, message_id="m2")

        statuses = {(f["analysis_date"], f["resolution_status"]) for f in pipeline.failures()}
        assert statuses == {(on(0), "UNRESOLVED"), (on(1), "RESOLVED")}

    def test_failing_date_keeps_what_was_known_of_its_entities(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), final_slot(game(0, *TWO_TEAMS), 100, 90)])
        scores(pipeline, 0, 0)
        boxes = [team_box(game(0), t, [], points=299) for t in ("BOS", "CHI")]
        pipeline.ingest(boxes)

        scores(pipeline, 0, 0, message_id="m2")

        assert pipeline.failure_states() == {
            (on(0).isoformat(), "CHECK_FAILED"): ("UNRESOLVED", None),
            ("DET", "GAME_NOT_INGESTED"): ("UNRESOLVED", None),
            ("NYK", "GAME_NOT_INGESTED"): ("UNRESOLVED", None),
        }

    def test_permanent_failure_does_not_make_a_cell_partial(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        pipeline.settle()

        assert {f["resolution_status"] for f in pipeline.failures(Phase.PRECOMPUTE)} == {"PERMANENT"}
        assert pipeline.states("tiny_form") == {0: "current"}


class TestDatesThatLoseTheirRows:
    def test_postponed_date_loses_its_rows(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), *played(1, 80, 70)])
        pipeline.settle()
        pipeline.ingest([postponed_slot(game(0))])
        pipeline.remove_raw(TEAM_BOX, on(0))

        pipeline.settle()

        assert {day for day, _ in pipeline.rows("tiny_scores")} == {1}
        assert pipeline.states("tiny_scores") == {0: "empty", 1: "current"}
        assert pipeline.rows("tiny_form") == {}

    def test_rows_between_two_dates_of_a_run_are_not_touched(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), *played(1, 80, 70), *played(2, 60, 50)])
        scores(pipeline, 0, 2)
        before = pipeline.select(
            "SELECT run_id FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-20'"
        )
        boxes = [team_box(game(n), t, [], points=120) for n in (0, 2) for t in ("BOS", "CHI")]
        pipeline.ingest(boxes)

        scores(pipeline, 0, 2, message_id="m2")

        after = pipeline.select("SELECT run_id FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-20'")
        assert before == after
        assert pipeline.processor_runs()[-1] == ("tiny_scores", [0, 2])
