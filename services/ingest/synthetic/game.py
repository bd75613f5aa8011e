"""One game, played shot by shot: box score, shot chart and play-by-play agree because they are one thing."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from services.ingest.synthetic.league import Player, Strength
from services.ingest.synthetic.lineups import OVERTIME_SECONDS, REGULATION_SECONDS, STARTERS, Lineup
from services.ingest.synthetic.shots import PLACES_PER_ZONE, ZONES

_ATTEMPTS = 88.5
_ATTEMPTS_SPREAD = 2.4
_TRIPS_PER_ATTEMPT = 0.113
_HOME_EDGE = 0.0055
_SHOOTING_SPREAD = 0.006
# Accuracy that a team loses for every point it is ahead; keeps margins as narrow as in life.
_LEADER_RELAXES = 0.0013
# Share of one-point games that a late free throw levels; with true ties about one game in twenty goes on.
_LEVELLED = 0.3
_LEVELLED_AT_MOST = 6
_PERIOD_SECONDS = 12 * 60
_FOUL_LIMIT = 6

_ASSISTED = tuple(zone.assisted for zone in ZONES)
_BLOCKED = tuple(zone.blocked for zone in ZONES)
_AND_ONE = tuple(zone.and_one for zone in ZONES)
_POINTS = tuple(zone.points for zone in ZONES)
_IS_THREE = tuple(zone.points == 3 for zone in ZONES)


@dataclass(slots=True)
class Shots:
    """The field-goal attempts of a game in order of time, as columns.

    `side` is 0 for home, 1 for away; `shooter` and `assister` (-1: none) are places in that side's lineup;
    `place` indexes the shot catalogue.
    """

    side: list[int] = field(default_factory=list)
    shooter: list[int] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    made: list[bool] = field(default_factory=list)
    assister: list[int] = field(default_factory=list)
    blocked: list[bool] = field(default_factory=list)
    and_one: list[bool] = field(default_factory=list)
    period: list[int] = field(default_factory=list)
    seconds_remaining: list[int] = field(default_factory=list)

    def add(self, attempts: list[tuple[int, int, bool, int, bool, bool]]) -> None:
        """Append (shooter, place, made, assister, blocked, and_one) of each attempt."""
        shooter, place, made, assister, blocked, and_one = zip(*attempts, strict=True)
        self.shooter.extend(shooter)
        self.place.extend(place)
        self.made.extend(made)
        self.assister.extend(assister)
        self.blocked.extend(blocked)
        self.and_one.extend(and_one)


class TeamLine:
    """A team's box score: one list per statistic, in the order of the lineup's active players."""

    def __init__(self, lineup: Lineup) -> None:
        size = len(lineup.active)
        self.lineup = lineup
        self.seconds = list(lineup.seconds)
        self.field_goals_made = [0] * size
        self.field_goals_attempted = [0] * size
        self.threes_made = [0] * size
        self.threes_attempted = [0] * size
        self.free_throws_made = [0] * size
        self.free_throws_attempted = [0] * size
        self.offensive_rebounds = [0] * size
        self.defensive_rebounds = [0] * size
        self.assists = [0] * size
        self.steals = [0] * size
        self.blocks = [0] * size
        self.turnovers = [0] * size
        self.fouls = [0] * size
        self.plus_minus = [0] * size
        self.team_turnovers = 0
        self.trips = 0

    @property
    def points(self) -> list[int]:
        """Points by player: 2 a field goal, 1 more for a three, 1 a free throw."""
        made = zip(self.field_goals_made, self.threes_made, self.free_throws_made, strict=True)
        return [2 * goals + threes + free for goals, threes, free in made]

    @property
    def score(self) -> int:
        return 2 * sum(self.field_goals_made) + sum(self.threes_made) + sum(self.free_throws_made)


@dataclass(frozen=True, slots=True)
class GameResult:
    """What happened: home and away box scores, the shots, and how many overtimes it took."""

    sides: tuple[TeamLine, TeamLine]
    shots: Shots
    overtimes: int


def _weights(line: TeamLine, tendencies: list[float]) -> list[float]:
    pairs = zip(line.lineup.seconds, tendencies, strict=True)
    return list(accumulate(seconds * tendency for seconds, tendency in pairs))


def _draw(rng: Random, line: TeamLine, tendencies: list[float], count: int) -> list[int]:
    """Draw `count` places of the lineup by playing time and tendency."""
    return rng.choices(range(len(tendencies)), cum_weights=_weights(line, tendencies), k=count)


def _players(line: TeamLine) -> tuple[Player, ...]:
    return line.lineup.active


class _Play:
    """A game in progress."""

    def __init__(
        self, rng: Random, lineups: tuple[Lineup, Lineup], strengths: tuple[Strength, Strength]
    ) -> None:
        self.rng = rng
        self.sides = (TeamLine(lineups[0]), TeamLine(lineups[1]))
        self.shots = Shots()
        self.overtimes = 0
        home, away = strengths
        self._edges = (
            home.attack - away.defence + _HOME_EDGE + rng.gauss(0.0, _SHOOTING_SPREAD),
            away.attack - home.defence - _HOME_EDGE + rng.gauss(0.0, _SHOOTING_SPREAD),
        )
        self._attempts = rng.gauss(_ATTEMPTS + home.pace + away.pace, _ATTEMPTS_SPREAD)
        self._usage = [[player.usage for player in _players(line)] for line in self.sides]
        self._passing = [[player.passing for player in _players(line)] for line in self.sides]

    @property
    def margin(self) -> int:
        return self.sides[0].score - self.sides[1].score

    def regulation(self) -> None:
        counts = [max(60, round(self.rng.gauss(self._attempts, _ATTEMPTS_SPREAD))) for _ in self.sides]
        times = self._times(REGULATION_SECONDS, sum(counts))
        self.shots.period.extend([time // _PERIOD_SECONDS + 1 for time in times])
        self.shots.seconds_remaining.extend([_PERIOD_SECONDS - time % _PERIOD_SECONDS for time in times])
        self._segment(counts)

    def overtime(self) -> None:
        self.overtimes += 1
        counts = [self.rng.randint(8, 12) for _ in self.sides]
        times = self._times(OVERTIME_SECONDS, sum(counts))
        self.shots.period.extend([4 + self.overtimes] * len(times))
        self.shots.seconds_remaining.extend([OVERTIME_SECONDS - time for time in times])
        self._segment(counts)
        for line in self.sides:
            closers = sorted(range(len(line.seconds)), key=lambda place: -line.seconds[place])[:STARTERS]
            for place in closers:
                line.seconds[place] += OVERTIME_SECONDS

    def level(self) -> None:
        """Give the trailing team the free throws that make it a tie."""
        trailing = self.sides[0] if self.margin < 0 else self.sides[1]
        for shooter in range(abs(self.margin)):
            trailing.free_throws_made[shooter] += 1
            trailing.free_throws_attempted[shooter] += 1
            trailing.trips += 1

    def _times(self, length: int, count: int) -> list[int]:
        """Seconds played before each of `count` shots, no two alike as long as a shot takes ten seconds."""
        pace = length / count
        return [int((number + 0.9 * self.rng.random()) * pace) for number in range(count)]

    def _segment(self, counts: list[int]) -> None:
        self._field_goals(counts)
        for line, usage, count in zip(self.sides, self._usage, counts, strict=True):
            trips = max(0, round(self.rng.gauss(count * _TRIPS_PER_ATTEMPT, count * 0.022)))
            line.trips += trips
            for shooter in _draw(self.rng, line, usage, trips):
                self._free_throw(line, shooter)
                self._free_throw(line, shooter)

    def _free_throw(self, line: TeamLine, shooter: int) -> None:
        line.free_throws_attempted[shooter] += 1
        line.free_throws_made[shooter] += self.rng.random() < line.lineup.active[shooter].free_throw_accuracy

    def _field_goals(self, counts: list[int]) -> None:
        """Play the segment's shots. One loop without helpers: it runs 200,000 times a season."""
        random = self.rng.random
        shooters, passers = (
            [
                iter(_draw(self.rng, line, of_line, count))
                for line, of_line, count in zip(self.sides, tendencies, counts, strict=True)
            ]
            for tendencies in (self._usage, self._passing)
        )
        order = [0] * counts[0] + [1] * counts[1]
        order.sort(key=lambda _: random())
        leads = [self.margin, -self.margin]
        attempts: list[tuple[int, int, bool, int, bool, bool]] = []
        for side in order:
            line = self.sides[side]
            shooter = next(shooters[side])
            player = line.lineup.active[shooter]
            zone = bisect(player.zone_limits, random())
            made = random() < player.zone_accuracy[zone] + self._edges[side] - _LEADER_RELAXES * leads[side]
            assister = -1
            blocked = and_one = False
            line.field_goals_attempted[shooter] += 1
            if made:
                line.field_goals_made[shooter] += 1
                leads[side] += _POINTS[zone]
                leads[1 - side] -= _POINTS[zone]
                if random() < _ASSISTED[zone]:
                    passer = next(passers[side])
                    # A passer who is the shooter himself leaves the basket unassisted.
                    if passer != shooter:
                        assister = passer
                        line.assists[passer] += 1
                and_one = random() < _AND_ONE[zone]
                if and_one:
                    self._free_throw(line, shooter)
            else:
                blocked = random() < _BLOCKED[zone]
            if _IS_THREE[zone]:
                line.threes_attempted[shooter] += 1
                line.threes_made[shooter] += made
            place = zone * PLACES_PER_ZONE + int(random() * PLACES_PER_ZONE)
            attempts.append((shooter, place, made, assister, blocked, and_one))
        self.shots.side.extend(order)
        self.shots.add(attempts)


