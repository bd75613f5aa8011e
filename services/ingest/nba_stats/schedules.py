"""Games as slots of the schedule: scoreboardv3, boxscoresummaryv2 and the header of a cdn live box score.

boxscoresummaryv2 also lists the inactive players, and holds the team's total of turnovers.
"""

from __future__ import annotations

import re

from services.ingest.nba_stats.claims import (
    Claim,
    Claims,
    GameClaim,
    Origin,
    Row,
    Standing,
)
from services.ingest.nba_stats.document import Document, Fields
from services.ingest.nba_stats.names import player_name
from services.ingest.nba_stats.values import (
    answered_at,
    calendar_date,
    counted_game_id,
    eastern_wall_clock,
    team,
    team_by_id,
)

SCHEDULED, LIVE, FINAL = 1, 2, 3
POSTPONED_TEXT = "Postponed"
_STATUS_TEXTS = {SCHEDULED: "Scheduled", LIVE: "Live", FINAL: "Final"}
_NOT_PLAYED = re.compile(r"^(ppd|postponed|cance(l|ll)ed|cncl)", re.IGNORECASE)


def parse_scoreboard_v3(document: Document) -> Claims:
    """Games of scoreboardv3: slots with Eastern date and time, teams, state and score."""
    root = document.root
    origin = Origin(document.file, Standing.V3, answered_at(root))
    games: list[GameClaim] = []
    for fields in root.child("scoreboard").children("games"):
        game_id = counted_game_id(fields, "gameId")
        if game_id is not None:
            games.append(live_game_claim(fields, origin, game_id))
    return Claims(games=tuple(games))


def live_game_claim(fields: Fields, origin: Origin, game_id: str) -> GameClaim:
    """A game in the form that scoreboardv3 and the cdn live box score share."""
    game_date, start_time = eastern_wall_clock(fields, "gameEt")
    home, away = fields.child("homeTeam"), fields.child("awayTeam")
    state = _state(
        fields.whole("gameStatus"),
        fields.optional_text("gameStatusText"),
        home.whole("score"),
        away.whole("score"),
    )
    arena = fields.child("arena").optional_text("arenaName") if fields.has("arena") else None
    neutral = fields.flag("isNeutral") if fields.has("isNeutral") else None
    return GameClaim(
        origin,
        game_id,
        game_date,
        team(home, "teamTricode"),
        team(away, "teamTricode"),
        state | {"start_time_et": start_time, "neutral_site_flag": neutral, "arena_name": arena},
    )


def parse_summary_v2(document: Document) -> Claims:
    """boxscoresummaryv2: the game as a slot, the inactive players, and each team's total of turnovers."""
    origin = Origin(document.file, Standing.V2, None)
    listed = Origin(document.file, Standing.INACTIVE_LIST, None)
    header = document.some_rows("GameSummary")[0]
    game_id = counted_game_id(header, "GAME_ID")
    if game_id is None:
        return Claims()
    home, away = team_by_id(header, "HOME_TEAM_ID"), team_by_id(header, "VISITOR_TEAM_ID")
    scores = {
        team_by_id(fields, "TEAM_ID"): fields.optional_whole("PTS") for fields in document.rows("LineScore")
    }
    state = _state(
        header.whole("GAME_STATUS_ID"),
        header.optional_text("GAME_STATUS_TEXT"),
        scores.get(home),
        scores.get(away),
    )
    inactive = document.rows("InactivePlayers")
    return Claims(
        games=(GameClaim(origin, game_id, calendar_date(header, "GAME_DATE_EST"), home, away, state),),
        names=tuple(
            player_name(listed, fields, "PLAYER_ID", "FIRST_NAME", "LAST_NAME") for fields in inactive
        ),
        players=tuple(
            Claim(
                listed,
                game_id,
                (fields.whole("PLAYER_ID"),),
                {
                    "team_abbr": team(fields, "TEAM_ABBREVIATION"),
                    "player_status": "inactive",
                    # The list gives no reason of its own.
                    "dnp_reason": "Inactive",
                    "starter": False,
                },
            )
            for fields in inactive
        ),
        teams=tuple(
            Claim(
                origin,
                game_id,
                (team_by_id(fields, "TEAM_ID"),),
                {"turnovers": fields.optional_whole("TOTAL_TURNOVERS")},
                sufficient=False,
            )
            for fields in document.rows("OtherStats")
        ),
    )


def _state(status: int, text: str | None, home_score: int | None, away_score: int | None) -> Row:
    """State of a slot; a score is one only when the game is over (sources write 0 before)."""
    if text is not None and _NOT_PLAYED.match(text):
        status, shown = SCHEDULED, POSTPONED_TEXT
    else:
        shown = _STATUS_TEXTS.get(status, "")
    final = status == FINAL
    return {
        "game_status": status,
        "game_status_text": shown or None,
        "home_team_score": home_score if final else None,
        "away_team_score": away_score if final else None,
    }
