"""`nba verify`: published values against the tables, and what each verdict takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.console.main import run
from services.console.output import Exit, InputError
from services.console.verification.compare import Comparison, compare_all
from services.console.verification.published import COLUMNS, Printed, read_published
from services.console.verification.report import Verification, document, render
from services.console.verification.sanity import Agreement, RawSource
from services.console.verification.season import read_season
from services.registry import discover
from shared.tables import raw_tables
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from tests.console.screen import block, screen
from tests.console.season_rows import (
    SEASON,
    Tables,
    appearance,
    chicago,
    day,
    published,
)
from tests.support.direct import insert
from tests.support.raw_rows import Game, slot, to_tables

LEAGUE = "NBA RS 2021-22"
HEADER = ",".join(COLUMNS)
GOOD_LINE = "team,CHI,W,46,0,a book,"


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "values.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# The file


def test_cells_may_hold_quoted_commas_and_lines_may_be_blank(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "\ufeff" + HEADER,
        'player,Luka Dončić,"USG% (bbref, season totals)",37.39,0.15,"one, two",a note',
        "",
        GOOD_LINE,
    )
    first, second = read_published(path)
    assert (first.entity, first.metric, first.source) == (
        "Luka Dončić",
        "USG% (bbref, season totals)",
        "one, two",
    )
    assert (second.line, second.scope, second.value) == (4, "team", "46")


def test_columns_are_found_by_name_and_others_are_ignored(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "more,note,source,tolerance,value,metric,entity,scope", "x,n,s,0,46,W,CHI,team")
    (value,) = read_published(path)
    assert (value.scope, value.entity, value.metric, value.value, value.note) == (
        "team",
        "CHI",
        "W",
        "46",
        "n",
    )


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (("scope,entity,metric,value", "team,CHI,W,46"), r"lacks the columns \[tolerance, source, note\]"),
        ((HEADER, "team,CHI,W,46,0"), r"line 2: 5 cells where 7 are named"),
        ((HEADER, GOOD_LINE, f"{GOOD_LINE},x"), r"line 3: 8 cells where 7 are named"),
        ((HEADER,), "has no value to compare with"),
        (("",), "lacks the columns"),
        ((HEADER, 'team,"CHI'), "as CSV"),
    ],
)
def test_a_file_that_is_no_list_of_values_is_refused(
    tmp_path: Path, lines: Sequence[str], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        read_published(csv_file(tmp_path, *lines))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\nplayer,Nikola Joki".encode() + b"\xe7,TS%,66.05,0.05,,\n")
    for path, complaint in (
        (tmp_path / "none.csv", "No such file"),
        (tmp_path, "Is a directory"),
        (latin, "not UTF-8"),
    ):
        with pytest.raises(InputError, match=complaint):
            read_published(path)


@pytest.mark.parametrize(
    ("text", "tolerances"),
    [("0", (0.0, 0.0)), ("0.15", (0.15, 0.15)), (".003/.01 vs full season", (0.003, 0.01))],
)
def test_a_tolerance_serves_every_number_or_each_has_its_own(
    text: str, tolerances: tuple[float, ...]
) -> None:
    assert published("s", "e", "m", "1/2", text).tolerances(2) == tolerances


@pytest.mark.parametrize("text", ["", "about 1", "-1", "0.1/0.2/0.3", "1/x", "nan"])
def test_a_tolerance_that_is_none_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match=rf"line 2: column tolerance: \[{text}\]"):
        published("s", "e", "m", "1/2", text).tolerances(2)


@pytest.mark.parametrize("text", ["", "1", "1/2/3", "1/two", "1/nan", "1/1e3"])
def test_a_value_that_is_not_what_the_metric_needs_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match=rf"line 2: column value: \[{text}\] is not 2 numbers"):
        published("s", "e", "m", text).numbers(2)


def test_printed_decimals_are_kept() -> None:
    assert published("s", "e", "m", "112.90/44").numbers(2) == (Printed(112.9, 2), Printed(44.0, 0))


# The whole command


def verification(
    comparisons: tuple[Comparison, ...] | None, agreements: tuple[Agreement, ...] = ()
) -> Verification:
    return Verification(
        SEASON, "values.csv", comparisons, (), agreements, (RawSource("nbac_shot_chart", 102_400),)
    )


def some_comparisons() -> tuple[Comparison, ...]:
    tables = chicago(players=[appearance("zachlavine", "CHI", 0)])
    values = (
        published("team", "CHI", "W", "2"),
        published("league", LEAGUE, "total_ast", "47"),
        published("league", LEAGUE, "pace_bbref", "99.98", "0.05"),
        published("league", LEAGUE, "ortg_pbpstats", "112.55", "0.1"),
        published("league", LEAGUE, "total_dunks", "5"),
        published("league", LEAGUE, "pace_simple (WRONG control)", "100.58", "0.05"),
    )
    return compare_all(values, tables.facts)


def test_the_screen_groups_by_scope_and_says_why() -> None:
    shown = screen(render(verification(some_comparisons())), width=100)
    values, _, conclusion = shown.partition("\n\noff  ")
    assert values == block("""
        Season 2021-22: 60 dates, 2021-10-19..2021-12-17

        team · CHI · W
        value  recomputed  difference  tolerance  verdict
            2           2           0          0  match

        league · NBA RS 2021-22
        metric                        value  recomputed  difference  tolerance  verdict
        total_ast                        47          48          +1          0  off
        pace_bbref                    99.98    100.0000     +0.0200       0.05  match
        ortg_pbpstats                112.55                                0.1  cannot be expressed
        total_dunks                       5                                  0  unknown
        pace_simple (WRONG control)  100.58    100.0000     -0.5800       0.05  control differs
        """)
    assert conclusion.startswith(
        block("""
        league [NBA RS 2021-22] total_ast: published 47, recomputed 48
            nbac_team_boxscore adds up to [NULL]: the summaries do not say what was ingested
        unknown  league [NBA RS 2021-22] total_dunks
            no recomputation is known for metric [total_dunks] of scope [league]
        1 cannot be expressed  possessions counted by pbpstats
            pbpstats counts possessions from play-by-play by rules of its own; the tables hold the estimate
            of Basketball-Reference and the count of NBA.com, which are other numbers
        Published values: 2 match, 1 off, 1 cannot be expressed (1 possessions counted by pbpstats),
        """)
    )
    assert "1 wrong-formula control not matched, as it must be, 1 UNKNOWN, NOT COMPARED." in " ".join(
        conclusion.split()
    )
    assert "warning  nbac_shot_chart has 102,400 rows, a multiple of 1,024" in conclusion


def test_any_failure_fails_the_verification() -> None:
    match, off, *_, unknown, control = some_comparisons()
    assert not verification(None).failed
    assert not verification((match, unknown, control)).failed
    assert verification((match, off)).failed
    assert verification(None, (Agreement("x", 10, 1),)).failed
    assert not verification(None, (Agreement("x", 10, 0),)).failed


def test_the_document_counts_every_verdict() -> None:
    found = json.loads(json.dumps(document(verification(some_comparisons()))))
    counts = {name: number for name, number in found["published"].items() if isinstance(number, int)}
    assert counts == {
        "match": 2,
        "off": 1,
        "control_differs": 1,
        "control_matches": 0,
        "not_expressible": 1,
        "unknown": 1,
    }
    assert found["ok"] is False
    (off,) = [value for value in found["published"]["values"] if value["verdict"] == "off"]
    assert (off["metric"], off["value"], off["recomputed"], off["difference"]) == (
        "total_ast",
        "47",
        [48],
        [1.0],
    )


@pytest.fixture
def unprocessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The warehouse of the settings: one scheduled game of 2021-22, nothing processed."""
    path = tmp_path / "nba.duckdb"
    monkeypatch.setenv("NBA_WAREHOUSE", f"duckdb://{path}")
    warehouse = DuckDBWarehouse(path)
    initialise(warehouse, discover())
    for name, rows in to_tables([slot(Game("0022100001", day(0), "CHI", "BOS"))]).items():
        insert(warehouse, raw_tables()[name].address, rows)
    warehouse.close()
    return path


