"""Incidents of evidence: who played, and what is not known."""

from __future__ import annotations

from shared.topology.declaration import PLAYER_BOX, TEAM_BOX
from tests.golden.player_games import GAME, opener, summarise
from tests.oracle.raw import active_keys
from tests.oracle.tiny import ANN, BOS, on, played_daily, season, slot
from tests.support.completeness import judge, tables_of, warehouse_of
from tests.support.raw_rows import absent_player, changed, without


def test_incident_15_what_a_source_does_not_say_is_unknown_downstream_and_never_zero() -> None:
    """NULL paint attempts became 0 in 10,068 of 10,069 rows; the row counts were perfect."""
    staged = summarise(opener())

    zones = ("paint_attempts", "paint_makes", "mid_range_attempts", "assisted_fg_makes", "and1_count")
    assert {row[column] for row in staged.rows for column in zones} == {None}
    assert {row["zone_source"] for row in staged.rows} == {None}


def test_incident_15_a_window_without_games_has_no_percentage_rather_than_none_of_them() -> None:
    """NULL became 0, and 0 % of nothing looked like a player who was never there."""
    raw = season(played_daily(3, CHI=ANN, BOS=BOS), slot("next", 30, "CHI", "BOS"))
    warehouse = warehouse_of(tables_of(raw), sorted(active_keys(raw)))

    found = judge(warehouse, [on(30)], season_start=on(0), span_played_games=10, span_days=14)

    row = found.evidence[on(30), "ann"]
    assert [row[f"l7d_{kind}_pct"] for kind in ("schedule", "data")] == [None, None]
    assert [row[f"l5_{kind}_pct"] for kind in ("schedule", "data")] == [100, 100]


def test_incident_20_who_is_listed_as_active_played_and_nobody_else_did() -> None:
    """Zero-minute listings counted as played, and scoreless games were dropped by `points > 0`."""
    scoreless = changed(
        opener(), PLAYER_BOX, {"player_lookup": "celtica"}, minutes="0:00", minutes_decimal=0.0
    )
    rows = [
        *changed(scoreless, TEAM_BOX, {"team_abbr": "BOS"}, minutes_decimal=192.0),
        absent_player(GAME, "BOS", "alhorford", status="dnp", reason="Coach's Decision"),
        absent_player(GAME, "CHI", "patrickwilliams", status="inactive"),
    ]

    staged = summarise(rows)

    players = {str(row["player_lookup"]): row for row in staged.rows}
    assert "celtica" in players
    assert players["celticb"]["points"] == 0
    assert not {"alhorford", "patrickwilliams"} & set(players)


def test_incident_21_one_lost_team_row_leaves_every_players_row() -> None:
    """A whole date was rejected for one bad row."""
    staged = summarise(without(opener(), TEAM_BOX, team_abbr="CHI"))

    assert len(staged.rows) == 10
    assert {row["usage_rate"] for row in staged.rows if row["team_abbr"] == "CHI"} == {None}
