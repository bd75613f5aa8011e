"""Prediction grading: what each prediction of D was worth, once D's games are over."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    EVIDENCE,
    OPENING_EVIDENCE,
    OPENING_STATEMENTS,
    PLAYER_BOX,
    RESULTS,
    TEAM_BOX,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

PROCESSOR = Processor(
    name="prediction_grading",
    class_name="PredictionGradingProcessor",
    abbreviation="GRADE",
    phase=Phase.PREDICTIONS,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        *EVIDENCE,
        *OPENING_EVIDENCE,
        Input(RESULTS, Window.ON_DATE),
        Input(PLAYER_BOX, Window.ON_DATE),
        Input(TEAM_BOX, Window.ON_DATE),
        Input("player_game_summary", Window.OPENING),
        Input("player_game_summary", Window.THROUGH),
        Input("player_points_predictions", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
    shared_sql=OPENING_STATEMENTS,
    parameters={"span_played_games": 10, "span_days": 14},
)
