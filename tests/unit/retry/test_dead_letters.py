"""What a subscription gave up delivering is kept byte for byte, and is a failure like any other."""

from __future__ import annotations

import base64
import json

import pytest

from shared.broker.local import MAX_DELIVERY_ATTEMPTS
from shared.messages.decode import encode
from shared.messages.models import AnyMessage, RawDataRequested, TickWork
from shared.topology.declaration import Phase
from shared.topology.graph import SOURCE_SUBSCRIPTION
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, TransientError
from tests.support.tiny_pipeline import on
from tests.unit.retry.conftest import Lines, MakeHealing
from tests.unit.retry.healing import ALL_THREE, HealingPipeline, played

TRIGGER = "nba-phase3-trigger"
SUBSCRIPTION = f"tiny-scores--{TRIGGER}"
RAW = "tiny-scores--nba-phase2-raw-complete"


def envelope(body: bytes, subscription: str | None = SUBSCRIPTION, *, message_id: str = "7") -> bytes:
    """A dead letter as Pub/Sub pushes it."""
    attributes = {"processor": "tiny_scores"}
    if subscription is not None:
        attributes[SOURCE_SUBSCRIPTION] = subscription
    message = {
        "data": base64.b64encode(body).decode(),
        "attributes": attributes,
        "messageId": message_id,
    }
    return json.dumps({"message": message, "subscription": "dead-letters--x"}).encode()


def give_up(
    pipeline: HealingPipeline, message: AnyMessage, subscription: str = SUBSCRIPTION, *, message_id: str = "7"
) -> None:
    """A subscription has given up a message, and the dead-letter worker hears of it."""
    letter = envelope(encode(message), subscription, message_id=message_id)
    assert pipeline.hand("dead_letters", letter).decision is Decision.RECORDED_FAILURE


def letters(pipeline: HealingPipeline) -> list[tuple[object, ...]]:
    return list(
        pipeline.select(
            "SELECT message_id, subscription, processor_name, reason, body_base64"
            " FROM nba_orchestration.dead_letters WHERE received_date >= '2000-01-01' ORDER BY 1, 2"
        )
    )


class TestFromDeliveryToFailure:
    def test_message_nobody_takes_ends_as_a_failure_of_its_dates(self, healing: HealingPipeline) -> None:
        healing.ingest([*played(0, 100, 90), *played(2, 80, 70)], announce=False)
        for _ in range(MAX_DELIVERY_ATTEMPTS):
            healing.warehouse.fail_next("read snapshot", TransientWarehouseError("quota"))
        message = healing.requested(Phase.ANALYTICS, on(0), on(2), processors=("tiny_scores",))
        healing.broker.publish(TRIGGER, message)

        healing.settle()

        assert healing.pubsub.deliveries == MAX_DELIVERY_ATTEMPTS + 1
        assert [row[1:] for row in letters(healing)] == [
            (
                SUBSCRIPTION,
                "TinyScoresProcessor",
                f"somebody asked for {on(0)} to {on(2)}",
                base64.b64encode(encode(message)).decode(),
            )
        ]
        found = {(str(f["entity_id"]), f["failure_category"], f["entity_type"]) for f in healing.failures()}
        assert found == {(on(day).isoformat(), "DEAD_LETTERED", "DATE") for day in (0, 2)}
        assert {f["resolution_status"] for f in healing.failures()} == {"UNRESOLVED"}

    def test_the_next_tick_repairs_it_and_the_run_closes_it(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))

        healing.tick()

        assert healing.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert healing.failure_states() == {(on(0).isoformat(), "DEAD_LETTERED"): ("RESOLVED", "observed")}
        assert healing.states("tiny_scores") == {0: "current"}

    def test_it_closes_too_when_its_cell_was_current_all_the_time(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90))
        healing.settle()
        give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))
        assert healing.states("tiny_scores") == {0: "partial"}

        healing.tick()

        assert healing.states("tiny_scores") == {0: "current"}

    def test_what_the_lost_message_was_about_may_lie_in_every_later_window(
        self, make_healing: MakeHealing
    ) -> None:
        """A lost completion of a corrected day leaves later form stale; the day itself is as it was."""
        healing = make_healing(folders=ALL_THREE)
        healing.ingest([row for number in range(4) for row in played(number, 100, 90)])
        healing.settle()
        healing.ingest(played(1, 120, 90), announce=False)
        request = healing.requested(Phase.ANALYTICS, on(1), on(1))
        healing.deliver("tiny_scores", request, message_id="alone")
        assert healing.broker.completions()[-1] == ("tiny_scores", on(1), on(1))
        # The process ends, and its queue with it: what was published reaches nobody.
        healing = healing.restarted(folders=ALL_THREE)
        completion = healing.completion(
            phase=Phase.ANALYTICS, processor_name="tiny_scores", start_date=on(1), end_date=on(1)
        )
        give_up(healing, completion, "tiny-form--nba-phase3-analytics-complete")

        healing.tick()

        assert healing.rows("tiny_form")[3, "BOS"] == 100 + 120 + 100
        states = [healing.states(name) for name in ("tiny_form", "tiny_card")]
        assert {state for of_one in states for state in of_one.values()} == {"current"}
        healing.close()


