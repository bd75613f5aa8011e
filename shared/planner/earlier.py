"""What the seasons before a season offer to its cells: for the windows that reach into them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.planner.fingerprint import Chain, joined
from shared.topology.declaration import Input, Window, opens_season
from shared.topology.graph import Topology


@dataclass(frozen=True)
class _Whole:
    """A source over a whole season: its fingerprint, and the first date that is not settled, if any is."""

    season_year: int
    fingerprint: str
    unsettled: dt.date | None


@dataclass
class EarlierSeasons:
    """Filled season by season, oldest first; keeps only what some processor reads across seasons."""

    _kept: frozenset[str]
    _seasons: dict[str, list[_Whole]] = field(default_factory=dict)

    @classmethod
    def of(cls, topology: Topology) -> EarlierSeasons:
        """Empty, for the reads that these processors declare."""
        inputs = (item for processor in topology.processors for item in processor.inputs)
        return cls(frozenset(item.source for item in inputs if item.window.crosses_seasons))

    def add(self, source: str, season_year: int, chain: Chain, unsettled: Sequence[dt.date]) -> None:
        """Take note of a season that has been evaluated; `unsettled` ascending."""
        if source in self._kept:
            first = unsettled[0] if unsettled else None
            self._seasons.setdefault(source, []).append(_Whole(season_year, chain.whole, first))

    def parts(self, item: Input, season_year: int, chain: Chain, days: tuple[dt.date, ...]) -> Sequence[str]:
        """The parts of the fingerprints of a season's cells that stand for this input, date by date."""
        if not item.window.crosses_seasons:
            return chain.parts(item.window, days)
        before = [season.fingerprint for season in self._in(item, season_year)]
        if item.window is Window.OPENING:
            nothing = joined([])
            whole = joined(before)
            return [whole if opens_season(days[0], day) else nothing for day in days]
        if item.window is Window.PREVIOUS_SEASON:
            return [joined(before)] * len(days)
        if not before:
            return chain.parts(Window.BEFORE, days)
        return [joined([*before, part]) for part in chain.parts(Window.BEFORE, days)]

    def unsettled(self, item: Input, season_year: int, in_season: Sequence[dt.date]) -> Sequence[dt.date]:
        """Unsettled dates that this input can meet, ascending; of each earlier season the first."""
        if not item.window.crosses_seasons:
            return in_season
        found = [s.unsettled for s in self._in(item, season_year) if s.unsettled is not None]
        return [*found, *in_season] if item.window is Window.EARLIER else found

    def _in(self, item: Input, season_year: int) -> list[_Whole]:
        seasons = self._seasons.get(item.source, [])
        if item.window is Window.EARLIER:
            return seasons
        return [season for season in seasons if season.season_year == season_year - 1]
