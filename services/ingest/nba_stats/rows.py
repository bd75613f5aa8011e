"""Rows of the raw contract from the claims of all files of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from services.ingest.nba_stats.claims import Claim, Claims, Offer, Row, Scalar, group, merge
from services.ingest.nba_stats.games import Games
from services.ingest.nba_stats.names import Directory
from services.ingest.source import IngestError

_EASTERN = ZoneInfo("America/New_York")


def rows_of_tables(claims: Claims) -> dict[str, list[Row]]:
    """Rows by raw table. Raises IngestError for rows whose game cannot be dated, and for contradictions."""
    games = Games.of(claims.games)
    directory = Directory.of(claims.names)
    return {
        "nbac_schedule": games.schedule_rows(),
        "nbac_gamebook_player_stats": _player_rows(claims.players, games, directory),
        "nbac_team_boxscore": _team_rows(claims.teams, games),
        "nbac_shot_chart": _shot_rows(claims.shots, games, directory),
        "nbac_play_by_play": _play_rows(claims.plays, games, directory),
        "odds_api_player_points_props": _offer_rows(claims.offers, games),
    }


def _player_rows(claims: Iterable[Claim], games: Games, directory: Directory) -> list[Row]:
    rows: list[Row] = []
    for (game_id, _), members in group(claims).items():
        strongest = members[0]
        # Whoever contradicts the strongest about having played has nothing to add to its line.
        agreeing = [member for member in members if _was_active(member) == _was_active(strongest)]
        line = merge(agreeing)
        player_id = _whole(strongest.key[0])
        game = games.played(game_id, file=strongest.origin.file)
        side = game.side_row(str(line["team_abbr"]), file=strongest.origin.file)
        rows.append(
            line
            | side
            | {
                "player_id": player_id,
                "player_name": directory.names[player_id],
                "player_lookup": directory.lookup(player_id),
            }
        )
    return rows


def _team_rows(claims: Iterable[Claim], games: Games) -> list[Row]:
    rows: list[Row] = []
    for (game_id, key), members in group(claims).items():
        if not any(member.sufficient for member in members):
            continue
        game = games.played(game_id, file=members[0].origin.file)
        rows.append(merge(members) | game.side_row(str(key[0]), file=members[0].origin.file))
    return rows


def _shot_rows(claims: Iterable[Claim], games: Games, directory: Directory) -> list[Row]:
    """Shots numbered from 1 in each game in order of the clock, then of the source's event number."""
    by_game: dict[str, list[tuple[tuple[int, int, int], Row]]] = {}
    for (game_id, key), members in group(claims).items():
        row = merge(members)
        place = (_whole(row["period"]), -_whole(row["seconds_remaining"]), _whole(key[0]))
        game = games.played(game_id, file=members[0].origin.file)
        identity: Row = {"player_lookup": directory.lookup(_whole(row["player_id"]))}
        by_game.setdefault(game_id, []).append((place, row | game.row | identity))
    return [
        row | {"shot_sequence": sequence}
        for shots in by_game.values()
        for sequence, (_, row) in enumerate(sorted(shots, key=lambda shot: shot[0]), start=1)
    ]


def _play_rows(claims: Sequence[Claim], games: Games, directory: Directory) -> list[Row]:
    """Events of a game come from its strongest format alone: event numbers of two need not be the same."""
    strongest: dict[str, int] = {}
    for claim in claims:
        strongest[claim.game_id] = min(
            claim.origin.standing, strongest.get(claim.game_id, claim.origin.standing)
        )
    chosen = (claim for claim in claims if claim.origin.standing == strongest[claim.game_id])
    rows: list[Row] = []
    for (game_id, key), members in group(chosen).items():
        play = merge(members)
        passer = directory.lookup(_optional_whole(play["player_2_id"]))
        identity: Row = {
            "event_sequence": _whole(key[0]),
            "player_1_lookup": directory.lookup(_whole(play["player_1_id"])),
            "player_2_lookup": passer,
            "player_2_role": None if passer is None else "assist",
        }
        rows.append(play | games.played(game_id, file=members[0].origin.file).row | identity)
    return rows


def _offer_rows(offers: Iterable[Offer], games: Games) -> list[Row]:
    claims: list[Claim] = []
    for offer in offers:
        game_date = offer.commence_time.astimezone(_EASTERN).date()
        game = games.of_teams(game_date, offer.home, offer.away)
        if game is None:
            raise IngestError(
                f"No file has the game of this event, [{offer.away}] at [{offer.home}] on [{game_date}]",
                file=offer.origin.file,
                remedy=f"Add the scoreboard of [{game_date}] or the game's boxscoresummaryv2 to the folder",
            )
        values: dict[str, Scalar] = dict(offer.values) | {
            "game_date": game.game_date,
            "commence_time": offer.commence_time,
        }
        key = tuple(str(values[name]) for name in ("player_lookup", "bookmaker", "snapshot_timestamp"))
        claims.append(Claim(offer.origin, game.game_id, key, values))
    return [merge(members) | {"game_id": game_id} for (game_id, _), members in group(claims).items()]


def _was_active(claim: Claim) -> bool:
    return claim.values["player_status"] == "active"


def _optional_whole(value: Scalar) -> int | None:
    if value is not None and not isinstance(value, int):
        raise TypeError(f"Not a whole number: [{value}]")
    return value


def _whole(value: Scalar) -> int:
    number = _optional_whole(value)
    if number is None:
        raise TypeError("A whole number is missing")
    return number
