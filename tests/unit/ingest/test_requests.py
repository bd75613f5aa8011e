"""What the ingest service answers to a request for raw data, whatever its source has or says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.source import IngestError
from shared.broker.port import PublishError
from shared.messages.models import PhaseCompleted, RawDataRequested, TriggerSource
from shared.tables import raw_tables
from shared.topology.declaration import Phase
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, Outcome, TransientError
from tests.support.raw_rows import RawRow, final_slot, team_box
from tests.support.tiny_fixture import quiet_logs
from tests.support.tiny_pipeline import on
from tests.unit.retry.healing import HealingPipeline, game, played

__all__ = ["quiet_logs"]


@pytest.fixture
def healing(tmp_path: Path) -> Iterator[HealingPipeline]:
    """Scores, with an ingest service whose source is an empty shelf."""
    pipeline = HealingPipeline(tmp_path)
    yield pipeline
    pipeline.close()


def ask(
    pipeline: HealingPipeline, *numbers: int, tables: tuple[str, ...] | None = None, message_id: str = "ask"
) -> Outcome:
    """Raw data of these days is asked for."""
    message = RawDataRequested(
        tables=tables or tuple(sorted(raw_tables())),
        dates=tuple(on(number) for number in numbers),
        reason="a test",
        correlation_id="tick",
    )
    return pipeline.hand("ingest", message, message_id=message_id)


def announced(pipeline: HealingPipeline) -> list[PhaseCompleted]:
    """Raw completions."""
    return [m for m in pipeline.broker.published if isinstance(m, PhaseCompleted) and m.phase is Phase.RAW]


def points(pipeline: HealingPipeline) -> dict[tuple[dt.date, str], int]:
    """What the raw team box says: (date, team) to points."""
    rows = pipeline.select(
        "SELECT game_date, team_abbr, points FROM nba_raw.nbac_team_boxscore WHERE game_date >= '2000-01-01'"
    )
    return {(day, str(team)): value for day, team, value in rows}  # type: ignore[misc]


class TestWhatIsNew:
    def test_rows_that_have_appeared_are_written_and_announced(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))

        assert ask(healing, 0) == Outcome(Decision.RAN, 1)

        assert points(healing) == {(on(0), "BOS"): 100, (on(0), "CHI"): 90}
        (completion,) = announced(healing)
        assert (completion.start_date, completion.end_date) == (on(0), on(0))

    def test_announcement_carries_on_who_asked(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))

        ask(healing, 0, message_id="request-7")

        (completion,) = announced(healing)
        assert (completion.correlation_id, completion.causation_id, completion.trigger_source) == (
            "tick",
            "request-7",
            TriggerSource.RETRY,
        )

    def test_only_the_dates_asked_for_are_written(self, healing: HealingPipeline) -> None:
        """The source may hand out more; what lies between two dates was not asked for either."""
        healing.shelf.put([row for number in range(5) for row in played(number, 100, 90)])

        ask(healing, 1, 3)

        assert {day for day, _ in points(healing)} == {on(1), on(3)}
        assert healing.shelf.asked == [(on(1), on(3))]

    def test_only_the_tables_asked_for_are_written(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))

        ask(healing, 0, tables=("nbac_schedule",))

        assert points(healing) == {}

    def test_corrected_rows_replace_those_that_are_there(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        healing.shelf.put(played(0, 111, 90))

        assert ask(healing, 0).decision is Decision.RAN
        assert points(healing)[on(0), "BOS"] == 111

    def test_what_the_source_lacks_today_is_not_taken_away(self, healing: HealingPipeline) -> None:
        """It may have come from elsewhere."""
        healing.ingest([*played(0, 100, 90), *played(1, 80, 70)], announce=False)
        healing.shelf.put(played(0, 101, 90))

        ask(healing, 0, 1)

        assert set(points(healing)) == {(on(number), team) for number in (0, 1) for team in ("BOS", "CHI")}


class TestWhatIsNot:
    def test_source_that_has_nothing_of_the_dates_is_an_answer(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(7, 100, 90))

        assert ask(healing, 0).decision is Decision.NOTHING_TO_DO
        assert (announced(healing), points(healing)) == ([], {})

    def test_source_that_has_nothing_at_all_is_an_answer(self, healing: HealingPipeline) -> None:
        assert ask(healing, 0).decision is Decision.NOTHING_TO_DO

    def test_rows_that_are_there_already_are_an_answer_and_announced_to_nobody(
        self, healing: HealingPipeline
    ) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        healing.shelf.put(played(0, 100, 90))

        assert ask(healing, 0).decision is Decision.NOTHING_TO_DO
        assert announced(healing) == []

    def test_service_without_a_source_says_so(self, healing: HealingPipeline) -> None:
        healing.without_source()

        assert ask(healing, 0).decision is Decision.NOTHING_TO_DO

    def test_other_messages_are_not_for_it(self, healing: HealingPipeline) -> None:
        assert healing.hand("ingest", healing.raw_completion(on(0), on(0))).decision is Decision.NOTHING_TO_DO
        assert healing.shelf.asked == []


class TestErrors:
    @pytest.mark.parametrize(
        "bad",
        [
            team_box(game(0), "BOS", [], points=-1),
            team_box(game(0), "BOS", [], fg_made=3, fg_attempted=2),
            final_slot(game(0), 100, 90, season_type="friendly"),
        ],
        ids=["negative", "more made than attempted", "unknown season type"],
    )
    def test_unreadable_rows_are_an_answer_and_nothing_of_them_is_written(
        self, healing: HealingPipeline, bad: RawRow
    ) -> None:
        """Asking again tomorrow may find them mended; asking again at once would not."""
        healing.shelf.put([*played(1, 100, 90), bad])

        assert ask(healing, 0, 1).decision is Decision.RECORDED_FAILURE
        assert (announced(healing), points(healing)) == ([], {})

    def test_unreadable_rows_of_other_dates_do_not_matter(self, healing: HealingPipeline) -> None:
        healing.shelf.put([*played(0, 100, 90), team_box(game(9), "BOS", [], points=-1)])

        assert ask(healing, 0).decision is Decision.RAN

    def test_source_that_cannot_be_read_is_an_answer(self, healing: HealingPipeline) -> None:
        healing.shelf.error = IngestError("Not a table", file="box.csv", remedy="Mend it.")

        assert ask(healing, 0).decision is Decision.RECORDED_FAILURE

    def test_source_that_is_away_is_asked_again(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))
        healing.shelf.error = ConnectionError("no route to host")
        with pytest.raises(TransientError, match="no route"):
            ask(healing, 0)

        healing.shelf.error = None

        assert ask(healing, 0).decision is Decision.RAN

    def test_warehouse_that_is_away_is_asked_again(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))
        healing.warehouse.fail_next("replace raw dates", TransientWarehouseError("conflict"))
        with pytest.raises(TransientError):
            ask(healing, 0)
        assert points(healing) == {}

        assert ask(healing, 0).decision is Decision.RAN


class TestDeliveredAgain:
    def test_announcement_that_could_not_be_published_is_made_by_the_redelivery(
        self, healing: HealingPipeline
    ) -> None:
        """The rows are written by then, and nothing about them is new any more."""
        healing.shelf.put(played(0, 100, 90))
        healing.broker.refuse_next()
        with pytest.raises(PublishError):
            ask(healing, 0)
        assert points(healing) != {}

        ask(healing, 0)

        (completion,) = announced(healing)
        assert (completion.start_date, completion.end_date) == (on(0), on(0))

    def test_duplicate_changes_no_row_and_no_ledger(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))
        ask(healing, 0)
        before = (points(healing), healing.count("ledger", "cell_date"))

        ask(healing, 0)

        assert (points(healing), healing.count("ledger", "cell_date")) == before

    def test_next_request_for_the_same_finds_nothing_new(self, healing: HealingPipeline) -> None:
        healing.shelf.put(played(0, 100, 90))
        ask(healing, 0, message_id="first")

        assert ask(healing, 0, message_id="second").decision is Decision.NOTHING_TO_DO
        assert len(announced(healing)) == 1


def test_request_that_is_delivered_by_the_broker_heals_the_date(healing: HealingPipeline) -> None:
    healing.ingest([final_slot(game(0), 100, 90)], announce=False)
    healing.shelf.put(played(0, 100, 90))
    message = RawDataRequested(
        tables=("nbac_team_boxscore",), dates=(on(0),), reason="a test", correlation_id="c"
    )
    healing.broker.publish("nba-raw-requested", message)

    healing.settle()

    assert healing.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
