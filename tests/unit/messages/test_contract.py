"""What other services rely on: past versions parse, schemas are in step, attributes say enough."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.messages.decode import Received, decode, encode
from shared.messages.models import (
    AnyMessage,
    CompletionStatus,
    PhaseCompleted,
    ProcessRequested,
    RawDataRequested,
    RetryTick,
    TickWork,
    TriggerSource,
    attributes_of,
)
from shared.messages.schemas import FOLDER, schema_files
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase

FIXTURES = Path(__file__).parent / "fixtures"

UTC = dt.UTC
GOLDEN: dict[str, AnyMessage] = {
    "retry_tick.v1": RetryTick(work=TickWork.RECONCILE),
    "phase_completed.v1": PhaseCompleted(
        phase=Phase.ANALYTICS,
        processor_name="player_game_summary",
        start_date=dt.date(2021, 12, 31),
        end_date=dt.date(2022, 1, 2),
        status=CompletionStatus.PARTIAL,
        run_id="5e0c1b2f9d",
        record_count=612,
        failure_count=3,
        correlation_id="raw-2022-01-01",
        causation_id="3141592653589793",
        trigger_source=TriggerSource.LIVE,
        backfill_id=None,
        published_at=dt.datetime(2022, 1, 1, 11, 4, 5, 250000, tzinfo=UTC),
    ),
    "phase_completed_of_a_backfill.v1": PhaseCompleted(
        phase=Phase.RAW,
        processor_name="raw_ingest",
        start_date=dt.date(2021, 10, 19),
        end_date=dt.date(2021, 10, 19),
        status=CompletionStatus.NO_DATA,
        run_id="run:1",
        record_count=0,
        failure_count=0,
        correlation_id="backfill-7",
        causation_id=None,
        trigger_source=TriggerSource.BACKFILL,
        backfill_id="backfill-7",
        published_at=dt.datetime(2022, 9, 1, tzinfo=UTC),
    ),
    "process_requested.v1": ProcessRequested(
        phase=Phase.PRECOMPUTE,
        processors=("player_daily_cache", "TeamDefenseZoneAnalysisProcessor"),
        start_date=dt.date(2021, 10, 19),
        end_date=dt.date(2022, 4, 10),
        reprocess=Reprocess.FAILED,
        reason="the box scores of December came late",
        requested_by="somebody@example.org",
        correlation_id="retry-42",
        trigger_source=TriggerSource.RETRY,
        backfill_id="backfill-7",
    ),
    "process_requested_by_hand.v1": ProcessRequested(
        phase=Phase.ANALYTICS,
        processors=(),
        start_date=dt.date(2021, 12, 31),
        end_date=dt.date(2021, 12, 31),
        reprocess=Reprocess.MISSING,
        reason="typed into gcloud: only what has no default",
        requested_by="somebody",
        correlation_id="by-hand",
        trigger_source=TriggerSource.BACKFILL,
        backfill_id=None,
    ),
    "raw_data_requested.v1": RawDataRequested(
        tables=("nbac_gamebook_player_stats", "nbac_team_boxscore"),
        dates=(dt.date(2021, 12, 31), dt.date(2021, 12, 26)),
        reason="two games were never ingested",
        correlation_id="retry-42",
    ),
}


def test_every_fixture_has_its_message_here() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(GOLDEN)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_messages_of_every_past_version_keep_parsing(name: str) -> None:
    body = (FIXTURES / f"{name}.json").read_bytes()

    assert decode("id", body) == Received(GOLDEN[name], "id")


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_what_is_written_now_reads_back_the_same(name: str) -> None:
    assert decode("id", encode(GOLDEN[name])) == Received(GOLDEN[name], "id")


@pytest.mark.parametrize("name", sorted(set(GOLDEN) - {"process_requested_by_hand.v1"}))
def test_what_is_written_now_has_the_fields_that_were_written_then(name: str) -> None:
    then = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))

    assert set(json.loads(encode(GOLDEN[name]))) == set(then)


def test_exported_schemas_are_in_step_with_the_models() -> None:
    """`python -m shared.messages.schemas` writes them."""
    exported = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert exported == schema_files()


def test_schemas_forbid_what_the_models_forbid() -> None:
    schemas = [json.loads(text) for text in schema_files().values()]

    assert [schema["additionalProperties"] for schema in schemas] == [False] * len(schemas)
    assert all(schema["properties"]["version"]["const"] == 1 for schema in schemas)


class TestAttributes:
    """What subscriptions filter by."""

    def test_completion_says_processor_phase_range_and_status(self) -> None:
        assert attributes_of(GOLDEN["phase_completed.v1"]) == {
            "processor": "player_game_summary",
            "phase": "3",
            "start_date": "2021-12-31",
            "end_date": "2022-01-02",
            "status": "partial",
        }

    def test_request_of_one_processor_names_it(self) -> None:
        asked = GOLDEN["process_requested.v1"].model_copy(update={"processors": ("player_daily_cache",)})

        assert attributes_of(asked)["processor"] == "player_daily_cache"

    @pytest.mark.parametrize("processors", [(), ("player_daily_cache", "ml_feature_store")])
    def test_request_of_several_goes_to_everybody(self, processors: tuple[str, ...]) -> None:
        asked = GOLDEN["process_requested.v1"].model_copy(update={"processors": processors})

        assert attributes_of(asked)["processor"] == "*"

    def test_request_for_raw_data_says_the_range_of_its_dates(self) -> None:
        found = attributes_of(GOLDEN["raw_data_requested.v1"])

        assert (found["start_date"], found["end_date"], found["phase"]) == ("2021-12-26", "2021-12-31", "2")

    @pytest.mark.parametrize("name", sorted(GOLDEN))
    def test_every_message_about_dates_has_the_same_attributes_and_all_are_text(self, name: str) -> None:
        found = attributes_of(GOLDEN[name])

        of_dates = set() if name.startswith("retry_tick") else {"phase", "start_date", "end_date"}
        assert set(found) == {"processor", "status"} | of_dates
        assert all(isinstance(value, str) for value in found.values())


def completed(**changes: object) -> PhaseCompleted:
    return PhaseCompleted.model_validate({**GOLDEN["phase_completed.v1"].model_dump(), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"record_count": -1}, id="a negative count"),
        pytest.param({"run_id": "two words"}, id="an id with a space"),
        pytest.param({"run_id": ""}, id="an empty id"),
        pytest.param({"run_id": "x\n"}, id="an id with a line break"),
        pytest.param({"correlation_id": "x" * 129}, id="an id that is too long"),
        pytest.param({"published_at": dt.datetime(2022, 1, 1)}, id="a time without a zone"),  # noqa: DTZ001
        pytest.param({"status": "finished"}, id="an unknown status"),
        pytest.param({"phase": 7}, id="an unknown phase"),
        pytest.param({"end_date": dt.date(2021, 12, 30)}, id="an end before the start"),
        pytest.param({"start_date": dt.date(1, 1, 1), "end_date": dt.date(1, 1, 2)}, id="the year one"),
        pytest.param({"start_date": dt.date(1946, 11, 1), "end_date": dt.date(2199, 1, 1)}, id="253 years"),
    ],
)
def test_model_refuses(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        completed(**changes)


def test_raw_phase_cannot_be_asked_to_process() -> None:
    fields = GOLDEN["process_requested.v1"].model_dump()

    with pytest.raises(ValidationError, match="RawDataRequested"):
        ProcessRequested.model_validate({**fields, "phase": 2})


def test_messages_cannot_be_changed() -> None:
    message = completed()

    with pytest.raises(ValidationError):
        message.run_id = "other"
