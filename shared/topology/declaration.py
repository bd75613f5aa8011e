"""What a processor declares about itself. Everything else is derived from these declarations."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from importlib import metadata
from pathlib import Path

from shared.sql import read_sql
from shared.tables import TableAddress, TableSchema, load_schema

#: Columns the harness fills; a processor's query does not return them.
HARNESS_COLUMNS = frozenset({"run_id", "processed_at", "data_hash"})

#: Left out of the content hash of a row: they differ between runs that computed the same.
VOLATILE_COLUMNS = HARNESS_COLUMNS

_SHARED_SQL = Path(__file__).parents[1] / "completeness"
#: A shared statement of this prefix is the one without it, over the season before: the same text with other
#: bounds and other staging tables, so that there is one definition of a list and of a listing.
_OF_SEASON_BEFORE = "previous_"
_SEASON_BEFORE = (
    (re.compile(r"\bstaging\."), f"staging.{_OF_SEASON_BEFORE}"),
    (re.compile(r"@season_start\b"), "@opening_start"),
    (re.compile(r"@last_date\b"), "@season_start"),
)

#: The days of a season on which a team may still have no game of it: what the season before says of its
#: players is read for these only. In 2021-22 the last teams began on the third day.
OPENING_DAYS = 14


def opens_season(season_start: dt.date, day: dt.date) -> bool:
    """Whether a date of a season is one of its first OPENING_DAYS days."""
    return day < season_start + dt.timedelta(days=OPENING_DAYS)


class Phase(IntEnum):
    """The phases of the pipeline; raw data lands in phase 2."""

    RAW = 2
    ANALYTICS = 3
    PRECOMPUTE = 4
    PREDICTIONS = 5


class EntityType(StrEnum):
    """What a row or a failure is about."""

    PLAYER = "PLAYER"
    TEAM = "TEAM"
    GAME = "GAME"
    DATE = "DATE"


class Window(StrEnum):
    """Which dates of an input a cell of date D reads. All but the last three stay within D's season."""

    ON_DATE = "on D"
    BEFORE = "season start to before D"
    THROUGH = "season start to D"
    NEXT_WEEK = "season start to D+7"
    OPENING = "the whole season before D's, while D's opens"
    PREVIOUS_SEASON = "the whole season before D's"
    EARLIER = "all loaded dates before D"

    @property
    def crosses_seasons(self) -> bool:
        """Whether it holds dates of seasons before D's own."""
        return self in (Window.OPENING, Window.PREVIOUS_SEASON, Window.EARLIER)


@dataclass(frozen=True)
class Input:
    """One declared read: a raw source or a processor, and the window of its dates."""

    source: str
    window: Window


#: The schedule has two sides, so that a Final does not re-run what only needs to know who plays.
SLOTS = "nbac_schedule.slots"
RESULTS = "nbac_schedule.results"
PLAYER_BOX = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"
SHOT_CHART = "nbac_shot_chart"
PLAY_BY_PLAY = "nbac_play_by_play"
INJURY_REPORT = "nbac_injury_report"
GAME_LINES = "odds_api_game_lines"
PROPS = "odds_api_player_points_props"

RAW_SOURCES = (
    SLOTS,
    RESULTS,
    PLAYER_BOX,
    TEAM_BOX,
    SHOT_CHART,
    PLAY_BY_PLAY,
    INJURY_REPORT,
    GAME_LINES,
    PROPS,
)

#: Raw data without which a game cannot be processed; everything else is optional.
REQUIRED_RAW = (PLAYER_BOX, TEAM_BOX)

#: What shared/completeness reads to decide who is expected and why a game is missing (domain rules).
EVIDENCE = (
    Input(SLOTS, Window.ON_DATE),
    Input(RESULTS, Window.BEFORE),
    Input(PLAYER_BOX, Window.BEFORE),
    Input(TEAM_BOX, Window.BEFORE),
    Input(INJURY_REPORT, Window.THROUGH),
)

#: What shared/completeness reads beside, to expect the players of teams that have no game this season yet.
OPENING_EVIDENCE = tuple(
    Input(source, Window.OPENING) for source in (RESULTS, PLAYER_BOX, TEAM_BOX, INJURY_REPORT)
)
#: The statements of shared/completeness that need both.
OPENING_STATEMENTS = (
    "team_lists",
    "expected_players",
    "player_listings",
    "player_windows",
    "player_evidence",
    "previous_team_lists",
    "opening_players",
    "previous_player_listings",
    "prediction_evidence",
)


def raw_table_of(source: str) -> str:
    """The raw table behind a raw source (both sides of the schedule are one table)."""
    return source.partition(".")[0]


@dataclass(frozen=True)
class Processor:
    """A processor as data.

    `entity_column` is the output column that, with the date, identifies a row's entity. `shared_sql` names
    statements of shared/completeness that run before the query, in order; each fills `staging.<name>`.
    `parameters` are integer query parameters of this processor (window lengths). With `computed_by`, a Python
    step makes the rows of what query.sql reads (shared/worker/compute.py): the first file defines
    COMPUTATION, the others are the code it depends on, and `libraries` the installed packages.
    """

    name: str
    class_name: str
    abbreviation: str
    phase: Phase
    entity: EntityType
    entity_column: str
    inputs: tuple[Input, ...]
    folder: Path
    shared_sql: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    computed_by: tuple[Path, ...] = ()
    libraries: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> TableSchema:
        """The declared output table."""
        return load_schema(self.folder / "schema.json")

    @property
    def views(self) -> dict[TableAddress, Path]:
        """Views beside the output table that the folder declares: address to the file with the query."""
        dataset = self.schema.address.dataset
        return {TableAddress(dataset, path.stem): path for path in sorted(self.folder.glob("views/*.sql"))}

    def sql(self, name: str) -> str:
        """Text of `name`.sql of this processor's folder."""
        return read_sql(self.folder / f"{name}.sql")

    def shared_statement(self, name: str) -> str:
        """Text of a shared statement this processor declared.

        `previous_<name>` is <name> over the season before.
        """
        text = read_sql(_SHARED_SQL / f"{name.removeprefix(_OF_SEASON_BEFORE)}.sql")
        if name.startswith(_OF_SEASON_BEFORE):
            for pattern, instead in _SEASON_BEFORE:
                text = pattern.sub(instead, text)
        return text

    @property
    def waits_for_results(self) -> bool:
        """Whether a cell needs the date's own games to be over and their raw rows landed."""
        return any(i.source == RESULTS and i.window is Window.ON_DATE for i in self.inputs)

    @property
    def required_raw(self) -> tuple[str, ...]:
        """Raw sources of the date itself without which its games cannot be processed."""
        on_date = {i.source for i in self.inputs if i.window is Window.ON_DATE}
        return tuple(source for source in REQUIRED_RAW if source in on_date)

    @cached_property
    def code_version(self) -> str:
        """Hash of this processor's SQL, schema, declaration and shared statements; not of the repository."""
        digest = hashlib.sha256()
        for path in (*sorted([*self.folder.glob("*.sql"), self.folder / "schema.json"]), *self.computed_by):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        for name in self.shared_sql:
            digest.update(self.shared_statement(name).encode() + b"\0")
        declaration = (self.name, self.inputs, tuple(sorted(self.parameters.items())))
        digest.update(repr(declaration).encode())
        for name in self.libraries:
            digest.update(f"{name} {metadata.version(name)}".encode() + b"\0")
        return digest.hexdigest()[:16]
