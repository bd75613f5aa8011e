"""Box scores: boxscoretraditionalv2, boxscoretraditionalv3, cdn live box score, leaguegamelog of players.

Team turnovers (shot clock, eight seconds) are in the team's total of the cdn box score and of
boxscoresummaryv2 only: the team line of v2 and v3 sums the players', so turnovers stay unknown there.
"""

from __future__ import annotations

import re

from services.ingest.nba_stats.claims import (
    Claim,
    Claims,
    GameClaim,
    Origin,
    PlayerName,
    Row,
    Standing,
)
from services.ingest.nba_stats.document import Document, Fields
from services.ingest.nba_stats.names import player_name
from services.ingest.nba_stats.schedules import FINAL, live_game_claim
from services.ingest.nba_stats.values import (
    answered_at,
    calendar_date,
    counted_game_id,
    playing_time,
    team,
)

V2_PLAYER_HEADERS = ("GAME_ID", "PLAYER_ID", "PLAYER_NAME", "START_POSITION", "COMMENT", "MIN", "FGM", "PTS")
LOG_HEADERS = ("GAME_ID", "PLAYER_ID", "PLAYER_NAME", "GAME_DATE", "MATCHUP", "MIN", "PTS")

_V2_NAMES: dict[str, str] = {
    "points": "PTS",
    "field_goals_made": "FGM",
    "field_goals_attempted": "FGA",
    "three_pointers_made": "FG3M",
    "three_pointers_attempted": "FG3A",
    "free_throws_made": "FTM",
    "free_throws_attempted": "FTA",
    "offensive_rebounds": "OREB",
    "defensive_rebounds": "DREB",
    "total_rebounds": "REB",
    "assists": "AST",
    "steals": "STL",
    "blocks": "BLK",
    "turnovers": "TO",
    "personal_fouls": "PF",
    "plus_minus": "PLUS_MINUS",
}
_LOG_NAMES = _V2_NAMES | {"turnovers": "TOV"}
_V3_NAMES: dict[str, str] = {
    "points": "points",
    "field_goals_made": "fieldGoalsMade",
    "field_goals_attempted": "fieldGoalsAttempted",
    "three_pointers_made": "threePointersMade",
    "three_pointers_attempted": "threePointersAttempted",
    "free_throws_made": "freeThrowsMade",
    "free_throws_attempted": "freeThrowsAttempted",
    "offensive_rebounds": "reboundsOffensive",
    "defensive_rebounds": "reboundsDefensive",
    "total_rebounds": "reboundsTotal",
    "assists": "assists",
    "steals": "steals",
    "blocks": "blocks",
    "turnovers": "turnovers",
    "personal_fouls": "foulsPersonal",
    "plus_minus": "plusMinusPoints",
}
# The team line of v2 and v3 leaves the team's own turnovers out: unknown, not small.
_V2_TEAM_NAMES = {
    name: source for name, source in _V2_NAMES.items() if name not in ("turnovers", "plus_minus")
}
_V3_TEAM_NAMES = {
    name: source for name, source in _V3_NAMES.items() if name not in ("turnovers", "plus_minus")
}
# reboundsTotal of a cdn team counts balls out of bounds as team rebounds; the contract's total is ORB + DRB.
_CDN_TEAM_NAMES = _V3_TEAM_NAMES | {"total_rebounds": "reboundsPersonal", "turnovers": "turnoversTotal"}
_TEAM_COLUMNS: dict[str, str] = {
    "field_goals_made": "fg_made",
    "field_goals_attempted": "fg_attempted",
    "three_pointers_made": "three_pt_made",
    "three_pointers_attempted": "three_pt_attempted",
    "free_throws_made": "ft_made",
    "free_throws_attempted": "ft_attempted",
}
_MATCHUP = re.compile(r"^(?P<team>\S+) (?P<where>vs\.|@) (?P<opponent>\S+)$")


def parse_box_score_v2(document: Document) -> Claims:
    """PlayerStats and TeamStats of boxscoretraditionalv2. It holds no date and no home team."""
    origin = Origin(document.file, Standing.V2, None)
    names: list[PlayerName] = []
    players: list[Claim] = []
    for fields in document.some_rows("PlayerStats"):
        game_id = counted_game_id(fields, "GAME_ID")
        if game_id is None:
            continue
        line: Row = {
            "team_abbr": team(fields, "TEAM_ABBREVIATION"),
            "starter": fields.optional_text("START_POSITION") is not None,
        }
        if playing_time(fields, "MIN") is None:
            line |= _absent("dnp", fields.optional_text("COMMENT"))
        else:
            line |= _active(fields, _V2_NAMES, minutes="MIN")
        name = player_name(origin, fields, "PLAYER_ID", "PLAYER_NAME")
        names.append(name)
        players.append(Claim(origin, game_id, (name.player_id,), line))
    teams: list[Claim] = []
    for fields in document.some_rows("TeamStats"):
        game_id = counted_game_id(fields, "GAME_ID")
        if game_id is not None:
            line = _team_line(fields, _V2_TEAM_NAMES, minutes="MIN")
            teams.append(Claim(origin, game_id, (team(fields, "TEAM_ABBREVIATION"),), line))
    return Claims(names=tuple(names), players=tuple(players), teams=tuple(teams))


