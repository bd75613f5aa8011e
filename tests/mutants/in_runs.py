"""Bugs in what a delivery does: harness, run, commit, ledger, and the life of a failure."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HARNESS = "shared/worker/harness.py"
_COMMIT = "shared/worker/commit.py"
_RECEIVE = "shared/worker/receive.py"
_RECONCILE = "shared/failures/sql/reconcile.sql"
_APPEND = "shared/ledger/sql/append.sql"
_SNAPSHOT = "shared/ledger/sql/snapshot.sql"
_DELIVERIES = "unit/worker/test_deliveries.py"
_RUNS = "unit/worker/test_runs.py"
_CONTROLS = "unit/retry/test_controls.py"
_TRANSITIONS = "unit/failures/test_reconcile_sql.py"
_WRITES = "unit/failures/test_what_a_run_writes.py"
_LEDGER = "unit/ledger/test_repository.py"

RUNS = (
    Mutant(
        "what_others_wrote_beside_a_run_is_not_read",
        "shared/worker/memory.py",
        "writes != known.question.writes + scripts:",
        "writes < known.question.writes + scripts:",
        ("unit/worker/test_memory.py",),
    ),
    Mutant(
        "grid_forgets_the_first_of_several_runs",
        "shared/worker/memory.py",
        "min(histories) if known.learned is None else min(known.learned, *histories)",
        "min(histories)",
        (_DELIVERIES, "unit/worker/test_memory.py"),
    ),
    Mutant(
        "date_of_the_run_itself_is_not_evaluated_again",
        "shared/planner/state.py",
        "if known is not None and day < known.until:",
        "if known is not None and day <= known.until:",
        ("unit/planner/test_known.py",),
    ),
    Mutant(
        "pause_ignored",
        _HARNESS,
        "if snapshot.paused is not None:",
        "if snapshot.paused == '':",
        (_CONTROLS,),
    ),
    Mutant(
        "cancel_ignored",
        _HARNESS,
        "if backfill is not None and backfill.halted is not None:",
        "if backfill is not None and backfill.halted == '':",
        (_CONTROLS,),
    ),
    Mutant(
        "lost_completion_stays_lost",
        _HARNESS,
        "if run is not None and run.causation_id == request.message_id:",
        "if run is not None and run.run_id == request.message_id:",
        (_DELIVERIES,),
    ),
    Mutant(
        "completion_speaks_of_the_first_date_only",
        _HARNESS,
        "(*report.dates, *awaited), report)",
        "report.dates[:1], report)",
        ("incidents/test_events.py::test_incident_05_a_completion_speaks_of_every_date_that_ran",),
    ),
    Mutant(
        "rest_of_a_range_forgotten",
        _HARNESS,
        "if more:\n",
        "if more and not cells:\n",
        ("unit/worker/test_requests.py", _DELIVERIES),
    ),
    Mutant(
        "transient_error_acknowledged",
        _HARNESS,
        "raise TransientError(str(error)) from error",
        "return Outcome(Decision.NOTHING_TO_DO, 0)",
        (_DELIVERIES,),
    ),
    Mutant(
        "rows_of_somebody_else_not_looked_at",
        _HARNESS,
        "if _from_somebody_else(message, view.snapshot):",
        "if _from_somebody_else(message, view.snapshot) and request.backfill_id:",
        ("unit/worker/test_requests.py", "incidents/test_rows.py"),
    ),
    Mutant(
        "commit_without_a_transaction",
        _COMMIT,
        "transaction=True,",
        "transaction=False,",
        (_RUNS,),
    ),
    Mutant(
        "ledger_before_commit",
        _COMMIT,
        "        tuple(statements),\n        parameters,\n        transaction=True,\n",
        "        (statements[-1], *statements[:-1]),\n        parameters,\n        transaction=False,\n",
        (_RUNS,),
    ),
    Mutant(
        "failed_date_loses_its_rows",
        _COMMIT,
        "[day for day in batch.dates if day not in failed_dates] if staged else []",
        "list(batch.dates) if staged else []",
        (_RUNS,),
    ),
    Mutant(
        "dates_between_those_of_a_run_lose_their_rows",
        "shared/worker/sql/delete_rows.sql",
        "  AND /* columns: partition */ IN UNNEST(@good_dates)\n",
        "",
        (_RUNS,),
    ),
    Mutant(
        "withheld_rows_are_written",
        "shared/worker/sql/good_rows.sql",
        "AND bad.entity_id = /* columns: entity */",
        "AND bad.entity_id = 'nobody'",
        (_RUNS,),
    ),
    Mutant(
        "row_withheld_on_one_date_is_withheld_on_all",
        "shared/worker/sql/good_rows.sql",
        "WHERE bad.analysis_date = /* columns: partition */",
        "WHERE bad.analysis_date >= DATE '2000-01-01'",
        (_RUNS,),
    ),
    Mutant(
        "untracked_entities_are_no_problem",
        "shared/worker/run.py",
        'for what in ("untracked", "contradicted", "unexpected"):',
        'for what in ("contradicted", "unexpected"):',
        (_RUNS, "incidents/test_rows.py"),
    ),
    Mutant(
        "commits_are_not_numbered",
        _APPEND,
        "IFNULL(MAX(l.sequence), 0) + 1,",
        "1,",
        (_LEDGER,),
    ),
    Mutant(
        "failures_on_other_inputs_use_up_the_budget",
        _APPEND,
        "COUNTIF(l.status = 'failed' AND l.input_fingerprint = e.input_fingerprint)",
        "COUNTIF(l.status = 'failed')",
        (_LEDGER,),
    ),
    Mutant(
        "retrying_failures_are_not_open",
        _SNAPSHOT,
        "FROM nba_processing.analytics_failures\n"
        "WHERE analysis_date BETWEEN @from_date AND @to_date\n"
        "  AND resolution_status IN ('UNRESOLVED', 'RETRYING')",
        "FROM nba_processing.analytics_failures\n"
        "WHERE analysis_date BETWEEN @from_date AND @to_date\n"
        "  AND resolution_status = 'UNRESOLVED'",
        ("unit/retry/test_worker.py::TestATick::test_publishing_resolves_nothing", _LEDGER),
    ),
    Mutant(
        "older_word_of_a_person_holds",
        _SNAPSHOT,
        "PARTITION BY scope ORDER BY created_at DESC, control_id DESC",
        "PARTITION BY scope ORDER BY created_at, control_id",
        (_CONTROLS,),
    ),
    Mutant(
        "failures_that_are_gone_stay_open",
        _RECONCILE,
        "WHERE old.processor_name = @processor_name\n",
        "WHERE old.processor_name = @processor_name AND old.entity_id = 'nobody'\n",
        (_TRANSITIONS,),
    ),
    Mutant(
        "attempts_written_twice",
        _RECONCILE,
        "  correlation_id = @correlation_id\n  /* columns: extra_update */",
        "  correlation_id = @correlation_id,\n  attempt_count = IFNULL(f.attempt_count, 0) + 1\n"
        "  /* columns: extra_update */",
        (_WRITES, "incidents/test_rows.py::test_incident_08_a_run_never_counts_attempts"),
    ),
    Mutant(
        "exhausted_failure_opens_without_a_change",
        _RECONCILE,
        "AND (NOT f.is_correctable OR (f.resolution_reason = 'exhausted' AND s.inputs_changed))\n",
        "AND (NOT f.is_correctable OR f.resolution_reason = 'exhausted')\n",
        (_TRANSITIONS,),
    ),
    Mutant(
        "withheld_row_counts_as_observed",
        _RECONCILE,
        "WHEN s.withheld THEN 'reclassified'\n",
        "WHEN FALSE THEN 'reclassified'\n",
        (_TRANSITIONS,),
    ),
    Mutant(
        "failures_of_dates_that_did_not_run_are_resolved",
        _RECONCILE,
        "        AND old./* columns: date */ IN UNNEST(@good_dates)\n",
        "",
        (_TRANSITIONS, _WRITES, _RUNS),
    ),
    Mutant(
        "poison_is_swallowed_without_limit",
        _RECEIVE,
        "if limit.exceeded:",
        "if limit.exceeded and not event_id:",
        ("unit/retry/test_quarantine_limit.py",),
    ),
    Mutant(
        "exactly_a_fifth_is_too_much",
        _RECEIVE,
        "bad > _LARGEST_SHARE * len(self._recent)",
        "bad >= _LARGEST_SHARE * len(self._recent)",
        ("unit/retry/test_quarantine_limit.py",),
    ),
)
