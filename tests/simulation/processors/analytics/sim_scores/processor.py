"""Points of each team on a date: a processor of the simulation."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import RESULTS, SLOTS, TEAM_BOX, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="sim_scores",
    class_name="SimScoresProcessor",
    abbreviation="SS",
    phase=Phase.ANALYTICS,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.ON_DATE),
        Input(TEAM_BOX, Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
)
