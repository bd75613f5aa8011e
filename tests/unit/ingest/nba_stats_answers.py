"""Invented answers of the sources, in their formats: as little of each as a reader needs.

The invented game is BKN at MIL on 2021-10-19, game 0022100001. Builders take what a test is about.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from services.ingest.nba_stats import read_folder
from services.ingest.validate import validate
from shared.teams import TEAMS

GAME_ID = "0022100001"
Json = dict[str, object]
Values = dict[str, object]

_IDS = {team.tricode: team.nba_id for team in TEAMS}
_NAMES = {team.tricode: team.name for team in TEAMS}
_V2_LINE: Values = {
    "FGM": 3,
    "FGA": 7,
    "FG3M": 1,
    "FG3A": 2,
    "FTM": 1,
    "FTA": 1,
    "OREB": 1,
    "DREB": 2,
    "REB": 3,
    "AST": 2,
    "STL": 0,
    "BLK": 0,
    "TO": 1,
    "PF": 2,
    "PTS": 8,
    "PLUS_MINUS": -5.0,
}
_V3_LINE: Values = {
    "minutes": "27:34",
    "fieldGoalsMade": 3,
    "fieldGoalsAttempted": 7,
    "threePointersMade": 1,
    "threePointersAttempted": 2,
    "freeThrowsMade": 1,
    "freeThrowsAttempted": 1,
    "reboundsOffensive": 1,
    "reboundsDefensive": 2,
    "reboundsTotal": 3,
    "assists": 2,
    "steals": 0,
    "blocks": 0,
    "turnovers": 1,
    "foulsPersonal": 2,
    "points": 8,
    "plusMinusPoints": -5.0,
}


def tables(folder: Path, **answers: Json) -> dict[str, list[dict[str, object]]]:
    """Write each answer to a file of its keyword's name, read the folder, and validate what came out."""
    return {table: rows.to_pylist() for table, rows in arrow_tables(folder, **answers).items()}


def arrow_tables(folder: Path, **answers: Json) -> dict[str, pa.Table]:
    write(folder, **answers)
    return {raw_file.table: validate(raw_file) for raw_file in read_folder(folder)}


