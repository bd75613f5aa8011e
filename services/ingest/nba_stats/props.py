"""Player points lines: The Odds API, historical odds of one event, market player_points, decimal prices."""

from __future__ import annotations

from collections.abc import Iterable

from services.ingest.nba_stats.claims import Claims, Offer, Origin, Standing
from services.ingest.nba_stats.document import Document, Fields
from services.ingest.nba_stats.values import instant, lookup, team

_MARKET = "player_points"
_SPORT = "basketball_nba"
_UNCOUNTED_SPORTS = ("basketball_nba_preseason", "basketball_nba_all_stars", "basketball_nba_summer_league")
# Prices from here on are American odds (+100); decimal prices of a points line are far below.
_AMERICAN = 100.0

_Prices = dict[str, float | None]


def parse_event_odds(document: Document) -> Claims:
    """One offer per player and bookmaker of the snapshot.

    A bookmaker who offers a ladder of lines for a player is taken at the line whose prices are most even:
    that is his main line. Raises IngestError for prices that are not decimal odds.
    """
    root = document.root
    event = root.child("data")
    sport = event.text("sport_key")
    if sport in _UNCOUNTED_SPORTS:
        return Claims()
    if sport != _SPORT:
        raise event.error("Not NBA odds", name="sport_key", remedy="Take the file out of the folder")
    snapshot = instant(root, "timestamp")
    origin = Origin(document.file, Standing.EVENTS, snapshot)
    offers: list[Offer] = []
    for bookmaker in event.children("bookmakers"):
        for market in bookmaker.children("markets"):
            if market.text("key") != _MARKET:
                continue
            for name, line, prices in _main_lines(market.children("outcomes")):
                offers.append(
                    Offer(
                        origin,
                        commence_time=instant(event, "commence_time"),
                        home=team(event, "home_team"),
                        away=team(event, "away_team"),
                        values={
                            "player_lookup": lookup(name, "description"),
                            "player_name": name.text("description"),
                            "bookmaker": bookmaker.text("key"),
                            "points_line": line,
                            "over_price": prices["Over"],
                            "under_price": prices["Under"],
                            "snapshot_timestamp": snapshot,
                        },
                    )
                )
    return Claims(offers=tuple(offers))


def _main_lines(outcomes: Iterable[Fields]) -> list[tuple[Fields, float, _Prices]]:
    """Per player, in order of appearance: an outcome that names him, his main line, and its two prices."""
    ladders: dict[str, dict[float, _Prices]] = {}
    named: dict[str, Fields] = {}
    for outcome in outcomes:
        line = outcome.optional_number("point")
        side = outcome.text("name")
        if line is None:
            raise outcome.error("An outcome without a line", name="point")
        if side not in ("Over", "Under"):
            raise outcome.error("Neither over nor under", name="name")
        player = outcome.text("description")
        named.setdefault(player, outcome)
        prices = ladders.setdefault(player, {}).setdefault(line, {"Over": None, "Under": None})
        prices[side] = _price(outcome)
    return [
        (named[player], line, ladder[line])
        for player, ladder in ladders.items()
        for line in [min(ladder, key=lambda line: (_unevenness(ladder[line]), line))]
    ]


def _price(outcome: Fields) -> float:
    price = outcome.optional_number("price")
    if price is None or not 1.0 < price < _AMERICAN:
        raise outcome.error(
            "Not a decimal price",
            name="price",
            remedy="Ask the source for oddsFormat=decimal and fetch it again",
        )
    return price


def _unevenness(prices: _Prices) -> float:
    """Distance between the two sides' implied probabilities; a line offered on one side only comes last."""
    over, under = prices["Over"], prices["Under"]
    return abs(1 / over - 1 / under) if over is not None and under is not None else 1.0
