"""Player shot zones: where each expected player has shot from in his last 10 and 20 games before D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import EVIDENCE, EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name="player_shot_zone_analysis",
    class_name="PlayerShotZoneAnalysisProcessor",
    abbreviation="PSZA",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(*EVIDENCE, Input("player_game_summary", Window.BEFORE)),
    folder=Path(__file__).parent,
    shared_sql=("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence"),
    parameters={"span_played_games": 20, "span_days": 0},
)