def write(folder: Path, **answers: Json) -> None:
    for name, answer in answers.items():
        (folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")


def result_set(name: str, rows: list[Values]) -> Json:
    headers = list(rows[0]) if rows else []
    return {"name": name, "headers": headers, "rowSet": [list(row.values()) for row in rows]}


def v2_player(player_id: int, name: str, team: str = "MIL", **values: object) -> Values:
    return {
        "GAME_ID": GAME_ID,
        "TEAM_ID": _IDS[team],
        "TEAM_ABBREVIATION": team,
        "PLAYER_ID": player_id,
        "PLAYER_NAME": name,
        "START_POSITION": "",
        "COMMENT": "",
        "MIN": "27:34",
        **_V2_LINE,
        **values,
    }


def v2_absent(player_id: int, name: str, comment: str, team: str = "MIL") -> Values:
    nothing = dict.fromkeys(_V2_LINE)
    return v2_player(player_id, name, team, **nothing, MIN=None, COMMENT=comment)


def v2_team(team: str, **values: object) -> Values:
    line = {**_V2_LINE, "MIN": "240:00", **values}
    return {"GAME_ID": GAME_ID, "TEAM_ID": _IDS[team], "TEAM_ABBREVIATION": team, **line}


def box_score_v2(*players: Values, teams: tuple[Values, ...] | None = None) -> Json:
    totals = teams if teams is not None else (v2_team("BKN"), v2_team("MIL"))
    return {
        "resource": "boxscore",
        "resultSets": [result_set("PlayerStats", list(players)), result_set("TeamStats", list(totals))],
    }


def v3_player(player_id: int, first: str, family: str, **values: object) -> Json:
    """`position` and `comment` go to the player, everything else to the statistics."""
    statistics = {**_V3_LINE, **{k: v for k, v in values.items() if k not in ("position", "comment")}}
    return {
        "personId": player_id,
        "firstName": first,
        "familyName": family,
        "position": values.get("position", ""),
        "comment": values.get("comment", ""),
        "statistics": statistics,
    }


def box_score_v3(
    home: tuple[Json, ...],
    away: tuple[Json, ...],
    *,
    time: str = "2021-10-20T06:00:00.5Z",
    game_id: str = GAME_ID,
) -> Json:
    def side(tricode: str, players: tuple[Json, ...]) -> Json:
        totals = {**_V3_LINE, "minutes": "240:00"}
        return {"teamTricode": tricode, "players": list(players), "statistics": totals}

    return {
        "meta": {"time": time},
        "boxScoreTraditional": {
            "gameId": game_id,
            "homeTeam": side("MIL", home),
            "awayTeam": side("BKN", away),
        },
    }


def cdn_player(player_id: int, name: str, **values: object) -> Json:
    """`points` go to the statistics, everything else to the player."""
    statistics = {**_V3_LINE, "minutes": "PT27M34.00S", "points": values.pop("points", 8)}
    return {
        "status": "ACTIVE",
        "personId": player_id,
        "name": name,
        "starter": "0",
        "played": "1",
        "statistics": statistics,
        **values,
    }


def box_score_cdn(home: tuple[Json, ...], away: tuple[Json, ...], *, status: int = 3) -> Json:
    def side(tricode: str, players: tuple[Json, ...]) -> Json:
        totals = {
            **_V3_LINE,
            "minutes": "PT240M00.00S",
            "reboundsTotal": 9,
            "reboundsPersonal": 3,
            "turnoversTotal": 4,
        }
        score = {"MIL": 101, "BKN": 99}[tricode]
        return {"teamTricode": tricode, "score": score, "players": list(players), "statistics": totals}

    return {
        "meta": {"time": "2021-10-20 01:00:00.5"},
        "game": {
            "gameId": GAME_ID,
            "gameStatus": status,
            "gameStatusText": "Final",
            "gameEt": "2021-10-19T19:30:00-04:00",
            "arena": {"arenaName": "Hall of Tests"},
            "homeTeam": side("MIL", home),
            "awayTeam": side("BKN", away),
        },
    }


def log_line(player_id: int, name: str, **values: object) -> Values:
    line = {**_V2_LINE, "TOV": 1}
    del line["TO"]
    return {
        "PLAYER_ID": player_id,
        "PLAYER_NAME": name,
        "TEAM_ABBREVIATION": "MIL",
        "GAME_ID": GAME_ID,
        "GAME_DATE": "2021-10-19",
        "MATCHUP": "MIL vs. BKN",
        "MIN": 28,
        **line,
        **values,
    }


def game_log(*lines: Values) -> Json:
    return {"resource": "leaguegamelog", "resultSets": [result_set("LeagueGameLog", list(lines))]}


def summary(
    *inactive: tuple[int, str, str, str],
    date: str = "2021-10-19",
    status: int = 3,
    text: str = "Final",
    turnovers: dict[str, int] | None = None,
) -> Json:
    """`inactive` players are (id, first name, last name, team)."""
    listed: list[Values] = [
        {"PLAYER_ID": number, "FIRST_NAME": first, "LAST_NAME": last, "TEAM_ABBREVIATION": team}
        for number, first, last, team in inactive
    ]
    header: Values = {
        "GAME_DATE_EST": f"{date}T00:00:00",
        "GAME_ID": GAME_ID,
        "GAME_STATUS_ID": status,
        "GAME_STATUS_TEXT": text,
        "HOME_TEAM_ID": _IDS["MIL"],
        "VISITOR_TEAM_ID": _IDS["BKN"],
    }
    scores: list[Values] = [{"TEAM_ID": _IDS["MIL"], "PTS": 101}, {"TEAM_ID": _IDS["BKN"], "PTS": 99}]
    others: list[Values] = [
        {"TEAM_ID": _IDS[team], "TOTAL_TURNOVERS": count} for team, count in (turnovers or {}).items()
    ]
    return {
        "resource": "boxscoresummary",
        "resultSets": [
            result_set("GameSummary", [header]),
            result_set("InactivePlayers", listed),
            result_set("LineScore", scores),
            result_set("OtherStats", others),
        ],
    }


def board_game(**values: object) -> Json:
    return {
        "gameId": GAME_ID,
        "gameStatus": 3,
        "gameStatusText": "Final/OT",
        "gameEt": "2021-10-19T19:30:00Z",
        "isNeutral": False,
        "homeTeam": {"teamTricode": "MIL", "score": 101},
        "awayTeam": {"teamTricode": "BKN", "score": 99},
        **values,
    }


def scoreboard(*games: Json, time: str = "2021-10-20T06:00:00.5Z") -> Json:
    return {"meta": {"time": time}, "scoreboard": {"games": list(games)}}


def shot(
    event: int, player_id: int = 1, name: str = "Adam Nowhere", team: str = "MIL", **values: object
) -> Values:
    return {
        "GAME_ID": GAME_ID,
        "GAME_EVENT_ID": event,
        "PLAYER_ID": player_id,
        "PLAYER_NAME": name,
        "TEAM_ID": _IDS[team],
        "TEAM_NAME": _NAMES[team],
        "PERIOD": 1,
        "MINUTES_REMAINING": 11,
        "SECONDS_REMAINING": 31,
        "ACTION_TYPE": "Jump Shot",
        "SHOT_TYPE": "3PT Field Goal",
        "SHOT_ZONE_BASIC": "Above the Break 3",
        "SHOT_ZONE_AREA": "Center(C)",
        "SHOT_DISTANCE": 25,
        "LOC_X": -12,
        "LOC_Y": 250,
        "SHOT_MADE_FLAG": 1,
        "GAME_DATE": "20211019",
        "HTM": "MIL",
        "VTM": "BKN",
        **values,
    }


def shot_chart(*shots: Values) -> Json:
    return {"resource": "shotchartdetail", "resultSets": [result_set("Shot_Chart_Detail", list(shots))]}


def v2_event(number: int, kind: int, text: str, **values: object) -> Values:
    """An event of the home player Adam Nowhere; `kind` 1 made, 2 missed, 3 free throw."""
    return {
        "GAME_ID": GAME_ID,
        "EVENTNUM": number,
        "EVENTMSGTYPE": kind,
        "PERIOD": 1,
        "PCTIMESTRING": "11:31",
        "HOMEDESCRIPTION": text,
        "VISITORDESCRIPTION": None,
        "PERSON1TYPE": 4,
        "PLAYER1_ID": 1,
        "PLAYER1_NAME": "Adam Nowhere",
        "PLAYER1_TEAM_ABBREVIATION": "MIL",
        "PLAYER2_ID": 0,
        "PLAYER2_NAME": None,
        "PLAYER3_ID": 0,
        "PLAYER3_NAME": None,
        **values,
    }


def play_by_play_v2(*events: Values) -> Json:
    return {"resource": "playbyplay", "resultSets": [result_set("PlayByPlay", list(events))]}


def v3_action(number: int, text: str, *, made: bool | None = None, **values: object) -> Json:
    """An action of the home player Nowhere (id 1); a field goal when `made` is not None."""
    return {
        "actionNumber": number,
        "actionId": number,
        "clock": "PT11M31.00S",
        "period": 1,
        "teamTricode": "MIL",
        "personId": 1,
        "playerName": "Nowhere",
        "shotDistance": 0,
        "shotResult": {None: "", True: "Made", False: "Missed"}[made],
        "isFieldGoal": int(made is not None),
        "shotValue": 2,
        "location": "h",
        "description": text,
        **values,
    }


def play_by_play_v3(*actions: Json) -> Json:
    return {
        "meta": {"time": "2021-10-20T06:00:00.5Z"},
        "game": {"gameId": GAME_ID, "actions": list(actions)},
    }


def outcome(player: str, side: str, line: float, price: float | None) -> Json:
    return {"name": side, "description": player, "price": price, "point": line}


def event_odds(offers: dict[str, list[Json]], **values: object) -> Json:
    """`offers` are outcomes by bookmaker; `values` are fields of the event, and the `market`."""
    market = values.pop("market", "player_points")
    return {
        "timestamp": "2021-10-19T12:00:00Z",
        "data": {
            "sport_key": "basketball_nba",
            "commence_time": "2021-10-19T23:30:00Z",
            "home_team": "Milwaukee Bucks",
            "away_team": "Brooklyn Nets",
            "bookmakers": [
                {"key": key, "markets": [{"key": market, "outcomes": outcomes}]}
                for key, outcomes in offers.items()
            ],
            **values,
        },
    }
