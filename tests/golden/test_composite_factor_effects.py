"""What a unit of a factor is worth: fitted on the appearances before the date, with its standard error."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from shared.warehouse.initialise import ensure_views
from shared.warehouse.port import Value
from tests.support import direct
from tests.support.derived_rows import Row, fill, processor_of, schema_of
from tests.support.factors_world import (
    FOLDER,
    OTHER,
    PLAYER,
    World,
    day,
    defense,
    finished,
    game,
    offense,
    shot_zones,
    summary,
    upcoming,
)
from tests.support.raw_rows import slot

EFFECTS = ("back_to_back", "home", "defense", "pace", "absences")
SCORES = {
    "defense": "opponent_defense_score",
    "pace": "pace_score",
    "absences": "usage_spike_score",
}
OPENER, AHEAD = game(0), game(30)
TEAMS = ("BOS", "NYK", "LAL", "DEN", "UTA")
#: 24 players on 23 days: 432 appearances with five games before them.
PLAYERS, DAYS = 24, 23
#: What the made-up league is made of, per unit of each factor.
TRUE: Mapping[str, float] = {
    "back_to_back": -3.0,
    "home": 2.0,
    "defense": 0.8,
    "pace": 0.6,
    "absences": 0.5,
}


@dataclasses.dataclass(frozen=True)
class Appearance:
    """One made-up game of a player, with the factors of its day."""

    player: str
    number: int
    opponent: str
    home: bool
    back_to_back: bool
    missing: float
    points: int


def rating(team: str, number: int) -> float:
    """Between 100 and 120, another every day."""
    return 100.0 + (7 * TEAMS.index(team) + 3 * number) % 21


def pace(team: str, number: int) -> float:
    """Between 94 and 106, another every day."""
    return 94.0 + (5 * TEAMS.index(team) + 11 * number) % 13


def league(effects: Mapping[str, float] = TRUE) -> list[Appearance]:
    """Games whose points follow the effects, with noise that no factor knows of."""
    noise = np.random.default_rng(7)
    found = []
    for index in range(PLAYERS):
        for number in range(1, DAYS + 1):
            opponent = TEAMS[(index + number) % len(TEAMS)]
            home = bool((index * 5 + number * 3) % 7 < 3)
            back_to_back = bool((index + number * 2) % 5 == 0)
            missing = float((index * 13 + number * 17) % 23)
            points = (
                20
                + index
                + effects["back_to_back"] * back_to_back
                + effects["home"] * (0.5 if home else -0.5)
                + effects["defense"] * (rating(opponent, number) - 110) * 0.75
                + effects["pace"] * (pace(opponent, number) - 100) * 0.75
                + effects["absences"] * missing
                + noise.normal(0, 3)
            )
            player = f"player{index:02d}"
            found.append(Appearance(player, number, opponent, home, back_to_back, missing, round(points)))
    return found


def world(appearances: list[Appearance], **values: Value) -> World:
    """The league's past, and one player of Chicago on day 30."""
    history: list[Row] = [
        {
            "player_lookup": one.player,
            "game_id": f"00221{one.number:03d}{one.player[-2:]}",
            "game_date": day(one.number),
            "opponent_team_abbr": one.opponent,
            "home_game": one.home,
            "points": one.points,
        }
        for one in appearances
    ]
    contexts = [
        upcoming(
            day(one.number),
            one.player,
            game_id=f"00221{one.number:03d}{one.player[-2:]}",
            back_to_back=one.back_to_back,
            missing_teammate_points=one.missing,
        )
        for one in appearances
    ]
    last = {"game_id": AHEAD.game_id, "missing_teammate_points": 14.0, **values}
    known = [
        defense(
            team, analysis_date=day(n), defensive_rating_last_15=rating(team, n), opponent_pace=pace(team, n)
        )
        for team in TEAMS
        for n in range(1, DAYS + 1)
    ]
    return World(
        raw=[*finished(OPENER), slot(AHEAD)],
        players=[*history, summary(OPENER), summary(OPENER, OTHER)],
        offense=[offense(day(n)) for n in range(DAYS + 1)],
        upcoming=[
            *contexts,
            upcoming(day(2), missing_teammate_points=4.0),
            upcoming(AHEAD.game_date, PLAYER, **last),
        ],
        teams=[],
        defense=[*known, defense("BOS", analysis_date=AHEAD.game_date)],
        zones=[shot_zones(analysis_date=AHEAD.game_date)],
    )


