"""A month of an invented season with gaps where they show what a triage may not see.

Of the faults that the generator plants, the two of late October that reach most games are mended; left are a
game that was never ingested early on, and a lost game, half a game and a lost date in November.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.synthetic import SyntheticOptions, generate

FIRST, LAST = dt.date(2021, 10, 19), dt.date(2021, 11, 18)
#: One of the two games of this date was never ingested.
GAP = dt.date(2021, 11, 6)
#: Of the teams that play on this date some have a gap behind them, one more than two weeks before.
AFTER_GAPS = dt.date(2021, 11, 11)
_MENDED = (dt.date(2021, 10, 26), dt.date(2021, 10, 28))


@cache
def invented_tables() -> Mapping[str, pa.Table]:
    """Raw tables of eight teams from `FIRST` to `LAST`."""
    season = generate(
        SyntheticOptions(
            seed=7, season_year=FIRST.year, start_date=FIRST, end_date=LAST, faults=True, teams=8
        )
    )
    tables = dict(season.tables)
    for late in season.late:
        if late.game_date in _MENDED:
            day = pa.scalar(late.game_date, pa.date32())
            for name, rows in late.tables.items():
                others = tables[name].filter(pc.not_equal(tables[name].column("game_date"), day))
                tables[name] = pa.concat_tables([others, rows])
    return tables
