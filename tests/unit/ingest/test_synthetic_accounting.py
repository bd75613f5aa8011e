"""Synthetic games add up exactly: players to teams, teams to scores, shots to box scores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.ingest.source import RawFile
from services.ingest.synthetic import SyntheticOptions, SyntheticSeason, generate
from services.ingest.validate import validate
from shared.arrow import arrow_schema
from shared.tables import raw_tables
from tests.realdata import SHARED, requires_shared
from tests.unit.ingest.synthetic_seasons import OPENING, SEASON_YEAR, SEASONS, month, number, query

PLAYER_SUMS = """
    SELECT game_id, team_abbr, sum(points) AS points, sum(minutes_decimal) AS minutes_decimal,
      sum(field_goals_made) AS fg_made, sum(field_goals_attempted) AS fg_attempted,
      sum(three_pointers_made) AS three_pt_made, sum(three_pointers_attempted) AS three_pt_attempted,
      sum(free_throws_made) AS ft_made, sum(free_throws_attempted) AS ft_attempted,
      sum(offensive_rebounds) AS offensive_rebounds, sum(defensive_rebounds) AS defensive_rebounds,
      sum(total_rebounds) AS total_rebounds, sum(assists) AS assists, sum(steals) AS steals,
      sum(blocks) AS blocks, sum(turnovers) AS turnovers, sum(personal_fouls) AS personal_fouls,
      sum(plus_minus) AS plus_minus, count_if(starter) AS starters,
      count_if(player_status = 'active') AS active, count(*) AS listed
    FROM nbac_gamebook_player_stats GROUP BY ALL