def row_of(of: World) -> Row:
    return of.stage((AHEAD.game_date,)).row(player_lookup=PLAYER)


def effects_of(row: Row) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = json.loads(str(row["effects"]))
    return found


def seen(appearances: list[Appearance], before: int) -> Iterator[tuple[dict[str, float], float]]:
    """Factors and surplus of every settled appearance before a day, by plain counting."""
    points: dict[str, list[int]] = {}
    missing: dict[str, list[float]] = {}
    for one in sorted(appearances, key=lambda each: each.number):
        earlier, absent = points.setdefault(one.player, []), missing.setdefault(one.player, [])
        if len(earlier) >= 5 and one.number < before:
            factors = {
                "back_to_back": float(one.back_to_back),
                "home": 0.5 if one.home else -0.5,
                "defense": (rating(one.opponent, one.number) - 110) * 0.75,
                "pace": (pace(one.opponent, one.number) - 100) * 0.75,
                "absences": one.missing - sum(absent) / len(absent),
            }
            yield factors, one.points - sum(earlier) / len(earlier)
        earlier.append(one.points)
        absent.append(one.missing)


def least_squares(x: list[float], y: list[float]) -> tuple[float, float]:
    """Slope and its standard error, with an intercept."""
    design = np.column_stack([np.ones(len(x)), x])
    solution, *_ = np.linalg.lstsq(design, np.array(y), rcond=None)
    rest = np.array(y) - design @ solution
    covariance = rest @ rest / (len(x) - 2) * np.linalg.inv(design.T @ design)
    return float(solution[1]), float(np.sqrt(covariance[1, 1]))


def test_effects_are_least_squares_on_the_appearances_before_the_date() -> None:
    appearances = league()
    found = effects_of(row_of(world(appearances)))

    known = list(seen(appearances, before=30))
    assert len(known) == 432
    for effect in EFFECTS:
        slope, error = least_squares([factors[effect] for factors, _ in known], [y for _, y in known])
        assert found[effect]["appearances"] == 432
        assert found[effect]["estimate"] == pytest.approx(slope, abs=2e-5)
        assert found[effect]["standard_error"] == pytest.approx(error, abs=2e-5)
        assert found[effect]["points"] == pytest.approx(slope - error**2 / slope, abs=2e-5)
        assert abs(slope - TRUE[effect]) < 3 * error


def test_points_are_scores_times_effects_and_fresher_weaker_faster_never_lower() -> None:
    row = row_of(world(league()))
    found = effects_of(row)

    for effect, column in (("defense", "defense"), ("pace", "pace"), ("absences", "usage")):
        assert found[effect]["points"] > 0  # type: ignore[operator]
        product = float(str(row[SCORES[effect]])) * float(str(found[effect]["points"]))
        assert row[f"{column}_adjustment"] == pytest.approx(product, abs=1e-4)
    assert row["home_adjustment"] == pytest.approx(0.5 * float(str(found["home"]["points"])), abs=1e-5)
    assert row["fatigue_adjustment"] == 0
    parts = ("fatigue", "home", "defense", "pace")
    without = sum(float(str(row[f"{part}_adjustment"])) for part in parts)
    assert row["adjustment_without_absences"] == pytest.approx(without)
    assert row["total_composite_adjustment"] == pytest.approx(without + float(str(row["usage_adjustment"])))
    tired = row_of(world(league(), days_rest=0, back_to_back=True))
    assert tired["fatigue_adjustment"] == pytest.approx(float(str(found["back_to_back"]["points"])), abs=1e-5)
    assert float(str(tired["fatigue_adjustment"])) < 0


