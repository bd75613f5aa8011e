"""One made-up game for the golden tests of player game summaries, and how they stage it."""

from __future__ import annotations

import datetime as dt

from shared.warehouse.port import Value
from tests.support import direct
from tests.support.derived_rows import Row, Staged, processor_of, stage_dates
from tests.support.raw_rows import Game, Line, RawRow, final_game, to_tables

FOLDER = "analytics/player_game_summary"
OPENER = dt.date(2021, 10, 19)
GAME = Game("0022100001", OPENER, "BOS", "CHI")
TATUM = Line("jaysontatum", 2880, points=5, fgm=2, fga=4, three_made=1, three_attempted=1)
LAVINE = Line(
    "zachlavine",
    2400,
    points=25,
    fgm=9,
    fga=18,
    three_made=2,
    three_attempted=6,
    ftm=5,
    fta=6,
    oreb=1,
    dreb=4,
    assists=5,
    steals=1,
    turnovers=3,
    fouls=2,
)
VUCEVIC = Line("nikolavucevic", 2880, points=20, fgm=10, fga=20)


def bench(prefix: str, players: int, seconds: int) -> list[Line]:
    """Players who only spend time on court."""
    return [Line(f"{prefix}{chr(ord('a') + number)}", seconds) for number in range(players)]


BOSTON = [TATUM, *bench("celtic", 4, 2880)]
CHICAGO = [LAVINE, VUCEVIC, *bench("bull", 3, 3040)]


def opener() -> list[RawRow]:
    """Boston 5, Chicago 45: a game that reconciles, with nothing but its box score."""
    return final_game(GAME, home=BOSTON, away=CHICAGO)


def summarise(rows: list[RawRow], *dates: dt.date) -> Staged:
    """Stage player summaries of the dates, by default the opener's; everybody must be accounted for."""
    warehouse = direct.memory_warehouse(to_tables(rows))
    staged = stage_dates(
        warehouse, processor_of(FOLDER), dates or (OPENER,), season_start=OPENER, season_year=2021
    )
    assert staged.unaccounted() == 0
    return staged


def picked(row: Row, names: tuple[str, ...]) -> list[Value]:
    """The values of these columns, in this order."""
    return [row[name] for name in names]
