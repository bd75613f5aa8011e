"""Seasons of a handful of games, written by hand.

A list is `{"ann": "active", "bob": "dnp", "cyd": "inactive:Rest"}`: the text after the colon is the
dnp_reason. Every active player has 10 points and 24 minutes, and team rows add up unless a test damages them.
"""

from __future__ import annotations

from datetime import date, timedelta

from tests.oracle.evidence import PDC_SPAN, PlayerEvidence, SpanRule, Verdict, verdicts
from tests.oracle.raw import (
    ACTIVE,
    InjuryRow,
    PlayerBoxRow,
    RawSeason,
    ScheduleRow,
    TeamBoxRow,
    active_keys,
)
from tests.oracle.rosters import listed_games

POINTS = 10
MINUTES = 24.0
ANN = {"ann": "active"}
BOS = {"bea": "active"}


def on(number: int) -> date:
    """Day `number` of the tiny season."""
    return date(2021, 11, 1) + timedelta(days=number)


def final(game_id: str, number: int, season_type: str = "regular", /, **lists: dict[str, str]) -> RawSeason:
    """One Final game, home team first, with both lists; an empty list did not land, its team row did."""
    home, away = lists
    players = tuple(
        _player_row(game_id, on(number), team, name, text)
        for team, names in lists.items()
        for name, text in names.items()
    )
    totals = tuple(
        TeamBoxRow(
            game_id,
            on(number),
            team,
            MINUTES * _active(names),
            POINTS * _active(names),
        )
        for team, names in lists.items()
    )
    slot = ScheduleRow(game_id, on(number), season_type, 3, "Final", home, away)
    return RawSeason((slot,), players, totals, ())


def half_list(game_id: str, number: int, lost: dict[str, str], /, **lists: dict[str, str]) -> RawSeason:
    """As `final`, but the home list lost the players of `lost`, who are still in the totals."""
    home, away = lists
    whole = final(game_id, number, **{home: lists[home] | lost, away: lists[away]})
    kept = tuple(row for row in whole.player_rows if row.player_lookup not in lost)
    return RawSeason(whole.schedule, kept, whole.team_rows, ())


def slot(game_id: str, number: int, home: str, away: str, text: str = "Scheduled") -> RawSeason:
    """One slot that is not Final: to be played, or Postponed."""
    return RawSeason((ScheduleRow(game_id, on(number), "regular", 1, text, home, away),), (), (), ())


def report(number: int, team: str, player: str, reason: str | None = None) -> RawSeason:
    """One injury-report line of that day."""
    return RawSeason((), (), (), (InjuryRow(on(number), on(number), team, player, "out", reason),))


def season(*parts: RawSeason) -> RawSeason:
    """All parts in one season."""
    return RawSeason(
        schedule=tuple(row for part in parts for row in part.schedule),
        player_rows=tuple(row for part in parts for row in part.player_rows),
        team_rows=tuple(row for part in parts for row in part.team_rows),
        injury_rows=tuple(row for part in parts for row in part.injury_rows),
    )


def evidence(
    raw: RawSeason,
    player: str,
    number: int,
    *,
    span: SpanRule = PDC_SPAN,
    underived: frozenset[tuple[str, str]] = frozenset(),
) -> PlayerEvidence:
    """The evidence as of that day when everything active was derived, except `underived`."""
    keys = active_keys(raw) - underived
    return verdicts(raw=raw, pgs_keys=keys, player=player, day=on(number), span=span)


def in_span(judged: PlayerEvidence) -> list[tuple[str, Verdict]]:
    """Game id and verdict of what is missing in the span."""
    return [(game.game_id, game.verdict) for game in judged.missing_in_span]


def listed(raw: RawSeason, player: str, number: int) -> list[tuple[str, str]]:
    """Game id and team of every game the player is expected for before that day."""
    return [(game.game.game_id, game.team_abbr) for game in listed_games(raw, player, on(number))]


def played_daily(count: int, **lists: dict[str, str]) -> RawSeason:
    """`count` Final games on consecutive days from day 0, all with the same lists."""
    return season(*(final(f"g{number:02}", number, **lists) for number in range(count)))


def _active(names: dict[str, str]) -> int:
    return sum(text == ACTIVE for text in names.values())


def _player_row(game_id: str, game_date: date, team: str, name: str, text: str) -> PlayerBoxRow:
    status, _, reason = text.partition(":")
    played = status == ACTIVE
    return PlayerBoxRow(
        game_id,
        game_date,
        team,
        name,
        status,
        reason or None,
        MINUTES if played else None,
        POINTS if played else None,
    )
