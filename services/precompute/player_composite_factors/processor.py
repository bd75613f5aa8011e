"""Player composite factors: what rest, opponent, pace, court and absences are worth to a player on D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import EVIDENCE, EntityType, Input, Phase, Processor, Window

#: What a unit of a factor is worth is fitted on appearances of players with so many games before them, and
#: used once there are so many of those. With fewer, a star's absence or one fast team decides.
FITTED_ON = {"settled_games": 5, "fewest_appearances": 250}

#: Games after which half of what a team shows in its window is taken as the team, the rest as chance. With 5
#: the effect of the opponent is the same in the first weeks of 2021-22 as later; without it is half as large.
HALF_RELIABLE_GAMES = {"half_reliable_games": 5}

#: Where the parts of the fatigue score are full: 4 games of 40 minutes in 7 days, 4 back-to-backs in 14.
FULL_LOAD = {"full_minutes_7_days": 160, "full_back_to_backs_14_days": 4}

PROCESSOR = Processor(
    name="player_composite_factors",
    class_name="PlayerCompositeFactorsProcessor",
    abbreviation="PCF",
    phase=Phase.PRECOMPUTE,
    entity=EntityType.PLAYER,
    entity_column="player_lookup",
    inputs=(
        *EVIDENCE,
        Input("player_game_summary", Window.BEFORE),
        Input("team_offense_game_summary", Window.BEFORE),
        Input("team_defense_zone_analysis", Window.THROUGH),
        Input("player_shot_zone_analysis", Window.ON_DATE),
        Input("upcoming_player_game_context", Window.THROUGH),
        Input("upcoming_team_game_context", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
    shared_sql=("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence"),
    parameters={"span_played_games": 10, "span_days": 14, **FITTED_ON, **HALF_RELIABLE_GAMES, **FULL_LOAD},
)
