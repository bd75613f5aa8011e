"""Untouched answers of the sources give what the real seasons hold about the same games."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
import pytest

from services.ingest.nba_stats import read_folder
from services.ingest.source import IngestError
from services.ingest.validate import validate
from tests.realdata import SHARED, requires_shared
from tests.unit.ingest.nba_stats_answers import (
    Json,
    board_game,
    game_log,
    log_line,
    scoreboard,
    tables,
)

SAMPLES = SHARED / "data" / "raw_samples"
pytestmark = [pytest.mark.realdata, requires_shared("data", "raw_samples"), requires_shared("data", "raw")]

DAL_AT_POR = "0022100732"
ATL_AT_BOS = "0022400001"
Rows = list[dict[str, object]]

# Seconds of play that v2 gives and later corrections moved to a team-mate.
MINUTES_CORRECTED_LATER = {
    "dorianfinneysmith": ("28:12", "28:13"),
    "kristapsporzingis": ("27:07", "27:08"),
    "maxikleber": ("26:41", "26:40"),
    "joshgreen": ("15:10", "15:09"),
}


def samples(folder: Path, *names: str) -> dict[str, Rows]:
    for name in names:
        shutil.copy(SAMPLES / name, folder / name)
    return {raw_file.table: validate(raw_file).to_pylist() for raw_file in read_folder(folder)}


def season_rows(season: str, table: str, game_id: str) -> Rows:
    rows = pa_parquet.read_table(SHARED / "data" / "raw" / season / f"{table}.parquet")
    return list(rows.filter(pc.equal(rows.column("game_id"), game_id)).to_pylist())


def keyed(rows: Rows, *names: str) -> dict[tuple[object, ...], dict[str, object]]:
    return {tuple(row[name] for name in names): row for row in rows}


def v2_game(folder: Path) -> dict[str, Rows]:
    return samples(
        folder,
        f"nbastats_v2_boxscore_{DAL_AT_POR}.json",
        f"nbastats_v2_summary_{DAL_AT_POR}.json",
        f"nbastats_v2_away_shots_{DAL_AT_POR}.json",
        f"nbastats_v2_home_shots_{DAL_AT_POR}.json",
    )


def test_v2_player_rows_equal_the_season_where_v2_has_the_column(tmp_path: Path) -> None:
    table = "nbac_gamebook_player_stats"
    found = keyed(v2_game(tmp_path)[table], "player_lookup")
    season = keyed(season_rows("2021-22", table, DAL_AT_POR), "player_lookup")

    # The sample is a version of the format that leaves out who did not play.
    assert {name for (name,) in season.keys() - found.keys()} == {
        row["player_lookup"] for row in season.values() if row["player_status"] == "dnp"
    }
    assert not found.keys() - season.keys()
    for (name,), row in found.items():
        expected = season[(name,)]
        differing = {column for column in row if row[column] != expected[column]}
        # v2 writes no accents, and has no time of its own.
        differing -= {"player_name", "processed_at"}
        if name in MINUTES_CORRECTED_LATER:
            assert (row["minutes"], expected["minutes"]) == MINUTES_CORRECTED_LATER[str(name)]
            differing -= {"minutes", "minutes_decimal"}
        assert not differing, name


def test_v2_team_rows_with_the_summary_equal_the_season(tmp_path: Path) -> None:
    table = "nbac_team_boxscore"
    found = keyed(v2_game(tmp_path)[table], "team_abbr")
    season = keyed(season_rows("2021-22", table, DAL_AT_POR), "team_abbr")

    assert found.keys() == season.keys()
    for team, row in found.items():
        unknown_to_v2 = {"possessions_counted", "processed_at"}
        assert {c: v for c, v in row.items() if c not in unknown_to_v2} == {
            c: v for c, v in season[team].items() if c not in unknown_to_v2
        }


def test_the_summarys_slot_equals_the_season(tmp_path: Path) -> None:
    (row,) = v2_game(tmp_path)["nbac_schedule"]
    (expected,) = season_rows("2021-22", "nbac_schedule", DAL_AT_POR)

    known = {column: value for column, value in row.items() if value is not None}
    assert known == {column: expected[column] for column in known}
    assert expected.keys() - known.keys() == {
        "start_time_et",
        "neutral_site_flag",
        "arena_name",
        "processed_at",
    }


def test_v2_shots_of_both_teams_are_the_field_goals_of_the_seasons_play_by_play(tmp_path: Path) -> None:
    shots = v2_game(tmp_path)["nbac_shot_chart"]
    events = season_rows("2021-22", "nbac_play_by_play", DAL_AT_POR)
    shared = ("game_date", "team_abbr", "period", "seconds_remaining", "shot_type", "shot_made")

    def attempts(rows: Rows, shooter: str) -> Counter[tuple[object, ...]]:
        return Counter((row[shooter], *(row[name] for name in shared)) for row in rows)

    assert len(shots) == 170
    assert attempts(shots, "player_lookup") == attempts(events, "player_1_lookup")
    assert [row["shot_sequence"] for row in shots] == list(range(1, 171))


def test_v2_shots_are_the_attempts_of_the_v2_box_score(tmp_path: Path) -> None:
    found = v2_game(tmp_path)
    attempts = Counter(row["player_lookup"] for row in found["nbac_shot_chart"])

    for row in found["nbac_gamebook_player_stats"]:
        assert (row["field_goals_attempted"] or 0) == attempts[row["player_lookup"]]


def season_game_log(game_id: str) -> Json:
    """A game log made from the season's rows: it dates the game and names its players."""
    players = season_rows("2024-25", "nbac_gamebook_player_stats", game_id)
    return game_log(
        *(
            log_line(
                int(str(row["player_id"])),
                str(row["player_name"]),
                GAME_ID=game_id,
                GAME_DATE=str(row["game_date"]),
                TEAM_ABBREVIATION=row["team_abbr"],
                MATCHUP=f"{row['team_abbr']} {'vs.' if row['is_home'] else '@'} {row['opponent_team_abbr']}",
            )
            for row in players
            if row["player_status"] == "active"
        )
    )


