"""Bugs in the retry service and in the answer to its requests."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_POLICY = "services/retry/policy.py"
_WORKER = "services/retry/worker.py"
_LETTERS = "services/retry/dead_letters.py"
_MARK = "services/retry/sql/mark_attempts.sql"
_TEST_POLICY = "unit/retry/test_policy.py"
_TEST_WORKER = "unit/retry/test_worker.py"
_TEST_BUDGETS = "unit/retry/test_budgets.py"
_TEST_LETTERS = "unit/retry/test_dead_letters.py"
_TEST_RECONCILER = "unit/retry/test_reconciler.py"
_TEST_INCIDENTS = "unit/retry/test_incidents.py"
_TEST_REQUESTS = "unit/ingest/test_requests.py"

REPAIR = (
    Mutant(
        "budget_off_by_one",
        _POLICY,
        "if spent >= BUDGET:",
        "if spent > BUDGET:",
        (_TEST_POLICY,),
    ),
    Mutant(
        "budget_off_by_one_in_any_history",
        _POLICY,
        "if spent >= BUDGET:",
        "if spent > BUDGET:",
        (_TEST_BUDGETS,),
    ),
    Mutant(
        "target_has_one_attempt_more",
        _POLICY,
        "return state.attempts < BUDGET and state.next_attempt_at <= now",
        "return state.attempts <= BUDGET and state.next_attempt_at <= now",
        (_TEST_POLICY,),
    ),
    Mutant(
        "due_a_moment_late",
        _POLICY,
        "failure.next_attempt_at is None or failure.next_attempt_at <= now",
        "failure.next_attempt_at is None or failure.next_attempt_at < now",
        (_TEST_POLICY,),
    ),
    Mutant(
        "retrying_is_never_due_again",
        _POLICY,
        "return self.status in (Status.UNRESOLVED, Status.RETRYING)",
        "return self.status is Status.UNRESOLVED",
        (_TEST_POLICY,),
    ),
    Mutant(
        "what_changed_with_the_attempt_renews_it",
        _POLICY,
        "self.changed_at > self.attempted_at",
        "self.changed_at >= self.attempted_at",
        (_TEST_POLICY,),
    ),
    Mutant(
        "reopened_failure_has_no_budget",
        _POLICY,
        "return 0 if self.next_attempt_at is None or self.by_hand else self.attempts",
        "return 0 if self.by_hand else self.attempts",
        (_TEST_POLICY,),
    ),
    Mutant(
        "gap_that_came_back_has_no_budget",
        _POLICY,
        "spent = 0 if renewed else failure.spent",
        "spent = failure.spent",
        (_TEST_POLICY,),
    ),
    Mutant(
        "lost_date_gets_a_new_budget_every_day",
        _POLICY,
        "elif all(_used_up(states.get(target), now) for target in targets):",
        "elif failure.spent and all(_used_up(states.get(target), now) for target in targets):",
        (_TEST_POLICY,),
    ),
    Mutant(
        "upstream_gap_is_tried_while_its_root_is_in_repair",
        _POLICY,
        "if days & in_repair:",
        "if days <= in_repair and len(days) > 9:",
        (_TEST_POLICY,),
    ),
    Mutant(
        "evidence_of_the_first_missing_game_only",
        _POLICY,
        "for lack in self.lacks:\n            if lack.verdict == _DERIVED_MISSING:",
        "for lack in self.lacks[:1]:\n            if lack.verdict == _DERIVED_MISSING:",
        (_TEST_POLICY,),
    ),
    Mutant(
        "tick_ignores_the_pause",
        _WORKER,
        "if work.paused is not None:",
        "if work.paused == '':",
        (_TEST_WORKER,),
    ),
    Mutant(
        "range_reaches_dates_that_did_not_fail",
        _WORKER,
        "if position + 1 == len(days) or days[position + 1] != day + _DAY:",
        "if position + 1 == len(days):",
        (_TEST_WORKER,),
    ),
    Mutant(
        "published_before_it_is_marked",
        _WORKER,
        "        write_tick(\n",
        "        self._publish(repairs, message_id)\n        write_tick(\n",
        (_TEST_WORKER,),
    ),
    Mutant(
        "resolved_on_publish",
        _MARK,
        "resolution_status = 'RETRYING',",
        "resolution_status = 'RESOLVED',",
        (_TEST_WORKER,),
    ),
    Mutant(
        "each_attempt_counted_twice",
        _MARK,
        "attempt_count = a.number,",
        "attempt_count = a.number + 1,",
        (_TEST_WORKER,),
    ),
    Mutant(
        "row_that_a_run_resolved_meanwhile_is_marked",
        _MARK,
        "  AND f.resolution_status = a.status\n",
        "",
        (_TEST_WORKER,),
    ),
    Mutant(
        "exhausted_failure_keeps_its_time",
        "services/retry/sql/mark_exhausted.sql",
        "next_attempt_at = CAST(NULL AS TIMESTAMP)",
        "next_attempt_at = f.next_attempt_at",
        (_TEST_WORKER,),
    ),
    Mutant(
        "dead_letter_is_no_failure",
        _LETTERS,
        "if processor is not None and days:",
        "if processor is not None and not days:",
        (_TEST_LETTERS,),
    ),
    Mutant(
        "dead_letter_of_a_second_subscription_not_recorded",
        "services/retry/sql/dead_letter.sql",
        "\n  AND d.subscription = n.subscription",
        "",
        (_TEST_LETTERS,),
    ),
    Mutant(
        "dead_letter_repairs_its_own_dates_only",
        _WORKER,
        "self._request(name, first, last + _SEASON, Reprocess.STALE, correlation_id)",
        "self._request(name, first, last, Reprocess.STALE, correlation_id)",
        (_TEST_LETTERS,),
    ),
    Mutant(
        "damaged_outputs_not_looked_for",
        "services/retry/reconciler.py",
        "requests = [*_repairs(grid, damaged), *_waves(topology, grid)]",
        "requests = [*_waves(topology, grid)]",
        (_TEST_RECONCILER,),
    ),
    Mutant(
        "reconciler_trusts_the_ledger_about_raw_data",
        "services/retry/reconciler.py",
        "    hash_raw(ports.warehouse, min(days), max(days), context, now)\n",
        "",
        (_TEST_RECONCILER,),
    ),
    Mutant(
        "reconciler_looks_at_recent_dates_only",
        "services/retry/reconciler.py",
        "ready = [day for day in season.dates if",
        "ready = [day for day in season.dates[-14:] if",
        (_TEST_RECONCILER, "incidents/test_repair.py"),
    ),
    Mutant(
        "incidents_split_by_the_calendar",
        "services/retry/incidents.py",
        "if spans and not _games_between(spans[-1][-1], day, game_dates):",
        "if spans and (day - spans[-1][-1]).days == 1:",
        (_TEST_INCIDENTS,),
    ),
    Mutant(
        "one_incident_per_date",
        "services/retry/incidents.py",
        "spans = [sorted(days)] if in_data else",
        "spans = [[day] for day in sorted(days)] if in_data else",
        (_TEST_INCIDENTS,),
    ),
    Mutant(
        "raw_dates_the_source_lacks_are_emptied",
        "services/ingest/requests.py",
        "            days=None,\n",
        "            days=sorted(set(message.dates)),\n",
        (_TEST_REQUESTS,),
    ),
    Mutant(
        "dates_nobody_asked_for_are_written",
        "services/ingest/requests.py",
        "_of_dates(tables_of(files), set(message.dates))",
        "tables_of(files)",
        (_TEST_REQUESTS,),
    ),
    Mutant(
        "announcement_of_raw_rows_that_failed_stays_lost",
        "services/ingest/requests.py",
        "run_id=_run_id(message_id)",
        "run_id=self.ports.new_id()",
        (_TEST_REQUESTS,),
    ),
)
