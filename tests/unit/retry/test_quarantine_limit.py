"""A bad message is swallowed; when a fifth of them is bad, the configuration is, and nothing is any more."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.messages.decode import encode
from shared.messages.models import RetryTick, TickWork
from shared.topology.declaration import Phase
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, TransientError
from shared.worker.receive import PoisonLimit
from tests.support.tiny_pipeline import on
from tests.unit.retry.conftest import Lines
from tests.unit.retry.healing import HealingPipeline

NOW = dt.datetime(2022, 1, 10, 12, tzinfo=dt.UTC)
TEN_MINUTES = dt.timedelta(minutes=10)
POISON = b'{"no": "message"}'


def limit(*, bad: int, good: int, at: dt.datetime = NOW) -> PoisonLimit:
    found = PoisonLimit()
    for number in range(bad + good):
        found.note(at, poison=number < bad)
    return found


class TestTheLimit:
    @pytest.mark.parametrize(("bad", "good"), [(0, 0), (9, 0), (10, 40), (20, 80), (1, 1000)])
    def test_up_to_a_fifth_is_swallowed_and_so_are_fewer_than_ten(self, bad: int, good: int) -> None:
        assert not limit(bad=bad, good=good).exceeded

    @pytest.mark.parametrize(("bad", "good"), [(10, 0), (10, 39), (21, 80)])
    def test_more_is_too_much(self, bad: int, good: int) -> None:
        assert limit(bad=bad, good=good).exceeded

    def test_only_the_last_ten_minutes_count(self) -> None:
        found = limit(bad=10, good=0)

        found.note(NOW + TEN_MINUTES, poison=False)
        assert found.exceeded

        found.note(NOW + TEN_MINUTES + dt.timedelta(microseconds=1), poison=False)
        assert not found.exceeded

    def test_good_messages_of_long_ago_hide_nothing(self) -> None:
        found = limit(bad=0, good=1000)
        for _ in range(10):
            found.note(NOW + 2 * TEN_MINUTES, poison=True)

        assert found.exceeded


class TestAWorker:
    def push(self, pipeline: HealingPipeline, body: bytes, number: int) -> Decision:
        return pipeline.worker("tiny_scores").handle(f"m{number}", body, {}).decision

    def good(self, pipeline: HealingPipeline) -> bytes:
        return encode(pipeline.requested(Phase.ANALYTICS, on(0), on(0)))

    def test_first_nine_are_kept_and_the_tenth_is_refused(
        self, healing: HealingPipeline, log_lines: Lines
    ) -> None:
        for number in range(9):
            assert self.push(healing, POISON, number) is Decision.QUARANTINED

        with pytest.raises(TransientError, match="check who publishes what"):
            self.push(healing, POISON, 9)

        assert healing.count("quarantine", "received_date") == 9
        (alert,) = [line for line in log_lines() if line["event"] == "quarantine_limit_reached"]
        assert (alert["severity"], alert["processor"]) == ("CRITICAL", "TinyScoresProcessor")

    def test_good_messages_are_handled_all_the_same(self, healing: HealingPipeline) -> None:
        for number in range(9):
            self.push(healing, POISON, number)
        with pytest.raises(TransientError):
            self.push(healing, POISON, 9)

        assert self.push(healing, self.good(healing), 10) is Decision.NOTHING_TO_DO

    def test_one_in_five_is_swallowed_for_ever(self, healing: HealingPipeline) -> None:
        good = self.good(healing)
        decisions = [self.push(healing, POISON if n % 5 == 4 else good, n) for n in range(60)]

        assert decisions.count(Decision.QUARANTINED) == 12
        assert healing.count("quarantine", "received_date") == 12

    def test_it_swallows_again_when_the_window_has_passed(self, healing: HealingPipeline) -> None:
        for number in range(9):
            self.push(healing, POISON, number)
        with pytest.raises(TransientError):
            self.push(healing, POISON, 9)
        healing.wait(minutes=11)

        assert self.push(healing, POISON, 9) is Decision.QUARANTINED

    def test_refused_message_is_not_lost(self, healing: HealingPipeline) -> None:
        """It is delivered again, and ends in quarantine or as a dead letter."""
        for number in range(10):
            healing.pubsub.publish_raw("nba-phase3-trigger", POISON, {"processor": f"*{number}"[:1]})

        healing.settle()

        assert healing.pubsub.dead_letters == []
        assert healing.count("quarantine", "received_date") == 10

    def test_warehouse_that_is_away_keeps_the_poison_with_the_broker(self, healing: HealingPipeline) -> None:
        healing.warehouse.fail_next("quarantine", TransientWarehouseError("quota"))

        with pytest.raises(TransientError):
            self.push(healing, POISON, 0)

        assert self.push(healing, POISON, 0) is Decision.QUARANTINED


@pytest.mark.parametrize("service", ["retry", "ingest"])
def test_services_around_the_processors_have_the_same_limit(healing: HealingPipeline, service: str) -> None:
    for number in range(9):
        assert healing.hand(service, POISON, message_id=f"m{number}").decision is Decision.QUARANTINED
    with pytest.raises(TransientError):
        healing.hand(service, POISON, message_id="m9")

    assert healing.hand(service, encode(RetryTick(work=TickWork.RETRY))).decision is Decision.NOTHING_TO_DO
