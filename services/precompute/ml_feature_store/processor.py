"""ML feature store: what is known of each expected player before the games of D, one column per feature."""

from __future__ import annotations

from pathlib import Path

from shared.feature_contract import FEATURE_VERSION, check_writer
from shared.topology.declaration import (
    EVIDENCE,
    OPENING_EVIDENCE,
    OPENING_STATEMENTS,
    PROPS,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

PROCESSOR = Processor(
    name="ml_feature_store",
    class_name="MLFeatureStoreProcessor",
    abbreviation="MLFS",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        *EVIDENCE,
        *OPENING_EVIDENCE,
        Input(PROPS, Window.ON_DATE),
        Input("player_game_summary", Window.BEFORE),
        Input("player_game_summary", Window.PREVIOUS_SEASON),
        Input("team_offense_game_summary", Window.BEFORE),
        Input("team_defense_zone_analysis", Window.ON_DATE),
        Input("player_shot_zone_analysis", Window.ON_DATE),
        Input("player_composite_factors", Window.ON_DATE),
        Input("player_daily_cache", Window.ON_DATE),
        Input("upcoming_player_game_context", Window.ON_DATE),
        Input("upcoming_team_game_context", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
    shared_sql=OPENING_STATEMENTS,
    # Shrinkage: games of the previous season count at most as this many of the new one.
    parameters={
        "span_played_games": 10,
        "span_days": 14,
        "prior_games": 8,
        "feature_version": FEATURE_VERSION,
    },
)
check_writer(PROCESSOR.schema)