def play_game(
    rng: Random,
    *,
    lineups: tuple[Lineup, Lineup],
    strengths: tuple[Strength, Strength],
    force_overtime: bool,
) -> GameResult:
    """Play home against away until somebody wins. `force_overtime` levels a close game after regulation."""
    play = _Play(rng, lineups, strengths)
    play.regulation()
    while force_overtime and abs(play.margin) > _LEVELLED_AT_MOST:
        play = _Play(rng, lineups, strengths)
        play.regulation()
    if force_overtime or (abs(play.margin) == 1 and rng.random() < _LEVELLED):
        play.level()
    while play.margin == 0:
        play.overtime()
    _rest_of_the_box(play)
    return GameResult(sides=play.sides, shots=play.shots, overtimes=play.overtimes)


def _rest_of_the_box(play: _Play) -> None:
    home, away = play.sides
    blocked = [0, 0]
    and_ones = [0, 0]
    for side, was_blocked, and_one in zip(
        play.shots.side, play.shots.blocked, play.shots.and_one, strict=True
    ):
        blocked[side] += was_blocked
        and_ones[side] += and_one
    for number, (line, other) in enumerate(((home, away), (away, home))):
        _rebounds(play.rng, line, other)
        _turnovers(play.rng, line, other)
        for place in _draw(
            play.rng, line, [player.blocking for player in _players(line)], blocked[1 - number]
        ):
            line.blocks[place] += 1
        _fouls(play.rng, line, other.trips + and_ones[1 - number] + play.rng.randint(5, 10))
    _plus_minus(play.rng, home, play.margin)
    _plus_minus(play.rng, away, -play.margin)


