"""Average points before a date, as the form of the date has them: a processor of the simulation."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import RESULTS, SLOTS, TEAM_BOX, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="sim_card",
    class_name="SimCardProcessor",
    abbreviation="SC",
    phase=Phase.PREDICTIONS,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.BEFORE),
        Input(TEAM_BOX, Window.BEFORE),
        Input("sim_form", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
)
