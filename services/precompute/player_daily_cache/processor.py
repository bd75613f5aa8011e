"""Player daily cache: form, load and team context of every expected player before D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import EVIDENCE, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="player_daily_cache",
    class_name="PlayerDailyCacheProcessor",
    abbreviation="PDC",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        *EVIDENCE,
        Input("player_game_summary", Window.BEFORE),
        Input("team_offense_game_summary", Window.BEFORE),
        Input("player_shot_zone_analysis", Window.ON_DATE),
        Input("player_composite_factors", Window.ON_DATE),
        Input("upcoming_player_game_context", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
    shared_sql=("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence"),
    parameters={"span_played_games": 10, "span_days": 14},
)
