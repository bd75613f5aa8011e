"""Play-by-play: the field goals of playbyplayv2 and playbyplayv3, with assist, block and and-one.

And-one: a made basket and, at the same clock, a 1-of-1 free throw by the same shooter (made or missed).
A block is a flag, as in the contract's data: player_2 is the passer of an assist and nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.ingest.nba_stats.claims import (
    Claim,
    Claims,
    GameClaim,
    Origin,
    PlayerName,
    Row,
    Standing,
)
from services.ingest.nba_stats.document import FETCH_AGAIN, Document, Fields
from services.ingest.nba_stats.names import player_name
from services.ingest.nba_stats.values import answered_at, counted_game_id, seconds_on_clock, team
from services.ingest.source import IngestError

V2_PLAY_HEADERS = (
    "GAME_ID",
    "EVENTNUM",
    "EVENTMSGTYPE",
    "PCTIMESTRING",
    "PLAYER1_ID",
    "PLAYER2_ID",
    "PLAYER3_ID",
)
V3_PLAY_FIELDS = ("actionNumber", "actionId", "clock", "isFieldGoal", "shotResult", "shotValue", "personId")

_MADE, _MISSED, _FREE_THROW = 1, 2, 3
_HOME_PLAYER, _VISITING_PLAYER = 4, 5
_DISTANCE = re.compile(r"(?<!\S)(\d+)'")
_ASSIST = re.compile(r"\((?P<passer>[^()]+) \d+ AST\)")
# (period, clock as written, player): where a shot and the free throw for the foul on it meet.
_Moment = tuple[int, str, int]


def parse_play_by_play_v2(document: Document) -> Claims:
    """Field goals of playbyplayv2, keyed by EVENTNUM. It holds neither date nor names of both teams."""
    origin = Origin(document.file, Standing.V2, None)
    named = Origin(document.file, Standing.EVENTS, None)
    events = document.some_rows("PlayByPlay")
    free_throws = {
        _v2_moment(fields)
        for fields in events
        if fields.whole("EVENTMSGTYPE") == _FREE_THROW and _is_single(_v2_text(fields))
    }
    names: dict[PlayerName, None] = {}
    plays: list[Claim] = []
    for fields in events:
        kind = fields.whole("EVENTMSGTYPE")
        game_id = counted_game_id(fields, "GAME_ID")
        if game_id is None or kind not in (_MADE, _MISSED):
            continue
        made = kind == _MADE
        passer = fields.optional_whole("PLAYER2_ID") if made else None
        for number in ("1", "2", "3"):
            if fields.optional_text(f"PLAYER{number}_NAME") is not None:
                names[player_name(named, fields, f"PLAYER{number}_ID", f"PLAYER{number}_NAME")] = None
        text = _v2_text(fields)
        distance = _DISTANCE.search(text)
        play = _play(
            made=made,
            three="3PT" in text,
            distance=int(distance[1]) if distance else None,
            shooter=fields.whole("PLAYER1_ID"),
            assisted=bool(passer),
            passer=passer or None,
            blocked=not made and bool(fields.optional_whole("PLAYER3_ID")),
            and_one=made and _v2_moment(fields) in free_throws,
            text=text,
        )
        place: Row = {
            "period": fields.whole("PERIOD"),
            "seconds_remaining": seconds_on_clock(fields, "PCTIMESTRING"),
            "team_abbr": team(fields, "PLAYER1_TEAM_ABBREVIATION"),
        }
        plays.append(Claim(origin, game_id, (fields.whole("EVENTNUM"),), place | play))
    return Claims(names=tuple(names), plays=tuple(plays))


def parse_play_by_play_v3(document: Document) -> Claims:
    """Field goals of playbyplayv3, keyed by actionNumber, which is v2's EVENTNUM. It holds no date.

    Passers are known by the family name in the text: one that two players of the team share, or that nobody
    of the team goes by, leaves player_2 unknown while the basket stays assisted.
    """
    root = document.root
    game = root.child("game")
    game_id = counted_game_id(game, "gameId")
    if game_id is None:
        return Claims()
    origin = Origin(document.file, Standing.V3, answered_at(root))
    actions = game.children("actions")
    if not actions:
        raise IngestError("A play-by-play without actions", file=document.file, remedy=FETCH_AGAIN)
    free_throws = {_v3_moment(fields) for fields in actions if _is_single(_v3_text(fields))}
    blocked = {fields.whole("actionNumber") for fields in actions if " BLOCK (" in _v3_text(fields)}
    family_names = _family_names(actions)
    plays: list[Claim] = []
    sides: dict[str, str] = {}
    for fields in actions:
        if not fields.flag("isFieldGoal"):
            continue
        tricode = team(fields, "teamTricode")
        sides[fields.text("location")] = tricode
        made = fields.text("shotResult") == "Made"
        text = _v3_text(fields)
        assist = _ASSIST.search(text) if made else None
        passers = family_names.get((tricode, assist["passer"]), set()) if assist else set()
        play = _play(
            made=made,
            three=fields.whole("shotValue") == 3,
            # The source writes 0 where its own text has no distance, also for threes from the corner.
            distance=fields.optional_whole("shotDistance") or None,
            shooter=fields.whole("personId"),
            assisted=assist is not None,
            passer=next(iter(passers)) if len(passers) == 1 else None,
            blocked=not made and fields.whole("actionNumber") in blocked,
            and_one=made and _v3_moment(fields) in free_throws,
            text=text,
        )
        place: Row = {
            "period": fields.whole("period"),
            "seconds_remaining": seconds_on_clock(fields, "clock"),
            "team_abbr": tricode,
        }
        plays.append(Claim(origin, game_id, (fields.whole("actionNumber"),), place | play))
    game_claim = GameClaim(origin, game_id, home=sides.get("h"), away=sides.get("v"))
    return Claims(games=(game_claim,), plays=tuple(plays))


def _play(
    *,
    made: bool,
    three: bool,
    distance: int | None,
    shooter: int,
    assisted: bool,
    passer: int | None,
    blocked: bool,
    and_one: bool,
    text: str,
) -> Row:
    """A field goal; players are ids until all files are together that could name them."""
    return {
        "event_type": "fieldgoal",
        "shot_type": "3PT" if three else "2PT",
        "shot_made": made,
        "shot_distance": distance,
        "player_1_id": shooter,
        "player_2_id": passer,
        "assisted": assisted,
        "blocked": blocked,
        "and_one": and_one,
        "description": text,
    }


def _is_single(text: str) -> bool:
    return "Free Throw" in text and "1 of 1" in text and "Technical" not in text


def _v2_moment(fields: Fields) -> _Moment:
    return (fields.whole("PERIOD"), fields.text("PCTIMESTRING"), fields.whole("PLAYER1_ID"))


def _v3_moment(fields: Fields) -> _Moment:
    return (fields.whole("period"), fields.text("clock"), fields.whole("personId"))


def _v2_text(fields: Fields) -> str:
    """What is said about the acting player's side; the other side's text is about the block."""
    sides = {_HOME_PLAYER: "HOMEDESCRIPTION", _VISITING_PLAYER: "VISITORDESCRIPTION"}
    side = sides.get(fields.whole("PERSON1TYPE"))
    return _single_spaced(fields.optional_text(side) if side else None)


def _v3_text(fields: Fields) -> str:
    return _single_spaced(fields.optional_text("description"))


def _single_spaced(text: str | None) -> str:
    return " ".join(text.split()) if text else ""


def _family_names(actions: Iterable[Fields]) -> dict[tuple[str, str], set[int]]:
    """Player ids by (team, name as the text has it), from every action that a player of the game did."""
    found: dict[tuple[str, str], set[int]] = {}
    for fields in actions:
        name, tricode = fields.optional_text("playerName"), fields.optional_text("teamTricode")
        if name is not None and tricode is not None:
            found.setdefault((team(fields, "teamTricode"), name), set()).add(fields.whole("personId"))
    return found
