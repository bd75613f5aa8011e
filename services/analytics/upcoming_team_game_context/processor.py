"""Upcoming team game context: rest, schedule density, form and lines of every team with a game on D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    GAME_LINES,
    SLOTS,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

PROCESSOR = Processor(
    name="upcoming_team_game_context",
    class_name="UpcomingTeamGameContextProcessor",
    abbreviation="UTGC",
    phase=Phase.ANALYTICS,
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=(
        Input(SLOTS, Window.NEXT_WEEK),
        Input(GAME_LINES, Window.ON_DATE),
        Input("team_offense_game_summary", Window.BEFORE),
        Input("team_defense_game_summary", Window.BEFORE),
    ),
    folder=Path(__file__).parent,
)
