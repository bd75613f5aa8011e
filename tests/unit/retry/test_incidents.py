"""One incident per cause, that opens, goes on and closes by itself."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

from services.retry.incidents import Incident, IncidentChanges, cause_of, change_incidents
from services.retry.policy import OpenFailure
from shared.failures.model import FailureType
from tests.unit.retry.failures import HOUR, NOW, day, error, failure, lack, upstream

#: Games are played on these days only: there is a break of a week after the fifth.
GAME_DATES = tuple(day(number) for number in (0, 1, 2, 4, 5, 12, 13, 14))


def change(
    failures: Iterable[OpenFailure],
    known: Sequence[Incident] = (),
    *,
    now: dt.datetime = NOW,
    first_id: int = 1,
) -> IncidentChanges:
    ids = itertools.count(first_id)
    return change_incidents(failures, known, GAME_DATES, now=now, new_id=lambda: f"i{next(ids)}")


def spans(incidents: Iterable[Incident]) -> list[tuple[dt.date, dt.date]]:
    return [(incident.first_date, incident.last_date) for incident in incidents]


class TestWhatIsOneCause:
    def test_lost_game_is_one_incident_on_whatever_dates_it_is_felt(self) -> None:
        felt = [failure(number, lack(0), entity_id=f"p{number}") for number in (0, 4, 14)]

        opened = change(felt).opened

        assert [(i.first_date, i.last_date, i.cells, i.failures) for i in opened] == [(day(0), day(14), 3, 3)]
        assert opened[0].cause == f"nbac_team_boxscore of {day(0)} is missing or incomplete"

    def test_two_lost_games_are_two(self) -> None:
        assert len(change([failure(2, lack(0)), failure(4, lack(1))]).opened) == 2

    def test_failure_that_lacks_several_belongs_to_the_oldest(self) -> None:
        causes = {cause_of(failure(9, lack(4), lack(2))), cause_of(failure(9, lack(2)))}

        assert len(causes) == 1

    def test_errors_that_differ_in_dates_numbers_and_values_only_are_one(self) -> None:
        words = [
            "column [points] has [301] at 2021-12-01",
            "column [assists] has [7] at 2022-02-28",
        ]

        assert len({cause_of(error(0, reason=reason)) for reason in words}) == 1

    def test_errors_that_say_different_things_are_two(self) -> None:
        failures = [error(0, reason="no such table"), error(1, reason="division by zero")]

        assert len(change(failures).opened) == 2

    def test_same_words_of_two_processors_or_types_are_two(self) -> None:
        failures = [
            error(0),
            error(0, processor="card"),
            error(0, type=FailureType.UNKNOWN, entity_id="another"),
        ]

        assert len(change(failures).opened) == 3

    def test_gaps_of_upstream_cells_are_one_per_date_that_lacks_rows(self) -> None:
        failures = [upstream(number, lack(1), entity_id=f"p{number}") for number in (2, 4, 5)]

        assert [(i.cells, i.cause) for i in change(failures).opened] == [(3, f"no upstream rows of {day(1)}")]

    def test_backfill_of_a_season_with_six_hundred_failures_of_three_games_opens_three(self) -> None:
        """600 e-mails came from one backfill."""
        failures = [
            failure(number, lack(number % 3), entity_id=f"player{entity}")
            for number in range(40)
            for entity in range(15)
        ]

        opened = change(failures).opened

        assert len(failures) == 600
        assert len(opened) == 3
        assert sum(incident.failures for incident in opened) == 600


class TestConsecutiveDates:
    def test_game_dates_follow_each_other_across_days_without_games(self) -> None:
        assert spans(change([error(2), error(4)]).opened) == [(day(2), day(4))]
        assert spans(change([error(5), error(12)]).opened) == [(day(5), day(12))]

    def test_one_good_game_date_between_them_makes_two(self) -> None:
        assert spans(change([error(1), error(4)]).opened) == [(day(1), day(1)), (day(4), day(4))]

    def test_dates_of_one_incident_are_counted_once_each(self) -> None:
        two = error(1, entity_id="another")

        assert [(i.cells, i.failures) for i in change([error(1), two, error(2)]).opened] == [(2, 3)]


class TestLife:
    opened = change([error(1), error(2)]).opened

    def test_new_one_opens_now_under_a_new_id(self) -> None:
        assert [(i.incident_id, i.opened_at, i.closed_at) for i in self.opened] == [("i1", NOW, None)]

    def test_it_goes_on_under_its_id_with_what_it_is_now(self) -> None:
        found = change([error(2), error(4), error(5)], self.opened, now=NOW + HOUR, first_id=7)

        assert (found.opened, found.closed) == ((), ())
        assert [(i.incident_id, i.opened_at, i.first_date, i.last_date) for i in found.continued] == [
            ("i1", NOW, day(2), day(5))
        ]

    def test_it_goes_on_when_it_moves_to_the_next_game_date(self) -> None:
        found = change([error(4)], self.opened, now=NOW + HOUR)

        assert [i.incident_id for i in found.continued] == ["i1"]

    def test_it_closes_when_its_last_failure_is_gone(self) -> None:
        found = change([], self.opened, now=NOW + HOUR)

        assert [(i.incident_id, i.closed_at) for i in found.closed] == [("i1", NOW + HOUR)]
        assert (found.opened, found.continued) == ((), ())

    def test_same_words_months_later_are_a_new_one(self) -> None:
        found = change([error(13)], self.opened, now=NOW + HOUR, first_id=2)

        assert [i.incident_id for i in found.opened] == ["i2"]
        assert [i.incident_id for i in found.closed] == ["i1"]

    def test_one_that_falls_in_two_goes_on_once(self) -> None:
        three = change([error(1), error(2), error(4)]).opened

        found = change([error(1), error(4)], three, now=NOW + HOUR, first_id=2)

        assert [i.incident_id for i in found.continued] == ["i1"]
        assert [i.incident_id for i in found.opened] == ["i2"]

    def test_two_that_grow_together_are_one_and_the_other_closes(self) -> None:
        two = change([error(1), error(4)]).opened

        found = change([error(1), error(2), error(4)], two, now=NOW + HOUR)

        assert [i.incident_id for i in found.continued] == ["i1"]
        assert [i.incident_id for i in found.closed] == ["i2"]

    def test_what_is_unchanged_stays_as_it_is(self) -> None:
        found = change([error(1), error(2)], self.opened, now=NOW + HOUR)

        assert found.continued == self.opened
