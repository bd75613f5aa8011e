"""Damage done to a season: whole games lost, half-lost, or lost only from the derived table."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tests.oracle.raw import RawSeason, without_half_of_player_rows, without_player_rows

PLAYER_BOX = "nbac_gamebook_player_stats"


@dataclass(frozen=True)
class Damage:
    """Games by what was lost of them, and the raw season as it is then: for the oracle, for the ingest."""

    lost: tuple[str, ...]
    halved: tuple[str, ...]
    underived: tuple[str, ...]
    raw: RawSeason
    tables: Mapping[str, pa.Table]
    raw_dates: tuple[dt.date, ...]
    derived_dates: tuple[dt.date, ...]


def choose_damage(
    raw: RawSeason,
    tables: Mapping[str, pa.Table],
    *,
    seed: int,
    after: dt.date,
    lost: int,
    halved: int,
    underived: int,
) -> Damage:
    """Damage random regular-season games after a date; derived-only damage is on dates without raw damage.

    The earliest damaged date always has raw damage, so that its completion reaches every later window.
    """
    rng = random.Random(seed)
    date_of = {
        row.game_id: row.game_date
        for row in raw.schedule
        if row.game_status == 3 and row.season_type == "regular" and row.game_date > after
    }
    shuffled = sorted(date_of)
    rng.shuffle(shuffled)
    in_raw = shuffled[: lost + halved]
    dates = {date_of[game] for game in in_raw}
    derived = [g for g in shuffled if date_of[g] not in dates and date_of[g] > min(dates)][:underived]
    damaged = raw
    for game in in_raw[:lost]:
        damaged = without_player_rows(damaged, game)
    for game in in_raw[lost:]:
        damaged = without_half_of_player_rows(damaged, game, rng)
    kept = {(row.game_id, row.player_lookup) for row in damaged.player_rows}
    box = tables[PLAYER_BOX]
    mask = [
        (game, player) in kept
        for game, player in zip(
            box.column("game_id").to_pylist(), box.column("player_lookup").to_pylist(), strict=True
        )
    ]
    return Damage(
        lost=tuple(in_raw[:lost]),
        halved=tuple(in_raw[lost:]),
        underived=tuple(derived),
        raw=damaged,
        tables={PLAYER_BOX: box.filter(pa.array(mask))},
        raw_dates=tuple(sorted(dates)),
        derived_dates=tuple(sorted({date_of[game] for game in derived})),
    )


def only_dates(tables: Mapping[str, pa.Table], dates: tuple[dt.date, ...]) -> dict[str, pa.Table]:
    """The rows of these dates."""
    wanted = pa.array(dates, pa.date32())
    return {name: rows.filter(pc.is_in(rows.column("game_date"), wanted)) for name, rows in tables.items()}
