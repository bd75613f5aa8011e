"""Player game summary: what every player did in every game he played."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    PLAY_BY_PLAY,
    PLAYER_BOX,
    PROPS,
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
    name="player_game_summary",
    class_name="PlayerGameSummaryProcessor",
    abbreviation="PGS",
    phase=Phase.ANALYTICS,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        Input(SLOTS, Window.ON_DATE),
        Input(RESULTS, Window.ON_DATE),
        Input(PLAYER_BOX, Window.ON_DATE),
        Input(TEAM_BOX, Window.ON_DATE),
        Input(SHOT_CHART, Window.ON_DATE),
        Input(PLAY_BY_PLAY, Window.ON_DATE),
        Input(PROPS, Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
)
