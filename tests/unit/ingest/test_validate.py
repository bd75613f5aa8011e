"""Every way in which raw rows can break the contract, and what the engineer is told about it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from services.ingest.source import IngestError, RawFile
from services.ingest.validate import SOURCE_ROW, season_year_of, validate
from shared.arrow import arrow_schema
from shared.tables import ColumnType, raw_tables
from tests.realdata import SHARED, requires_shared
from tests.unit.ingest.rows import good_row, table_of

PLAYERS = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"


def refusal(table: str, rows: pa.Table) -> IngestError:
    with pytest.raises(IngestError) as caught:
        validate(RawFile(name="in.parquet", table=table, rows=rows))
    return caught.value


def refusal_of(table: str, **changes: object) -> IngestError:
    """What is said when the second of two rows carries `changes`."""
    rows = table_of(table, good_row(table), good_row(table, **(_another_key(table) | changes)))
    return refusal(table, rows)


def _another_key(table: str) -> dict[str, object]:
    for name, value in (
        ("player_lookup", "berthasomewhere"),
        ("shot_sequence", 2),
        ("event_sequence", 8),
        ("team_abbr", "BKN"),
    ):
        if name in raw_tables()[table].key:
            return {name: value}
    return {"game_id": "0022100002"}


@pytest.mark.parametrize("table", list(raw_tables()))
def test_rows_that_meet_the_contract_come_out_in_exactly_its_schema(table: str) -> None:
    rows = table_of(table, good_row(table), good_row(table, **_another_key(table)))

    validated = validate(RawFile(name="in.parquet", table=table, rows=rows))

    assert validated.schema == arrow_schema(raw_tables()[table])
    assert validated == rows


@pytest.mark.parametrize("table", list(raw_tables()))
def test_everything_but_required_columns_may_be_null(table: str) -> None:
    schema = raw_tables()[table]
    row = {name: value if schema.column(name).required else None for name, value in good_row(table).items()}

    validated = validate(RawFile(name="in.parquet", table=table, rows=table_of(table, row)))

    assert validated.to_pylist() == [row]


def test_column_order_and_extra_columns_do_not_matter() -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX))
    shuffled = rows.select(rows.column_names[::-1]).append_column("note", pa.array(["x"]))

    assert validate(RawFile(name="in.parquet", table=TEAM_BOX, rows=shuffled)) == rows


def test_text_of_a_csv_is_read_as_the_declared_types() -> None:
    row = good_row(PLAYERS, processed_at=datetime(2021, 10, 20, 6, tzinfo=UTC))
    text = {name: None if value is None else str(value) for name, value in row.items()}
    rows = pa.Table.from_pylist([text], schema=pa.schema([(name, pa.string()) for name in text]))

    assert validate(RawFile(name="in.csv", table=PLAYERS, rows=rows)).to_pylist() == [row]


def test_timestamps_without_a_zone_are_taken_as_utc() -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX))
    naive = rows.set_column(
        rows.column_names.index("processed_at"),
        "processed_at",
        pa.array([datetime(2021, 10, 20, 6, 0)], pa.timestamp("us")),  # noqa: DTZ001
    )

    assert validate(RawFile(name="in.parquet", table=TEAM_BOX, rows=naive)) == rows


def test_a_table_without_rows_is_legal() -> None:
    rows = table_of(TEAM_BOX)
    assert validate(RawFile(name="in.parquet", table=TEAM_BOX, rows=rows)).num_rows == 0


def test_an_unknown_table_is_refused_with_the_tables_there_are() -> None:
    error = refusal("box_scores", table_of(TEAM_BOX))
    assert "[box_scores] is not a table of the raw contract: file [in.parquet]" in str(error)
    assert TEAM_BOX in error.remedy


def test_a_missing_column_is_named_with_its_table_and_type() -> None:
    error = refusal(TEAM_BOX, table_of(TEAM_BOX, good_row(TEAM_BOX)).drop_columns(["steals"]))

    assert str(error).startswith(
        "A column of the raw contract is missing: file [in.parquet], column [steals]."
    )
    assert "[nba_raw.nbac_team_boxscore]" in error.remedy
    assert "INT64" in error.remedy


def test_a_column_that_occurs_twice_is_refused() -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX))

    error = refusal(TEAM_BOX, rows.append_column("steals", pa.array([1])))

    assert "A column occurs twice: file [in.parquet], column [steals]" in str(error)
    assert "exactly one column [steals]" in error.remedy


@pytest.mark.parametrize(
    ("column", "values", "bad", "kind", "remedy"),
    [
        ("points", pa.array(["101", "abc"]), (2, "abc"), ColumnType.INT64, "whole number"),
        ("points", pa.array([3.5, 101.0]), (1, "3.5"), ColumnType.INT64, "whole number"),
        ("minutes_decimal", pa.array([240.0, float("nan")]), (2, "nan"), ColumnType.FLOAT64, "finite number"),
        ("is_home", pa.array(["true", "home"]), (2, "home"), ColumnType.BOOL, "true or false"),
        (
            "game_date",
            pa.array(["2021-10-19", "10/19/2021"]),
            (2, "10/19/2021"),
            ColumnType.DATE,
            "YYYY-MM-DD",
        ),
        (
            "processed_at",
            pa.array(["2021-10-19T06:00:00Z", "soon"]),
            (2, "soon"),
            ColumnType.TIMESTAMP,
            "UTC",
        ),
        ("game_id", pa.array([22100001, 22100002]), (1, "22100001"), ColumnType.STRING, "leading zeros"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_row(
    column: str, values: pa.Array, bad: tuple[int, str], kind: ColumnType, remedy: str
) -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX), good_row(TEAM_BOX, team_abbr="BKN"))

    error = refusal(TEAM_BOX, rows.set_column(rows.column_names.index(column), column, values))

    assert str(error).startswith(
        f"Not a {kind} value: file [in.parquet], row {bad[0]}, column [{column}], value [{bad[1]}]."
    )
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column.name)
        for table, schema in raw_tables().items()
        for column in schema.columns
        if column.required
    ],
)
def test_null_in_a_required_column_is_named(table: str, column: str) -> None:
    error = refusal_of(table, **{column: None})

    assert str(error).startswith(
        f"NULL in a REQUIRED column: file [in.parquet], row 2, column [{column}], value [NULL]."
    )
    assert error.remedy == f"Fill in [{column}], or leave the row out"


@pytest.mark.parametrize(
    ("table", "column", "value", "legal"),
    [
        (PLAYERS, "player_status", "DNP", "active, dnp, inactive"),
        ("nbac_injury_report", "injury_status", "ill", "out, doubtful, questionable, probable, available"),
        ("nbac_shot_chart", "shot_type", "3PT Field Goal", "2PT, 3PT"),
        ("nbac_play_by_play", "shot_type", "2", "2PT, 3PT"),
        ("nbac_schedule", "game_status", 4, "1, 2, 3"),
        ("nbac_schedule", "season_type", "Regular Season", "regular, play_in, playoffs, cup_final"),
    ],
)
def test_a_value_outside_its_closed_list_is_refused_with_the_list(
    table: str, column: str, value: object, legal: str
) -> None:
    error = refusal_of(table, **{column: value})

    assert str(error).startswith(
        f"Not a legal value: file [in.parquet], row 2, column [{column}], value [{value}]."
    )
    assert error.remedy == f"Use one of [{legal}]"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table, schema in raw_tables().items()
        for column in schema.column_names
        if column.startswith(("team_", "opponent_team", "home_team", "away_team"))
        and not column.endswith("score")
    ],
)
def test_an_unknown_team_is_refused_in_whatever_column_it_stands(table: str, column: str) -> None:
    error = refusal_of(table, **{column: "NJN"})

    assert str(error).startswith(f"Unknown team: file [in.parquet], row 2, column [{column}], value [NJN].")
    assert "BKN" in error.remedy


@pytest.mark.parametrize("game_id", ["22100001", "00221000011", "002210000x", "", "0022100001\n"])
def test_a_game_id_that_is_not_ten_digits_is_refused(game_id: str) -> None:
    error = refusal_of("nbac_shot_chart", game_id=game_id)

    assert str(error).startswith(
        f"Not an NBA game id: file [in.parquet], row 2, column [game_id], value [{game_id}]."
    )
    assert "0022100001" in error.remedy


@pytest.mark.parametrize(
    ("game_id", "kind"),
    [("0012100001", "preseason"), ("0032100001", "All-Star"), ("0072100001", "not a kind of game")],
)
def test_games_that_never_count_are_refused(game_id: str, kind: str) -> None:
    error = refusal_of("nbac_shot_chart", game_id=game_id)

    assert "A game that never counts" in error.problem
    assert kind in error.problem
    assert (error.row, error.column, error.value) == (2, "game_id", game_id)
    assert "Leave rows of such games out" in error.remedy


@pytest.mark.parametrize("game_id", ["0022100001", "0042100001", "0052100001", "0062100001"])
def test_regular_playoff_play_in_and_cup_final_games_count(game_id: str) -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX, game_id=game_id))
    assert validate(RawFile(name="in.parquet", table=TEAM_BOX, rows=rows)) == rows


@pytest.mark.parametrize(
    ("game_id", "season_year"),
    [("0022100001", 2021), ("0029600001", 1996), ("0024600001", 1946), ("0024500001", 2045)],
)
def test_the_season_is_in_the_game_id(game_id: str, season_year: int) -> None:
    assert season_year_of(game_id) == season_year


def test_a_season_year_that_is_not_the_game_ids_is_refused() -> None:
    error = refusal_of(TEAM_BOX, season_year=2022)

    assert str(error).startswith(
        "Not in the game's season: file [in.parquet], row 2, column [season_year], value [2022]."
    )
    assert error.remedy == "Game [0022100001] belongs to season_year 2021 by its id"


@pytest.mark.parametrize("game_date", [date(2021, 8, 31), date(2022, 11, 1)])
@pytest.mark.parametrize("table", list(raw_tables()))
def test_a_date_outside_the_games_season_is_refused_in_every_table(table: str, game_date: date) -> None:
    error = refusal_of(table, game_date=game_date)

    assert error.problem == "Not in the game's season"
    assert (error.row, error.column, error.value) == (2, "game_date", game_date)
    assert "must be dated 2021-09-01 to 2022-10-31" in error.remedy


@pytest.mark.parametrize("game_date", [date(2021, 9, 1), date(2022, 10, 31)])
def test_the_first_and_last_day_of_a_season_are_inside(game_date: date) -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX, game_date=game_date))
    assert validate(RawFile(name="in.parquet", table=TEAM_BOX, rows=rows)) == rows


def test_minutes_that_disagree_with_their_text_are_refused() -> None:
    error = refusal_of(PLAYERS, minutes="27:34", minutes_decimal=27.34)

    assert "minutes and minutes_decimal differ by more than 0.02" in error.problem
    assert (error.row, error.column, error.value) == (2, "minutes_decimal", "27.34 against 27:34")
    assert "minutes + seconds / 60" in error.remedy


@pytest.mark.parametrize(("text", "decimal"), [("27:34", None), (None, 27.0), ("27:34", 27.58)])
def test_minutes_known_in_one_form_only_or_rounded_are_legal(text: str | None, decimal: float | None) -> None:
    rows = table_of(PLAYERS, good_row(PLAYERS, minutes=text, minutes_decimal=decimal))
    assert validate(RawFile(name="in.parquet", table=PLAYERS, rows=rows)) == rows


@pytest.mark.parametrize("text", ["27", "27:60", "PT27M34.00S", "27.000000:34"])
def test_minutes_that_are_no_playing_time_are_refused(text: str) -> None:
    error = refusal_of(PLAYERS, minutes=text)

    assert str(error).startswith(
        f"Not a playing time: file [in.parquet], row 2, column [minutes], value [{text}]."
    )
    assert "MM:SS" in error.remedy


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column.name)
        for table, schema in raw_tables().items()
        for column in schema.columns
        if column.type in (ColumnType.INT64, ColumnType.FLOAT64)
        and column.name not in ("plus_minus", "loc_x", "loc_y", "home_spread", "season_year", "game_status")
        and (table, column.name) != (PLAYERS, "minutes_decimal")
    ],
)
def test_a_negative_count_is_refused(table: str, column: str) -> None:
    error = refusal_of(table, **{column: -1})

    assert "A negative count: file [in.parquet], row 2," in str(error)
    assert error.column == column
    assert "Counts start at 0" in error.remedy


@pytest.mark.parametrize(
    ("table", "made", "attempted"),
    [
        (PLAYERS, "field_goals_made", "field_goals_attempted"),
        (PLAYERS, "three_pointers_made", "three_pointers_attempted"),
        (PLAYERS, "free_throws_made", "free_throws_attempted"),
        (TEAM_BOX, "fg_made", "fg_attempted"),
        (TEAM_BOX, "three_pt_made", "three_pt_attempted"),
        (TEAM_BOX, "ft_made", "ft_attempted"),
    ],
)
def test_more_made_than_attempted_is_refused(table: str, made: str, attempted: str) -> None:
    error = refusal_of(table, **{made: 6, attempted: 5})

    assert str(error).startswith(
        f"More made than attempted: file [in.parquet], row 2, column [{made}], value [6 of 5]."
    )
    assert f"[{attempted}]" in error.remedy


@pytest.mark.parametrize("table", list(raw_tables()))
def test_a_key_that_occurs_twice_is_refused_at_its_second_row(table: str) -> None:
    first, other = good_row(table), good_row(table, **_another_key(table))

    error = refusal(table, table_of(table, first, other, first))

    assert error.problem == "A key occurs twice"
    assert error.row == 3
    assert error.column == ", ".join(raw_tables()[table].key)
    assert str(first["game_id"]) in str(error.value)
    assert "Keep one row per" in error.remedy


def test_a_postponed_slot_and_its_replay_share_a_game_id() -> None:
    slot = good_row(
        "nbac_schedule",
        game_status=1,
        game_status_text="Postponed",
        home_team_score=None,
        away_team_score=None,
    )
    replay = good_row("nbac_schedule", game_date=date(2021, 12, 1))
    rows = table_of("nbac_schedule", slot, replay)

    assert validate(RawFile(name="in.parquet", table="nbac_schedule", rows=rows)) == rows


def test_the_row_number_is_the_files_own_when_the_reader_left_rows_out() -> None:
    rows = table_of(TEAM_BOX, good_row(TEAM_BOX), good_row(TEAM_BOX, team_abbr="NJN"))

    error = refusal(TEAM_BOX, rows.append_column(SOURCE_ROW, pa.array([40, 41])))

    assert "row 41, column [team_abbr], value [NJN]" in str(error)


def test_the_earliest_row_of_several_outside_their_season_is_named() -> None:
    rows = table_of(
        TEAM_BOX,
        good_row(TEAM_BOX, game_id="0022100009", game_date=date(2023, 1, 1)),
        good_row(TEAM_BOX, game_id="0022100001", game_date=date(2023, 1, 1)),
    )
    assert refusal(TEAM_BOX, rows).row == 1


@pytest.mark.realdata
@requires_shared("data", "raw")
@pytest.mark.parametrize("season", ["2021-22", "2024-25"])
@pytest.mark.parametrize("table", list(raw_tables()))
def test_the_real_seasons_meet_the_contract(season: str, table: str) -> None:
    path = SHARED / "data" / "raw" / season / f"{table}.parquet"
    if not path.exists():
        assert not raw_tables()[table].required
        return
    rows = pa_parquet.read_table(path)

    assert validate(RawFile(name=path.name, table=table, rows=rows)).num_rows == rows.num_rows
