"""The features that predictions are made from: the one contract of who writes them and who reads them.

Name, type, and what a model must respect: `sign` is +1 where more of the feature, all else equal, never
lowers a prediction. Both sides check themselves against this list at start; there are no defaults, NULL is
unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.tables import ColumnType, TableSchema

#: Stored with every row; a reader refuses rows of another version.
FEATURE_VERSION = 1


class FeatureContractError(ValueError):
    """The writer's table or the reader's query is not what the contract says."""


@dataclass(frozen=True)
class Feature:
    """One column of the feature store that models use. Booleans enter a model as 0 and 1."""

    name: str
    type: ColumnType
    sign: int = 0


def _floats(*names: str, sign: int = 0) -> tuple[Feature, ...]:
    return tuple(Feature(name, ColumnType.FLOAT64, sign) for name in names)


def _integers(*names: str) -> tuple[Feature, ...]:
    return tuple(Feature(name, ColumnType.INT64) for name in names)


FEATURES: tuple[Feature, ...] = (
    *_floats(
        "points_ewma_12",
        "points_ewma_24",
        "points_ewma_8",
        "points_avg_last_5",
        "points_avg_last_10",
        "points_avg_last_20",
        "points_avg_season",
        "points_avg_shrunk",
        "points_std_last_10",
        "points_per_minute_last_20",
        "minutes_last_game",
        "minutes_avg_last_3",
        "minutes_avg_last_5",
        "minutes_avg_last_10",
        "minutes_avg_season",
        "minutes_ewma",
        "minutes_std_last_10",
        "started_last_5",
        "started_last_10",
        "shots_avg_last_10",
        "free_throws_avg_last_10",
        "usage_rate_last_10",
        "usage_rate_season",
        "ts_pct_last_10",
        "paint_rate_last_10",
        "three_pt_rate_last_10",
        "schedule_completeness_last_10",
        "previous_season_points_avg",
        "previous_season_minutes_avg",
    ),
    *_integers("games_played_season", "started_last_game", "injury_doubt", "days_rest", "games_last_7_days"),
    *_floats("minutes_last_7_days"),
    *_floats("fatigue_score", sign=1),
    *_floats("shot_zone_mismatch_score"),
    *_floats("opponent_defense_score", "pace_score", "usage_spike_score", "missing_teammate_points", sign=1),
    *_floats("opponent_defensive_rating_last_15", "opponent_pace_last_15", sign=1),
    Feature("home_game", ColumnType.BOOL),
    Feature("back_to_back", ColumnType.BOOL),
    *_integers("opponent_days_rest"),
    *_floats(
        "team_pace_last_10", "team_off_rating_last_10", "team_win_pct_last_10", "team_spread", "game_total"
    ),
)

FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def check_writer(schema: TableSchema) -> None:
    """Raise FeatureContractError unless the table has every feature, of its type, and a version."""
    wrong = [
        f"{feature.name} {feature.type}"
        for feature in FEATURES
        if feature.name not in schema.column_names or schema.column(feature.name).type is not feature.type
    ]
    if "feature_version" not in schema.column_names:
        wrong.append("feature_version INT64")
    if wrong:
        raise FeatureContractError(
            f"Table [{schema.address}] lacks, or has of another type: [{', '.join(wrong)}]. "
            "Change shared/feature_contract.py and the table together."
        )


def check_reader(columns: Sequence[str], versions: Sequence[object]) -> None:
    """Raise FeatureContractError unless the columns hold every feature, and all rows this version."""
    missing = [name for name in FEATURE_NAMES if name not in columns]
    if missing:
        raise FeatureContractError(f"The query returns no [{', '.join(missing)}], which the contract names")
    others = sorted({str(version) for version in versions} - {str(FEATURE_VERSION)})
    if others:
        raise FeatureContractError(
            f"Features of version [{', '.join(others)}], this code reads [{FEATURE_VERSION}]. "
            "Run ml_feature_store again for these dates."
        )
