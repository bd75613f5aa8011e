"""What the sources get wrong at first, and the later deliveries that put it right.

Faults touch box scores only. Schedule, shots and reports come from other sources and arrive in time, which is
how a gap in the box scores can be told from a day on which nothing was played.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.source import RawFile
from services.ingest.synthetic.columns import PLAYER_BOX, TEAM_BOX
from services.ingest.synthetic.fixtures import Fixtures, Game
from services.ingest.synthetic.season_calendar import Plant
from services.ingest.synthetic.streams import stream


class FaultKind(StrEnum):
    """What was wrong with a first delivery."""

    GAME_NOT_INGESTED = "game_not_ingested"
    GAME_HALF_INGESTED = "game_half_ingested"
    LATE_BOX_SCORE = "late_box_score"


@dataclass(frozen=True)
class LateDelivery:
    """Whole tables of one date as they should have been; they replace what was delivered for it."""

    game_date: date
    kind: FaultKind
    tables: Mapping[str, pa.Table]

    @property
    def files(self) -> tuple[RawFile, ...]:
        """The tables as files for the ingest."""
        return tuple(
            RawFile(name=f"synthetic/late/{self.game_date}/{table}", table=table, rows=rows)
            for table, rows in self.tables.items()
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A planned fault of a date: the game it hits (None: all), and the team if only its list is halved."""

    kind: FaultKind
    game_date: date
    game: Game | None
    team: str | None


@dataclass(frozen=True)
class Delivery:
    """The faults, the first delivery, what comes later, and whom the half ingested games lack, by game_id."""

    faults: tuple[Fault, ...]
    tables: dict[str, pa.Table]
    late: tuple[LateDelivery, ...]
    missing_players: dict[str, tuple[str, ...]]


def plan_faults(*, seed: int, season_year: int, fixtures: Fixtures) -> tuple[Fault, ...]:
    """Choose what goes wrong in the season, in order of date. By then everybody has played before."""
    rng = stream(seed, "faults", str(season_year))
    faults = []
    for kind, plant in (
        (FaultKind.GAME_NOT_INGESTED, Plant.GAME_NOT_INGESTED),
        (FaultKind.GAME_HALF_INGESTED, Plant.GAME_HALF_INGESTED),
    ):
        for day in sorted(fixtures.plants.dates(plant)):
            game = rng.choice([game for game in fixtures.games if game.game_date == day])
            team = rng.choice((game.home, game.away)) if kind is FaultKind.GAME_HALF_INGESTED else None
            faults.append(Fault(kind=kind, game_date=day, game=game, team=team))
    faults.extend(
        Fault(kind=FaultKind.LATE_BOX_SCORE, game_date=day, game=None, team=None)
        for day in fixtures.plants.dates(Plant.LATE_BOX_SCORE)
    )
    return tuple(sorted(faults, key=lambda fault: fault.game_date))


def _second_half(player_box: pa.Table, game_id: str, team: str) -> tuple[str, ...]:
    """Every second player of the team's list by playing time, so that points and minutes cannot add up."""
    mask = pc.and_(pc.equal(player_box["game_id"], game_id), pc.equal(player_box["team_abbr"], team))
    listed = player_box.filter(mask).select(["player_lookup", "minutes_decimal"]).to_pylist()
    listed.sort(key=lambda row: (-(row["minutes_decimal"] or 0.0), row["player_lookup"]))
    return tuple(sorted(row["player_lookup"] for row in listed[1::2]))


def _hit(table: pa.Table, fault: Fault, players: tuple[str, ...]) -> pa.ChunkedArray:
    """Mask of the rows that the fault keeps back."""
    if fault.game is None:
        return pc.equal(table["game_date"], pa.scalar(fault.game_date, pa.date32()))
    mask = pc.equal(table["game_id"], fault.game.game_id)
    if fault.team is not None:
        mask = pc.and_(mask, pc.is_in(table["player_lookup"], value_set=pa.array(players, pa.string())))
    return mask


def deliver(clean: Mapping[str, pa.Table], faults: tuple[Fault, ...]) -> Delivery:
    """Keep back what `faults` say, and put whole tables of their dates aside for later."""
    tables = dict(clean)
    late = []
    missing_players: dict[str, tuple[str, ...]] = {}
    for fault in faults:
        hit_tables: tuple[str, ...] = (PLAYER_BOX, TEAM_BOX)
        players: tuple[str, ...] = ()
        if fault.game is not None and fault.team is not None:
            hit_tables = (PLAYER_BOX,)
            players = _second_half(clean[PLAYER_BOX], fault.game.game_id, fault.team)
            missing_players[fault.game.game_id] = players
        for name in hit_tables:
            tables[name] = tables[name].filter(pc.invert(_hit(tables[name], fault, players)))
        day = pa.scalar(fault.game_date, pa.date32())
        whole = {name: clean[name].filter(pc.equal(clean[name]["game_date"], day)) for name in hit_tables}
        late.append(LateDelivery(game_date=fault.game_date, kind=fault.kind, tables=whole))
    return Delivery(faults=faults, tables=tables, late=tuple(late), missing_players=missing_players)
