"""A crash at every side effect: the process before it, after it, or without its reply, and nothing but
redelivery to help. The side effects are those that the ports see in a run without faults."""

from __future__ import annotations

from functools import cache

import pytest

from tests.simulation.faults import POSITIONS, Fault
from tests.simulation.scenario import Sweep, play


@cache
def clean() -> tuple[dict[str, object], tuple[str, ...]]:
    """What the scenario leaves behind when nothing goes wrong, and every side effect on the way."""
    sweep = Sweep()
    return play(sweep), tuple(sweep.effects)


def test_sweep_sees_every_kind_of_side_effect_of_every_service() -> None:
    kinds = {effect.partition(" ")[0] + effect.partition(": ")[2].partition(" ")[0] for effect in clean()[1]}

    assert {f"{name}:{what}" for name in ("sim_scores", "sim_form", "sim_card") for what in
            ("stage", "commit", "drop", "publish", "ack")} <= kinds  # fmt: skip
    assert {f"ingest:{what}" for what in ("load", "replace", "drop", "publish", "ack")} <= kinds


@pytest.mark.parametrize("fault", POSITIONS, ids=lambda fault: fault.value.replace(" ", "-"))
def test_every_crash_point_recovers_by_redelivery_alone(fault: Fault) -> None:
    expected, effects = clean()
    wrong = {}
    for position, effect in enumerate(effects):
        found = play(Sweep(position, fault))
        if found != expected:
            wrong[f"{position} {effect}"] = [name for name in found if found[name] != expected[name]]

    assert wrong == {}
