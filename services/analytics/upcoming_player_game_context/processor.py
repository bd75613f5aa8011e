"""Upcoming player game context: rest, load, status and missing team-mates of every player expected on D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    EVIDENCE,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

PROCESSOR = Processor(
    name="upcoming_player_game_context",
    class_name="UpcomingPlayerGameContextProcessor",
    abbreviation="UPGC",
    phase=Phase.ANALYTICS,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(*EVIDENCE, Input("player_game_summary", Window.BEFORE)),
    folder=Path(__file__).parent,
    shared_sql=("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence"),
    parameters={"span_played_games": 1, "span_days": 14},
)