def v3_plays(folder: Path) -> Rows:
    shutil.copy(SAMPLES / "nbastats_v3_playbyplay.json", folder / "plays.json")
    return tables(folder, log=season_game_log(ATL_AT_BOS))["nbac_play_by_play"]


def test_v3_play_by_play_counts_what_the_box_score_counts(tmp_path: Path) -> None:
    plays = v3_plays(tmp_path)
    players = season_rows("2024-25", "nbac_gamebook_player_stats", ATL_AT_BOS)

    def count(shooter: object, **values: object) -> int:
        return sum(
            play["player_1_lookup"] == shooter and all(play[name] == value for name, value in values.items())
            for play in plays
        )

    assert len(plays) == 174
    for row in players:
        name = row["player_lookup"]
        assert count(name) == (row["field_goals_attempted"] or 0)
        assert count(name, shot_made=True) == (row["field_goals_made"] or 0)
        assert count(name, shot_type="3PT") == (row["three_pointers_attempted"] or 0)
        assert count(name, shot_type="3PT", shot_made=True) == (row["three_pointers_made"] or 0)
        assert sum(play["player_2_lookup"] == name for play in plays) == (row["assists"] or 0)
    for team in season_rows("2024-25", "nbac_team_boxscore", ATL_AT_BOS):
        blocked = sum(play["blocked"] is True and play["team_abbr"] != team["team_abbr"] for play in plays)
        assert blocked == team["blocks"]


