"""Incidents of rows and failures: what was written, what was lost, what was never recorded."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.planner.snapshot import Reprocess
from shared.tables import raw_tables
from shared.topology.declaration import TEAM_BOX, Phase
from shared.topology.graph import COMPLETION_TOPICS
from shared.worker.outcome import Decision
from tests.support.raw_rows import final_slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_folders import CARD, FORM, IMPOSSIBLE_POINTS, SCORES, TinyFolder
from tests.support.tiny_pipeline import TinyPipeline, game, on, played

NIGHT = dt.datetime(2021, 10, 20, 6, tzinfo=dt.UTC)
NAMES = ("tiny_scores", "tiny_form", "tiny_card")


def tables(pipeline: TinyPipeline) -> list[dict[tuple[int, str], int]]:
    return [pipeline.rows(name) for name in NAMES]


def test_incident_08_a_run_never_counts_attempts(pipeline: TinyPipeline) -> None:
    """Three writers of one counter: the budget of three burned in one cycle."""
    pipeline.ingest([final_slot(game(0), 100, 90)])
    for number in range(4):
        message = pipeline.requested(
            Phase.ANALYTICS,
            on(0),
            on(0),
            Reprocess.FAILED if number else Reprocess.STALE,
            correlation_id=f"c{number}",
        )
        pipeline.deliver("tiny_scores", message, message_id=f"m{number}")

    assert len(pipeline.runs) == 4
    assert {(row["attempt_count"], row["next_attempt_at"]) for row in pipeline.failures()} == {(0, None)}


def test_incident_13_a_backfill_checks_what_a_live_run_checks(make_pipeline: MakePipeline) -> None:
    """Backfill mode switched ten safety checks off."""
    rows = [*played(0, IMPOSSIBLE_POINTS, 90), *played(1, 299, 298), *played(2, 100, 90)]
    live, backfilled = make_pipeline(), make_pipeline()
    live.ingest(rows)
    live.settle()
    backfilled.ingest(rows, announce=False)

    backfilled.backfill(on(0), on(2))
    backfilled.settle()

    assert tables(backfilled) == tables(live)
    assert backfilled.failure_states() == live.failure_states()
    assert ("BOS", "CHECK_FAILED") in live.failure_states()


@pytest.mark.parametrize("folder", [SCORES, FORM, CARD], ids=lambda folder: folder.name)
def test_incident_14_failures_of_any_processor_are_recorded(
    make_pipeline: MakePipeline, folder: TinyFolder
) -> None:
    """Recording existed in one of four processors."""
    broken = folder.saying(query="SELECT CAST('no number' AS INT64) AS broken")
    pipeline = make_pipeline(
        folders=tuple(broken if each.name == folder.name else each for each in (SCORES, FORM, CARD))
    )
    pipeline.ingest(played(0, 100, 90))

    pipeline.settle()

    recorded = [row for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE) for row in pipeline.failures(phase)]
    assert (broken.class_name, "PROCESSING_ERROR") in {
        (row["processor_name"], row["failure_category"]) for row in recorded
    }


def test_incident_16_an_empty_list_of_failures_resolves_the_old_ones(pipeline: TinyPipeline) -> None:
    """Failures were only deleted when new ones came: 847 stale rows for months."""
    pipeline.ingest([final_slot(game(0), 100, 90)])
    pipeline.settle()
    assert {status for status, _ in pipeline.failure_states().values()} == {"UNRESOLVED"}
    pipeline.ingest(played(0, 100, 90))

    pipeline.settle()

    assert {status for status, _ in pipeline.failure_states().values()} == {"RESOLVED"}


def test_incident_17_when_everything_failed_everything_is_recorded(pipeline: TinyPipeline) -> None:
    """Nothing was recorded, because nothing was written (an early return)."""
    pipeline.ingest(final_slot(game(number), 100, 90) for number in range(3))

    pipeline.settle()

    assert pipeline.rows("tiny_scores") == {}
    assert len(pipeline.failures()) == 6
    assert pipeline.states("tiny_scores") == {0: "partial", 1: "partial", 2: "partial"}


def test_incident_19_a_source_that_cannot_be_read_is_unknown_and_tried_again(pipeline: TinyPipeline) -> None:
    """A query error counted as: did not play."""
    pipeline.ingest(played(0, 100, 90))
    pipeline.embedded.drop([raw_tables()[TEAM_BOX].address])

    pipeline.deliver("tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(0)), message_id="m1")

    failure = pipeline.failures()[0]
    assert (failure["failure_type"], failure["is_correctable"], failure["resolution_status"]) == (
        "UNKNOWN",
        True,
        "UNRESOLVED",
    )


def test_incident_21_one_bad_row_withholds_one_row(pipeline: TinyPipeline) -> None:
    """0 of 22 teams were written instead of 21."""
    teams = [("BOS", "CHI"), ("DET", "NYK"), ("LAL", "MIA")]
    points = [(IMPOSSIBLE_POINTS, 50), (40, 30), (20, 10)]
    pipeline.ingest(
        row
        for names, (home, away) in zip(teams, points, strict=True)
        for row in played(0, home, away, teams=names)
    )

    pipeline.settle()

    assert set(pipeline.rows("tiny_scores")) == {(0, team) for team in ("CHI", "DET", "NYK", "LAL", "MIA")}
    assert pipeline.failure_states() == {("BOS", "CHECK_FAILED"): ("UNRESOLVED", None)}


def test_incident_22_partial_and_full_runs_give_the_same_tables(make_pipeline: MakePipeline) -> None:
    """An incremental run wrote some players and deleted the rest of the date."""
    full, partial = make_pipeline(), make_pipeline(max_dates_per_run=1)
    everything = [played(number, 100 + number, 90) for number in range(2)]
    full.ingest(row for rows in everything for row in rows)
    full.settle()

    # Somebody else writes the same rows in pieces, the last dates first, and announces each piece.
    pieces = [rows[position::2] for rows in reversed(everything) for position in (0, 1)]
    for rows in pieces:
        partial.write_as_somebody_else(rows)
        partial.broker.publish(COMPLETION_TOPICS[Phase.RAW], partial.raw_completion(on(0), on(1)))
        partial.settle()

    assert len(full.runs) == 3
    assert len(partial.runs) > len(full.runs)
    assert tables(partial) == tables(full)


def test_incident_23_an_expected_entity_that_nobody_accounts_for_is_no_success(
    make_pipeline: MakePipeline,
) -> None:
    """1 of 187 players written, reported as success."""
    silent = SCORES.saying(triage=SCORES.triage.replace("WHERE r.team_abbr IS NULL", "WHERE FALSE"))
    pipeline = make_pipeline(folders=(silent,))
    pipeline.ingest([*played(0, 100, 90), final_slot(game(0, "DET", "NYK"), 90, 80)])

    message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))
    outcome = pipeline.deliver("tiny_scores", message, message_id="m1")

    assert outcome.decision is Decision.RECORDED_FAILURE
    assert "untracked" in str(pipeline.failures()[0]["failure_reason"])


def test_incident_28_a_date_waits_until_the_rows_of_all_its_games_have_landed(
    make_pipeline: MakePipeline,
) -> None:
    """Usage of 600 to 1,275 per cent, from half-landed totals."""
    pipeline = make_pipeline(folders=(SCORES,), now=NIGHT)
    late = game(0, "DET", "NYK")
    pipeline.ingest([*played(0, 100, 90), final_slot(late, 80, 70)])
    pipeline.settle()
    assert pipeline.rows("tiny_scores") == {}
    assert pipeline.failures() == []

    pipeline.ingest([*played(0, 100, 90), *played(0, 80, 70, teams=("DET", "NYK"))])
    pipeline.settle()

    assert len(pipeline.rows("tiny_scores")) == 4


class TestIncident29ConcurrentWrites:
    """49 % of the predictions were duplicates after concurrent writes."""

    def test_two_workers_at_the_same_date_leave_one_row_each(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))

        def the_other_is_faster() -> None:
            pipeline.deliver("tiny_scores", message, message_id="the-other")

        pipeline.warehouse.interrupt_next("commit tiny_scores", the_other_is_faster)

        pipeline.deliver("tiny_scores", message, message_id="the-slow-one")

        assert len(pipeline.runs) == 2
        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert pipeline.states("tiny_scores") == {0: "current"}

    def test_late_commit_of_old_inputs_is_seen_and_done_again(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))

        def corrected_meanwhile() -> None:
            pipeline.ingest(played(0, 111, 90))
            pipeline.deliver("tiny_scores", message, message_id="the-other")

        pipeline.warehouse.interrupt_next("commit tiny_scores", corrected_meanwhile)
        pipeline.deliver("tiny_scores", message, message_id="the-zombie")

        assert pipeline.rows("tiny_scores")[0, "BOS"] == 100
        assert pipeline.states("tiny_scores") == {0: "stale"}

        pipeline.settle()

        assert pipeline.rows("tiny_scores")[0, "BOS"] == 111
        assert pipeline.states("tiny_scores") == {0: "current"}

    def test_duplicate_keys_are_withheld_before_the_commit(self, pipeline: TinyPipeline) -> None:
        pipeline.write_as_somebody_else(
            [
                final_slot(game(0), 100, 90),
                *(team_box(game(0), team, [], points=100) for team in ("BOS", "BOS", "CHI")),
            ]
        )

        pipeline.deliver("tiny_scores", pipeline.raw_completion(on(0), on(0)), message_id="m1")

        assert pipeline.rows("tiny_scores") == {(0, "CHI"): 100}
