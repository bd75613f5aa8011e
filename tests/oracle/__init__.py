"""Brute-force oracle of completeness: what the set-based implementation is judged by.

Plain loops over rows in memory, written from the rules alone, so that an error in the implementation is
not repeated here. `raw` loads and damages a season, `rosters` says who is expected where, `evidence`
says why a game is missing and what follows from it.

Decisions where the rules are silent or can be read in two ways:

Games and lists
 1. A list belongs to one team in one game. One team's list may reconcile while the other's does not.
 2. The Final slot of a game decides its date and its two teams. Rows of a team that does not play in the
    game, and rows of a game that is not Final, belong to no list.
 3. "Both team rows exist" is judged per game: with one of them absent neither list reconciles. A list
    without a player row never reconciles. NULL points and minutes add nothing. "Within 0.5" includes 0.5.
 4. Preseason and All-Star games are kept out by season_type.

Whose game counts
 5. Named by a list, reconciling or not, is listed for the game. Two games on one date, each with a list
    that names him (it happens at the trade deadline), are two expected games.
 6. Carried over into a missing or unreconciled list: "latest earlier" is by date, earlier than the game.
    "In between" is on a later date than that list and no later than the game's own date: the game's
    date is included because nobody plays for two teams on one date. The list in between need not
    reconcile.
 7. Only the latest earlier reconciling list carries over. Names that appear first on an unreconciled
    list are expected players of the next date (rule 9) but do not carry over into a later missing game.
    A team without an earlier reconciling list carries nobody over.

Expected players of D
 8. A slot of D counts whatever its game_status, unless Postponed.
 9. A team with no reconciling list before D contributes the names of all its lists before D.
10. A player whom another team's list of a later date names is not expected from this team, whether or
    not that other team plays on D: he is expected from each team for its own dates only. Lists of one
    date do not rule each other out; when both teams play on D, the one with the later game_id has him.
11. The injury report of D is the rows with report_date = game_date = D, any injury_status, of teams with
    a slot on D. It overrides rule 10. Reported by two teams with a slot: the one whose roster he is on,
    else the first by name. A report by a team without a slot changes nothing.
12. Expected on the report's word alone, with no earlier game: expected all the same, and then
    INSUFFICIENT_HISTORY, so no row.

Windows and span
13. Played = a derived key of a Final game before D. Windows count played among expected games only; the
    played-games window of the span takes every derived key, because that is what the row reads.
14. The span starts at the oldest game of: the last N played games, each listed-games window, each day
    window. The games of the last two are the expected ones, played or not. A window that is not full
    reaches to its own oldest game, not to the start of the season.
15. Nothing played before D: every expected game is in the span, since any one of them would have been used.
16. A window without expected games has no percentage and is not under the threshold. The worst window is
    the one of the lowest percentage; ties go to the first of L5, L10, L7d, L14d.

Ladder and roll-up
17. "No raw box rows at all" is about player rows, of either team. One team's list missing while the
    other's is there is GAME_INCOMPLETE. Team rows without player rows are GAME_NOT_INGESTED.
18. The reason of PLAYER_DNP is dnp_reason, else the report of that date (his team's line first), else
    "not reported". Blank text counts as absent. A line without a reason gives its injury_status.
19. Gaps are looked for whether or not a window is under the threshold. The threshold decides only whether
    absences alone are worth a failure: PLAYER_DNP needs a window under it. MIXED does not.
20. "No game before D" means no game played. With a gap among the expected games it is that gap
    (DATA_GAP or MIXED); otherwise INSUFFICIENT_HISTORY. Either way no row.
21. Gaps older than the span enter the roll-up (DATA_GAP, or MIXED with an absence inside the span) but
    do not withhold the row. Absences older than the span count nowhere.
22. The Cup final is in windows and span, but an older one is no season gap: no season column counts it.
23. Rows in memory can always be read: UNKNOWN, PROCESSING_ERROR and UPSTREAM_GAP never come out of here.
"""
