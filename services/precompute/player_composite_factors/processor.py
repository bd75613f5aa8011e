"""Player composite factors: what rest, opponent, pace, court and absences are worth to a player on D."""

from __future__ import annotations

from pathlib import Path

from shared.topology.declaration import EVIDENCE, EntityType, Input, Phase, Processor, Window

#: Measured effects on a player's points in 2021-22, in millionths of a point per unit, because parameters
#: are integers. Source: the project's domain rules (regression on that season's appearances). The effect of
#: a back-to-back does not differ from 0 by more than chance; it is used as measured, with its sign.
EFFECTS = {
    # A game of the player on the day before.
    "back_to_back_micropoints": -10_000,
    # Home instead of away. A player's average holds both, so half of it is added at home, taken off away.
    "home_micropoints": 230_000,
    # One point per 100 possessions of the opponent's defensive rating.
    "defense_micropoints": 89_000,
    # One possession per 48 minutes of the opponent's pace.
    "pace_micropoints": 85_000,
    # One point per game of team-mates who are ruled out.
    "absence_micropoints": 83_000,
}

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
        Input("team_defense_zone_analysis", Window.ON_DATE),
        Input("player_shot_zone_analysis", Window.ON_DATE),
        Input("upcoming_player_game_context", Window.THROUGH),
        Input("upcoming_team_game_context", Window.ON_DATE),
    ),
    folder=Path(__file__).parent,
    shared_sql=("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence"),
    parameters={"span_played_games": 10, "span_days": 14, **EFFECTS, **HALF_RELIABLE_GAMES, **FULL_LOAD},
)
