"""What a caller may choose about a synthetic season."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from services.ingest.synthetic.season_calendar import season_bounds

LEAGUE_SIZE = 30
SMALLEST_LEAGUE = 4


@dataclass(frozen=True, kw_only=True)
class SyntheticOptions:
    """A seeded season, and the inclusive range of its game dates to generate.

    `seed` alone decides players and rosters, so seasons of one seed share their players. `faults` plants
    what a source gets wrong at first; `include_optional` adds the tables that the raw contract calls
    optional; `teams` (even, 4 to 30) shrinks the league for tiny tests. Raises ValueError on a range that
    holds no date of the season, or on a league that cannot be paired.
    """

    seed: int
    season_year: int
    start_date: date
    end_date: date
    faults: bool = False
    include_optional: bool = True
    teams: int = LEAGUE_SIZE

    def __post_init__(self) -> None:
        if self.end_date < self.start_date:
            raise ValueError(f"Range ends before it starts: [{self.start_date}] to [{self.end_date}]")
        first, last = season_bounds(self.season_year)
        if self.end_date < first or self.start_date > last:
            raise ValueError(
                f"Range [{self.start_date}] to [{self.end_date}] is outside the season [{first}] to [{last}]"
            )
        if not SMALLEST_LEAGUE <= self.teams <= LEAGUE_SIZE or self.teams % 2:
            raise ValueError(f"Teams must be an even number from 4 to 30: [{self.teams}]")

    @classmethod
    def whole_season(
        cls,
        *,
        seed: int,
        season_year: int,
        faults: bool = False,
        include_optional: bool = True,
        teams: int = LEAGUE_SIZE,
    ) -> Self:
        """Options that ask for every date of the season."""
        first, last = season_bounds(season_year)
        return cls(
            seed=seed,
            season_year=season_year,
            start_date=first,
            end_date=last,
            faults=faults,
            include_optional=include_optional,
            teams=teams,
        )

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the range asked for."""
        return self.start_date <= day <= self.end_date
