"""`nba verify`: is a processed season the season that was played, and is every column of it alive?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import Session, read_session
from services.console.options import AsJson
from services.console.output import Exit, show, write_json

if TYPE_CHECKING:
    from services.console.verification.published import PublishedValue
    from services.console.verification.report import Verification


def verify(
    *,
    season: Annotated[
        int, typer.Option(metavar="YEAR", help="Year in which the season starts: 2021 for 2021-22.")
    ],
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Published values: scope, entity, metric, value, tolerance, ..."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute a season's published values from the tables, and judge every column over the season.

    Without --against only the columns are judged.
    """
    from services.console.verification.published import read_published  # noqa: PLC0415
    from services.console.verification.report import document, render  # noqa: PLC0415

    values = None if against is None else read_published(against)
    with read_session() as session:
        found = verify_season(session, season, values, None if against is None else str(against))
    if as_json:
        write_json(document(found))
    else:
        show(render(found))
    if found.failed:
        raise SystemExit(Exit.NO)


def verify_season(
    session: Session, season_year: int, values: tuple[PublishedValue, ...] | None, against: str | None
) -> Verification:
    """Everything that verification finds out about a season.

    Raises InputError when the season is not loaded, or a published value cannot be read.
    """
    from services.console.verification.compare import compare_all  # noqa: PLC0415
    from services.console.verification.facts import Facts  # noqa: PLC0415
    from services.console.verification.report import Verification  # noqa: PLC0415
    from services.console.verification.sanity import agreements, raw_sources, table_sanity  # noqa: PLC0415
    from services.console.verification.season import read_season  # noqa: PLC0415

    warehouse = session.warehouse
    season = read_season(warehouse, season_year)
    comparisons = None if values is None else compare_all(values, Facts(warehouse, season))
    raw = raw_sources(warehouse, season)
    raw_rows = {source.table: source.rows for source in raw}
    tables = tuple(
        table_sanity(warehouse, processor, season, raw_rows) for processor in session.topology.processors
    )
    return Verification(season, against, comparisons, tables, agreements(warehouse, season), raw)
