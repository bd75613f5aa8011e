"""Generates a season in the raw contract: first delivery, final state, and the truth about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from services.ingest.source import RawFile
from services.ingest.synthetic.box_rows import add_box_scores, add_slot
from services.ingest.synthetic.columns import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PLAYER_BOX,
    PLAYER_PROPS,
    SCHEDULE,
    SHOT_CHART,
    TEAM_BOX,
    RowCollector,
    collectors,
)
from services.ingest.synthetic.faults import Delivery, LateDelivery, deliver, plan_faults
from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.game import GameResult
from services.ingest.synthetic.markets import expected_scores, game_line, prop_lines
from services.ingest.synthetic.options import SyntheticOptions
from services.ingest.synthetic.plan import SeasonPlan, plan_season
from services.ingest.synthetic.report_rows import add_game_line, add_injury_report, add_props
from services.ingest.synthetic.shot_rows import add_play_by_play, add_shot_chart
from services.ingest.synthetic.shots import Place, build_catalogue
from services.ingest.synthetic.streams import stream
from services.ingest.synthetic.truth import Truth
from services.ingest.synthetic.truth_of_season import truth_of


@dataclass(frozen=True)
class SyntheticSeason:
    """Raw tables by name, typed as the raw contract declares.

    `tables` is what is delivered first, `clean` what everything should finally be. Delivering all of `late`,
    each replacing its tables' rows of its date, turns the first into the second. Without faults they are
    equal.
    """

    tables: Mapping[str, pa.Table]
    clean: Mapping[str, pa.Table]
    late: tuple[LateDelivery, ...]
    truth: Truth


def generate(options: SyntheticOptions) -> SyntheticSeason:
    """Generate the game dates of the range. The same options give the same rows, in every process.

    A date's rows do not depend on the range, nor on `include_optional`.
    """
    plan = plan_season(options)
    catalogue = build_catalogue(options.seed)
    sheets = collectors(include_optional=options.include_optional)
    results: dict[str, GameResult] = {}
    for day, game in _slots(options, plan):
        result = plan.play(game) if day == game.game_date else None
        add_slot(sheets[SCHEDULE], game, day=day, result=result)
        if result is None:
            continue
        results[game.game_id] = result
        add_box_scores(
            stream(options.seed, "box", str(game.season_year), game.game_id),
            player_box=sheets[PLAYER_BOX],
            team_box=sheets[TEAM_BOX],
            game=game,
            result=result,
        )
        if options.include_optional:
            _add_optional(sheets, plan, catalogue, game, result)
    clean = {name: sheet.table() for name, sheet in sheets.items()}
    delivery = _first_delivery(options, plan, clean)
    truth = truth_of(options=options, plan=plan, results=results, clean=clean, delivery=delivery)
    return SyntheticSeason(tables=delivery.tables, clean=clean, late=delivery.late, truth=truth)


def _slots(options: SyntheticOptions, plan: SeasonPlan) -> list[tuple[date, Game]]:
    slots = [(day, game) for game in plan.fixtures.games for day in game.slots if options.covers(day)]
    slots.sort(key=lambda slot: (slot[0], slot[1].game_id))
    return slots


def synthetic_files(options: SyntheticOptions) -> tuple[RawFile, ...]:
    """The first delivery as files for the ingest, one per table."""
    season = f"{options.season_year}-{(options.season_year + 1) % 100:02d}"
    return tuple(
        RawFile(name=f"synthetic/{season}/seed-{options.seed}/{table}", table=table, rows=rows)
        for table, rows in generate(options).tables.items()
    )


def _first_delivery(options: SyntheticOptions, plan: SeasonPlan, clean: dict[str, pa.Table]) -> Delivery:
    if not options.faults:
        return Delivery(faults=(), tables=clean, late=(), missing_players={})
    faults = plan_faults(seed=options.seed, season_year=options.season_year, fixtures=plan.fixtures)
    return deliver(clean, tuple(fault for fault in faults if options.covers(fault.game_date)))


def _add_optional(
    sheets: dict[str, RowCollector],
    plan: SeasonPlan,
    catalogue: tuple[Place, ...],
    game: Game,
    result: GameResult,
) -> None:
    rng = stream(plan.seed, "markets", str(game.season_year), game.game_id)
    sources = plan.sources(game)
    if SHOT_CHART in sources:
        add_shot_chart(sheets[SHOT_CHART], game=game, result=result, catalogue=catalogue)
    if PLAY_BY_PLAY in sources:
        add_play_by_play(sheets[PLAY_BY_PLAY], game=game, result=result, catalogue=catalogue)
    if INJURY_REPORT in sources:
        for team in (game.home, game.away):
            add_injury_report(sheets[INJURY_REPORT], game=game, team=team, reports=plan.reports(game, team))
    scores = expected_scores(plan.league.strengths[game.home], plan.league.strengths[game.away])
    if GAME_LINES in sources:
        add_game_line(sheets[GAME_LINES], game=game, line=game_line(rng, scores))
    if PLAYER_PROPS in sources:
        home, away = result.sides
        lines = prop_lines(rng, game=game, lineups=(home.lineup, away.lineup), scores=scores)
        add_props(sheets[PLAYER_PROPS], game=game, lines=lines)
