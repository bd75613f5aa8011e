"""Player points predictions: five systems, each fitted on games before D only."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import (
    EVIDENCE,
    OPENING_EVIDENCE,
    OPENING_STATEMENTS,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)

_FOLDER = Path(__file__).parent
_SHARED = _FOLDER.parents[2] / "shared"

PROCESSOR = Processor(
    name="player_points_predictions",
    class_name="PlayerPointsPredictionsProcessor",
    abbreviation="PPP",
    phase=Phase.PREDICTIONS,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        *EVIDENCE,
        *OPENING_EVIDENCE,
        Input("ml_feature_store", Window.ON_DATE),
        Input("ml_feature_store", Window.EARLIER),
        Input("player_game_summary", Window.EARLIER),
    ),
    folder=_FOLDER,
    shared_sql=OPENING_STATEMENTS,
    parameters={"span_played_games": 10, "span_days": 14},
    computed_by=(
        _FOLDER / "compute.py",
        _SHARED / "feature_contract.py",
        *(
            _SHARED / "models" / f"{name}.py"
            for name in ("calibration", "distribution", "points", "ridge", "trees")
        ),
    ),
    libraries=("numpy", "scikit-learn"),
)