def parse_box_score_v3(document: Document) -> Claims:
    """Players and team totals of boxscoretraditionalv3. It holds home and away, but no date."""
    root = document.root
    box = root.child("boxScoreTraditional")
    game_id = counted_game_id(box, "gameId")
    if game_id is None:
        return Claims()
    origin = Origin(document.file, Standing.V3, answered_at(root))
    home, away = box.child("homeTeam"), box.child("awayTeam")
    names: list[PlayerName] = []
    players: list[Claim] = []
    for side in (home, away):
        for fields in _listed(side):
            line: Row = {
                "team_abbr": team(side, "teamTricode"),
                "starter": fields.optional_text("position") is not None,
            }
            statistics = fields.child("statistics")
            if playing_time(statistics, "minutes") is None:
                line |= _absent("dnp", fields.optional_text("comment"))
            else:
                line |= _active(statistics, _V3_NAMES, minutes="minutes")
            name = player_name(origin, fields, "personId", "firstName", "familyName")
            names.append(name)
            players.append(Claim(origin, game_id, (name.player_id,), line))
    teams = tuple(
        Claim(
            origin,
            game_id,
            (team(side, "teamTricode"),),
            _team_line(side.child("statistics"), _V3_TEAM_NAMES, minutes="minutes"),
        )
        for side in (home, away)
    )
    game = GameClaim(origin, game_id, home=team(home, "teamTricode"), away=team(away, "teamTricode"))
    return Claims(games=(game,), names=tuple(names), players=tuple(players), teams=teams)


def parse_box_score_cdn(document: Document) -> Claims:
    """Game header, players and team totals of a cdn.nba.com live box score.

    A file that says itself that its game is not over holds the header's slot only: its lines are provisional.
    """
    root = document.root
    header = root.child("game")
    game_id = counted_game_id(header, "gameId")
    if game_id is None:
        return Claims()
    origin = Origin(document.file, Standing.CDN, answered_at(root))
    game = live_game_claim(header, origin, game_id)
    if header.whole("gameStatus") != FINAL:
        return Claims(games=(game,))
    names: list[PlayerName] = []
    players: list[Claim] = []
    teams: list[Claim] = []
    for side in (header.child("homeTeam"), header.child("awayTeam")):
        tricode = team(side, "teamTricode")
        for fields in _listed(side):
            line: Row = {"team_abbr": tricode, "starter": fields.flag("starter")}
            if fields.flag("played"):
                line |= _active(fields.child("statistics"), _V3_NAMES, minutes="minutes")
            else:
                inactive = fields.text("status") == "INACTIVE"
                reason = fields.optional_text("notPlayingReason") if fields.has("notPlayingReason") else None
                line |= _absent("inactive" if inactive else "dnp", reason)
            name = player_name(origin, fields, "personId", "name")
            names.append(name)
            players.append(Claim(origin, game_id, (name.player_id,), line))
        totals = _team_line(side.child("statistics"), _CDN_TEAM_NAMES, minutes="minutes")
        teams.append(Claim(origin, game_id, (tricode,), totals))
    return Claims(games=(game,), names=tuple(names), players=tuple(players), teams=tuple(teams))


def parse_game_log(document: Document) -> Claims:
    """leaguegamelog of players: dated, but only who played, whole minutes, and no starters."""
    origin = Origin(document.file, Standing.GAME_LOG, None)
    games: list[GameClaim] = []
    names: list[PlayerName] = []
    players: list[Claim] = []
    for fields in document.rows("LeagueGameLog"):
        game_id = counted_game_id(fields, "GAME_ID")
        if game_id is None:
            continue
        matchup = _MATCHUP.match(fields.text("MATCHUP"))
        if matchup is None:
            raise fields.error("Not a match-up such as MIL vs. IND or IND @ MIL", name="MATCHUP")
        own = team(fields, "TEAM_ABBREVIATION")
        opponent = team(Fields(fields.file, {"MATCHUP": matchup["opponent"]}, fields.row), "MATCHUP")
        home, away = (opponent, own) if matchup["where"] == "@" else (own, opponent)
        games.append(GameClaim(origin, game_id, calendar_date(fields, "GAME_DATE"), home, away))
        name = player_name(origin, fields, "PLAYER_ID", "PLAYER_NAME")
        names.append(name)
        line = {"team_abbr": own} | _active(fields, _LOG_NAMES, minutes="MIN")
        players.append(Claim(origin, game_id, (name.player_id,), line))
    return Claims(games=tuple(dict.fromkeys(games)), names=tuple(names), players=tuple(players))


def _listed(side: Fields) -> tuple[Fields, ...]:
    players = side.children("players")
    if not players:
        raise side.error("A team without players", name="players")
    return players


def _active(fields: Fields, names: dict[str, str], *, minutes: str) -> Row:
    """The line of a player who was on court, also for zero seconds."""
    time = playing_time(fields, minutes)
    line: Row = {
        "player_status": "active",
        "minutes": time.text if time else None,
        "minutes_decimal": time.minutes if time else None,
    }
    return line | {column: fields.optional_whole(source) for column, source in names.items()}


def _absent(status: str, reason: str | None) -> Row:
    return {"player_status": status, "dnp_reason": reason}


def _team_line(fields: Fields, names: dict[str, str], *, minutes: str) -> Row:
    time = playing_time(fields, minutes)
    line: Row = {"minutes_decimal": time.minutes if time else None}
    return line | {
        _TEAM_COLUMNS.get(column, column): fields.optional_whole(source) for column, source in names.items()
    }