@pytest.mark.usefixtures("unprocessed")
def test_a_season_of_which_nothing_is_processed_is_a_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = csv_file(tmp_path, HEADER, GOOD_LINE)
    assert run(("verify", "--season", "2021", "--against", str(path), "--json")) == Exit.NO
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert [value["verdict"] for value in found["published"]["values"]] == ["off"]
    problems = [f["problem"] for table in found["sanity"]["tables"] for f in table["findings"]]
    assert problems == ["no rows"] * len(discover().processors)


@pytest.mark.usefixtures("unprocessed")
def test_without_a_file_only_the_columns_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("verify", "--season", "2021")) == Exit.NO
    answer = capsys.readouterr().out
    assert "Column sanity" in answer
    assert "Published values" not in answer


@pytest.mark.usefixtures("unprocessed")
@pytest.mark.parametrize(
    ("lines", "arguments", "complaint"),
    [
        ((HEADER, GOOD_LINE), ("--season", "2019"), "Season [2019] is not loaded. Loaded: 2021 (2021-22)."),
        (("scope,entity",), ("--season", "2021"), "lacks the columns"),
        ((HEADER, "schedule,2021-22,games,many,0,,"), ("--season", "2021"), "line 2: column value: [many]"),
        ((HEADER, "schedule,2021-22,games,1230,few,,"), ("--season", "2021"), "column tolerance: [few]"),
        ((HEADER, GOOD_LINE), ("--season", "last"), "--season"),
        ((HEADER, GOOD_LINE), (), "--season"),
    ],
)
def test_bad_input_is_said_before_anything_is_printed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: Sequence[str],
    arguments: Sequence[str],
    complaint: str,
) -> None:
    code = run(("verify", *arguments, "--against", str(csv_file(tmp_path, *lines))))
    captured = capsys.readouterr()
    assert (code, captured.out) == (Exit.INPUT, "")
    assert complaint in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.usefixtures("unprocessed")
def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.csv"
    assert run(("verify", "--season", "2021", "--against", str(missing))) == Exit.INPUT
    assert capsys.readouterr().err == f"nba: Cannot read [{missing}]: No such file or directory.\n"


def test_a_season_of_a_warehouse_without_schedule_says_how_to_start() -> None:
    with pytest.raises(InputError, match="no schedule has been ingested"):
        read_season(Tables().warehouse(), 2021)
