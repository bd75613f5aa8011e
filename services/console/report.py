"""`nba report`: how good the predictions of a season were."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import read_grid, read_session
from services.console.options import AsJson
from services.console.output import InputError, check_range, parse_date, progress_bar, show, write_json

if TYPE_CHECKING:
    from services.console.accuracy.numbers import Grades
    from services.console.accuracy.text import Report
    from services.console.context import Session
    from services.console.verification.season import SeasonDates
    from shared.warehouse.port import Warehouse


def build_report() -> typer.Typer:
    """The group of commands."""
    group = typer.Typer(help="How good the predictions of a season were.", rich_markup_mode=None)
    group.callback()(_group)
    group.command("predictions")(predictions)
    return group


def _group() -> None:
    """How good the predictions of a season were."""


def predictions(
    *,
    season: Annotated[
        int, typer.Option(metavar="YEAR", help="Year in which the season starts: 2021 for 2021-22.")
    ],
    start_date: Annotated[
        dt.date | None,
        typer.Option(metavar="DATE", parser=parse_date, help="First date; unset: the season's."),
    ] = None,
    end_date: Annotated[
        dt.date | None,
        typer.Option(metavar="DATE", parser=parse_date, help="Last date; unset: the season's."),
    ] = None,
    prior_games: Annotated[
        int, typer.Option(metavar="N", help="Only players with so many games before the date.")
    ] = 5,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write tables and plots to this file.")
    ] = None,
    known_inactives: Annotated[
        bool,
        typer.Option(
            "--known-inactives",
            help="Instead, an upper bound on the same rows, which is no prediction: what if it were known "
            "who plays? It takes minutes and stores nothing.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Accuracy of every system on the same rows: only players who played, 95 % intervals by dates.

    Compared with an exponentially weighted average of span 12 (gain), by prior games, minutes and month, and
    with the bookmakers' lines where there are any.
    """
    from services.console.accuracy import page as pages  # noqa: PLC0415
    from services.console.accuracy.text import document, render  # noqa: PLC0415
    from services.console.verification.season import read_season  # noqa: PLC0415

    with read_session() as session:
        dates = read_season(session.warehouse, season)
        first, last = start_date or dates.dates[0], end_date or dates.dates[-1]
        check_range(first, last)
        predicted, voids = read_grades(session.warehouse, dates, first, last)
        grades = _as_bound(session, predicted, season, quiet=as_json) if known_inactives else predicted
    title = f"Predictions of {dates.name}, {first} to {last}, {prior_games}+ prior games"
    if known_inactives:
        report = bound_report_of(grades, predicted, prior_games, voids, title)
    else:
        report = report_of(grades, prior_games, voids, title)
    if page is not None:
        page.write_text(pages.page(report, chosen_of(grades, prior_games)), encoding="utf-8")
    if as_json:
        write_json(document(report))
    else:
        show(render(report))


def _as_bound(session: Session, grades: Grades, season_year: int, *, quiet: bool) -> Grades:
    from services.console.accuracy.known_inactives import Loaded, with_known_inactives  # noqa: PLC0415

    snapshot, _ = read_grid(session, None, None)
    loaded = Loaded.of(session.warehouse, session.topology, snapshot)
    with progress_bar("Weeks fitted with known inactives", quiet=quiet) as progress:
        return with_known_inactives(loaded, grades, season_year, progress)


def read_grades(
    warehouse: Warehouse, season: SeasonDates, first: dt.date, last: dt.date
) -> tuple[Grades, int]:
    """The grades of a range, and how many of the ensemble's predictions are void. Raises InputError."""
    from services.console.accuracy.numbers import BEST, Grades  # noqa: PLC0415
    from shared.sql import Statement, read_sql  # noqa: PLC0415
    from shared.warehouse.port import Script, date, integer, query  # noqa: PLC0415

    folder = Path(__file__).parent / "accuracy" / "sql"
    parameters = {
        "first_date": date(first),
        "last_date": date(last),
        "season_year": integer(season.season_year),
    }
    statement = Statement("grades", read_sql(folder / "grades.sql"))
    table = warehouse.table(
        Script("grades", (statement,), parameters, transaction=False, labels={"purpose": "report"})
    )
    voids = query(warehouse, Statement("voids", read_sql(folder / "voids.sql")), parameters)
    if not table.num_rows:
        raise InputError(
            f"No prediction of {season.name} is graded between {first} and {last}. "
            "`nba coverage` shows what has run."
        )
    found = {str(row[0]): row[1] for row in voids.values}
    number = found.get(BEST, 0)
    return Grades.of(table), number if isinstance(number, int) else 0


def chosen_of(grades: Grades, prior_games: int) -> Grades:
    """The rows of players with enough games before the date."""
    return grades.where(grades.floats("games_played_season") >= prior_games)


def report_of(grades: Grades, prior_games: int, voids: int, title: str) -> Report:
    """Everything that grades say. Raises InputError when the best system has none of them."""
    from services.console.accuracy.numbers import against_lines, groups, systems  # noqa: PLC0415
    from services.console.accuracy.text import Report  # noqa: PLC0415

    chosen = chosen_of(grades, prior_games)
    found = systems(chosen)
    if not found:
        raise InputError("No prediction of the ensemble is among them: models need a week of games first.")
    return Report(title, found, groups(chosen, grades), against_lines(chosen), voids)


def bound_report_of(bound: Grades, predicted: Grades, prior_games: int, voids: int, title: str) -> Report:
    """The report of an upper bound, which says so wherever it stands. Raises InputError like `report_of`."""
    from services.console.accuracy.known_inactives import EXPLANATION, LABEL  # noqa: PLC0415
    from services.console.accuracy.numbers import upper_bound  # noqa: PLC0415

    found = report_of(bound, prior_games, voids, f"{LABEL}: {title}; {EXPLANATION}")
    compared = upper_bound(chosen_of(bound, prior_games), chosen_of(predicted, prior_games))
    return replace(found, upper_bound=compared)
