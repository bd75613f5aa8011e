"""The real functions-framework apps: what each delivery shape is answered, and what it leaves behind."""

from __future__ import annotations

import base64
import json

import pytest

from services.bootstrap import AppEndpoint, use
from shared.messages.decode import encode
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase
from shared.warehouse.port import TransientWarehouseError
from tests.support.tiny_pipeline import TinyPipeline, on, played

JSON = {"Content-Type": "application/json"}
NATIVE = {**JSON, "ce-specversion": "1.0", "ce-id": "m1", "ce-source": "//pubsub", "ce-type": "nba.message"}
EVENTARC = {**NATIVE, "ce-type": "google.cloud.pubsub.topic.v1.messagePublished"}


@pytest.fixture
def app(pipeline: TinyPipeline) -> AppEndpoint:
    """The app of tiny_scores."""
    return AppEndpoint(pipeline.topology.processor("tiny_scores").folder / "main.py", "tiny_scores")


def request(pipeline: TinyPipeline) -> bytes:
    return encode(pipeline.requested(Phase.ANALYTICS, on(0), on(0), Reprocess.STALE))


def wrapped(body: bytes, message_id: str = "m1") -> bytes:
    message = {"data": base64.b64encode(body).decode(), "messageId": message_id}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def quarantined(pipeline: TinyPipeline) -> list[tuple[str, str, bytes]]:
    """Of each quarantined message: id, processor, bytes."""
    rows = pipeline.select(
        "SELECT message_id, processor_name, body_base64 FROM nba_orchestration.quarantine"
        " WHERE received_date >= '2000-01-01' ORDER BY message_id"
    )
    return [(str(row[0]), str(row[1]), base64.b64decode(str(row[2]))) for row in rows]


class TestShapes:
    def test_native_binary_cloudevent_runs(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 100, 90))

        assert app.push(NATIVE, request(pipeline)) == 200
        assert pipeline.processor_runs() == [("tiny_scores", [0])]

    def test_wrapped_push_runs(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 100, 90))

        assert app.push(JSON, wrapped(request(pipeline))) == 200
        assert pipeline.processor_runs() == [("tiny_scores", [0])]

    def test_eventarc_runs(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 100, 90))

        assert app.push(EVENTARC, wrapped(request(pipeline))) == 200
        assert pipeline.processor_runs() == [("tiny_scores", [0])]

    def test_message_known_by_its_own_id_is_announced_again_in_any_shape(
        self, pipeline: TinyPipeline, app: AppEndpoint
    ) -> None:
        pipeline.ingest(played(0, 100, 90))
        app.push(NATIVE, request(pipeline))
        app.push(JSON, wrapped(request(pipeline), message_id="m1"))

        assert pipeline.processor_runs() == [("tiny_scores", [0])]
        assert {m for m in pipeline.broker.completions() if m[0] == "tiny_scores"} == {
            ("tiny_scores", on(0), on(0))
        }
        assert [name for name, _, _ in pipeline.broker.completions()].count("tiny_scores") >= 2


class TestPoison:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b'{"type": "nba.proc', id="cut off"),
            pytest.param(b"", id="empty"),
            pytest.param(b"[]", id="a list"),
            pytest.param(b"\xff\xfe\x00", id="not text"),
            pytest.param(b'{"type": "nba.process_requested"}', id="fields are missing"),
            pytest.param(b"hello", id="no JSON"),
        ],
    )
    def test_it_is_acknowledged_and_kept_byte_for_byte(
        self, pipeline: TinyPipeline, app: AppEndpoint, body: bytes
    ) -> None:
        assert app.push(NATIVE, body) == 200
        assert quarantined(pipeline) == [("m1", "TinyScoresProcessor", body)]
        assert pipeline.runs == []

    @pytest.mark.parametrize("body", [b'{"a": 1}', b"junk"])
    def test_wrapped_poison_is_kept_without_its_wrapping(
        self, pipeline: TinyPipeline, app: AppEndpoint, body: bytes
    ) -> None:
        assert app.push(JSON, wrapped(body, "m7")) == 200
        assert quarantined(pipeline) == [("m7", "TinyScoresProcessor", body)]

    def test_quarantine_that_cannot_be_written_brings_it_again(
        self, pipeline: TinyPipeline, app: AppEndpoint
    ) -> None:
        pipeline.warehouse.fail_next("quarantine", TransientWarehouseError("quota"))

        assert app.push(NATIVE, b"junk") == 503
        assert app.push(NATIVE, b"junk") == 200
        assert len(quarantined(pipeline)) == 1

    def test_poison_is_not_redelivered_by_the_broker(self, pipeline: TinyPipeline) -> None:
        pipeline.pubsub.publish_raw("nba-phase3-trigger", b"junk", {"processor": "*"})
        pipeline.settle()

        assert pipeline.pubsub.deliveries == 1
        assert pipeline.pubsub.dead_letters == []


class TestRefusals:
    def test_transient_error_is_answered_503_not_200(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 100, 90))
        pipeline.warehouse.fail_next("commit", TransientWarehouseError("conflict"))

        assert app.push(NATIVE, request(pipeline)) == 503
        assert app.push(NATIVE, request(pipeline)) == 200
        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}

    def test_refused_publish_is_answered_503(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 100, 90))
        pipeline.broker.refuse_next()

        assert app.push(NATIVE, request(pipeline)) == 503

    def test_app_without_a_runtime_takes_nothing(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        use(None)

        assert app.push(NATIVE, request(pipeline)) >= 500

    def test_recorded_failure_is_acknowledged(self, pipeline: TinyPipeline, app: AppEndpoint) -> None:
        pipeline.ingest(played(0, 299, 298))

        assert app.push(NATIVE, request(pipeline)) == 200
        assert pipeline.states("tiny_scores") == {0: "failed"}

    def test_broker_brings_it_again_until_it_succeeds(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 100, 90))
        for _ in range(2):
            pipeline.warehouse.fail_next("commit tiny_scores", TransientWarehouseError("conflict"))
        start = pipeline.clock.now()

        pipeline.settle()

        assert pipeline.states("tiny_scores") == {0: "current"}
        assert (pipeline.clock.now() - start).total_seconds() == 10 + 20
