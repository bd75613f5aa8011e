"""First deliveries lack exactly what the truth says, and late deliveries put exactly that right."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from services.ingest.synthetic import FaultKind, SyntheticOptions, SyntheticSeason, generate
from tests.unit.ingest.synthetic_seasons import (
    FIRST_MONTH,
    OPENING,
    SEASON_YEAR,
    SEASONS,
    month,
    number,
    query,
    season,
    tiny_options,
)

PLAYER_BOX = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"


def missing_rows(generated: SyntheticSeason, table: str) -> set[tuple[object, ...]]:
    """(game_id, team_abbr, player_lookup if any) of the rows that the first delivery lacks."""
    columns = ["game_id", "team_abbr"] + (["player_lookup"] if table == PLAYER_BOX else [])

    def keys(rows: pa.Table) -> set[tuple[object, ...]]:
        return set(zip(*(rows[column].to_pylist() for column in columns), strict=True))

    delivered, clean = keys(generated.tables[table]), keys(generated.clean[table])
    assert delivered <= clean
    return clean - delivered


def planted_rows(generated: SyntheticSeason, table: str) -> set[tuple[object, ...]]:
    """The same, as the truth tells it."""
    truth = generated.truth
    whole_games = {game.game_id for game in truth.games_not_ingested}
    half = {
        (game.game_id, game.team_abbr, lookup)
        for game in truth.games_half_ingested
        for lookup in game.missing_player_lookups
    }
    planted: set[tuple[object, ...]] = set(half) if table == PLAYER_BOX else set()
    for row in generated.clean[table].to_pylist():
        if row["game_id"] in whole_games or row["game_date"] in truth.late_box_scores:
            key = (row["game_id"], row["team_abbr"])
            planted.add((*key, row["player_lookup"]) if table == PLAYER_BOX else key)
    return planted


@pytest.mark.parametrize("table", [PLAYER_BOX, TEAM_BOX])
@pytest.mark.parametrize("which", SEASONS)
def test_the_first_delivery_lacks_exactly_the_planted_rows(which: str, table: str) -> None:
    generated = SEASONS[which]()
    assert planted_rows(generated, table)
    assert missing_rows(generated, table) == planted_rows(generated, table)


def test_tables_without_faults_are_delivered_as_they_should_be() -> None:
    for name, clean in month().clean.items():
        if name not in (PLAYER_BOX, TEAM_BOX):
            assert month().tables[name].equals(clean), name


def test_rows_that_are_delivered_are_right() -> None:
    for name in (PLAYER_BOX, TEAM_BOX):
        differing = f"SELECT count(*) FROM (FROM delivered EXCEPT ALL FROM clean_{name})"
        tables = {"delivered": month().tables[name], f"clean_{name}": month().clean[name]}
        assert number(tables, differing) == 0


@pytest.mark.parametrize("which", SEASONS)
def test_late_deliveries_turn_the_first_delivery_into_the_clean_state(which: str) -> None:
    generated = SEASONS[which]()
    tables = dict(generated.tables)
    for late in generated.late:
        for name, rows in late.tables.items():
            day = pa.scalar(late.game_date, pa.date32())
            assert set(rows["game_date"].to_pylist()) == {late.game_date}
            kept = tables[name].filter(pc.not_equal(tables[name]["game_date"], day))
            tables[name] = pa.concat_tables([kept, rows])
    for name, clean in generated.clean.items():
        order = [("game_id", "ascending"), ("team_abbr", "ascending")]
        if name == PLAYER_BOX:
            order.append(("player_lookup", "ascending"))
        if name in (PLAYER_BOX, TEAM_BOX):
            assert tables[name].sort_by(order).equals(clean.sort_by(order)), name
        else:
            assert tables[name].equals(clean), name


def test_late_deliveries_come_as_files_for_the_ingest() -> None:
    for late in month().late:
        assert {file.table: file.rows.num_rows for file in late.files} == {
            name: rows.num_rows for name, rows in late.tables.items()
        }
    names = [file.name for late in month().late for file in late.files]
    assert len(set(names)) == len(names)


def test_a_game_not_ingested_is_final_with_no_box_score_at_all() -> None:
    for game in month().truth.games_not_ingested:
        for table in (PLAYER_BOX, TEAM_BOX):
            assert (
                number(month().tables, f"SELECT count(*) FROM {table} WHERE game_id = '{game.game_id}'") == 0
            )
        assert query(
            month().tables,
            f"""
            SELECT game_status_text FROM nbac_schedule
            WHERE game_id = '{game.game_id}' AND game_date = '{game.game_date}'
            """,
        ) == [("Final",)]


def test_a_half_ingested_game_has_both_team_rows_and_a_list_that_does_not_reconcile() -> None:
    for game in month().truth.games_half_ingested:
        where = f"game_id = '{game.game_id}'"
        assert number(month().tables, f"SELECT count(*) FROM {TEAM_BOX} WHERE {where}") == 2
        [listed] = query(
            month().clean,
            f"SELECT count(*) FROM {PLAYER_BOX} WHERE {where} AND team_abbr = '{game.team_abbr}'",
        )
        assert len(game.missing_player_lookups) == listed[0] // 2
        sums = query(
            month().tables,
            f"""
            SELECT p.team_abbr, any_value(t.points) - sum(p.points),
              any_value(t.minutes_decimal) - sum(p.minutes_decimal)
            FROM {PLAYER_BOX} p JOIN {TEAM_BOX} t USING (game_id, team_abbr) WHERE {where} GROUP BY 1
            """,
        )
        missing = {team: (points, minutes) for team, points, minutes in sums}
        assert len(missing) == 2
        points, minutes = missing.pop(game.team_abbr)
        assert points > 0
        assert minutes > 0.5
        [(points, minutes)] = missing.values()
        assert points == 0
        assert abs(minutes) < 0.01


def test_a_late_box_score_leaves_the_date_with_its_schedule_but_without_box_scores() -> None:
    for day in month().truth.late_box_scores:
        for table in (PLAYER_BOX, TEAM_BOX):
            assert number(month().tables, f"SELECT count(*) FROM {table} WHERE game_date = '{day}'") == 0
            assert number(month().clean, f"SELECT count(*) FROM {table} WHERE game_date = '{day}'") > 0
        final = f"SELECT count_if(game_status = 3) FROM nbac_schedule WHERE game_date = '{day}'"
        assert number(month().tables, final) > 0


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("teams", [4, 30])
def test_the_first_month_has_all_faults_in_its_first_half_on_dates_of_their_own(
    seed: int, teams: int
) -> None:
    generated = generate(
        SyntheticOptions(
            seed=seed,
            season_year=SEASON_YEAR,
            start_date=FIRST_MONTH[0],
            end_date=OPENING + timedelta(days=15),
            faults=True,
            include_optional=False,
            teams=teams,
        )
    )
    assert {late.kind for late in generated.late} == set(FaultKind)
    days = [late.game_date for late in generated.late]
    assert days == sorted(set(days))
    # Everybody who is missed has played before, so somebody can be expected.
    hit = [(game.game_id, game.game_date) for game in generated.truth.games_not_ingested]
    hit += [(game.game_id, game.game_date) for game in generated.truth.games_half_ingested]
    for game_id, day in hit:
        teams_hit = query(
            generated.clean, f"SELECT team_abbr FROM nbac_team_boxscore WHERE game_id = '{game_id}'"
        )
        for (team,) in teams_hit:
            earlier = f"""
                SELECT count(*) FROM nbac_team_boxscore
                WHERE team_abbr = '{team}' AND game_date < '{day}'
            """
            assert number(generated.clean, earlier) > 0


def test_every_calendar_month_to_march_has_one_fault_of_each_kind_in_its_first_half() -> None:
    for kind in FaultKind:
        days = [late.game_date for late in season().late if late.kind is kind]
        assert [(day.year, day.month) for day in days] == [
            (2021, 10),
            (2021, 11),
            (2021, 12),
            (2022, 1),
            (2022, 2),
            (2022, 3),
        ]
        assert all(day.day <= 15 for day in days[1:])


def test_without_faults_the_first_delivery_is_clean_and_the_same_as_with_them() -> None:
    without = generate(tiny_options(faults=False))
    assert without.late == ()
    assert without.truth.late_box_scores == ()
    assert without.truth.games_not_ingested == ()
    assert without.truth.games_half_ingested == ()
    with_faults = generate(tiny_options())
    for name, table in without.tables.items():
        assert table.equals(without.clean[name]), name
        assert table.equals(with_faults.clean[name]), name
