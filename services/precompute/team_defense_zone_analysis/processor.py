"""Team defence by zone: what each team has allowed in its last 15 games before D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    RESULTS,
    SLOTS,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

#: Attempts at which half of a team's field-goal percentage allowed is the team itself and half is chance,
#: by zone. Source: the project's domain rules; README.md says what they mean.
HALF_RELIABLE_ATTEMPTS = {"paint_k": 811, "mid_range_k": 1506, "three_pt_k": 7786}

PROCESSOR = Processor(
    name="team_defense_zone_analysis",
    class_name="TeamDefenseZoneAnalysisProcessor",
    abbreviation="TDZA",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.BEFORE),
        Input("team_defense_game_summary", Window.BEFORE),
    ),
    folder=Path(__file__).parent,
    parameters=HALF_RELIABLE_ATTEMPTS,
)
