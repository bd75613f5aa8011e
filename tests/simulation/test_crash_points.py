"""A crash at every side effect: the process before it, after it, or without its reply, and nothing but
redelivery (and for repairs the daily ticks) to help. The side effects are those that the ports see in a run
without faults."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from shared.topology.graph import DEAD_LETTERS, RETRY
from tests.simulation.faults import POSITIONS, Fault
from tests.simulation.scenario import Sweep, arrival, repair

Play = Callable[[Sweep], dict[str, object]]
#: What the workers and the ingest do in a repair they do in an arrival.
_REPAIRERS = frozenset({RETRY, DEAD_LETTERS})


@cache
def clean(play: Play, processes: frozenset[str] | None) -> tuple[dict[str, object], tuple[str, ...]]:
    """What a scenario leaves behind when nothing goes wrong, and every side effect on the way."""
    sweep = Sweep(processes=processes)
    return play(sweep), tuple(sweep.effects)


def _kinds(effects: tuple[str, ...]) -> set[str]:
    return {effect.partition(" ")[0] + effect.partition(": ")[2].partition(" ")[0] for effect in effects}


def test_sweep_sees_every_kind_of_side_effect_of_every_service() -> None:
    workers = {
        f"{name}:{what}"
        for name in ("sim_scores", "sim_form", "sim_card")
        for what in ("stage", "commit", "drop", "publish", "ack")
    }
    ingest = {f"ingest:{what}" for what in ("load", "replace", "drop", "publish", "ack")}

    assert workers | ingest <= _kinds(clean(arrival, None)[1])
    assert _kinds(clean(repair, _REPAIRERS)[1]) == {
        *(f"retry:{what}" for what in ("tick", "record", "publish", "ack")),
        *(f"dead_letters:{what}" for what in ("record", "ack")),
    }


@pytest.mark.parametrize("fault", POSITIONS, ids=lambda fault: fault.value.replace(" ", "-"))
@pytest.mark.parametrize(
    ("play", "processes"), [(arrival, None), (repair, _REPAIRERS)], ids=["arrival", "repair"]
)
def test_every_crash_point_recovers_by_redelivery_alone(
    play: Play, processes: frozenset[str] | None, fault: Fault
) -> None:
    expected, effects = clean(play, processes)
    wrong = {}
    for position, effect in enumerate(effects):
        found = play(Sweep(position, fault, processes))
        if found != expected:
            wrong[f"{position} {effect}"] = [name for name in found if found[name] != expected[name]]

    assert wrong == {}
