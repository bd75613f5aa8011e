"""What must hold: after every commit (rows and ledger agree, legal transitions), and in the end (the tables
are those that the raw rows imply)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from shared.clock import grace_ends
from shared.failures.model import CORRECTABLE_TYPES, failure_table
from shared.failures.transitions import LEGAL, Actor, Status
from shared.ledger.repository import read_snapshot
from shared.planner.plan import MAX_ATTEMPTS
from shared.planner.state import Grid, State, evaluate
from shared.topology.declaration import HARNESS_COLUMNS, RESULTS, SLOTS, TEAM_BOX, Phase, Processor
from tests.simulation.bench import Bench, topology
from tests.simulation.league import DAYS, FIRST, SCHEDULE, on
from tests.simulation.oracle import Expected, RawBox, RawSlot, expected_of, fingerprint_of

_OPEN = (Status.UNRESOLVED, Status.RETRYING)


class WrongError(AssertionError):
    """The pipeline did something that it must never do."""


class LostError(AssertionError):
    """A date is not as its raw rows would have it, and nothing is going to change that."""


def _date_column(processor: Processor) -> str:
    return "prediction_date" if processor.phase is Phase.PREDICTIONS else "analysis_date"


def _observation(processor: Processor) -> str:
    """Rows, successful runs and failures of a processor, in one query."""
    schema = processor.schema
    return f"""
SELECT 'row' AS kind, {schema.partition_column} AS day, data_hash AS a, run_id AS b, '' AS c, 0 AS n,
  CAST(NULL AS TIMESTAMP) AS moment, run_id
FROM {schema.address}
UNION ALL
SELECT 'cell', cell_date, IFNULL(output_fingerprint, ''), status, IFNULL(backfill_id, ''), sequence,
  started_at, run_id
FROM nba_orchestration.ledger
WHERE cell_name = '{processor.name}'
UNION ALL
SELECT 'failure', {_date_column(processor)}, entity_id, failure_category, resolution_status, attempt_count,
  CAST(NULL AS TIMESTAMP), IFNULL(resolution_reason, '')
