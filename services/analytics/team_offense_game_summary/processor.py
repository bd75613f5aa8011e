"""Team offense game summary: what every team scored and how."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    PLAY_BY_PLAY,
    RESULTS,
    SHOT_CHART,
    SLOTS,
    TEAM_BOX,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

PROCESSOR = Processor(
    name="team_offense_game_summary",
    class_name="TeamOffenseGameSummaryProcessor",
    abbreviation="TOGS",
    phase=Phase.ANALYTICS,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.ON_DATE),
        Input(TEAM_BOX, Window.ON_DATE),
        Input(SHOT_CHART, Window.ON_DATE),
        Input(PLAY_BY_PLAY, Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
)
