"""Shot charts: shotchartdetail, of one team, of both, or of many games."""

from __future__ import annotations

from services.ingest.nba_stats.claims import (
    Claim,
    Claims,
    GameClaim,
    Origin,
    PlayerName,
    Standing,
)
from services.ingest.nba_stats.document import Document
from services.ingest.nba_stats.names import player_name
from services.ingest.nba_stats.values import calendar_date, counted_game_id, team, team_by_id

SHOT_HEADERS = ("GAME_ID", "GAME_EVENT_ID", "PLAYER_ID", "LOC_X", "LOC_Y", "SHOT_MADE_FLAG")

_SHOT_TYPES = {"2PT Field Goal": "2PT", "3PT Field Goal": "3PT"}


def parse_shot_chart(document: Document) -> Claims:
    """One claim per field-goal attempt, keyed by its event number; the file also dates its games.

    shot_sequence is left to be counted when all files of a game are together.
    """
    origin = Origin(document.file, Standing.EVENTS, None)
    games: dict[GameClaim, None] = {}
    names: dict[PlayerName, None] = {}
    shots: list[Claim] = []
    for fields in document.some_rows("Shot_Chart_Detail"):
        game_id = counted_game_id(fields, "GAME_ID")
        if game_id is None:
            continue
        shot_type = _SHOT_TYPES.get(fields.text("SHOT_TYPE"))
        if shot_type is None:
            raise fields.error("Neither a two nor a three", name="SHOT_TYPE")
        name = player_name(origin, fields, "PLAYER_ID", "PLAYER_NAME")
        names[name] = None
        game_date = calendar_date(fields, "GAME_DATE")
        games[GameClaim(origin, game_id, game_date, team(fields, "HTM"), team(fields, "VTM"))] = None
        shots.append(
            Claim(
                origin,
                game_id,
                (fields.whole("GAME_EVENT_ID"),),
                {
                    "team_abbr": team_by_id(fields, "TEAM_ID"),
                    "player_id": name.player_id,
                    "period": fields.whole("PERIOD"),
                    "seconds_remaining": fields.whole("MINUTES_REMAINING") * 60
                    + fields.whole("SECONDS_REMAINING"),
                    "shot_type": shot_type,
                    "shot_zone_basic": fields.optional_text("SHOT_ZONE_BASIC"),
                    "shot_zone_area": fields.optional_text("SHOT_ZONE_AREA"),
                    "action_type": fields.optional_text("ACTION_TYPE"),
                    "shot_distance": fields.optional_whole("SHOT_DISTANCE"),
                    "loc_x": fields.optional_whole("LOC_X"),
                    "loc_y": fields.optional_whole("LOC_Y"),
                    "shot_made": fields.flag("SHOT_MADE_FLAG"),
                },
            )
        )
    return Claims(games=tuple(games), names=tuple(names), shots=tuple(shots))
