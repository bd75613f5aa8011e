"""The checker notices: every kind of damage is one that it must find."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.failures.transitions import Actor
from shared.sql import Statement
from shared.warehouse.port import query
from tests.simulation.bench import topology
from tests.simulation.checker import LostError, WrongError
from tests.simulation.history import replay_command, run_history, shrink
from tests.simulation.league import Box, Stage, on
from tests.simulation.rules import RULES, Rule
from tests.simulation.system import CALM, System

SCORES = topology().processor("sim_scores")


@pytest.fixture
def played() -> System:
    """A system at rest after the first date's games, one team listed without points, one box lost."""
    system = System(CALM)
    first, second = (s for s in system.league.standing(Stage.SCHEDULED) if s.game.game_date == on(0))
    for found, points in ((first, (90, 91)), (second, (None, None))):
        system.league.set_stage(found, Stage.FINAL)
        system.league.put_box(Box(found.game, found.game.home, points[0]))
        if points[1] is not None:
            system.league.put_box(Box(found.game, found.game.away, points[1]))
    system.come_to_rest()
    return system


def vandalise(system: System, sql: str) -> None:
    query(system.bench.warehouse, Statement("vandalise", sql), {})


def test_what_is_right_passes(played: System) -> None:
    played.checker.final(played.clock.now())


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        pytest.param(
            "DELETE FROM nba_analytics.sim_scores WHERE team_abbr = 'BOS'", "Rows of", id="lost row"
        ),
        pytest.param("UPDATE nba_analytics.sim_scores SET points = 1 WHERE TRUE", "Rows of", id="other row"),
        pytest.param(
            "DELETE FROM nba_processing.analytics_failures WHERE TRUE", "Nobody reported", id="lost failure"
        ),
        pytest.param(
            "UPDATE nba_processing.analytics_failures SET resolution_status = 'RESOLVED' WHERE TRUE",
            "not what",
            id="untrue status",
        ),
        pytest.param(
            "UPDATE nba_processing.analytics_failures SET failure_type = 'PLAYER_DNP' WHERE TRUE",
            "expected type",
            id="other type",
        ),
    ],
)
def test_damage_is_found_in_the_end(played: System, sql: str, complaint: str) -> None:
    vandalise(played, sql)

    with pytest.raises(WrongError, match=complaint):
        played.checker.final(played.clock.now())


def test_cell_that_never_ran_is_lost(played: System) -> None:
    vandalise(played, "DELETE FROM nba_orchestration.ledger WHERE cell_name = 'sim_card'")

    with pytest.raises(LostError, match="sim_card"):
        played.checker.final(played.clock.now())


def test_rows_that_the_ledger_does_not_know_are_found_after_a_commit(played: System) -> None:
    vandalise(played, "DELETE FROM nba_analytics.sim_scores WHERE team_abbr = 'BOS'")

    with pytest.raises(WrongError, match="the ledger says"):
        played.checker.observe(SCORES, Actor.RUN)


def test_illegal_step_of_a_failure_is_found(played: System) -> None:
    played.checker.observe(SCORES, Actor.RUN)
    vandalise(
        played, "UPDATE nba_processing.analytics_failures SET resolution_status = 'RETRYING' WHERE TRUE"
    )

    with pytest.raises(WrongError, match="went from"):
        played.checker.observe(SCORES, Actor.RUN)


def test_run_before_the_games_is_found(played: System) -> None:
    early = dt.datetime.combine(on(3), dt.time(9), tzinfo=dt.UTC)
    vandalise(
        played,
        f"UPDATE nba_orchestration.ledger SET run_id = 'early', started_at = TIMESTAMP '{early.isoformat()}'"
        f" WHERE cell_name = 'sim_scores' AND cell_date = DATE '{on(3).isoformat()}'",
    )

    with pytest.raises(WrongError, match="before its games were played"):
        played.checker.observe(SCORES, Actor.RUN)


def test_attempts_over_the_budget_are_found(played: System) -> None:
    vandalise(played, "UPDATE nba_processing.analytics_failures SET attempt_count = 6 WHERE TRUE")

    with pytest.raises(WrongError, match="attempts"):
        played.checker.observe(SCORES, Actor.RUN)


def test_history_that_goes_wrong_is_reported_and_shrunk_to_what_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(_: System, __: object) -> None:
        """Something is wrong."""
        raise WrongError("planted")

    monkeypatch.setitem(RULES, "explode", Rule("explode", 400, explode, interlude=False))

    report = run_history(5, 4)
    kept, problem = shrink(5, 4)

    assert report.wrong == 1
    assert report.problems == [(5, "WrongError: planted")]
    assert problem == "WrongError: planted"
    assert [(step.rule, step.calm) for step in kept] == [("explode", True)]
    assert replay_command(5, 4) == "nba simulate --seed 5 --runs 1 --steps 4 --shrink"


def test_same_seed_is_the_same_history() -> None:
    first, second = run_history(11, 6), run_history(11, 6)

    assert (first.deliveries, first.runs, first.faults) == (second.deliveries, second.runs, second.faults)