class TestEachOnce:
    def test_redelivered_twice_it_is_one_row(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        for _ in range(3):
            give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))

        assert healing.count("dead_letters", "received_date") == 1
        assert len(healing.failures()) == 1

    def test_same_message_given_up_by_two_subscriptions_is_two_rows(self, healing: HealingPipeline) -> None:
        message = healing.raw_completion(on(0), on(0))
        give_up(healing, message, RAW)
        give_up(healing, message, "somebody-else--nba-phase2-raw-complete")

        assert [(row[1], row[2]) for row in letters(healing)] == [
            ("somebody-else--nba-phase2-raw-complete", None),
            (RAW, "TinyScoresProcessor"),
        ]

    def test_two_messages_about_one_date_are_one_failure(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        for number in range(2):
            give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)), message_id=f"{number}")

        assert healing.count("dead_letters", "received_date") == 2
        assert len(healing.failures()) == 1


class TestDates:
    def test_only_game_dates_of_the_range_are_recorded(self, healing: HealingPipeline) -> None:
        healing.ingest([*played(1, 100, 90), *played(5, 80, 70), *played(9, 60, 50)], announce=False)

        give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(8)))

        assert [f["analysis_date"] for f in healing.failures()] == [on(1), on(5)]

    def test_range_without_a_game_date_is_kept_and_is_no_failure_that_nothing_could_resolve(
        self, healing: HealingPipeline
    ) -> None:
        give_up(healing, healing.requested(Phase.ANALYTICS, on(3), on(8)))

        assert [row[1] for row in letters(healing)] == [SUBSCRIPTION]
        assert healing.failures() == []


class TestWithoutAProcessor:
    @pytest.mark.parametrize(
        "subscription", ["nobody--nba-phase3-trigger", "retry--nba-retry-tick", "ingest--nba-raw-requested"]
    )
    def test_it_is_kept_and_is_nobodys_failure(self, healing: HealingPipeline, subscription: str) -> None:
        asked = RawDataRequested(tables=("x",), dates=(on(0),), reason="a test", correlation_id="c")

        give_up(healing, asked, subscription)

        assert [(row[1], row[2]) for row in letters(healing)] == [(subscription, None)]
        assert healing.failures() == []

    def test_letter_that_does_not_say_who_gave_it_up_is_kept(self, healing: HealingPipeline) -> None:
        healing.hand("dead_letters", envelope(b"{}", None))

        assert [row[1] for row in letters(healing)] == ["unknown"]


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("body", [b"\xff\x00", b"{}", b"", b'{"type": "nba.phase_completed"'])
    def test_bytes_are_kept_with_the_reason(self, healing: HealingPipeline, body: bytes) -> None:
        outcome = healing.hand("dead_letters", envelope(body))

        ((_, subscription, processor, reason, kept),) = letters(healing)
        assert outcome.decision is Decision.RECORDED_FAILURE
        assert (subscription, processor) == (SUBSCRIPTION, "TinyScoresProcessor")
        assert base64.b64decode(str(kept)) == body
        assert str(reason)
        assert healing.failures() == []

    @pytest.mark.parametrize("push", [b"no envelope", b"[]", b'{"message": 3}'])
    def test_push_without_an_envelope_is_kept_as_it_came(self, healing: HealingPipeline, push: bytes) -> None:
        healing.hand("dead_letters", push)

        assert [base64.b64decode(str(row[4])) for row in letters(healing)] == [push]


def test_warehouse_that_is_away_for_a_moment_gets_the_letter_again(healing: HealingPipeline) -> None:
    healing.warehouse.fail_next("record dead letter", TransientWarehouseError("quota"))

    with pytest.raises(TransientError):
        give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))
    assert letters(healing) == []

    give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))
    assert len(letters(healing)) == 1


def test_log_line_says_what_was_lost(healing: HealingPipeline, log_lines: Lines) -> None:
    healing.ingest(played(0, 100, 90), announce=False)
    give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))

    (line,) = [line for line in log_lines() if line["event"] == "dead_letter_recorded"]
    assert (line["severity"], line["subscription"], line["dates"]) == ("ERROR", SUBSCRIPTION, 1)


def test_reconciler_finds_what_the_lost_message_was_about_as_well(healing: HealingPipeline) -> None:
    healing.ingest(played(0, 100, 90), announce=False)
    give_up(healing, healing.requested(Phase.ANALYTICS, on(0), on(0)))

    healing.tick(TickWork.RECONCILE)

    assert healing.failure_states() == {(on(0).isoformat(), "DEAD_LETTERED"): ("RESOLVED", "observed")}