def test_v3_field_goals_are_the_seasons_shot_chart(tmp_path: Path) -> None:
    shared = ("team_abbr", "period", "seconds_remaining", "shot_type", "shot_made")
    shots = season_rows("2024-25", "nbac_shot_chart", ATL_AT_BOS)

    assert Counter(
        (play["player_1_lookup"], *(play[name] for name in shared)) for play in v3_plays(tmp_path)
    ) == (Counter((shot["player_lookup"], *(shot[name] for name in shared)) for shot in shots))


def test_v2_play_by_play_adds_up_to_the_final_score(tmp_path: Path) -> None:
    name = "nbastats_v2_playbyplay_0021900001.json"
    shutil.copy(SAMPLES / name, tmp_path / name)
    game = board_game(
        gameId="0021900001",
        gameEt="2019-10-22T20:00:00Z",
        homeTeam={"teamTricode": "TOR", "score": 130},
        awayTeam={"teamTricode": "NOP", "score": 122},
    )
    plays = tables(tmp_path, board=scoreboard(game))["nbac_play_by_play"]

    events = _v2_events(SAMPLES / name)
    free_throws = Counter(
        str(event["PLAYER1_TEAM_ABBREVIATION"])
        for event in events
        if event["EVENTMSGTYPE"] == 3 and "MISS" not in _texts(event)
    )
    points: Counter[str] = Counter(free_throws)
    for play in plays:
        if play["shot_made"]:
            points[str(play["team_abbr"])] += 3 if play["shot_type"] == "3PT" else 2
    last_score = [str(event["SCORE"]) for event in events if event["SCORE"]][-1]

    assert f"{points['NOP']} - {points['TOR']}" == last_score == "122 - 130"
    assert len(plays) == sum(event["EVENTMSGTYPE"] in (1, 2) for event in events) == 205
    assert sum(play["assisted"] is True for play in plays) == sum(
        " AST)" in _texts(event) for event in events
    )
    assert sum(play["blocked"] is True for play in plays) == sum(
        " BLOCK (" in _texts(event) for event in events
    )
    # Single free throws of the file, each following a basket of its shooter.
    assert sum(play["and_one"] is True for play in plays) == sum(
        "1 of 1" in _texts(event) for event in events
    )
    assert all(play["player_1_lookup"] for play in plays)


def _v2_events(path: Path) -> Rows:
    answer = json.loads(path.read_text(encoding="utf-8"))
    events = answer["resultSets"][0]
    return [dict(zip(events["headers"], row, strict=True)) for row in events["rowSet"]]


def _texts(event: dict[str, object]) -> str:
    return f"{event['HOMEDESCRIPTION'] or ''} {event['VISITORDESCRIPTION'] or ''}"


def _add_up(rows: Iterable[dict[str, object]], column: str) -> float:
    return sum(float(str(row[column])) for row in rows if row[column] is not None)


@pytest.mark.parametrize(
    "name", ["cdn_live_boxscore_0022000001.json", "nbastats_v3_boxscoretraditional_0022500165.json"]
)
def test_players_of_a_box_score_add_up_to_their_team(tmp_path: Path, name: str) -> None:
    shutil.copy(SAMPLES / name, tmp_path / name)
    milwaukee = board_game(
        gameId="0022500165",
        gameEt="2025-11-04T19:30:00Z",
        homeTeam={"teamTricode": "TOR", "score": 128},
        awayTeam={"teamTricode": "MIL", "score": 100},
    )
    found = tables(tmp_path, board=scoreboard(milwaukee))
    players, teams = found["nbac_gamebook_player_stats"], found["nbac_team_boxscore"]

    assert len(teams) == 2
    assert {row["player_status"] for row in players} > {"active"}
    for team in teams:
        own = [row for row in players if row["team_abbr"] == team["team_abbr"]]
        for player_column, team_column in (
            ("points", "points"),
            ("field_goals_attempted", "fg_attempted"),
            ("total_rebounds", "total_rebounds"),
            ("personal_fouls", "personal_fouls"),
        ):
            assert _add_up(own, player_column) == team[team_column]
        assert _add_up(own, "minutes_decimal") == pytest.approx(240, abs=0.1)
        assert sum(row["starter"] is True for row in own) == 5
        assert all(row["points"] is None for row in own if row["player_status"] != "active")


