"""The tiny pipeline with the services around it: retry worker, ingest with a source, dead letters."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from services.bootstrap import AppEndpoint, entry_point, use
from services.ingest.source import RawFile
from services.registry import topology_of
from services.retry.dead_letters import dead_letter_script
from services.retry.incidents import change_incidents
from services.retry.outputs import differing_outputs
from services.retry.policy import Evidence, OpenFailure, plan_repairs
from services.retry.repository import read_open_work, tick_script
from shared.broker.local import LocalBroker
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Status
from shared.ledger.controls import PIPELINE, Action, Control, record_control
from shared.ledger.quarantine import quarantine
from shared.ledger.raw import hash_raw
from shared.messages.decode import Poison, encode
from shared.messages.models import (
    PhaseCompleted,
    ProcessRequested,
    RawDataRequested,
    RetryTick,
    TickWork,
)
from shared.topology.declaration import Phase
from shared.topology.graph import RETRY, RETRY_TICK_TOPIC, Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Rows, Script, Value, Warehouse
from shared.worker.context import RunContext
from shared.worker.outcome import Outcome
from shared.worker.prepare import prepare_workers
from tests.support.raw_rows import Game, RawRow, final_slot, team_box, to_tables
from tests.support.tiny_folders import CARD, FORM, SCORES, TinyFolder, write_folder
from tests.support.tiny_pipeline import TappedBroker, TinyPipeline, on

_MISSING = (
    'CONCAT(\'{{"missing":[{{"date":"\', CAST(e.cell_date AS STRING),'
    ' \'","verdict":"{verdict}","source":"{source}"}}]}}\') AS evidence'
)


def telling(folder: TinyFolder, verdict: str, source: str) -> TinyFolder:
    """The same processor, whose failures say as evidence what is missing on their date."""
    evidence = _MISSING.format(verdict=verdict, source=source)
    return folder.saying(triage=folder.triage.replace("'[]' AS evidence", evidence))


#: A team without a box score lacks the raw table of its date, as in the real processors.
TELLING_SCORES = telling(SCORES, "GAME_NOT_INGESTED", "nbac_team_boxscore")
#: Form with a row to every team with a slot, or a failure that says there are no upstream rows.
WAITING_FORM = replace(
    FORM,
    triage=FORM.triage.replace("INSUFFICIENT_DATA", "UPSTREAM_INCOMPLETE")
    .replace("INSUFFICIENT_HISTORY", "UPSTREAM_GAP")
    .replace("no earlier game", "no scores"),
)
ALL_THREE = (TELLING_SCORES, FORM, CARD)


def game(number: int, home: str = "BOS", away: str = "CHI") -> Game:
    """The game of two teams on a day, with an id that the raw contract accepts."""
    return Game(f"00221{number:03d}{ord(home[0]) % 10}{ord(away[0]) % 10}", on(number), home, away)


def played(
    number: int, home_points: int, away_points: int, *, teams: tuple[str, str] = ("BOS", "CHI")
) -> list[RawRow]:
    """The raw rows of a Final game that the tiny processors read: its slot and both team rows."""
    home, away = teams
    of = game(number, home, away)
    return [
        final_slot(of, home_points, away_points),
        team_box(of, home, [], points=home_points),
        team_box(of, away, [], points=away_points),
    ]


@dataclass
class Shelf:
    """A source of raw data: what a test has put on it, or an error. Counts how often it was asked."""

    rows: list[RawRow] = field(default_factory=list)
    error: Exception | None = None
    asked: list[tuple[dt.date, dt.date]] = field(default_factory=list)

    def put(self, rows: Iterable[RawRow]) -> None:
        """From now on the source has these rows too."""
        self.rows.extend(rows)

    def read(self, start: dt.date, end: dt.date) -> Sequence[RawFile]:
        """The port of the ingest service."""
        self.asked.append((start, end))
        if self.error is not None:
            raise self.error
        return [RawFile(f"{name} on the shelf", name, rows) for name, rows in to_tables(self.rows).items()]


class _Listener(DuckDBWarehouse):
    """An embedded warehouse that remembers every script it was sent."""

    def __init__(self, path: Path | None) -> None:
        self.scripts: list[Script] = []
        super().__init__(path)

    def run(self, script: Script) -> Rows:
        self.scripts.append(script)
        return super().run(script)


@cache
def _template() -> Path:
    """A file with every table, in which the statements of the services are translated, once per process."""
    root = Path(tempfile.mkdtemp(prefix="healing-pipeline-"))
    topology = topology_of([write_folder(root / "services", folder) for folder in ALL_THREE])
    listener = _Listener(None)
    initialise(listener, topology)
    _say_everything(listener, topology)
    warehouse = DuckDBWarehouse(root / "template.duckdb")
    initialise(warehouse, topology)
    prepare_workers(warehouse, topology)
    for script in listener.scripts:
        warehouse.prepare(script.statements, script.parameters)
    listener.close()
    warehouse.close()
    return root / "template.duckdb"


def _say_everything(warehouse: Warehouse, topology: Topology) -> None:
    """Have each kind of statement of the services sent to a warehouse once."""
    now = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
    for backfill in ("b", PIPELINE):
        record_control(warehouse, Control("c", backfill, Action.RESUME, "a reason", "somebody"), now=now)
    read_open_work(warehouse, topology)
    differing_outputs(warehouse, topology)
    hash_raw(warehouse, on(0), on(1), RunContext("r", "c", "m", None, "live", now), now)
    quarantine(warehouse, "retry", Poison("m", b"", "a reason"), {}, now=now)
    for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE):
        broken = OpenFailure(
            phase=phase,
            processor="tiny_scores",
            date=on(0),
            entity_id="BOS",
            category=FailureCategory.PROCESSING_ERROR,
            type=FailureType.PROCESSING_ERROR,
            reason="a reason",
            status=Status.UNRESOLVED,
            status_reason=None,
            attempts=0,
            next_attempt_at=None,
            evidence=Evidence(),
        )
        repairs = replace(plan_repairs([broken], {}, now), exhausted=(broken,))
        incidents = change_incidents([broken], (), (on(0),), now=now, new_id=lambda: "i")
        warehouse.run(tick_script(topology, repairs, incidents, correlation_id="c", now=now))
    for processor in topology.processors:
        warehouse.run(
            dead_letter_script(
                message_id="m",
                subscription="s",
                processor=processor,
                days=(on(0),),
                reason="a reason",
                body=b"",
                attributes={},
                now=now,
            )
        )


class HealingPipeline(TinyPipeline):
    """A tiny pipeline that repairs itself; of tiny_scores alone unless told.

    `shelf` is what requests for raw data are answered from.
    """

    def __init__(self, root: Path, **options: object) -> None:
        if not (root / "tiny.duckdb").exists():
            shutil.copyfile(_template(), root / "tiny.duckdb")
        super().__init__(root, **{"folders": (TELLING_SCORES,), **options})  # type: ignore[arg-type]
        self.shelf = Shelf()
        self.pubsub = LocalBroker(
            subscriptions=(*self.topology.subscriptions(), *self.topology.service_subscriptions()),
            endpoints=self._endpoint(),
            clock=self.clock,
            new_id=self.new_id,
        )
        self.broker = TappedBroker(self.pubsub)
        self.ports = replace(self.ports, broker=self.broker)
        self._runtime = replace(self._runtime, ports=self.ports, source=self.shelf)
        use(self._runtime)

    def _endpoint(self) -> Callable[[str], AppEndpoint]:
        return cache(lambda name: AppEndpoint(entry_point(self.topology, name), name))

    def restarted(self, **options: object) -> HealingPipeline:
        """A new process on the same file: the queue is lost, and ids go on. Close it at the end."""
        self.embedded.close()
        second = HealingPipeline(self.path.parent, **options)
        second._ids = self._ids
        return second

    # What is asked of the services

    def tick(self, work: TickWork = TickWork.RETRY) -> None:
        """The scheduler's tick, delivered, with all that follows."""
        self.broker.publish(RETRY_TICK_TOPIC, RetryTick(work=work))
        self.settle()

    def hand_tick(self, work: TickWork = TickWork.RETRY, *, message_id: str = "tick") -> Outcome:
        """A tick handed to the retry worker, past the broker; nothing else is delivered."""
        return self.hand(RETRY, RetryTick(work=work), message_id=message_id)

    def hand(
        self,
        service: str,
        message: PhaseCompleted | ProcessRequested | RawDataRequested | RetryTick | bytes,
        *,
        message_id: str = "m",
    ) -> Outcome:
        """Hand one message to one of the services, past the broker."""
        body = message if isinstance(message, bytes) else encode(message)
        return self._runtime.service(service).handle(message_id, body, {})

    def without_source(self) -> None:
        """The ingest service has no source any more."""
        self._runtime = replace(self._runtime, source=None)
        use(self._runtime)

    def control(self, action: Action, scope: str = PIPELINE) -> None:
        """Somebody pauses, resumes or cancels."""
        record_control(
            self.warehouse,
            Control(self.new_id(), scope, action, "a test", "somebody"),
            now=self.clock.now(),
        )

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.clock.sleep_until(self.clock.now() + dt.timedelta(**time))

    # What is seen of them

    def requests(self) -> list[tuple[str, dt.date, dt.date, str]]:
        """Published requests to processors: name, range, and what they want."""
        return [
            (",".join(m.processors), m.start_date, m.end_date, m.reprocess.value)
            for m in self.broker.published
            if isinstance(m, ProcessRequested)
        ]

    def raw_requests(self) -> list[tuple[dt.date, ...]]:
        """The dates of published requests for raw data."""
        return [m.dates for m in self.broker.published if isinstance(m, RawDataRequested)]

    def attempts(self, phase: Phase = Phase.ANALYTICS) -> dict[tuple[str, str], tuple[Value, Value]]:
        """(date, entity) of each failure to its status and number of attempts."""
        return {
            (str(row["analysis_date"]), str(row["entity_id"])): (
                row["resolution_status"],
                row["attempt_count"],
            )
            for row in self.failures(phase)
        }

    def targets(self) -> dict[tuple[Value, Value, Value], Value]:
        """Repair targets (kind, name, date) to their number of attempts."""
        rows = self.select(
            "SELECT kind, name, target_date, attempt_count FROM nba_orchestration.repair_targets"
            " WHERE target_date >= '2000-01-01' ORDER BY 1, 2, 3"
        )
        return {(kind, name, day): number for kind, name, day, number in rows}

    def incidents(self) -> list[Mapping[str, Value]]:
        """Incident rows, oldest first."""
        columns = ("processor_name", "failure_type", "cause", "cell_count", "failure_count", "closed_at")
        rows = self.select(
            f"SELECT {', '.join(columns)} FROM nba_orchestration.incidents"
            " WHERE opened_date >= '2000-01-01' ORDER BY opened_at, cause, incident_id"
        )
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def count(self, table: str, partition: str) -> int:
        """Rows of an orchestration table."""
        sql = f"SELECT COUNT(*) FROM nba_orchestration.{table} WHERE {partition} >= '2000-01-01'"
        ((number,),) = self.select(sql)
        if not isinstance(number, int):
            raise TypeError(f"Unexpected count: [{number}]")
        return number
