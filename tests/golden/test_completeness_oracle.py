"""Shared completeness against the brute-force oracle: random small seasons, the real one, damage."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable, Mapping

import pytest

from shared.warehouse.port import Value
from tests.oracle.evidence import (
    CORRECTABLE,
    PDC_SPAN,
    PSZA_SPAN,
    FailureType,
    PlayerEvidence,
    SpanRule,
    verdicts,
)
from tests.oracle.raw import (
    PlayerBoxRow,
    RawSeason,
    ScheduleRow,
    TeamBoxRow,
    active_keys,
    load_raw_season,
    without_half_of_player_rows,
    without_player_rows,
)
from tests.oracle.rosters import expected_players
from tests.oracle.tiny import MINUTES, POINTS, on, report, season
from tests.realdata import SHARED, requires_shared
from tests.support.completeness import Judged, judge, missing_of, tables_of, warehouse_of
from tests.support.derived_rows import Row

UPGC_SPAN = SpanRule(played_games=1, listed_games=(), days=(14,))
TEAMS = ("BOS", "CHI", "DET", "MIA")
Keys = set[tuple[str, str]]
Facts = dict[str, object]


def of_oracle(found: PlayerEvidence) -> Facts:
    """What both sides must say of one player and date."""
    worst = found.worst_window
    # An older gap of the Cup final is no failure, so that no row names it.
    is_gap = found.failure_type in (FailureType.DATA_GAP, FailureType.MIXED)
    gaps = [
        (game.game_id, game.verdict.value)
        for game in (*found.missing_before_span, *found.missing_in_span)
        if is_gap and game.verdict in CORRECTABLE
    ]
    return {
        "windows": {window.name.lower(): (window.expected, window.actual) for window in found.windows},
        "worst": None if worst is None else worst.name.lower(),
        "under_threshold": found.under_threshold,
        "span": (found.span_start, found.expected_in_span, found.played_in_span),
        "season_gap_games": found.season_gap_games,
        "data_completeness_pct": found.data_completeness_pct,
        "failure_type": None if found.failure_type is None else found.failure_type.value,
        "row_withheld": found.row_withheld,
        "gaps": gaps,
    }


def of_sql(row: Row) -> Facts:
    """The same facts from a row of staging.player_evidence."""
    names = ("l5", "l10", "l7d", "l14d")
    return {
        "windows": {name: (row[f"{name}_expected_games"], row[f"{name}_actual_games"]) for name in names},
        "worst": row["worst_window"],
        "under_threshold": row["below_threshold"],
        "span": (row["span_start"], row["expected_games_count"], row["actual_games_count"]),
        "season_gap_games": row["season_gap_games"],
        "data_completeness_pct": row["data_completeness_pct"],
        "failure_type": row["failure_type"],
        "row_withheld": row["row_withheld"],
        "gaps": [game for game in missing_of(row) if game[1] != "PLAYER_DNP"],
    }


def differences(
    raw: RawSeason, keys: Keys, found: Judged, days: list[dt.date], span: SpanRule
) -> list[object]:
    """Every expected player and every verdict on which the two disagree."""
    wrong: list[object] = []
    for day in days:
        oracle = {player: (at.team_abbr, at.game_id) for player, at in expected_players(raw, day).items()}
        ours: Mapping[str, tuple[Value, Value]] = {
            player: (row["team_abbr"], row["game_id"])
            for (cell_date, player), row in found.expected.items()
            if cell_date == day
        }
        if oracle != ours:
            wrong.append((day, sorted(set(oracle.items()) ^ set(ours.items()))))
            continue
        for player in oracle:
            theirs = of_oracle(verdicts(raw=raw, pgs_keys=keys, player=player, day=day, span=span))
            mine = of_sql(found.evidence[day, player])
            if _starts_on_a_date_of_two_games(found, player, mine):
                for name in ("span", "data_completeness_pct", "failure_type"):
                    del theirs[name], mine[name]
            elif span != PDC_SPAN:
                # Only the player_daily_cache reports absences; the others do not ask.
                for facts in (theirs, mine):
                    facts["failure_type"] = (
                        None if facts["failure_type"] == "PLAYER_DNP" else facts["failure_type"]
                    )
            if theirs != mine:
                wrong.append((day, player, theirs, mine))
    return wrong


def _starts_on_a_date_of_two_games(found: Judged, player: str, facts: Facts) -> bool:
    """Two teams listed him on one date: the span starts with a game, the oracle's with that game's date."""
    start = facts["span"][0]  # type: ignore[index]
    dates = [row["game_date"] for (name, _), row in found.listings.items() if name == player]
    return dates.count(start) > 1


def random_season(rng: random.Random) -> tuple[RawSeason, Keys]:
    """Four teams, three weeks: trades, absences, lost rows, lists and games, reports, postponed slots."""
    team_of = {f"p{number:02}": TEAMS[number % 4] for number in range(16)}
    parts: list[RawSeason] = []
    for day in range(21):
        for player in rng.sample(sorted(team_of), rng.choice((0, 0, 1))):
            team_of[player] = rng.choice(TEAMS)
        teams = rng.sample(TEAMS, rng.choice((2, 4, 4)))
        for home, away in zip(teams[::2], teams[1::2], strict=True):
            parts.append(_random_game(rng, f"g{day:02}{home}", on(day), (home, away), team_of))
        for player in rng.sample(sorted(team_of), rng.choice((0, 1, 2))):
            (line,) = report(day, rng.choice(TEAMS), player, rng.choice(("Knee", None))).injury_rows
            written = line.report_date - dt.timedelta(days=rng.choice((0, 0, 0, 1)))
            parts.append(RawSeason((), (), (), (dataclasses.replace(line, report_date=written),)))
    raw = season(*parts)
    for game_id in rng.sample(sorted({row.game_id for row in raw.player_rows}), 4):
        if rng.random() < 0.5:
            raw = without_player_rows(raw, game_id)
        else:
            raw = without_half_of_player_rows(raw, game_id, rng)
    keys = {key for key in sorted(active_keys(raw)) if rng.random() > 0.03}
    return raw, keys


def _random_game(
    rng: random.Random, game_id: str, day: dt.date, teams: tuple[str, str], team_of: Mapping[str, str]
) -> RawSeason:
    status, text = rng.choice(((3, "Final"),) * 12 + ((1, "Postponed"), (1, "Scheduled")))
    kind = rng.choice(("regular",) * 15 + ("cup_final", "preseason"))
    slot = ScheduleRow(game_id, day, kind, status, text, *teams)
    if status != 3:
        return RawSeason((slot,), (), (), ())
    players = []
    for player, own_team in sorted(team_of.items()):
        # Around a trade both teams may list him, on one date too.
        team = rng.choice(teams) if own_team not in teams and rng.random() < 0.05 else own_team
        if team not in teams or rng.random() < 0.05:
            continue
        states = ("active", "active", "active", "dnp", "inactive") if team == own_team else ("inactive",)
        state = rng.choice(states)
        played = state == "active"
        players.append(
            PlayerBoxRow(
                game_id,
                day,
                team,
                player,
                state,
                None,
                MINUTES if played else None,
                POINTS if played else None,
            )
        )
    totals = []
    for team in teams:
        active = sum(row.team_abbr == team and row.player_status == "active" for row in players)
        off = rng.choice((0, 0, 0, 0, 0, 0, 0, 1))
        if rng.random() > 0.03:
            totals.append(TeamBoxRow(game_id, day, team, MINUTES * active, POINTS * active + off))
    return RawSeason((slot,), tuple(players), tuple(totals), ())


@pytest.mark.parametrize("seed", range(8))
def test_random_seasons_are_judged_as_the_oracle_judges_them(seed: int) -> None:
    raw, keys = random_season(random.Random(seed))
    days = [on(day) for day in range(21)]
    warehouse = warehouse_of(tables_of(raw), sorted(keys))
    for span, games, length in ((PDC_SPAN, 10, 14), (PSZA_SPAN, 20, 0), (UPGC_SPAN, 1, 14)):
        found = judge(warehouse, days, season_start=on(0), span_played_games=games, span_days=length)
        assert differences(raw, keys, found, days, span) == []


def untouched(raw: RawSeason, rng: random.Random) -> RawSeason:
    return raw


def forty_games_lost(raw: RawSeason, rng: random.Random) -> RawSeason:
    lost = set(rng.sample(sorted({row.game_id for row in raw.player_rows}), 40))
    return dataclasses.replace(
        raw, player_rows=tuple(row for row in raw.player_rows if row.game_id not in lost)
    )


def rows_lists_and_totals_lost(raw: RawSeason, rng: random.Random) -> RawSeason:
    lists = set(rng.sample(sorted({(row.game_id, row.team_abbr) for row in raw.player_rows}), 60))
    totals = set(rng.sample(sorted({(row.game_id, row.team_abbr) for row in raw.team_rows}), 30))
    return dataclasses.replace(
        raw,
        player_rows=tuple(
            row
            for row in raw.player_rows
            if rng.random() > 0.01 and (row.game_id, row.team_abbr) not in lists
        ),
        team_rows=tuple(row for row in raw.team_rows if (row.game_id, row.team_abbr) not in totals),
    )


@pytest.fixture(scope="module")
def real() -> RawSeason:
    return load_raw_season(SHARED / "data" / "raw" / "2021-22")


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
@pytest.mark.parametrize("damage", [untouched, forty_games_lost, rows_lists_and_totals_lost])
def test_the_real_season_is_judged_as_the_oracle_judges_it(
    real: RawSeason, damage: Callable[[RawSeason, random.Random], RawSeason]
) -> None:
    raw = damage(real, random.Random(20211231))
    keys = active_keys(raw)
    days = sorted({row.game_date for row in raw.schedule if row.game_status_text != "Postponed"})
    warehouse = warehouse_of(tables_of(raw), sorted(keys))
    found = judge(warehouse, days, season_start=days[0])
    assert differences(raw, keys, found, days[5::60], PDC_SPAN) == []
