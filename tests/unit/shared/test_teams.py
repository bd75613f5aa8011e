"""Thirty teams, whatever a source calls them."""

from __future__ import annotations

import pytest

from shared.teams import TEAMS, TRICODES, UnknownTeamError, tricode_of, tricode_of_nba_id


def test_there_are_thirty_teams_with_distinct_tricodes_names_and_ids() -> None:
    assert len(TRICODES) == 30
    assert len({team.name for team in TEAMS}) == 30
    assert sorted(team.nba_id for team in TEAMS) == list(range(1610612737, 1610612767))


def test_every_tricode_name_and_id_leads_to_its_own_team() -> None:
    for team in TEAMS:
        assert {tricode_of(team.tricode), tricode_of(team.name), tricode_of_nba_id(team.nba_id)} == {
            team.tricode
        }


def test_no_spelling_belongs_to_two_teams() -> None:
    spellings = [s for t in TEAMS for s in (t.tricode, t.name, *t.former, *t.other_names)]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(
    ("spelling", "tricode"),
    [("NJN", "BKN"), ("SEA", "OKC"), ("PHO", "PHX"), ("LA Clippers", "LAC"), (" boston celtics ", "BOS")],
)
def test_former_tricodes_and_other_names_become_the_tricode_of_today(spelling: str, tricode: str) -> None:
    assert tricode_of(spelling) == tricode


def test_an_unknown_team_is_named() -> None:
    with pytest.raises(UnknownTeamError, match=r"\[Springfield Atoms\]"):
        tricode_of("Springfield Atoms")
    with pytest.raises(UnknownTeamError, match=r"\[7\]"):
        tricode_of_nba_id(7)
