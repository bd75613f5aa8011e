"""Small synthetic seasons: how they land in the cloud, and that they come to what they come to embedded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from services.bootstrap import new_id
from services.ingest.synthetic import SyntheticOptions, generate
from services.ingest.synthetic.season import SyntheticSeason
from services.ingest.writer import IngestReport, completions, write
from services.registry import discover
from shared.clock import SystemClock
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS
from tests.emulators.cloud import Cloud
from tests.support.embedded import cells_of, embedded, outcomes
from tests.support.tables import differences


@dataclass(frozen=True)
class Season:
    """Some days of a season that no other test uses. `teams`: how many play."""

    year: int
    start: dt.date
    days: int
    teams: int

    @property
    def end(self) -> dt.date:
        """The last day."""
        return self.start + dt.timedelta(days=self.days - 1)

    @cached_property
    def data(self) -> SyntheticSeason:
        """The raw rows, with lost and half games among them."""
        return generate(
            SyntheticOptions(
                seed=self.year,
                season_year=self.year,
                start_date=self.start,
                end_date=self.end,
                faults=True,
                teams=self.teams,
            )
        )


def land(cloud: Cloud, season: Season) -> IngestReport:
    """Raw rows are written as our ingest writes them, and nobody is told."""
    return write(
        season.data.tables,
        warehouse=cloud.warehouse,
        clock=SystemClock(),
        run_id=new_id(),
        days=None,
        on_progress=lambda _done, _all: None,
    )


def announce(cloud: Cloud, report: IngestReport) -> None:
    """The completion of an ingest is published by the real client."""
    broker = cloud.broker()
    for message in completions(report, SystemClock()):
        broker.publish(COMPLETION_TOPICS[Phase.RAW], message)


def assert_as_embedded(cloud: Cloud, season: Season, *, seconds: float) -> None:
    """The season settles, with the tables and the states that the embedded pipeline gives."""
    cells = cloud.settle(season.year, seconds=seconds)
    with embedded(season.data.tables) as alone:
        counts, found = differences(discover(), alone, cloud.warehouse, start=season.start, end=season.end)
        expected = cells_of(alone, season.year)
    assert found == [], "\n".join(found)
    outputs = {processor.schema.address for processor in discover().processors}
    assert [address for address in outputs if not counts[address]] == []
    assert outcomes(cells) == outcomes(expected)
