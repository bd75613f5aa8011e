"""Team points so far: an invented processor, which the tests add to the real ones."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import SLOTS, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="team_points_so_far",
    class_name="TeamPointsSoFarProcessor",
    abbreviation="TPSF",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(Input(SLOTS, Window.ON_DATE), Input("team_offense_game_summary", Window.BEFORE)),
    folder=Path(__file__).parent,
)
