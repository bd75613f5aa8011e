"""`nba ingest`: raw rows into nba_raw, from files, NBA stats documents or the synthetic season."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import Session, work_session
from services.console.init import initialise_session
from services.console.live import Tally, run_workers
from services.console.options import AsJson, FromDate, ToDate
from services.console.output import InputError, check_range, count, date_span, progress_bar, show, write_json
from services.console.pause import pause_document, paused_line, read_pause

if TYPE_CHECKING:
    import pyarrow as pa

    from services.ingest.source import RawFile
    from services.ingest.writer import IngestReport

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder to read.")]
Process = Annotated[bool, typer.Option("--process", help="Also run the workers that the new data concerns.")]

_FIRST_DATE = dt.date(1946, 1, 1)
_LAST_DATE = dt.date(2200, 1, 1)


def build_ingest() -> typer.Typer:
    """The command group `nba ingest`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write raw rows into nba_raw.")
    group.command("files")(files)
    group.command("nba-stats")(nba_stats)
    group.command("synthetic")(synthetic)
    return group


def files(
    folder: Folder,
    *,
    start_date: FromDate = None,
    end_date: ToDate = None,
    process: Process = False,
    as_json: AsJson = False,
) -> None:
    """A folder of Parquet, CSV or newline JSON files named like the raw tables (nbac_schedule.parquet, ...).

    Without dates, exactly the dates that occur in a file are replaced. With dates, the folder speaks for
    every date of the range, also those it has no rows for.
    """

    def read(start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        from pyarrow.fs import LocalFileSystem  # noqa: PLC0415

        from services.ingest.files import read_folder_of_tables  # noqa: PLC0415

        found = read_folder_of_tables(folder, LocalFileSystem(), start_date=start, end_date=end)
        if found.ignored and not as_json:
            show([f"Not raw tables, left alone: {', '.join(found.ignored)}"])
        return found.files

    _ingest(read, start_date, end_date, process=process, as_json=as_json)


def nba_stats(
    folder: Folder,
    *,
    start_date: FromDate = None,
    end_date: ToDate = None,
    process: Process = False,
    as_json: AsJson = False,
) -> None:
    """A folder of NBA stats, cdn.nba.com and The Odds API documents (JSON), recognised by their content."""

    def read(start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        from services.ingest.nba_stats.folder import read_folder  # noqa: PLC0415
        from services.ingest.writer import within  # noqa: PLC0415

        return tuple(within(file, start, end) for file in read_folder(folder))

    _ingest(read, start_date, end_date, process=process, as_json=as_json)


def synthetic(
    *,
    seed: Annotated[int, typer.Option(help="Same seed, same season.")] = 1,
    season: Annotated[int, typer.Option(help="Start year of the season.")] = 2023,
    faults: Annotated[bool, typer.Option("--faults", help="Plant lost, half and late games.")] = False,
    start_date: FromDate = None,
    end_date: ToDate = None,
    process: Process = False,
    as_json: AsJson = False,
) -> None:
    """A seeded season of invented players on the real 30 teams."""

    def read(start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        from services.ingest.synthetic.options import SyntheticOptions  # noqa: PLC0415
        from services.ingest.synthetic.season import synthetic_files  # noqa: PLC0415

        try:
            options = SyntheticOptions(
                seed=seed, season_year=season, start_date=start, end_date=end, faults=faults
            )
        except ValueError as error:
            raise InputError(f"{error}. Choose dates inside the season that starts in {season}.") from error
        return synthetic_files(options)

    first = start_date or dt.date(season, 9, 1)
    last = end_date or dt.date(season + 1, 8, 31)
    _ingest(read, first, last, process=process, as_json=as_json)


def _ingest(
    read: Callable[[dt.date, dt.date], Sequence[RawFile]],
    start_date: dt.date | None,
    end_date: dt.date | None,
    *,
    process: bool,
    as_json: bool,
) -> None:
    if (start_date is None) != (end_date is None):
        raise InputError("Give both --start-date and --end-date, or neither.")
    start, end = start_date or _FIRST_DATE, end_date or _LAST_DATE
    check_range(start, end)
    given = start_date is not None
    with work_session() as session:
        report = _write(session, read(start, end), (start, end) if given else None, quiet=as_json)
        if not as_json:
            _tell(report)
        # In the cloud nobody would hear of the data otherwise.
        process = process or session.settings.broker is not None
        paused = read_pause(session.warehouse) if process else None
        if process:
            run_what_follows(session, [report], quiet=as_json)
        if paused is not None and not as_json:
            show([paused_line(paused)])
        if as_json:
            write_json(
                {
                    "run_id": report.run_id,
                    "rows": dict(report.rows),
                    "dates": len(report.dates),
                    "changed_dates": list(report.changed_dates),
                    "paused": pause_document(paused),
                }
            )


def _write(
    session: Session,
    found: Sequence[RawFile],
    spoken_range: tuple[dt.date, dt.date] | None,
    *,
    quiet: bool,
) -> IngestReport:
    from services.ingest.writer import dates_in, tables_of  # noqa: PLC0415

    tables = tables_of(found)
    initialise_session(session)
    days = None if spoken_range is None else dates_in(session.warehouse, tables, *spoken_range)
    return write_tables(session, tables, days, quiet=quiet)


def write_tables(
    session: Session, tables: Mapping[str, pa.Table], days: Sequence[dt.date] | None, *, quiet: bool
) -> IngestReport:
    """Write validated raw tables, with a progress bar."""
    from services.bootstrap import new_id  # noqa: PLC0415
    from services.ingest.writer import write  # noqa: PLC0415

    with progress_bar("Writing dates", quiet=quiet) as advance:
        return write(
            tables,
            warehouse=session.warehouse,
            clock=session.clock,
            run_id=new_id(),
            days=days,
            on_progress=advance,
        )


def _tell(report: IngestReport) -> None:
    width = max(len(name) for name in report.rows)
    show([f"  {name.ljust(width)}  {rows:>9,} rows" for name, rows in sorted(report.rows.items())])
    changed = count(len(report.changed_dates), "date")
    span = date_span(report.dates[0], report.dates[-1])
    show([f"Ingested {count(len(report.dates), 'date')} ({span}); content of {changed} is new."])


def run_what_follows(session: Session, reports: Sequence[IngestReport], *, quiet: bool) -> Tally:
    """Publish the raw completions of ingests and run everything that they concern."""
    from services.ingest.writer import completions  # noqa: PLC0415
    from shared.topology.declaration import Phase  # noqa: PLC0415
    from shared.topology.graph import COMPLETION_TOPICS  # noqa: PLC0415

    topic = COMPLETION_TOPICS[Phase.RAW]
    messages = [(topic, m) for report in reports for m in completions(report, session.clock)]
    return run_workers(session, messages, planned=None, quiet=quiet)
