"""What bookmakers say before a game: spread, total, and lines for the points of the likely scorers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.league import Player, Strength
from services.ingest.synthetic.lineups import Lineup

_BOOKMAKERS = ("harbourbook", "northbook", "summitbook")
_PRICED_PER_TEAM = 5
_SNAPSHOT = time(11, 35, tzinfo=UTC)
_EXPECTED_SCORE = 111.0
_HOME_POINTS = 2.4
# Points of a game's score for a change of accuracy, and for one more field-goal attempt.
_POINTS_PER_ACCURACY = 200.0
_POINTS_PER_ATTEMPT = 1.25


@dataclass(frozen=True, slots=True)
class GameLine:
    """Spread (negative: home is favoured) and total points, in half points."""

    home_spread: float
    total_points: float


@dataclass(frozen=True, slots=True)
class PropLine:
    """A bookmaker's points line for a player, with decimal prices."""

    player: Player
    bookmaker: str
    points_line: float
    over_price: float
    under_price: float
    snapshot: datetime


def tip_off(game: Game) -> datetime:
    """The start in UTC. Daylight saving ends on November's first Sunday and starts on March's second."""
    day = game.game_date
    autumn_year = day.year if day.month >= 7 else day.year - 1
    winter = _sunday(autumn_year, 11, 1) <= day < _sunday(autumn_year + 1, 3, 2)
    hour, minute = (int(part) for part in game.start_time_et.split(":"))
    local = datetime.combine(day, time(hour, minute), tzinfo=UTC)
    return local + timedelta(hours=5 if winter else 4)


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


def _half(value: float) -> float:
    return round(2.0 * value) / 2.0


def expected_scores(home: Strength, away: Strength) -> tuple[float, float]:
    """Points that home and away are expected to score."""
    pace = _POINTS_PER_ATTEMPT * (home.pace + away.pace)
    edge = _HOME_POINTS / 2.0
    return (
        _EXPECTED_SCORE + pace + edge + _POINTS_PER_ACCURACY * (home.attack - away.defence),
        _EXPECTED_SCORE + pace - edge + _POINTS_PER_ACCURACY * (away.attack - home.defence),
    )


def game_line(rng: Random, scores: tuple[float, float]) -> GameLine:
    """The line for expected `scores` of home and away."""
    home, away = scores
    return GameLine(
        home_spread=_half(away - home + rng.gauss(0.0, 1.0)),
        total_points=_half(home + away + rng.gauss(0.0, 2.0)),
    )


def _likely_scorers(lineup: Lineup, team_points: float) -> list[tuple[Player, float]]:
    """Who is priced, with expected points: the main scorers, whether or not a questionable one then plays."""
    doubtful = [
        player
        for player, absence in lineup.inactive.items()
        if absence.report is not None and absence.report.status == "questionable"
    ]
    candidates = [*lineup.active, *doubtful]
    whole = sum(player.base_minutes * player.usage for player in lineup.active)
    points = [(player, team_points * player.base_minutes * player.usage / whole) for player in candidates]
    points.sort(key=lambda pair: -pair[1])
    return points[:_PRICED_PER_TEAM]


def prop_lines(
    rng: Random, *, game: Game, lineups: tuple[Lineup, Lineup], scores: tuple[float, float]
) -> list[PropLine]:
    """One line per bookmaker and priced player, about twelve hours before the game."""
    lines = []
    for lineup, team_points in zip(lineups, scores, strict=True):
        for player, points in _likely_scorers(lineup, team_points):
            opinion = points + rng.gauss(0.0, 1.2)
            for minute, bookmaker in enumerate(_BOOKMAKERS):
                line = max(0.5, float(int(opinion + rng.uniform(-0.6, 0.6))) + 0.5)
                # The dearer side is the one that the bookmaker thinks less likely.
                over = 1.87 + 0.1 * max(-1.0, min(1.0, line - opinion))
                lines.append(
                    PropLine(
                        player=player,
                        bookmaker=bookmaker,
                        points_line=line,
                        over_price=round(over, 2),
                        under_price=round(3.74 - over, 2),
                        snapshot=datetime.combine(game.game_date, _SNAPSHOT) + timedelta(minutes=minute),
                    )
                )
    return lines
