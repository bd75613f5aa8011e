"""The season's games: who plays whom and when, with games that are postponed and played later.

Pairings follow the circle method: a round is a perfect matching, so that everybody plays once in it. Each
round is spread over two playable days, which gives every team 82 games, none twice a day and, but for games
made up, none three days running.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from services.ingest.synthetic.season_calendar import (
    Plant,
    PlantCalendar,
    plant_calendar,
    playable_dates,
)
from services.ingest.synthetic.streams import stream

ROUNDS = 82
# Postponed games are made up soon, but not at once.
_EARLIEST_REPLAY = timedelta(days=6)
_REPLAY_WINDOW = timedelta(days=14)
_START_TIMES = ("19:00", "19:30", "20:00", "20:30", "21:00", "22:00")


@dataclass(frozen=True, slots=True)
class Game:
    """A game and the date on which it is played; `postponed_from` is the slot it was first meant for."""

    game_id: str
    season_year: int
    game_date: date
    home: str
    away: str
    start_time_et: str
    postponed_from: date | None

    @property
    def slots(self) -> tuple[date, ...]:
        """Its dates in the schedule."""
        return (self.game_date,) if self.postponed_from is None else (self.postponed_from, self.game_date)


@dataclass(frozen=True)
class Fixtures:
    """All games of a season in order of (game_date, game_id), and the dates of unusual things."""

    games: tuple[Game, ...]
    plants: PlantCalendar


def _rounds(rng: Random, teams: Iterable[str]) -> list[list[tuple[str, str]]]:
    """82 rounds of (home, away): whole cycles in which everybody meets everybody, in shuffled order."""
    order = list(teams)
    rng.shuffle(order)
    size = len(order)
    rounds: list[list[tuple[str, str]]] = []
    cycle = 0
    while len(rounds) < ROUNDS:
        matchings = []
        for turn in range(size - 1):
            ring = [0, *((turn + place) % (size - 1) + 1 for place in range(size - 1))]
            pairs = [(ring[place], ring[size - 1 - place]) for place in range(size // 2)]
            matchings.append(
                [
                    (order[a], order[b])
                    if ((a + b) % 2 == 0) == ((a < b) == (cycle % 2 == 0))
                    else (order[b], order[a])
                    for a, b in pairs
                ]
            )
        rng.shuffle(matchings)
        rounds.extend(matchings)
        cycle += 1
    return rounds[:ROUNDS]


def _spread(
    rng: Random, rounds: list[list[tuple[str, str]]], days: tuple[date, ...]
) -> list[tuple[date, str, str]]:
    """Spread each round over two days, opening night taking a few games of the first round.

    Those who played the day before tend to get the second day, so that back-to-backs stay as rare as in life.
    """
    opening, *rest = days
    dated: list[tuple[date, str, str]] = []
    rested_last: set[str] = set()
    for number, pairs in enumerate(rounds):
        first, second = rest[2 * number], rest[2 * number + 1]
        ranked = sorted(pairs, key=lambda pair: len(rested_last.intersection(pair)) + rng.uniform(0.0, 2.6))
        half = len(pairs) / 2
        cut = min(max(1, round(rng.uniform(0.6 * half, 1.5 * half))), len(pairs) - 1)
        days_of = [first] * cut + [second] * (len(pairs) - cut)
        if number == 0:
            days_of[: (len(pairs) + 6) // 7] = [opening] * ((len(pairs) + 6) // 7)
        dated.extend((day, home, away) for day, (home, away) in zip(days_of, ranked, strict=True))
        rested_last = {team for pair in ranked[cut:] for team in pair}
    return dated


def _three_running(day: date, busy: set[date]) -> bool:
    before, after = (day - timedelta(days=1) in busy), (day + timedelta(days=1) in busy)
    return (
        (before and after)
        or (before and day - timedelta(days=2) in busy)
        or (after and day + timedelta(days=2) in busy)
    )


def _replay_date(postponed: Game, games: list[Game], days: tuple[date, ...]) -> date:
    """First day on which both teams are free, and if possible neither then plays three days running."""
    busy = [
        {game.game_date for game in games if team in (game.home, game.away)}
        for team in (postponed.home, postponed.away)
    ]
    earliest = postponed.game_date + _EARLIEST_REPLAY
    free = [day for day in days if day >= earliest and not any(day in dates for dates in busy)]
    rested = [day for day in free if not any(_three_running(day, dates) for dates in busy)]
    soon = [day for day in rested if day <= earliest + _REPLAY_WINDOW]
    return (soon or free)[0]


def build_fixtures(*, seed: int, season_year: int, teams: tuple[str, ...]) -> Fixtures:
    """Build the whole season's fixtures, whatever part of it will be generated."""
    rng = stream(seed, "fixtures", str(season_year))
    days = playable_dates(season_year)
    dated = sorted(_spread(rng, _rounds(rng, teams), days))
    games = [
        Game(
            game_id=f"002{season_year % 100:02d}{number:05d}",
            season_year=season_year,
            game_date=day,
            home=home,
            away=away,
            start_time_et=rng.choice(_START_TIMES),
            postponed_from=None,
        )
        for number, (day, home, away) in enumerate(dated, start=1)
    ]
    plants = plant_calendar(season_year=season_year, game_dates={game.game_date for game in games})
    for day in sorted(plants.dates(Plant.POSTPONEMENT)):
        # A game that is being made up on this very day is not put off again: it could not keep both slots.
        candidates = [
            place for place, game in enumerate(games) if game.game_date == day and game.postponed_from is None
        ]
        place = rng.choice(candidates)
        new_date = _replay_date(games[place], games, days)
        games[place] = replace(games[place], game_date=new_date, postponed_from=day)
    return Fixtures(
        games=tuple(sorted(games, key=lambda game: (game.game_date, game.game_id))), plants=plants
    )
