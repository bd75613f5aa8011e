"""Points of each team of a date in the season before it: a processor of the simulation."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import RESULTS, SLOTS, TEAM_BOX, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="sim_form",
    class_name="SimFormProcessor",
    abbreviation="SF",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.BEFORE),
        Input(TEAM_BOX, Window.BEFORE),
        Input("sim_scores", Window.BEFORE),
    ),
    folder=Path(__file__).parent,
)
