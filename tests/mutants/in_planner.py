"""Bugs in the planner: states, fingerprints, what runs and how often."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STATE = "shared/planner/state.py"
_PLAN = "shared/planner/plan.py"
_FINGERPRINT = "shared/planner/fingerprint.py"
_STATES = "unit/planner/test_states.py"
_GRACE = "unit/planner/test_grace.py"
_REQUESTS = "unit/planner/test_requests.py"
_FINGERPRINTS = "unit/planner/test_fingerprints.py"

PLANNER = (
    Mutant(
        "grace_never_ends",
        _STATE,
        "if in_grace and processor.waits_for_results:",
        "if processor.waits_for_results:",
        (_GRACE,),
    ),
    Mutant(
        "games_are_not_waited_for",
        _STATE,
        "if in_grace and processor.waits_for_results:",
        "if in_grace and not processor.waits_for_results:",
        (_GRACE,),
    ),
    Mutant(
        "required_raw_rows_are_not_waited_for",
        _STATE,
        "for source in processor.required_raw:",
        "for source in processor.required_raw[:0]:",
        (_GRACE,),
    ),
    Mutant(
        "waiting_counts_as_settled",
        _STATE,
        "return self in (State.CURRENT, State.PARTIAL, State.EMPTY, State.FAILED)",
        "return self in (State.CURRENT, State.PARTIAL, State.EMPTY, State.FAILED, State.WAITING)",
        (_STATES,),
    ),
    Mutant(
        "own_date_of_an_upstream_blocks_a_window_before_it",
        _STATE,
        "return self.unsettled[0] if self.unsettled[0] < day else None",
        "return self.unsettled[0] if self.unsettled[0] <= day else None",
        (_STATES,),
    ),
    Mutant(
        "fingerprint_ignores_a_source",
        _STATE,
        "for item, chain in inputs]",
        "for item, chain in inputs[:-1]]",
        (_FINGERPRINTS, _STATES),
    ),
    Mutant(
        "early_cut_off_removed",
        _STATE,
        "EMPTY_FINGERPRINT if success is None else success.output_fingerprint",
        "EMPTY_FINGERPRINT if success is None else success.input_fingerprint",
        (_FINGERPRINTS, _STATES),
    ),
    Mutant(
        "sequence_of_commits_ignored",
        _STATE,
        "and (success is None or failed.sequence > success.sequence)",
        "and (success is None or failed.sequence > 0)",
        (_STATES,),
    ),
    Mutant(
        "failure_on_old_inputs_counts_for_new_ones",
        _STATE,
        "and failed.input_fingerprint == fingerprint\n",
        "and failed.input_fingerprint != ''\n",
        (_STATES,),
    ),
    Mutant(
        "open_failures_do_not_make_a_cell_partial",
        _STATE,
        "if history.open_failures:\n        return cell(State.PARTIAL",
        "if history.open_failures > 1:\n        return cell(State.PARTIAL",
        (_STATES,),
    ),
    Mutant(
        "rows_of_a_date_without_slots_stay",
        _STATE,
        "if cleared and not history.open_failures:",
        "if not history.open_failures:",
        (_STATES,),
    ),
    Mutant(
        "code_version_ignored",
        _FINGERPRINT,
        'return ":".join((code_version, *parts))',
        'return ":".join(("code", *parts))',
        (_STATES,),
    ),
    Mutant(
        "window_before_a_date_holds_the_date",
        _FINGERPRINT,
        "case Window.BEFORE:\n                return self._before(day)",
        "case Window.BEFORE:\n                return self._before(day + _DAY)",
        (_FINGERPRINTS,),
    ),
    Mutant(
        "cells_without_rows_leave_a_trace",
        _FINGERPRINT,
        "if fingerprint == EMPTY_FINGERPRINT:",
        "if fingerprint == '':",
        (_FINGERPRINTS,),
    ),
    Mutant(
        "duplicates_run_twice",
        _PLAN,
        "return cell.state in (State.MISSING, State.STALE)\n        case Reprocess.FAILED:",
        "return cell.state in (State.MISSING, State.STALE, State.CURRENT)\n        case Reprocess.FAILED:",
        (_REQUESTS,),
    ),
    Mutant(
        "forced_cells_run_again_with_every_redelivery",
        _PLAN,
        "return cell.state in (State.FAILED, State.PARTIAL) and not cell.history.ran_for_request",
        "return cell.state in (State.FAILED, State.PARTIAL)",
        (_REQUESTS,),
    ),
    Mutant(
        "budget_of_a_cell_off_by_one",
        _PLAN,
        "_attempts(cell) >= MAX_ATTEMPTS",
        "_attempts(cell) > MAX_ATTEMPTS",
        (_REQUESTS, "incidents/test_events.py::test_incident_02_a_cell_that_fails_has_a_budget"),
    ),
    Mutant(
        "backfill_reaches_beyond_its_range",
        _PLAN,
        "min(self.end, backfill.end_date),",
        "max(self.end, backfill.end_date),",
        (_REQUESTS, "incidents/test_events.py"),
    ),
    Mutant(
        "limit_of_a_run_forgets_the_rest",
        _PLAN,
        "return season, chosen, len(chosen) < len(found)",
        "return season, chosen, len(chosen) < len(of_season) - limit",
        (_REQUESTS,),
    ),
    Mutant(
        "late_data_does_not_reach_later_windows",
        _PLAN,
        "last = end if all(item.window is Window.ON_DATE for item in hit) else dt.date.max",
        "last = end if any(item.window is not Window.ON_DATE for item in hit) else dt.date.max",
        (_REQUESTS, "incidents/test_state.py"),
    ),
)
