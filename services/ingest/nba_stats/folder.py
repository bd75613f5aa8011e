"""A folder of JSON files in, rows of the raw contract out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from services.ingest.nba_stats.box_scores import (
    LOG_HEADERS,
    V2_PLAYER_HEADERS,
    parse_box_score_cdn,
    parse_box_score_v2,
    parse_box_score_v3,
    parse_game_log,
)
from services.ingest.nba_stats.claims import Claims
from services.ingest.nba_stats.document import Document, Fields, read_document
from services.ingest.nba_stats.play_by_play import (
    V2_PLAY_HEADERS,
    V3_PLAY_FIELDS,
    parse_play_by_play_v2,
    parse_play_by_play_v3,
)
from services.ingest.nba_stats.props import parse_event_odds
from services.ingest.nba_stats.rows import rows_of_tables
from services.ingest.nba_stats.schedules import parse_scoreboard_v3, parse_summary_v2
from services.ingest.nba_stats.shots import SHOT_HEADERS, parse_shot_chart
from services.ingest.source import IngestError, RawFile
from shared.arrow import arrow_schema
from shared.tables import raw_tables


@dataclass(frozen=True)
class _Format:
    """A format that is read: how its files are told from others, and what reads them."""

    name: str
    recognises: Callable[[Document], bool]
    parse: Callable[[Document], Claims]


def _has_child(fields: Fields, name: str, *inner: str) -> bool:
    value = fields.values.get(name)
    return isinstance(value, dict) and set(inner) <= value.keys()


def _is_play_by_play_v3(document: Document) -> bool:
    if not _has_child(document.root, "game", "gameId", "actions"):
        return False
    actions = document.root.child("game").children("actions")
    return all(action.has(*V3_PLAY_FIELDS) for action in actions)


_FORMATS: tuple[_Format, ...] = (
    _Format(
        "boxscoretraditionalv3",
        lambda d: _has_child(d.root, "boxScoreTraditional", "gameId", "homeTeam", "awayTeam"),
        parse_box_score_v3,
    ),
    _Format(
        "cdn live box score",
        lambda d: _has_child(d.root, "game", "gameId", "gameStatus", "homeTeam", "awayTeam"),
        parse_box_score_cdn,
    ),
    _Format(
        "boxscoretraditionalv2",
        lambda d: d.has_set("PlayerStats", *V2_PLAYER_HEADERS) and d.has_set("TeamStats", "GAME_ID", "PTS"),
        parse_box_score_v2,
    ),
    _Format("leaguegamelog of players", lambda d: d.has_set("LeagueGameLog", *LOG_HEADERS), parse_game_log),
    _Format(
        "boxscoresummaryv2",
        lambda d: d.has_set("GameSummary", "GAME_ID", "GAME_DATE_EST") and d.has_set("InactivePlayers"),
        parse_summary_v2,
    ),
    _Format("scoreboardv3", lambda d: _has_child(d.root, "scoreboard", "games"), parse_scoreboard_v3),
    _Format("shotchartdetail", lambda d: d.has_set("Shot_Chart_Detail", *SHOT_HEADERS), parse_shot_chart),
    _Format("playbyplayv2", lambda d: d.has_set("PlayByPlay", *V2_PLAY_HEADERS), parse_play_by_play_v2),
    _Format("playbyplayv3", _is_play_by_play_v3, parse_play_by_play_v3),
    _Format(
        "The Odds API historical event odds",
        lambda d: d.root.has("timestamp") and _has_child(d.root, "data", "sport_key", "bookmakers"),
        parse_event_odds,
    ),
)


def read_folder(folder: Path) -> tuple[RawFile, ...]:
    """Read every *.json file below a folder and combine them into one RawFile per raw table.

    Files are recognised by content, never by name. Where several speak about one row, v3 wins over cdn, cdn
    over v2, v2 over the league's game log, field by field; what none of them knows stays NULL. Preseason and
    All-Star games are left out. processed_at is the source's own time where it has one.

    A game's schedule row needs a scoreboardv3, boxscoresummaryv2 or cdn box score. Raises IngestError, with
    file and remedy, for a folder without JSON files, a file that is empty, unreadable or of no known format,
    a value that cannot be read, an unknown team, files that contradict each other, and rows of a game whose
    date or teams no file says.
    """
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file())
    if not paths:
        raise IngestError(
            "The folder holds no *.json files",
            file=folder.as_posix(),
            remedy="Name a folder with answers of " + ", ".join(known.name for known in _FORMATS),
        )
    claims = Claims.together(_parse(read_document(path)) for path in paths)
    return tuple(
        RawFile(
            name=f"{folder.as_posix()}/**/*.json",
            table=table,
            rows=pa.Table.from_pylist(rows, schema=arrow_schema(raw_tables()[table])),
        )
        for table, rows in rows_of_tables(claims).items()
        if rows
    )


def _parse(document: Document) -> Claims:
    for known in _FORMATS:
        if known.recognises(document):
            return known.parse(document)
    raise IngestError(
        "The file's format is not known",
        file=document.file,
        remedy="Take it out of the folder; what is read is " + ", ".join(known.name for known in _FORMATS),
    )
