"""Why a player's games are missing as of a date, and what follows for his row.

The decisions taken where the rules are silent are in the docstring of the package.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from tests.oracle.raw import ACTIVE, InjuryRow, PlayerBoxRow, RawSeason
from tests.oracle.rosters import ExpectedGame, Game, listed_games, rosters

THRESHOLD_PCT = 90
NOT_REPORTED = "not reported"

PgsKeys = set[tuple[str, str]]


class Verdict(StrEnum):
    """What the ladder says about one player and one game."""

    PLAYED = "PLAYED"
    NOT_EXPECTED = "NOT_EXPECTED"
    GAME_NOT_INGESTED = "GAME_NOT_INGESTED"
    GAME_INCOMPLETE = "GAME_INCOMPLETE"
    DERIVED_MISSING = "DERIVED_MISSING"
    PLAYER_DNP = "PLAYER_DNP"
    NOT_ON_ROSTER = "NOT_ON_ROSTER"


CORRECTABLE = frozenset({Verdict.GAME_NOT_INGESTED, Verdict.GAME_INCOMPLETE, Verdict.DERIVED_MISSING})


class FailureType(StrEnum):
    """The roll-up of all verdicts of one player and date."""

    DATA_GAP = "DATA_GAP"
    PLAYER_DNP = "PLAYER_DNP"
    MIXED = "MIXED"
    INSUFFICIENT_HISTORY = "INSUFFICIENT_HISTORY"


class ReasonSource(StrEnum):
    """Where the reason of an absence was found."""

    DNP_REASON = "dnp_reason"
    INJURY_REPORT = "injury_report"
    NOWHERE = "not_reported"


@dataclass(frozen=True)
class SpanRule:
    """The rolling windows that a row uses: games played, games listed for, calendar days."""

    played_games: int
    listed_games: tuple[int, ...]
    days: tuple[int, ...]


PDC_SPAN = SpanRule(played_games=10, listed_games=(5, 10), days=(7, 14))
PSZA_SPAN = SpanRule(played_games=20, listed_games=(), days=())


@dataclass(frozen=True)
class Reason:
    """Why a player did not play, and who says so."""

    text: str
    source: ReasonSource


@dataclass(frozen=True)
class JudgedGame:
    """One game and its verdict; `reason` only for PLAYER_DNP."""

    game_id: str
    game_date: date
    team_abbr: str
    verdict: Verdict
    reason: Reason | None


@dataclass(frozen=True)
class Window:
    """Games expected and played in one nominal window."""

    name: str
    expected: int
    actual: int

    @property
    def schedule_completeness_pct(self) -> float | None:
        """Played per expected game, 0 to 100; None when no game was expected."""
        return 100 * self.actual / self.expected if self.expected else None

    @property
    def under_threshold(self) -> bool:
        """Whether the window makes the player worth a look."""
        return self.expected > 0 and 100 * self.actual < THRESHOLD_PCT * self.expected


@dataclass(frozen=True)
class PlayerEvidence:
    """Everything the rules say about one player's row as of one date."""

    player_lookup: str
    day: date
    windows: tuple[Window, ...]
    span_start: date | None
    expected_in_span: int
    played_in_span: int
    missing_in_span: tuple[JudgedGame, ...]
    missing_before_span: tuple[JudgedGame, ...]
    not_on_roster_in_span: tuple[JudgedGame, ...]
    season_gap_games: int
    data_completeness_pct: float | None
    failure_type: FailureType | None
    row_withheld: bool

    def window(self, name: str) -> Window:
        """The window called L5, L10, L7d or L14d; raises KeyError for any other name."""
        return {window.name: window for window in self.windows}[name]

    @property
    def under_threshold(self) -> bool:
        """Whether any of the four windows is."""
        return any(window.under_threshold for window in self.windows)

    @property
    def worst_window(self) -> Window | None:
        """The window with the lowest percentage; None when no game was expected in any."""
        judged = [window for window in self.windows if window.expected]
        return min(judged, key=lambda window: window.actual / window.expected, default=None)


def judge_game(*, raw: RawSeason, pgs_keys: PgsKeys, player: str, game_id: str) -> Verdict:
    """Walk the ladder for one player and one game of the schedule."""
    season = rosters(raw)
    if game_id not in season.games:
        return Verdict.NOT_EXPECTED
    if (player, game_id) in pgs_keys:
        return Verdict.PLAYED
    row = _raw_row(raw, player, game_id)
    if row is not None:
        return Verdict.DERIVED_MISSING if row.player_status == ACTIVE else Verdict.PLAYER_DNP
    if not any(expected.game.game_id == game_id for expected in season.expected_games.get(player, [])):
        return Verdict.NOT_ON_ROSTER
    if any(team_list.rows for team_list in season.lists_of_game[game_id]):
        return Verdict.GAME_INCOMPLETE
    return Verdict.GAME_NOT_INGESTED


def absence_reason(raw: RawSeason, row: PlayerBoxRow) -> Reason:
    """The best reason for a dnp or inactive row."""
    if row.dnp_reason and row.dnp_reason.strip():
        return Reason(row.dnp_reason, ReasonSource.DNP_REASON)
    game_date = rosters(raw).games[row.game_id].game_date
    lines = _injury_lines(raw).get((row.player_lookup, game_date), [])
    if lines:
        line = min(lines, key=lambda line: (line.team_abbr != row.team_abbr, line.team_abbr))
        text = line.reason if line.reason and line.reason.strip() else line.injury_status
        return Reason(text, ReasonSource.INJURY_REPORT)
    return Reason(NOT_REPORTED, ReasonSource.NOWHERE)


