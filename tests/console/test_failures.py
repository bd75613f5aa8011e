"""`nba failures`: triage that leads to what would mend, and leaves absences alone."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from services.console.evidence import MissingGame, WindowCount, parse_dates, parse_evidence
from services.console.failure_queries import Filters, read_counts, read_failures, similar_entities
from services.console.failures import failures_document, render_entity, render_triage
from services.console.triage import Step, mending, next_action, steps_of, triage_lines
from services.registry import SERVICES, topology_of
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Status
from tests.console.failure_rows import ABSENCE, DAY, failure, game, row, warehouse_with
from tests.console.screen import block, screen
from tests.support.derived_rows import Row

#: A real processor, so that class names have an abbreviation.
TOPOLOGY = topology_of([SERVICES / "analytics" / "player_game_summary"])
PGS = "PlayerGameSummaryProcessor"
ANY = Filters(None, None, None, None, None, None, None, everything=False)
BEFORE = DAY - dt.timedelta(days=1)


# What would mend a failure


@pytest.mark.parametrize(
    ("verdict", "what"),
    [
        ("GAME_NOT_INGESTED", "re-ingest"),
        ("GAME_INCOMPLETE", "re-ingest"),
        ("DERIVED_MISSING", "process the player summaries again:"),
        ("UPSTREAM_GAP", "mend the upstream rows of"),
        ("UNKNOWN", "make the source readable and look again at"),
    ],
)
def test_the_verdict_of_a_missing_game_says_what_would_mend_it(verdict: str, what: str) -> None:
    found = failure(game("2021-12-26", verdict), game("2021-12-28", "PLAYER_DNP"))
    assert steps_of(found) == (Step(dt.date(2021, 12, 26), what),)


def test_without_evidence_the_category_says_what_would_mend_it() -> None:
    days = (dt.date(2021, 12, 28), dt.date(2021, 12, 26))
    gap = failure(category=FailureCategory.GAME_NOT_INGESTED, missing_dates=days)
    error = failure(category=FailureCategory.CHECK_FAILED, kind="PROCESSING_ERROR", missing_dates=days)

    assert [step.date for step in steps_of(gap)] == sorted(days)
    assert steps_of(error) == (Step(DAY, "find the cause in the reason and the log, then process again"),)


def test_what_could_not_be_read_is_looked_at_again_whatever_it_was_filed_under() -> None:
    found = failure(kind="UNKNOWN", category=FailureCategory.INCOMPLETE_DATA, missing_dates=(BEFORE,))
    assert next_action(found) == "make the source readable and look again at 2021-12-31"


def test_what_is_explained_or_resolved_needs_no_step() -> None:
    absent = failure(game("2021-12-26", "PLAYER_DNP"), kind="PLAYER_DNP", correctable=False)
    resolved = failure(game("2021-12-26", "GAME_INCOMPLETE"), status=Status.RESOLVED)
    assert steps_of(absent) == steps_of(resolved) == ()


@pytest.mark.parametrize(
    ("status", "correctable", "action"),
    [
        (Status.UNRESOLVED, True, "re-ingest 2021-12-26"),
        (Status.RETRYING, True, "being retried (attempt 2): re-ingest 2021-12-26"),
        (Status.PERMANENT, True, "attempts are used up; by hand: re-ingest 2021-12-26"),
        (Status.PERMANENT, False, "nothing: it is explained"),
        (Status.INVESTIGATING, True, "somebody is investigating it"),
        (Status.RESOLVED, True, "nothing: resolved (no_longer_expected)"),
    ],
)
def test_the_next_action_follows_the_status(status: Status, correctable: bool, action: str) -> None:
    found = failure(
        game("2021-12-26", "GAME_NOT_INGESTED"),
        status=status,
        correctable=correctable,
        attempts=2,
        resolution_reason="no_longer_expected",
    )
    assert next_action(found) == action


def test_dates_of_one_kind_of_step_are_named_together() -> None:
    found = failure(
        game("2021-12-28", "GAME_NOT_INGESTED"),
        game("2021-12-26", "GAME_INCOMPLETE"),
        game("2021-12-27", "DERIVED_MISSING"),
    )
    assert next_action(found) == (
        "re-ingest 2021-12-26, 2021-12-28; process the player summaries again: 2021-12-27"
    )


def test_what_would_mend_most_comes_first() -> None:
    one, two = game("2021-12-26", "GAME_NOT_INGESTED"), game("2021-12-28", "GAME_NOT_INGESTED")
    found = [failure(one, two), failure(two, entity="a"), failure(two, entity="b"), failure(one, day=BEFORE)]
    assert mending(found) == (
        (Step(dt.date(2021, 12, 28), "re-ingest"), 3),
        (Step(dt.date(2021, 12, 26), "re-ingest"), 2),
    )


def test_failures_with_one_cause_are_one_line_over_all_their_dates() -> None:
    lost = game("2021-12-26", "GAME_NOT_INGESTED")
    other = game("2021-12-28", "GAME_NOT_INGESTED")
    lines = triage_lines(
        [failure(lost), failure(lost, day=BEFORE), failure(lost, entity="a"), failure(other)]
    )

    assert [(line.action, len(line.failures), line.dates) for line in lines] == [
        ("re-ingest 2021-12-26", 3, (BEFORE, DAY)),
        ("re-ingest 2021-12-28", 1, (DAY,)),
    ]


def test_absences_are_listed_by_date() -> None:
    absent = failure(kind="PLAYER_DNP", correctable=False, status=Status.PERMANENT)
    lines = triage_lines([absent, replace(absent, date=BEFORE), replace(absent, entity_id="a")])
    assert [(line.dates, len(line.failures)) for line in lines] == [((BEFORE,), 1), ((DAY,), 2)]


# Evidence


def test_evidence_is_a_list_of_games_or_has_windows_too() -> None:
    item = {
        "game_date": "2021-12-26",
        "game_id": "g",
        "verdict": "GAME_INCOMPLETE",
        "source": "s",
        "names": 3,
    }
    expected = MissingGame(dt.date(2021, 12, 26), "g", None, "GAME_INCOMPLETE", "s", None, None)

    assert parse_evidence(json.dumps([item])).missing == (expected,)
    both = parse_evidence(json.dumps({"windows": {"l5": [5, 3, 2]}, "missing": [item]}))
    assert both.missing == (expected,)
    assert both.windows == {"l5": WindowCount(expected=5, played=3, absent=2)}


@pytest.mark.parametrize("text", [None, "null", "[]", "{}"])
def test_no_evidence_is_no_games(text: str | None) -> None:
    assert parse_evidence(text).missing == ()


def test_evidence_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="Unexpected evidence"):
        parse_evidence('"text"')


def test_missing_dates_may_be_absent() -> None:
    assert parse_dates(None) == ()
    assert parse_dates('["2021-12-26","2021-12-28"]') == (dt.date(2021, 12, 26), dt.date(2021, 12, 28))


# What is listed


def several() -> list[Row]:
    return [
        row(),
        row(entity_id="a", **ABSENCE),
        row(entity_id="b", resolution_status="RESOLVED", analysis_date=BEFORE),
        row(entity_id="c", resolution_status="PERMANENT", resolution_reason="exhausted"),
        row(entity_id="d", resolution_status="INVESTIGATING", failure_type="MIXED", is_correctable=False),
        row(entity_id="e", resolution_status="RETRYING", processor_name="PlayerShotZoneAnalysisProcessor"),
    ]


@pytest.mark.parametrize(
    ("filters", "entities"),
    [
        (ANY, ["zachlavine", "c", "d", "e"]),
        (replace(ANY, everything=True), ["b", "a", "zachlavine", "c", "d", "e"]),
        (replace(ANY, type=FailureType.PLAYER_DNP), ["a"]),
        (replace(ANY, type=FailureType.MIXED), ["d"]),
        (replace(ANY, status=Status.RESOLVED), ["b"]),
        (replace(ANY, status=Status.PERMANENT), ["c"]),
        (replace(ANY, entity="a"), ["a"]),
        (replace(ANY, processor="PlayerShotZoneAnalysisProcessor"), ["e"]),
        (replace(ANY, category=FailureCategory.CHECK_FAILED), []),
        (replace(ANY, everything=True, end=BEFORE), ["b"]),
        (replace(ANY, everything=True, start=DAY, status=Status.RESOLVED), []),
    ],
)
def test_filters_choose_what_is_listed(filters: Filters, entities: list[str]) -> None:
    found = read_failures(warehouse_with(several()), filters)
    assert sorted(item.entity_id for item in found) == sorted(entities)


def test_all_failure_tables_are_read() -> None:
    warehouse = warehouse_with([row()], analytics=[row(processor_name=PGS, entity_id="0022100480")])
    assert {item.entity_id for item in read_failures(warehouse, ANY)} == {"zachlavine", "0022100480"}


def test_teams_are_found_in_any_case() -> None:
    found = read_failures(warehouse_with([row(entity_id="CHI")]), replace(ANY, entity="chi"))
    assert [item.entity_id for item in found] == ["CHI"]


def test_a_row_comes_back_as_it_was_written() -> None:
    (found,) = read_failures(warehouse_with([row(attempt_count=3, expected_game_count=10)]), ANY)
    assert (found.date, found.category, found.attempts, found.expected_games) == (
        DAY,
        FailureCategory.INCOMPLETE_DATA,
        3,
        10,
    )
    assert found.missing_dates == (dt.date(2021, 12, 26),)
    assert found.evidence.windows["l10"].played == 9
    assert next_action(found) == "re-ingest 2021-12-26"


def test_counts_tell_the_explained_from_the_exhausted() -> None:
    counts = read_counts(warehouse_with(several()), ANY)
    assert {(item.type, item.status.value): item.explained for item in counts} == {
        ("DATA_GAP", "UNRESOLVED"): False,
        ("DATA_GAP", "RETRYING"): False,
        ("DATA_GAP", "RESOLVED"): False,
        ("DATA_GAP", "PERMANENT"): False,
        ("MIXED", "INVESTIGATING"): False,
        ("PLAYER_DNP", "PERMANENT"): True,
    }


def test_a_fragment_of_a_name_finds_the_whole() -> None:
    warehouse = warehouse_with([row(), row(entity_id="zachcollins"), row(entity_id="nikolavucevic")])
    assert similar_entities(warehouse, "Zach") == ("zachcollins", "zachlavine")


# What people see


def shown(rows: list[Row]) -> str:
    warehouse = warehouse_with(rows)
    return screen(render_triage(TOPOLOGY, ANY, read_failures(warehouse, ANY), read_counts(warehouse, ANY)))


def test_triage_leads_to_what_would_mend_most() -> None:
    lost = json.dumps([game("2021-12-28", "GAME_INCOMPLETE")])
    rows = [
        row(),
        row(entity_id="lonzoball"),
        row(analysis_date=BEFORE),
        row(entity_id="x", processor_name=PGS, evidence=lost, row_written=True),
        row(entity_id="a", **ABSENCE),
        row(entity_id="b", **ABSENCE, analysis_date=BEFORE),
        row(entity_id="c", resolution_status="RESOLVED"),
    ]

    assert shown(rows) == block(
        """
        4 open failures; 2 explained, 1 resolved

        What would mend most
          re-ingest 2021-12-26  3 failures
          re-ingest 2021-12-28  1 failure

        What is missing, first of all where it starts
        2021-12-30..2021-12-31  PlayerDailyCacheProcessor DATA_GAP  3 failures on 2 dates, 3 rows not written
            lonzoball, zachlavine; for example zachlavine: 1 of 10 games lack data
            → re-ingest 2021-12-26
        2021-12-31              PGS   DATA_GAP  1 failure
            x: 1 of 10 games lack data
            → re-ingest 2021-12-28

        Explained, nothing to do (--type TYPE lists them)
          PlayerDailyCacheProcessor  PLAYER_DNP  2  2021-12-30..2021-12-31

        Resolved (--status RESOLVED lists them)
          PlayerDailyCacheProcessor  DATA_GAP  1  2021-12-31
        """
    )


def test_nothing_failed_is_one_line() -> None:
    assert shown([]) == "0 open failures; 0 explained, 0 resolved"


def test_an_absence_shows_its_windows_and_the_reason_of_each_game() -> None:
    found = read_failures(warehouse_with([row(**ABSENCE)]), replace(ANY, entity="zachlavine"))
    assert screen(render_entity(TOPOLOGY, "zachlavine", found), width=100) == block(
        """
        zachlavine: 1 failure, 2021-12-31

        2021-12-31  PlayerDailyCacheProcessor  PLAYER_DNP (INCOMPLETE_DATA), permanent, row written
          Played 3 of 5 games (last 14 days)
          played of expected: L5 4/5, L10 8/10, L7d 2/3, L14d 3/5
            2021-12-19  0022100437  CHI  PLAYER_DNP  Health and Safety Protocols, says nbac_injury_report
            2021-12-20  0022100444  CHI  PLAYER_DNP  Inactive, injury report: Out
          → nothing: it is explained
        """
    )


def test_json_has_evidence_action_and_counts() -> None:
    warehouse = warehouse_with(several())
    document = failures_document(read_failures(warehouse, ANY), read_counts(warehouse, ANY))

    assert isinstance(document, dict)
    assert sum(item["failures"] for item in document["counts"]) == 6
    lavine = next(item for item in document["failures"] if item["entity_id"] == "zachlavine")
    assert lavine["next_action"] == "re-ingest 2021-12-26"
    assert lavine["windows"] == {"l10": {"expected": 10, "played": 9, "absent": 0}}
    assert lavine["missing"][0]["verdict"] == "GAME_NOT_INGESTED"
    assert document["mending"] == [{"action": "re-ingest", "date": dt.date(2021, 12, 26), "failures": 3}]
