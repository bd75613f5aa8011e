"""A season as planned: everything that is decided before a game is played, whatever range is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from services.ingest.synthetic.availability import Availability, Report, build_availability
from services.ingest.synthetic.columns import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PLAYER_PROPS,
    SHOT_CHART,
)
from services.ingest.synthetic.fixtures import Fixtures, Game, build_fixtures
from services.ingest.synthetic.game import GameResult, play_game
from services.ingest.synthetic.league import League, Player, build_league
from services.ingest.synthetic.lineups import choose_lineup
from services.ingest.synthetic.options import SyntheticOptions
from services.ingest.synthetic.rosters import Rosters, build_rosters
from services.ingest.synthetic.season_calendar import Plant
from services.ingest.synthetic.streams import stream

_UNPRICED_CHANCE = 0.02


@dataclass(frozen=True)
class SeasonPlan:
    """Teams, fixtures, rosters and availability, and the games that were singled out."""

    seed: int
    league: League
    fixtures: Fixtures
    rosters: Rosters
    availability: Availability
    overtime_games: frozenset[str]
    seconds_only_games: frozenset[str]
    unpriced_games: frozenset[str]

    def play(self, game: Game) -> GameResult:
        """Play `game`. Its result depends on the seed, the season and the game only."""
        rng = stream(self.seed, "game", str(game.season_year), game.game_id)
        home, away = (
            choose_lineup(
                rng,
                team=team,
                roster=self.rosters.of(team, game.game_date),
                absences=self.availability.absences[game.game_id, team],
                seconds_only=team == game.home and game.game_id in self.seconds_only_games,
            )
            for team in (game.home, game.away)
        )
        return play_game(
            rng,
            lineups=(home, away),
            strengths=(self.league.strengths[game.home], self.league.strengths[game.away]),
            force_overtime=game.game_id in self.overtime_games,
        )

    def reports(self, game: Game, team: str) -> dict[Player, Report]:
        """What the injury report says of `team`, if there is one on the game's date."""
        if game.game_date in self.fixtures.plants.dates(Plant.NO_INJURY_REPORT):
            return {}
        key = (game.game_id, team)
        out = {
            player: absence.report
            for player, absence in self.availability.absences[key].items()
            if absence.report is not None
        }
        return {**out, **self.availability.reports[key]}

    def sources(self, game: Game) -> frozenset[str]:
        """The optional tables that say anything about `game`."""
        plants = self.fixtures.plants
        absent = {
            INJURY_REPORT: game.game_date in plants.dates(Plant.NO_INJURY_REPORT),
            SHOT_CHART: game.game_date in plants.dates(Plant.NO_SHOT_CHART),
            PLAY_BY_PLAY: game.game_date in plants.without_play_by_play,
            GAME_LINES: game.game_id in self.unpriced_games,
            PLAYER_PROPS: game.game_id in self.unpriced_games,
        }
        return frozenset(table for table, is_absent in absent.items() if not is_absent)


def _first_games(fixtures: Fixtures, plant: Plant) -> frozenset[str]:
    """The first game of every date of `plant`."""
    dates = fixtures.plants.dates(plant)
    first: dict[object, str] = {}
    for game in fixtures.games:
        if game.game_date in dates:
            first.setdefault(game.game_date, game.game_id)
    return frozenset(first.values())


def _unpriced(seed: int, season_year: int, fixtures: Fixtures) -> frozenset[str]:
    rng = stream(seed, "unpriced", str(season_year))
    by_chance = {game.game_id for game in fixtures.games if rng.random() < _UNPRICED_CHANCE}
    return _first_games(fixtures, Plant.NO_GAME_LINE) | by_chance


def plan_season(options: SyntheticOptions) -> SeasonPlan:
    """Plan the season; availability is worked out as far as the range of `options` reaches."""
    seed, season_year = options.seed, options.season_year
    league = build_league(seed=seed, teams=options.teams)
    fixtures = build_fixtures(seed=seed, season_year=season_year, teams=league.teams)
    rosters = build_rosters(seed=seed, season_year=season_year, league=league, fixtures=fixtures)
    return SeasonPlan(
        seed=seed,
        league=league,
        fixtures=fixtures,
        rosters=rosters,
        availability=build_availability(
            seed=seed,
            season_year=season_year,
            league=league,
            games=tuple(game for game in fixtures.games if game.game_date <= options.end_date),
            rosters=rosters,
        ),
        overtime_games=_first_games(fixtures, Plant.OVERTIME),
        seconds_only_games=_first_games(fixtures, Plant.SECONDS_ONLY_APPEARANCE),
        unpriced_games=_unpriced(seed, season_year, fixtures),
    )