def verdicts(*, raw: RawSeason, pgs_keys: PgsKeys, player: str, day: date, span: SpanRule) -> PlayerEvidence:
    """Judge the row of `player` as of `day`, given the derived keys (player_lookup, game_id)."""
    expected = listed_games(raw, player, day)
    last_played = _last_played(raw, pgs_keys, player, day, span.played_games)
    start = _span_start(expected, last_played, day, span)

    inside = _since(expected, start) if start is not None else []
    older = expected[: len(expected) - len(inside)]
    missing_inside = _missing(raw, pgs_keys, player, inside)
    missing_older = _missing(raw, pgs_keys, player, older)
    gaps = [judged for judged in missing_inside if judged.verdict in CORRECTABLE]
    absences = [judged for judged in missing_inside if judged.verdict == Verdict.PLAYER_DNP]
    season_gaps = [
        judged
        for judged in missing_older
        if judged.verdict in CORRECTABLE and rosters(raw).games[judged.game_id].season_type != "cup_final"
    ]
    windows = _nominal_windows(pgs_keys, player, expected, day)
    played_inside = len(inside) - len(missing_inside)

    failure_type: FailureType | None = None
    if gaps or season_gaps:
        failure_type = FailureType.MIXED if absences else FailureType.DATA_GAP
    elif not last_played:
        failure_type = FailureType.INSUFFICIENT_HISTORY
    elif absences and any(window.under_threshold for window in windows):
        failure_type = FailureType.PLAYER_DNP

    return PlayerEvidence(
        player_lookup=player,
        day=day,
        windows=windows,
        span_start=start,
        expected_in_span=len(inside),
        played_in_span=played_inside,
        missing_in_span=missing_inside,
        missing_before_span=missing_older,
        not_on_roster_in_span=_not_on_roster(raw, pgs_keys, player, expected, start, day),
        season_gap_games=len(season_gaps),
        data_completeness_pct=100 * (played_inside + len(absences)) / len(inside) if inside else None,
        failure_type=failure_type,
        row_withheld=bool(gaps) or not last_played,
    )


def _last_played(raw: RawSeason, pgs_keys: PgsKeys, player: str, day: date, count: int) -> list[Game]:
    """The newest `count` games played before `day`, newest first."""
    found: list[Game] = []
    for game in reversed(rosters(raw).games.values()):
        if game.game_date < day and (player, game.game_id) in pgs_keys:
            found.append(game)
        if len(found) == count:
            break
    return found


def _span_start(
    expected: list[ExpectedGame], last_played: list[Game], day: date, span: SpanRule
) -> date | None:
    if not last_played:
        return expected[0].game.game_date if expected else None
    dates = [game.game_date for game in last_played]
    for count in span.listed_games:
        dates += [game.game.game_date for game in expected[-count:]]
    for length in span.days:
        dates += [game.game.game_date for game in _since(expected, day - timedelta(days=length))]
    return min(dates)


def _since(expected: list[ExpectedGame], start: date) -> list[ExpectedGame]:
    return [game for game in expected if game.game.game_date >= start]


def _nominal_windows(
    pgs_keys: PgsKeys, player: str, expected: list[ExpectedGame], day: date
) -> tuple[Window, ...]:
    games = {
        "L5": expected[-5:],
        "L10": expected[-10:],
        "L7d": _since(expected, day - timedelta(days=7)),
        "L14d": _since(expected, day - timedelta(days=14)),
    }
    return tuple(
        Window(name, len(wanted), sum((player, game.game.game_id) in pgs_keys for game in wanted))
        for name, wanted in games.items()
    )


def _missing(
    raw: RawSeason, pgs_keys: PgsKeys, player: str, expected: list[ExpectedGame]
) -> tuple[JudgedGame, ...]:
    missing = []
    for game in expected:
        game_id = game.game.game_id
        verdict = judge_game(raw=raw, pgs_keys=pgs_keys, player=player, game_id=game_id)
        if verdict == Verdict.PLAYED:
            continue
        row = _raw_row(raw, player, game_id)
        reason = absence_reason(raw, row) if row is not None and verdict == Verdict.PLAYER_DNP else None
        missing.append(JudgedGame(game_id, game.game.game_date, game.team_abbr, verdict, reason))
    return tuple(missing)


def _not_on_roster(
    raw: RawSeason,
    pgs_keys: PgsKeys,
    player: str,
    expected: list[ExpectedGame],
    start: date | None,
    day: date,
) -> tuple[JudgedGame, ...]:
    """Games in the span, of teams that expected him at some time before `day`, which did not expect him."""
    if start is None:
        return ()
    expected_ids = {game.game.game_id for game in expected}
    found = []
    for team in sorted({game.team_abbr for game in expected}):
        for team_list in rosters(raw).lists_of_team[team]:
            game = team_list.game
            if start <= game.game_date < day and game.game_id not in expected_ids:
                verdict = judge_game(raw=raw, pgs_keys=pgs_keys, player=player, game_id=game.game_id)
                found.append(JudgedGame(game.game_id, game.game_date, team, verdict, None))
    return tuple(found)


def _raw_row(raw: RawSeason, player: str, game_id: str) -> PlayerBoxRow | None:
    for team_list in rosters(raw).lists_of_game[game_id]:
        if player in team_list.rows:
            return team_list.rows[player]
    return None


@lru_cache(maxsize=8)
def _injury_lines(raw: RawSeason) -> dict[tuple[str, date], list[InjuryRow]]:
    lines: dict[tuple[str, date], list[InjuryRow]] = defaultdict(list)
    for row in raw.injury_rows:
        if row.report_date == row.game_date:
            lines[row.player_lookup, row.game_date].append(row)
    return lines
