"""Values as the sources spell them: game ids, teams, playing time, clocks, dates and times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.ingest.nba_stats.document import Fields
from services.ingest.validate import COUNTED_GAME_KINDS, UNCOUNTED_GAME_KINDS
from shared.player_names import player_lookup
from shared.teams import UnknownTeamError, tricode_of, tricode_of_nba_id

# 27:34, and 27.000000:34 in later answers of the v2 end points.
_MINUTES_SECONDS = re.compile(r"^(?P<minutes>\d+)(?:\.0+)?:(?P<seconds>\d{1,2}(?:\.\d+)?)$")
_ISO_DURATION = re.compile(r"^PT(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
# Wall clock of a time; the sources mark Eastern times now as Z, now with the right offset.
_WALL_CLOCK = re.compile(r"^(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2})")


@dataclass(frozen=True)
class PlayingTime:
    """Time on court: `text` MM:SS, None when the source rounds to minutes; `minutes` as a decimal."""

    text: str | None
    minutes: float


def counted_game_id(fields: Fields, name: str) -> str | None:
    """The 10-digit game id, or None for games that never count (preseason, All-Star).

    Sources write ids as numbers, or lose their leading zeros. Raises IngestError when it is no game id.
    """
    digits = fields.text(name)
    if not digits.isdecimal() or len(digits) > 10:
        raise fields.error("Not an NBA game id", name=name)
    game_id = digits.zfill(10)
    kind = game_id[:3]
    if kind in UNCOUNTED_GAME_KINDS:
        return None
    if kind not in COUNTED_GAME_KINDS:
        raise fields.error(
            "Not a kind of NBA game that is known here",
            name=name,
            remedy="Take the file out of the folder; ids of games that count start with "
            + ", ".join(COUNTED_GAME_KINDS),
        )
    return game_id


def team(fields: Fields, name: str) -> str:
    """Today's tricode of a team written as a tricode or a full name. Raises IngestError when unknown."""
    try:
        return tricode_of(fields.text(name))
    except UnknownTeamError as e:
        raise _unknown_team(fields, name) from e


def team_by_id(fields: Fields, name: str) -> str:
    """Today's tricode of a team written as its stats.nba.com id. Raises IngestError when unknown."""
    try:
        return tricode_of_nba_id(fields.whole(name))
    except UnknownTeamError as e:
        raise _unknown_team(fields, name) from e


def _unknown_team(fields: Fields, name: str) -> Exception:
    return fields.error(
        "Unknown team", name=name, remedy="Take the file out of the folder if it is not about NBA teams"
    )


def lookup(fields: Fields, name: str) -> str:
    """The lookup of a player's name. Raises IngestError when the name holds no letter."""
    try:
        return player_lookup(fields.text(name))
    except ValueError as e:
        raise fields.error("Not a player's name", name=name) from e


def playing_time(fields: Fields, name: str) -> PlayingTime | None:
    """Time on court from 27:34, 27.000000:34, PT27M34.00S or whole minutes; None when there is none.

    Seconds are rounded to whole ones, so that text and decimal say the same.
    """
    text = fields.optional_text(name)
    if text is None:
        return None
    found = _MINUTES_SECONDS.match(text) or _ISO_DURATION.match(text)
    if found is None:
        rounded = fields.optional_number(name)
        return None if rounded is None else PlayingTime(None, rounded)
    seconds = round(float(found["minutes"] or 0) * 60 + float(found["seconds"] or 0))
    return PlayingTime(f"{seconds // 60}:{seconds % 60:02d}", round(seconds / 60, 4))


def seconds_on_clock(fields: Fields, name: str) -> int:
    """Whole seconds left in the period, from 11:43 or PT11M43.90S (tenths are cut off)."""
    text = fields.text(name)
    found = _MINUTES_SECONDS.match(text) or _ISO_DURATION.match(text)
    if found is None:
        raise fields.error("Not a game clock", name=name)
    return int(found["minutes"] or 0) * 60 + int(float(found["seconds"] or 0))


def calendar_date(fields: Fields, name: str) -> date:
    """A date written as 20220126, 2022-01-26 or 2022-01-26T00:00:00."""
    text = fields.text(name)
    compact = _COMPACT_DATE.match(text)
    try:
        return date.fromisoformat("-".join(compact.groups()) if compact else text[:10])
    except ValueError as e:
        raise fields.error("Not a date", name=name) from e


def eastern_wall_clock(fields: Fields, name: str) -> tuple[date, str]:
    """US Eastern date and HH:MM of a field that holds Eastern wall-clock time, whatever zone it claims."""
    found = _WALL_CLOCK.match(fields.text(name))
    if found is None:
        raise fields.error("Not a time", name=name)
    try:
        return date.fromisoformat(found["date"]), found["time"]
    except ValueError as e:
        raise fields.error("Not a time", name=name) from e


def instant(fields: Fields, name: str) -> datetime:
    """A point in time, in UTC. Raises IngestError when it has no zone."""
    try:
        moment = datetime.fromisoformat(fields.text(name))
    except ValueError as e:
        raise fields.error("Not a time", name=name) from e
    if moment.tzinfo is None:
        raise fields.error("A time without a zone", name=name)
    return moment.astimezone(UTC)


def answered_at(root: Fields) -> datetime | None:
    """When the source answered, by its own account; None where it does not say so with a zone."""
    if not root.has("meta") or not root.child("meta").has("time"):
        return None
    meta = root.child("meta")
    try:
        moment = datetime.fromisoformat(meta.text("time"))
    except ValueError as e:
        raise meta.error("Not a time", name="time") from e
    return None if moment.tzinfo is None else moment.astimezone(UTC)
