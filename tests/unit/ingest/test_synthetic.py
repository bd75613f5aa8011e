"""What one may rely on when asking for a synthetic season: same options, same rows, whatever range."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from services.ingest.synthetic import SyntheticOptions, generate, season_bounds, synthetic_files
from shared.tables import raw_tables
from tests.unit.ingest.synthetic_seasons import (
    FIRST_MONTH,
    LAST_DAY,
    OPENING,
    SEASON_YEAR,
    month,
    number,
    query,
    season,
    tiny_options,
)

REQUIRED = {name for name, schema in raw_tables().items() if schema.required}


def digest(tables: Mapping[str, pa.Table]) -> str:
    rows = repr([(name, table.to_pylist()) for name, table in tables.items()])
    return hashlib.sha256(rows.encode()).hexdigest()


def test_another_process_with_other_string_hashes_generates_the_same_rows() -> None:
    options = tiny_options()
    program = (
        "from tests.unit.ingest.test_synthetic import digest\n"
        "from tests.unit.ingest.synthetic_seasons import tiny_options\n"
        "from services.ingest.synthetic import generate\n"
        "import sys\n"
        "season = generate(tiny_options())\n"
        "sys.stdout.write(digest(season.tables) + digest(season.clean) + repr(season.truth))\n"
    )
    here = generate(options)
    expected = digest(here.tables) + digest(here.clean) + repr(here.truth)
    for hash_seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert answer.stdout == expected


def test_another_seed_generates_other_rows() -> None:
    assert digest(generate(tiny_options(seed=8)).clean) != digest(generate(tiny_options(seed=7)).clean)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (FIRST_MONTH[0], FIRST_MONTH[0]),
        (OPENING + timedelta(days=5), OPENING + timedelta(days=9)),
        (OPENING + timedelta(days=8), OPENING + timedelta(days=8)),
        (OPENING + timedelta(days=12), FIRST_MONTH[1]),
    ],
)
def test_rows_of_a_date_do_not_depend_on_the_range_asked_for(start: date, end: date) -> None:
    longer = generate(tiny_options())
    shorter = generate(tiny_options(start_date=start, end_date=end))
    for of_longer, of_shorter in ((longer.tables, shorter.tables), (longer.clean, shorter.clean)):
        for name, table in of_longer.items():
            days = table["game_date"]
            first, last = pa.scalar(start, pa.date32()), pa.scalar(end, pa.date32())
            inside = pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last))
            assert of_shorter[name].equals(table.filter(inside)), name
    assert shorter.truth.late_box_scores == tuple(
        day for day in longer.truth.late_box_scores if start <= day <= end
    )


def test_required_rows_are_the_same_with_and_without_optional_tables() -> None:
    everything = generate(tiny_options())
    required = generate(tiny_options(include_optional=False))
    assert set(everything.tables) == set(raw_tables())
    assert set(required.tables) == REQUIRED
    for name in REQUIRED:
        assert required.tables[name].equals(everything.tables[name]), name
        assert required.clean[name].equals(everything.clean[name]), name


def test_seasons_of_one_seed_share_their_players() -> None:
    def lookups(year: int) -> set[object]:
        opening, _ = season_bounds(year)
        options = SyntheticOptions(
            seed=7, season_year=year, start_date=opening, end_date=opening + timedelta(days=6), teams=4
        )
        return set(generate(options).clean["nbac_gamebook_player_stats"]["player_lookup"].to_pylist())

    assert lookups(2021) == lookups(2024)


def test_a_smaller_league_keeps_the_rosters_of_its_teams() -> None:
    sql = "SELECT DISTINCT team_abbr, player_lookup FROM nbac_gamebook_player_stats WHERE game_date < '{}'"
    before_trades = sql.format(OPENING + timedelta(days=8))
    everybody = set(query(month().clean, before_trades))
    few = set(query(generate(tiny_options()).clean, before_trades))
    assert few < everybody


def test_files_hold_the_first_delivery() -> None:
    options = tiny_options()
    files = synthetic_files(options)
    assert {file.table for file in files} == set(raw_tables())
    assert len({file.name for file in files}) == len(files)
    delivered = generate(options).tables
    assert all(file.rows.equals(delivered[file.table]) for file in files)


def test_a_whole_season_has_1230_games_on_165_dates_and_82_for_every_team() -> None:
    slots = season().clean["nbac_schedule"].to_pylist()
    final = [slot for slot in slots if slot["game_status_text"] == "Final"]
    assert len(final) == len({slot["game_id"] for slot in final}) == 1230
    assert len({slot["game_date"] for slot in final}) == 165
    assert min(slot["game_date"] for slot in slots) == OPENING
    assert max(slot["game_date"] for slot in slots) == LAST_DAY
    games = Counter(slot[side] for slot in final for side in ("home_team_tricode", "away_team_tricode"))
    assert len(games) == 30
    assert set(games.values()) == {82}
    at_home = Counter(slot["home_team_tricode"] for slot in final)
    assert min(at_home.values()) >= 37
    assert max(at_home.values()) <= 45


def test_no_team_plays_twice_a_day_and_back_to_backs_are_as_common_as_in_life() -> None:
    gaps = query(
        season().clean,
        """
        SELECT date_diff('day', lag(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date), game_date)
        FROM nbac_team_boxscore
        """,
    )
    counted = Counter(gap for (gap,) in gaps if gap is not None)
    assert 0 not in counted
    # 423 in 2021-22.
    assert 300 < counted[1] < 550


def test_the_season_has_no_games_on_its_off_days() -> None:
    played = set(season().clean["nbac_schedule"]["game_date"].to_pylist())
    off = {date(2021, 11, 25), date(2021, 12, 24), date(2022, 4, 4)}
    off |= {date(2022, 2, day) for day in range(18, 24)}
    assert not played & off


def test_score_lines_look_like_those_of_the_league() -> None:
    # 2021-22: mean 110.3, standard deviation 12.6, home edge 1.9 +- 15.3.
    tables = season().clean
    assert 108 < number(tables, "SELECT avg(points) FROM nbac_team_boxscore") < 114
    assert 11 < number(tables, "SELECT stddev(points) FROM nbac_team_boxscore") < 14
    margins = "SELECT {}(home_team_score - away_team_score) FROM nbac_schedule WHERE game_status = 3"
    assert 1 < number(tables, margins.format("avg")) < 3.5
    assert 12 < number(tables, margins.format("stddev")) < 17


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"start_date": OPENING, "end_date": OPENING - timedelta(days=1)}, "ends before it starts"),
        ({"start_date": date(2021, 7, 1), "end_date": date(2021, 7, 31)}, "outside the season"),
        ({"teams": 5}, "even number"),
        ({"teams": 2}, "even number"),
        ({"teams": 32}, "even number"),
    ],
)
def test_options_that_no_season_can_meet_are_refused(changes: dict[str, object], complaint: str) -> None:
    good: dict[str, object] = {
        "seed": 1,
        "season_year": SEASON_YEAR,
        "start_date": FIRST_MONTH[0],
        "end_date": FIRST_MONTH[1],
    }
    with pytest.raises(ValueError, match=complaint):
        SyntheticOptions(**{**good, **changes})  # type: ignore[arg-type]
