"""The 30 NBA teams, and the other spellings under which sources know them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Team:
    """A franchise: today's tricode and full name, stats.nba.com's team id, and other spellings of both.

    `former` holds the tricodes of the franchise's earlier names and of sources with tricodes of their own.
    """

    tricode: str
    name: str
    nba_id: int
    former: frozenset[str] = frozenset()
    other_names: frozenset[str] = frozenset()


TEAMS: tuple[Team, ...] = (
    Team("ATL", "Atlanta Hawks", 1610612737),
    Team("BOS", "Boston Celtics", 1610612738),
    Team("CLE", "Cleveland Cavaliers", 1610612739),
    Team("NOP", "New Orleans Pelicans", 1610612740, frozenset({"NO", "NOH", "NOK"})),
    Team("CHI", "Chicago Bulls", 1610612741),
    Team("DAL", "Dallas Mavericks", 1610612742),
    Team("DEN", "Denver Nuggets", 1610612743),
    Team("GSW", "Golden State Warriors", 1610612744, frozenset({"GS"})),
    Team("HOU", "Houston Rockets", 1610612745),
    Team("LAC", "Los Angeles Clippers", 1610612746, other_names=frozenset({"LA Clippers"})),
    Team("LAL", "Los Angeles Lakers", 1610612747),
    Team("MIA", "Miami Heat", 1610612748),
    Team("MIL", "Milwaukee Bucks", 1610612749),
    Team("MIN", "Minnesota Timberwolves", 1610612750),
    Team("BKN", "Brooklyn Nets", 1610612751, frozenset({"BRK", "NJN"})),
    Team("NYK", "New York Knicks", 1610612752, frozenset({"NY"})),
    Team("ORL", "Orlando Magic", 1610612753),
    Team("IND", "Indiana Pacers", 1610612754),
    Team("PHI", "Philadelphia 76ers", 1610612755),
    Team("PHX", "Phoenix Suns", 1610612756, frozenset({"PHO"})),
    Team("POR", "Portland Trail Blazers", 1610612757),
    Team("SAC", "Sacramento Kings", 1610612758),
    Team("SAS", "San Antonio Spurs", 1610612759, frozenset({"SA"})),
    Team("OKC", "Oklahoma City Thunder", 1610612760, frozenset({"SEA"})),
    Team("TOR", "Toronto Raptors", 1610612761),
    Team("UTA", "Utah Jazz", 1610612762, frozenset({"UTAH"})),
    Team("MEM", "Memphis Grizzlies", 1610612763, frozenset({"VAN"})),
    Team("WAS", "Washington Wizards", 1610612764, frozenset({"WSH"})),
    Team("DET", "Detroit Pistons", 1610612765),
    Team("CHA", "Charlotte Hornets", 1610612766, frozenset({"CHH", "CHO"})),
)

TRICODES: frozenset[str] = frozenset(team.tricode for team in TEAMS)

_BY_SPELLING: dict[str, str] = {
    spelling.upper(): team.tricode
    for team in TEAMS
    for spelling in (team.tricode, team.name, *team.former, *team.other_names)
}
_BY_NBA_ID: dict[int, str] = {team.nba_id: team.tricode for team in TEAMS}


class UnknownTeamError(ValueError):
    """A team that none of the 30 franchises is known as."""


def tricode_of(spelling: str) -> str:
    """Return today's tricode for a tricode (also a former one) or a full team name, in any case.

    Raises UnknownTeamError.
    """
    try:
        return _BY_SPELLING[spelling.strip().upper()]
    except KeyError as e:
        raise UnknownTeamError(f"Not a team of the NBA: [{spelling}]") from e


def tricode_of_nba_id(nba_id: int) -> str:
    """Return today's tricode for a stats.nba.com team id. Raises UnknownTeamError."""
    try:
        return _BY_NBA_ID[nba_id]
    except KeyError as e:
        raise UnknownTeamError(f"Not a team id of the NBA: [{nba_id}]") from e
