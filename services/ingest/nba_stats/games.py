"""Which game is played when and by whom, put together from every file that speaks about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from services.ingest.nba_stats.claims import Claim, GameClaim, Row, group, merge
from services.ingest.nba_stats.schedules import FINAL, POSTPONED_TEXT
from services.ingest.source import IngestError
from services.ingest.validate import COUNTED_GAME_KINDS, season_year_of


@dataclass(frozen=True)
class Game:
    """A game that is known well enough to make rows: US Eastern date, and tricodes of both teams."""

    game_id: str
    game_date: date
    home: str
    away: str

    @property
    def row(self) -> Row:
        """The columns that every row of the game starts with."""
        return {
            "game_id": self.game_id,
            "game_date": self.game_date,
            "season_year": season_year_of(self.game_id),
        }

    def side_row(self, team: str, *, file: str) -> Row:
        """The columns of a row about one of the two teams. Raises IngestError for any other team."""
        if team not in (self.home, self.away):
            raise IngestError(
                f"Team [{team}] does not play in game [{self.game_id}], [{self.away}] at [{self.home}]",
                file=file,
                value=team,
                remedy="Take out the file that is wrong about this game",
            )
        at_home = team == self.home
        return self.row | {
            "team_abbr": team,
            "opponent_team_abbr": self.away if at_home else self.home,
            "is_home": at_home,
        }


@dataclass(frozen=True)
class Games:
    """The games that the files of a folder are about."""

    claims: Mapping[str, tuple[GameClaim, ...]]
    by_teams: Mapping[tuple[date, frozenset[str]], Game]

    @classmethod
    def of(cls, claims: Iterable[GameClaim]) -> Games:
        ordered = sorted(claims, key=lambda claim: (claim.game_id, claim.origin.standing))
        by_teams: dict[tuple[date, frozenset[str]], Game] = {}
        for claim in ordered:
            if claim.game_date is not None and claim.home is not None and claim.away is not None:
                game = Game(claim.game_id, claim.game_date, claim.home, claim.away)
                by_teams.setdefault((claim.game_date, frozenset((claim.home, claim.away))), game)
        return cls(
            {game_id: tuple(same) for game_id, same in groupby(ordered, lambda claim: claim.game_id)},
            by_teams,
        )

    def played(self, game_id: str, *, file: str) -> Game:
        """The game, dated when it was played, for rows of `file`.

        Raises IngestError when no file says date or teams, or files disagree about the date.
        """
        claims = self.claims.get(game_id, ())
        dated = [claim for claim in claims if claim.game_date is not None and not _is_postponed(claim)]
        furthest = max((_progress(claim) for claim in dated), default=0)
        dates = {claim.game_date for claim in dated if _progress(claim) == furthest}
        home = next((claim.home for claim in claims if claim.home is not None), None)
        away = next((claim.away for claim in claims if claim.away is not None), None)
        if len(dates) > 1:
            raise IngestError(
                f"Game [{game_id}] has several dates "
                f"[{', '.join(f'{claim.origin.file}: {claim.game_date}' for claim in dated)}]",
                file=file,
                remedy="Take out the file that is wrong about this game",
            )
        game_date = next(iter(dates), None)
        if game_date is None or home is None or away is None:
            unknown = "date" if game_date is None else "home and away team"
            raise IngestError(
                f"No file says the {unknown} of game [{game_id}]",
                file=file,
                remedy=f"Add the boxscoresummaryv2 or scoreboard of game [{game_id}] to the folder",
            )
        return Game(game_id, game_date, home, away)

    def of_teams(self, game_date: date, *teams: str) -> Game | None:
        """The game of two teams on a date, whoever is called the home team; None when no file has it."""
        return self.by_teams.get((game_date, frozenset(teams)))

    def schedule_rows(self) -> list[Row]:
        """One row per slot (game and date). Of what files say about a slot the furthest state holds."""
        slots = [
            Claim(
                claim.origin,
                game_id,
                (claim.game_date,),
                {"home_team_tricode": claim.home, "away_team_tricode": claim.away} | dict(claim.slot),
            )
            for game_id, claims in self.claims.items()
            for claim in claims
            if claim.slot is not None and claim.game_date is not None
        ]
        rows: list[Row] = []
        for (game_id, key), members in group(slots, ahead=_state_of).items():
            identity: Row = {
                "game_id": game_id,
                "game_date": key[0],
                "season_year": season_year_of(game_id),
                "season_type": COUNTED_GAME_KINDS[game_id[:3]],
            }
            rows.append(identity | merge(members))
        return rows


def _is_postponed(claim: GameClaim) -> bool:
    return claim.slot is not None and claim.slot["game_status_text"] == POSTPONED_TEXT


def _progress(claim: GameClaim) -> int:
    """How far the game is; files that only exist for played games speak of a finished one."""
    return FINAL if claim.slot is None else _status(claim.slot)


def _state_of(claim: Claim) -> int:
    """Order of states of one slot: scheduled, postponed, live, final."""
    postponed = claim.values["game_status_text"] == POSTPONED_TEXT
    return 2 * _status(claim.values) + int(postponed)


def _status(slot: Mapping[str, object]) -> int:
    status = slot["game_status"]
    if not isinstance(status, int):
        raise TypeError(f"A slot's status is a number, not [{status}]")
    return status