"""
EXACT_SUMS = (
    "points",
    "fg_made",
    "fg_attempted",
    "three_pt_made",
    "three_pt_attempted",
    "ft_made",
    "ft_attempted",
    "offensive_rebounds",
    "defensive_rebounds",
    "total_rebounds",
    "assists",
    "steals",
    "blocks",
    "personal_fouls",
)


@pytest.mark.parametrize("table", sorted(raw_tables()))
@pytest.mark.parametrize("delivery", ["tables", "clean"])
def test_every_table_has_the_declared_types_and_passes_the_ingests_validation(
    table: str, delivery: str
) -> None:
    schema = raw_tables()[table]
    rows = getattr(month(), delivery)[table]
    assert rows.schema == arrow_schema(schema)
    assert rows.num_rows > 0
    validated = validate(RawFile(name="synthetic", table=table, rows=rows))
    assert validated.num_rows == rows.num_rows
    keys = list(zip(*(rows[column].to_pylist() for column in schema.key), strict=True))
    assert len(set(keys)) == len(keys)
    for column in schema.columns:
        if column.required:
            assert rows[column.name].null_count == 0, column.name


@pytest.mark.parametrize("which", SEASONS)
@pytest.mark.parametrize("column", EXACT_SUMS)
def test_a_teams_total_is_the_sum_of_its_players(which: str, column: str) -> None:
    tables = SEASONS[which]().clean
    differing = f"""
        SELECT count(*) FROM nbac_team_boxscore t FULL JOIN ({PLAYER_SUMS}) p USING (game_id, team_abbr)
        WHERE t.{column} IS DISTINCT FROM p.{column}
    """
    assert number(tables, differing) == 0


@pytest.mark.parametrize("which", SEASONS)
def test_points_are_what_the_baskets_are_worth_for_players_and_teams(which: str) -> None:
    tables = SEASONS[which]().clean
    wrong_players = """
        SELECT count(*) FROM nbac_gamebook_player_stats
        WHERE points <> 2 * field_goals_made + three_pointers_made + free_throws_made
          OR total_rebounds <> offensive_rebounds + defensive_rebounds
          OR three_pointers_made > field_goals_made OR three_pointers_attempted > field_goals_attempted
          OR field_goals_attempted - three_pointers_attempted < field_goals_made - three_pointers_made
    """
    wrong_teams = """
        SELECT count(*) FROM nbac_team_boxscore
        WHERE points <> 2 * fg_made + three_pt_made + ft_made
          OR total_rebounds <> offensive_rebounds + defensive_rebounds OR assists > fg_made
    """
    assert number(tables, wrong_players) == 0
    assert number(tables, wrong_teams) == 0


@pytest.mark.parametrize("which", SEASONS)
def test_every_final_game_has_two_teams_whose_points_are_the_score(which: str) -> None:
    tables = SEASONS[which]().clean
    wrong = """
        SELECT count(*) FROM nbac_schedule s
        LEFT JOIN nbac_team_boxscore h
          ON h.game_id = s.game_id AND h.game_date = s.game_date AND h.is_home
          AND h.team_abbr = s.home_team_tricode AND h.opponent_team_abbr = s.away_team_tricode
        LEFT JOIN nbac_team_boxscore a
          ON a.game_id = s.game_id AND a.game_date = s.game_date AND NOT a.is_home
          AND a.team_abbr = s.away_team_tricode AND a.opponent_team_abbr = s.home_team_tricode
        WHERE s.game_status_text = 'Final' AND (s.home_team_score IS DISTINCT FROM h.points
          OR s.away_team_score IS DISTINCT FROM a.points OR h.points = a.points OR s.game_status <> 3)
    """
    assert number(tables, wrong) == 0
    final = number(tables, "SELECT count(*) FROM nbac_schedule WHERE game_status_text = 'Final'")
    assert number(tables, "SELECT count(*) FROM nbac_team_boxscore") == 2 * final


@pytest.mark.parametrize("which", SEASONS)
def test_minutes_are_whole_seconds_and_add_up_to_the_length_of_the_game(which: str) -> None:
    tables = SEASONS[which]().clean
    wrong_text = """
        SELECT count(*) FROM nbac_gamebook_player_stats
        WHERE player_status = 'active' AND (NOT regexp_full_match(minutes, '[0-9]+:[0-5][0-9]')
          OR abs(split_part(minutes, ':', 1)::INT + split_part(minutes, ':', 2)::INT / 60
            - minutes_decimal) > 0.0001)
    """
    wrong_sums = f"""
        SELECT count(*) FROM nbac_team_boxscore t JOIN ({PLAYER_SUMS}) p USING (game_id, team_abbr)
        WHERE abs(t.minutes_decimal - p.minutes_decimal) > 0.01 OR t.minutes_decimal < 240
          OR (t.minutes_decimal - 240) % 25 <> 0
    """
    too_long = """
        SELECT count(*) FROM nbac_gamebook_player_stats p JOIN nbac_team_boxscore t
          USING (game_id, team_abbr) WHERE p.minutes_decimal > t.minutes_decimal / 5
    """
    assert number(tables, wrong_text) == 0
    assert number(tables, wrong_sums) == 0
    assert number(tables, too_long) == 0


@pytest.mark.parametrize("which", SEASONS)
def test_lists_are_plausible_and_plus_minus_is_five_times_the_margin(which: str) -> None:
    tables = SEASONS[which]().clean
    wrong = f"""
        SELECT count(*) FROM ({PLAYER_SUMS}) p JOIN nbac_team_boxscore t USING (game_id, team_abbr)
        JOIN nbac_team_boxscore o ON o.game_id = t.game_id AND o.team_abbr = t.opponent_team_abbr
        WHERE p.starters <> 5 OR p.active NOT BETWEEN 9 AND 11 OR p.listed NOT BETWEEN 15 AND 17
          OR p.plus_minus <> 5 * (t.points - o.points) OR p.turnovers > t.turnovers OR t.steals > o.turnovers
          OR t.blocks > o.fg_attempted - o.fg_made
    """
    assert number(tables, wrong) == 0
    assert number(tables, "SELECT max(personal_fouls) FROM nbac_gamebook_player_stats") <= 6


@pytest.mark.parametrize("which", SEASONS)
def test_statistics_are_null_exactly_for_those_who_did_not_play(which: str) -> None:
    tables = SEASONS[which]().clean
    schema = raw_tables()["nbac_gamebook_player_stats"]
    names = schema.column_names
    statistics = names[names.index("minutes") : names.index("processed_at")]
    for name in statistics:
        wrong = f"""
            SELECT count(*) FROM nbac_gamebook_player_stats
            WHERE ({name} IS NULL) = (player_status = 'active')
        """
        assert number(tables, wrong) == 0, name
    assert set(query(tables, "SELECT DISTINCT player_status FROM nbac_gamebook_player_stats")) == {
        ("active",),
        ("dnp",),
        ("inactive",),
    }
    starters_absent = """
        SELECT count(*) FROM nbac_gamebook_player_stats WHERE starter AND player_status <> 'active'
    """
    assert number(tables, starters_absent) == 0


def test_shot_charts_have_every_attempt_of_the_box_score_in_its_zone() -> None:
    differing = """
        WITH shots AS (
          SELECT game_id, team_abbr, player_lookup, count(*) AS fga, count_if(shot_made) AS fgm,
            count_if(shot_type = '3PT') AS tpa, count_if(shot_type = '3PT' AND shot_made) AS tpm
          FROM nbac_shot_chart GROUP BY ALL),
        box AS (
          SELECT game_id, team_abbr, player_lookup, field_goals_attempted AS fga, field_goals_made AS fgm,
            three_pointers_attempted AS tpa, three_pointers_made AS tpm
          FROM nbac_gamebook_player_stats
          WHERE field_goals_attempted > 0 AND game_id IN (SELECT game_id FROM nbac_shot_chart))
        SELECT count(*) FROM ((FROM shots EXCEPT FROM box) UNION ALL (FROM box EXCEPT FROM shots))
    """
    assert number(month().clean, differing) == 0
    zones = {
        "Restricted Area": "2PT",
        "In The Paint (Non-RA)": "2PT",
        "Mid-Range": "2PT",
        "Left Corner 3": "3PT",
        "Right Corner 3": "3PT",
        "Above the Break 3": "3PT",
        "Backcourt": "3PT",
    }
    assert set(
        query(month().clean, "SELECT DISTINCT shot_zone_basic, shot_type FROM nbac_shot_chart")
    ) == set(zones.items())


def test_shot_locations_lie_in_their_zones() -> None:
    wrong = """
        SELECT count(*) FROM nbac_shot_chart
        WHERE shot_distance <> floor(sqrt(loc_x * loc_x + loc_y * loc_y) / 10)
          OR (shot_zone_basic = 'Restricted Area') <> (shot_distance < 4)
          OR (shot_zone_basic = 'In The Paint (Non-RA)' AND (abs(loc_x) > 80 OR loc_y > 138))
          OR (shot_zone_basic = 'Left Corner 3' AND (loc_x > -220 OR loc_y > 87))
          OR (shot_zone_basic = 'Right Corner 3' AND (loc_x < 220 OR loc_y > 87))
          OR (shot_zone_basic = 'Above the Break 3' AND (shot_distance < 23 OR loc_y <= 87))
          OR (shot_zone_basic = 'Backcourt' AND loc_y < 420)
    """
    assert number(month().clean, wrong) == 0


def test_play_by_play_tells_the_same_shots_as_the_shot_chart() -> None:
    differing = """
        WITH shots AS (
          SELECT game_id, period, seconds_remaining, team_abbr, shot_type, shot_made FROM nbac_shot_chart
          WHERE game_id IN (SELECT game_id FROM nbac_play_by_play)),
        events AS (
          SELECT game_id, period, seconds_remaining, team_abbr, shot_type, shot_made FROM nbac_play_by_play
          WHERE game_id IN (SELECT game_id FROM nbac_shot_chart))
        SELECT count(*) FROM ((FROM shots EXCEPT ALL FROM events) UNION ALL
          (FROM events EXCEPT ALL FROM shots))
    """
    assert number(month().clean, differing) == 0
    out_of_order = """
        SELECT count(*) FROM (
          SELECT period * 10000 - seconds_remaining AS clock,
            lag(clock) OVER (PARTITION BY game_id ORDER BY event_sequence) AS earlier
          FROM nbac_play_by_play)
        WHERE clock <= earlier
    """
    assert number(month().clean, out_of_order) == 0


def test_play_by_play_names_who_shot_and_who_assisted_as_the_box_score_counts_it() -> None:
    tables = month().clean
    for counted, box, condition in (
        ("player_1_lookup", "field_goals_attempted", "TRUE"),
        ("player_2_lookup", "assists", "player_2_role = 'assist'"),
    ):
        differing = f"""
            WITH told AS (
              SELECT game_id, {counted} AS player_lookup, count(*) AS events FROM nbac_play_by_play
              WHERE {counted} IS NOT NULL AND {condition} GROUP BY ALL)
            SELECT count(*) FROM told JOIN nbac_gamebook_player_stats USING (game_id, player_lookup)
            WHERE events <> {box}
        """
        assert number(tables, differing) == 0, counted
    team_assists = """
        WITH told AS (
          SELECT game_id, team_abbr, count_if(assisted) AS assisted FROM nbac_play_by_play GROUP BY ALL)
        SELECT count(*) FROM told JOIN nbac_team_boxscore USING (game_id, team_abbr)
        WHERE assisted <> assists
    """
    assert number(tables, team_assists) == 0


def test_play_by_play_events_have_the_shapes_of_the_real_ones() -> None:
    shapes = """
        SELECT DISTINCT event_type, shot_made, assisted, blocked, and_one, player_2_role,
          player_2_lookup IS NULL FROM nbac_play_by_play
    """
    common = {
        ("fieldgoal", False, False, False, False, None, True),
        ("fieldgoal", False, False, True, False, None, True),
        ("fieldgoal", True, False, False, False, None, True),
        ("fieldgoal", True, False, False, True, None, True),
        ("fieldgoal", True, True, False, False, "assist", False),
        ("fieldgoal", True, True, False, True, "assist", False),
        # An assist by somebody whose surname a team-mate has.
        ("fieldgoal", True, True, False, False, None, True),
    }
    rare = {("fieldgoal", True, True, False, True, None, True)}
    assert common <= set(query(month().clean, shapes)) <= common | rare


def test_blocks_and_three_point_plays_agree_with_the_box_score() -> None:
    wrong = """
        WITH told AS (
          SELECT game_id, team_abbr, count_if(blocked) AS blocked, count_if(and_one) AS and_ones
          FROM nbac_play_by_play GROUP BY ALL)
        SELECT count(*) FROM told e JOIN nbac_team_boxscore t USING (game_id, team_abbr)
        JOIN nbac_team_boxscore o ON o.game_id = t.game_id AND o.team_abbr = t.opponent_team_abbr
        WHERE e.blocked <> o.blocks OR e.and_ones > t.ft_attempted
    """
    assert number(month().clean, wrong) == 0


def test_reports_and_lines_speak_of_listed_players_and_real_games() -> None:
    tables = month().clean
    for table in ("nbac_injury_report", "odds_api_player_points_props"):
        unlisted = f"""
            SELECT count(*) FROM {table} ANTI JOIN nbac_gamebook_player_stats
              USING (game_id, game_date, player_lookup, player_name)
        """
        assert number(tables, unlisted) == 0, table
    wrong_lines = """
        SELECT count(*) FROM odds_api_game_lines l LEFT JOIN nbac_schedule s USING (game_id, game_date)
        WHERE s.home_team_tricode IS DISTINCT FROM l.home_team_abbr
          OR s.away_team_tricode IS DISTINCT FROM l.away_team_abbr
          OR (2 * home_spread) % 1 <> 0 OR total_points NOT BETWEEN 180 AND 260
    """
    assert number(tables, wrong_lines) == 0
    wrong_props = """
        SELECT count(*) FROM odds_api_player_points_props
        WHERE points_line % 1 <> 0.5 OR over_price <= 1 OR under_price <= 1
          OR snapshot_timestamp >= commence_time
    """
    assert number(tables, wrong_props) == 0


def test_some_lines_are_for_players_who_then_did_not_play() -> None:
    void = """
        SELECT count(*) FROM odds_api_player_points_props JOIN nbac_gamebook_player_stats
          USING (game_id, player_lookup) WHERE player_status <> 'active'
    """
    assert number(month().clean, void) > 0


@pytest.mark.parametrize("seed", range(20, 26))
def test_lists_reconcile_for_other_seeds_too(seed: int) -> None:
    generated = generate(
        SyntheticOptions(
            seed=seed,
            season_year=SEASON_YEAR,
            start_date=OPENING,
            end_date=OPENING + timedelta(days=20),
            include_optional=False,
            teams=8,
        )
    )
    assert number(generated.clean, f"SELECT count(*) FROM ({_unreconciled()})") == 0


def _unreconciled() -> str:
    return f"""
        SELECT game_id FROM nbac_team_boxscore t FULL JOIN ({PLAYER_SUMS}) p USING (game_id, team_abbr)
        WHERE t.points IS DISTINCT FROM p.points OR abs(t.minutes_decimal - p.minutes_decimal) > 0.01
    """


@pytest.mark.realdata
@requires_shared("data", "raw")
@pytest.mark.parametrize("seed", [1, 7])
def test_no_invented_player_is_a_real_one(seed: int) -> None:
    generated: SyntheticSeason = generate(
        SyntheticOptions(
            seed=seed,
            season_year=SEASON_YEAR,
            start_date=OPENING,
            end_date=OPENING + timedelta(days=4),
            include_optional=False,
        )
    )
    real = query(
        {},
        f"""
        SELECT DISTINCT player_lookup
        FROM read_parquet('{SHARED}/data/raw/*/nbac_gamebook_player_stats.parquet')
        """,
    )
    invented = query(generated.clean, "SELECT DISTINCT player_lookup FROM nbac_gamebook_player_stats")
    assert len(real) > 500
    assert len(invented) == 480
    assert not set(real) & set(invented)