# The game log spells these three otherwise than the box score does; beside one, its names would win.
LOG_SPELLINGS = {
    "ronaldhollandii": "ronholland",
    "ggjackson": "ggjacksonii",
    "jimmybutleriii": "jimmybutler",
}


def test_a_game_log_equals_the_season_but_for_rounded_minutes(tmp_path: Path) -> None:
    table = "nbac_gamebook_player_stats"
    found = samples(tmp_path, "nbastats_leaguegamelog_players_2025-03-15.json")[table]
    day = pa_parquet.read_table(SHARED / "data/raw/2024-25" / f"{table}.parquet")
    season = keyed(
        day.filter(pc.equal(day.column("game_date"), date(2025, 3, 15))).to_pylist(), "game_id", "player_id"
    )

    assert len(found) == 157
    for row in found:
        expected = season[(row["game_id"], row["player_id"])]
        lookup = str(row["player_lookup"])
        assert LOG_SPELLINGS.get(lookup, lookup) == expected["player_lookup"]
        unknown = {"minutes", "minutes_decimal", "starter", "processed_at", "player_name", "player_lookup"}
        assert {c: v for c, v in row.items() if c not in unknown} == {
            c: v for c, v in expected.items() if c not in unknown
        }
        assert abs(float(str(row["minutes_decimal"])) - float(str(expected["minutes_decimal"]))) <= 0.51


def test_the_scoreboard_has_eleven_final_games_of_one_eastern_date(tmp_path: Path) -> None:
    rows = samples(tmp_path, "nbastats_v3_scoreboard.json")["nbac_schedule"]

    assert len(rows) == 11
    assert {(row["game_date"], row["game_status_text"], row["season_year"]) for row in rows} == {
        (date(2025, 11, 5), "Final", 2025)
    }


# The books call him B.J. Boston Jr; the season's lines were matched to the league's name for him by hand.
KNOWN_BY_ANOTHER_NAME = {"bjbostonjr": "brandonbostonjr"}


@pytest.mark.parametrize(
    ("game_id", "home", "away", "lines"), [("0022400307", "CLE", "BOS", 70), ("0022400308", "NYK", "NOP", 71)]
)
def test_event_odds_equal_the_seasons_lines(
    tmp_path: Path, game_id: str, home: str, away: str, lines: int
) -> None:
    name = f"odds_api_historical_event_{game_id}.json"
    shutil.copy(SAMPLES / name, tmp_path / name)
    game = board_game(
        gameId=game_id,
        gameEt="2024-12-01T18:00:00Z",
        homeTeam={"teamTricode": home, "score": 1},
        awayTeam={"teamTricode": away, "score": 0},
    )
    table = "odds_api_player_points_props"
    found = tables(tmp_path, board=scoreboard(game))[table]
    season = keyed(season_rows("2024-25", table, game_id), "player_lookup", "bookmaker")

    assert len(found) == len(season) == lines
    for row in found:
        lookup = str(row["player_lookup"])
        expected = season[(KNOWN_BY_ANOTHER_NAME.get(lookup, lookup), row["bookmaker"])]
        assert row["points_line"] == expected["points_line"]
        for price in ("over_price", "under_price"):
            # The season keeps prices in single precision.
            assert row[price] == pytest.approx(expected[price], abs=1e-6)
        for moment in ("snapshot_timestamp", "commence_time"):
            assert str(row[moment])[:19] == str(expected[moment])


@pytest.mark.parametrize("name", ["cdn_live_playbyplay_0022000001.json", "espn_scoreboard_2025-02-14.json"])
def test_formats_that_are_not_read_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(IngestError, match="The file's format is not known") as caught:
        samples(tmp_path, name)
    assert caught.value.file.endswith(name)