FROM {failure_table(processor.phase).address}
WHERE processor_name = '{processor.class_name}'
"""


_OBSERVATIONS = {processor.name: _observation(processor) for processor in topology().processors}


class Checker:
    """Watches one history."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._statuses: dict[str, dict[tuple[object, str, str], Status]] = defaultdict(dict)
        self._runs_seen: set[str] = set()
        self.checks = 0
        #: Backfills that were paused or cancelled: nothing more of them may start.
        self.halted: set[str] = set()

    # After every write

    def observe(self, processor: Processor, actor: Actor) -> None:
        """Compare what a processor's tables say with what they said before. Raises WrongError."""
        self.checks += 1
        hashes: dict[dt.date, list[str]] = defaultdict(list)
        newest: dict[dt.date, tuple[int, str]] = {}
        seen: set[str] = set()
        statuses = self._statuses[processor.name]
        for record in self._bench.select(_OBSERVATIONS[processor.name]):
            kind, day, a, b, c, number, moment, run_id = _cells(record)
            match kind:
                case "row":
                    hashes[day].append(a)
                case "cell":
                    seen.add(run_id)
                    if run_id not in self._runs_seen:
                        self._new_run(processor, day, moment)
                        if c in self.halted:
                            raise WrongError(f"[{processor.name} {day}] ran for the halted backfill [{c}]")
                    if b != "failed" and (day not in newest or newest[day][0] < number):
                        newest[day] = (number, a)
                case "failure":
                    self._transition(processor, statuses, (day, a, b), Status(c), run_id, actor)
                    if number > MAX_ATTEMPTS:
                        raise WrongError(f"[{number}] attempts at [{processor.name} {day} {a} {b}]")
        for day in hashes.keys() | newest.keys():
            said = newest[day][1] if day in newest else "(nothing)"
            found = fingerprint_of(hashes.get(day, []))
            if said != found:
                raise WrongError(
                    f"Rows of [{processor.name} {day}] have fingerprint [{found}], the ledger says [{said}]"
                )
        self._runs_seen |= seen

    def _transition(
        self,
        processor: Processor,
        statuses: dict[tuple[object, str, str], Status],
        key: tuple[object, str, str],
        status: Status,
        reason: str,
        actor: Actor,
    ) -> None:
        before = statuses.get(key)
        statuses[key] = status
        if before is None or before is status:
            return
        allowed = LEGAL.get((before, status), frozenset())
        if actor not in allowed:
            raise WrongError(
                f"Failure [{processor.name} {key}] went from [{before}] to [{status}] ({reason}) by [{actor}]"
            )

    def _new_run(self, processor: Processor, day: dt.date, started: dt.datetime | None) -> None:
        """A run of a date inside its grace needs every game over and every required row landed."""
        if started is None or not processor.waits_for_results or started >= grace_ends(day):
            return
        seen: dict[str, list[set[str]]] = defaultdict(lambda: [set()])
        sql = (
            "SELECT cell_name, IFNULL(game_ids, '[]') FROM nba_orchestration.ledger"
            f" WHERE kind = 'raw' AND cell_date = DATE '{day.isoformat()}'"
        )
        for name, games in self._bench.select(sql):
            seen[str(name)].append({game for game in str(games).strip('[]"').split('","') if game})
        for slots in seen[SLOTS][1:]:
            for results in seen[RESULTS]:
                if slots <= results and any(results <= landed for landed in seen[TEAM_BOX]):
                    return
        raise WrongError(f"[{processor.name} {day}] ran at [{started}], before its games were played")

    # In the end

    def raw(self) -> tuple[list[RawSlot], list[RawBox]]:
        """The raw rows as the warehouse has them."""
        slots = self._bench.select(
            "SELECT game_id, game_date, game_status, game_status_text, home_team_tricode, away_team_tricode"
            f" FROM nba_raw.{SCHEDULE}"
        )
        boxes = self._bench.select(f"SELECT game_id, game_date, team_abbr, points FROM nba_raw.{TEAM_BOX}")
        return (
            [_slot(*row) for row in slots],
            [_box(*row) for row in boxes],
        )

    def grid(self, now: dt.datetime) -> Grid:
        """The state of every cell."""
        snapshot = read_snapshot(
            self._bench.warehouse,
            topology(),
            start=FIRST,
            end=on(DAYS),
            request_id=None,
            backfill_id=None,
        )
        return evaluate(topology(), snapshot, now)

    def final(self, now: dt.datetime) -> None:
        """Everything is as a run from scratch would have it. Raises WrongError."""
        self.states(now)
        expected = expected_of(*self.raw())
        for processor in topology().processors:
            self.rows(processor, expected)
            self.failures(processor, expected)

    def states(self, now: dt.datetime) -> None:
        """No date is lost: every cell is right, as right as its raw rows allow, or empty."""
        for name, cells in self.grid(now).cells.items():
            for day, cell in cells.items():
                if cell.state not in (State.CURRENT, State.PARTIAL, State.EMPTY):
                    raise LostError(f"[{name} {day}] is [{cell.state}]: {cell.reason}")

    def rows(self, processor: Processor, expected: Expected) -> None:
        """The rows are those that the raw rows imply, content hash included."""
        content = [column.name for column in processor.schema.without(HARNESS_COLUMNS)]
        sql = f"SELECT {', '.join([*content, 'data_hash'])} FROM {processor.schema.address}"
        found: dict[dt.date, list[object]] = defaultdict(list)
        for day, team, *values, content_hash in self._bench.select(sql):
            if not isinstance(day, dt.date):
                raise WrongError(f"A row without a date: [{day}, {team}]")
            found[day].append((team, tuple(values), content_hash))
        wanted = expected.rows[processor.name]
        for day in found.keys() | wanted.keys():
            have, want = sorted(found.get(day, []), key=str), sorted(wanted.get(day, set()), key=str)
            if have != want:
                raise WrongError(f"Rows of [{processor.name} {day}] are {have}, expected {want}")

    def failures(self, processor: Processor, expected: Expected) -> None:
        """Every failure's status is true."""
        wanted = dict(expected.failures[processor.name])
        table, day = failure_table(processor.phase).address, _date_column(processor)
        sql = (
            f"SELECT {day}, entity_id, failure_category, failure_type, resolution_status,"
            f" resolution_reason, is_correctable, can_retry FROM {table}"
            f" WHERE processor_name = '{processor.class_name}'"
        )
        for *key, kind, status_text, reason, correctable, can_retry in self._bench.select(sql):
            status = Status(str(status_text))
            want = wanted.pop(tuple(key), None)  # type: ignore[arg-type]
            where = f"Failure [{processor.name} {key}]: [{kind}, {status}, {reason}]"
            if want is None:
                if status is not Status.RESOLVED:
                    raise WrongError(f"{where}, but there is nothing to report")
                continue
            if kind != want or correctable != (want in CORRECTABLE_TYPES):
                raise WrongError(f"{where}, expected type [{want}]")
            given_up = status is Status.PERMANENT and reason == "exhausted"
            mendable = want in CORRECTABLE_TYPES
            true = (status in _OPEN or given_up) if mendable else status is Status.PERMANENT
            if not true or can_retry != (status in _OPEN):
                raise WrongError(f"{where}, can_retry [{can_retry}]: not what [{want}] should have")
        if wanted:
            raise WrongError(f"Nobody reported {wanted} of [{processor.name}]")


def _cells(record: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of an observation, whose types are those of its query."""
    return record


def _slot(*row: Any) -> RawSlot:
    return RawSlot(
        game_id=row[0],
        date=row[1],
        final=row[2] == 3,
        postponed=row[3] == "Postponed",
        teams=(row[4], row[5]),
    )


def _box(*row: Any) -> RawBox:
    return RawBox(game_id=row[0], date=row[1], team=row[2], points=row[3])