def _rebounds(rng: Random, line: TeamLine, other: TeamLine) -> None:
    """Rebounds of the line's missed shots. Some go out of bounds and are nobody's."""
    missed = sum(line.field_goals_attempted) - sum(line.field_goals_made)
    missed += (sum(line.free_throws_attempted) - sum(line.free_throws_made)) // 2
    chances = [rng.random() for _ in range(missed)]
    offensive = sum(chance < 0.207 for chance in chances)
    defensive = sum(chance >= 0.3 for chance in chances)
    for place in _draw(rng, line, [player.offensive_rebounding for player in _players(line)], offensive):
        line.offensive_rebounds[place] += 1
    for place in _draw(rng, other, [player.defensive_rebounding for player in _players(other)], defensive):
        other.defensive_rebounds[place] += 1


def _turnovers(rng: Random, line: TeamLine, other: TeamLine) -> None:
    lost = max(3, round(rng.gauss(13.0, 3.5)))
    for place in _draw(rng, line, [player.turnovers * player.usage for player in _players(line)], lost):
        line.turnovers[place] += 1
    line.team_turnovers = rng.choices((0, 1, 2), (0.5, 0.32, 0.18))[0]
    stolen = sum(rng.random() < 0.58 for _ in range(lost))
    for place in _draw(rng, other, [player.stealing for player in _players(other)], stolen):
        other.steals[place] += 1


def _fouls(rng: Random, line: TeamLine, count: int) -> None:
    """Personal fouls; whoever has fouled out leaves the next ones to those with fewest."""
    for place in _draw(rng, line, [player.fouling for player in _players(line)], count):
        fouls = line.fouls
        guilty = place if fouls[place] < _FOUL_LIMIT else fouls.index(min(fouls))
        fouls[guilty] += 1


def _plus_minus(rng: Random, line: TeamLine, margin: int) -> None:
    """Each player's share of the margin with noise, adding up to five times the margin."""
    whole = sum(line.seconds) / STARTERS
    for place, seconds in enumerate(line.seconds):
        share = seconds / whole
        line.plus_minus[place] = round(margin * share + rng.gauss(0.0, 13.0) * (share * (1.0 - share)) ** 0.5)
    # Those who played most absorb what is left over.
    absorbing = sorted(range(len(line.seconds)), key=lambda place: -line.seconds[place])[:8]
    left = STARTERS * margin - sum(line.plus_minus)
    step = 1 if left > 0 else -1
    for turn in range(abs(left)):
        line.plus_minus[absorbing[turn % len(absorbing)]] += step