def test_an_effect_against_its_sign_counts_nothing() -> None:
    against = {"back_to_back": 3.0, "home": -2.0, "defense": -0.8, "pace": -0.6, "absences": -0.5}

    row = row_of(world(league(against), days_rest=0, back_to_back=True))

    found = effects_of(row)
    for effect in ("back_to_back", "defense", "pace", "absences"):
        assert found[effect]["points"] == 0
        assert abs(float(str(found[effect]["estimate"])) - against[effect]) < 1
    assert float(str(found["home"]["points"])) < -1
    for column in ("fatigue", "defense", "pace", "usage"):
        assert row[f"{column}_adjustment"] == 0


def test_an_estimate_within_its_own_chance_counts_nothing() -> None:
    row = row_of(world(league(dict.fromkeys(EFFECTS, 0.0))))

    found = effects_of(row)
    weak = [
        e for e in EFFECTS if abs(float(str(found[e]["estimate"]))) <= float(str(found[e]["standard_error"]))
    ]
    assert weak
    assert [found[effect]["points"] for effect in weak] == [0.0] * len(weak)


def test_an_unknown_factor_has_unknown_points_and_no_sum() -> None:
    known = world(league())
    known.defense = [row for row in known.defense if row["analysis_date"] != AHEAD.game_date]

    row = row_of(known)

    assert effects_of(row)["defense"]["points"] is not None
    assert (row["defense_adjustment"], row["pace_adjustment"]) == (None, None)
    assert row["usage_adjustment"] is not None
    assert (row["adjustment_without_absences"], row["total_composite_adjustment"]) == (None, None)


def test_without_enough_appearances_nothing_is_known() -> None:
    few = [one for one in league() if one.number < 15]

    row = row_of(world(few))

    assert row["effects"] is None
    for column in ("fatigue", "home", "defense", "pace", "usage"):
        assert row[f"{column}_adjustment"] is None
    assert (row["adjustment_without_absences"], row["total_composite_adjustment"]) == (None, None)
    assert row["known_factors"] == 5


def test_without_reports_only_the_effect_of_absences_is_unknown() -> None:
    without = world(league())
    for context in without.upcoming:
        context["missing_teammate_points"] = None

    row = row_of(without)

    assert effects_of(row)["absences"] == dict.fromkeys(
        ("points", "estimate", "standard_error", "appearances")
    )
    assert row["usage_adjustment"] is None
    assert row["total_composite_adjustment"] is None
    assert row["adjustment_without_absences"] is not None


def test_the_effects_of_a_date_know_nothing_of_it_or_later() -> None:
    appearances = league()
    known = world(appearances)
    before = row_of(known)
    for number in (30, 31):
        for context in [one for one in appearances if one.number == DAYS]:
            later = dataclasses.replace(context, number=number, points=90, missing=80.0)
            more = world([later])
            known.players.extend(more.players[:1])
            known.upcoming.extend(row for row in more.upcoming if row["player_lookup"] == later.player)
        known.offense.append(offense(day(number), points=300))
        known.defense.extend(
            defense(team, analysis_date=day(number), defensive_rating_last_15=160.0)
            for team in TEAMS
            if team != "BOS" or number != 30
        )

    assert row_of(known) == before


def test_the_view_lists_the_effects_as_of_each_date() -> None:
    processor = processor_of(FOLDER)
    row = row_of(world(league()))
    warehouse = direct.memory_warehouse({})
    fill(warehouse, schema_of(FOLDER), [row, {**row, "player_lookup": "another"}])
    (address,) = processor.views
    ensure_views(warehouse, processor.views)

    listed = list(direct.select(warehouse, f"SELECT * FROM {address} ORDER BY effect").records())

    assert str(address) == "nba_precompute.composite_factor_effects"
    assert {str(each["effect"]) for each in listed} == set(EFFECTS)
    assert len(listed) == len(EFFECTS)
    found = effects_of(row)
    for each in listed:
        told = found[str(each["effect"])]
        assert (each["season_year"], each["as_of_date"]) == (2021, dt.date(2021, 11, 18))
        assert each["points_per_unit"] == told["points"]
        assert (each["estimate"], each["standard_error"]) == (told["estimate"], told["standard_error"])
        assert each["appearances"] == 432
