"""The cloud as declared: formatted, known to the provider, evaluated by Terraform, within the policies."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest

from infra.terraform.filters import LONGEST_FILTER, filter_of
from infra.terraform.generate import TARGET, text_of
from services.console.main import COMMANDS, GROUPS
from services.registry import discover
from shared.messages.decode import Received, decode
from shared.messages.models import ProcessRequested, RetryTick, attributes_of
from shared.topology.graph import TRIGGER_TOPICS, Subscription, dead_letter_topic
from shared.warehouse.initialise import all_tables
from tests.infra.evaluate import DECIDED, EvaluationError, Plan, evaluate
from tests.infra.part import copy_of_a_part
from tests.infra.policies import POLICIES, Policy
from tests.infra.schema_check import provider_schema, schema_violations
from tests.infra.terraform import FOLDER, parse

TOPOLOGY = discover()
SUBSCRIPTIONS = (*TOPOLOGY.subscriptions(), *TOPOLOGY.service_subscriptions())
RUNBOOK = (FOLDER / "README.md").read_text(encoding="utf-8")
ANCHORS = {
    re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
    for title in re.findall(r"^#+ (.+)$", RUNBOOK, re.M)
}


def test_the_generated_inputs_are_what_the_topology_implies() -> None:
    assert TARGET.read_text(encoding="utf-8") == text_of(TOPOLOGY), "python -m infra.terraform.generate"


def test_terraform_is_formatted(terraform: str) -> None:
    done = subprocess.run(
        [terraform, "fmt", "-check", "-diff", str(FOLDER)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_argument_is_known_and_every_reference_leads_somewhere() -> None:
    assert list(schema_violations(parse(FOLDER))) == []


def test_the_schema_that_is_checked_against_is_of_the_version_that_is_required() -> None:
    wanted = parse(FOLDER).settings["required_providers"][0]["google"]["version"].strip('"')
    major, minor = provider_schema()["version"].split(".")[:2]
    assert wanted == f"~> {major}.{minor}"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_a_policy_holds_for_everything_that_would_be_made(policy: Policy, plan: Plan) -> None:
    assert list(policy(plan)) == []


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=lambda subscription: subscription.name)
def test_every_edge_of_the_topology_exists(subscription: Subscription, plan: Plan) -> None:
    (made,) = (s for s in plan.of("google_pubsub_subscription") if s.values["name"] == subscription.name)
    assert made.values["topic"] == f"google_pubsub_topic.all[{subscription.topic}].id"
    (push,) = made.values["push_config"]
    service = subscription.endpoint.replace("_", "-")
    assert push["push_endpoint"] == f"google_cloud_run_v2_service.worker[{service}].uri"
    assert bool(push["no_wrapper"]) is not subscription.wrapped
    if not subscription.wrapped:
        (policy,) = made.values["dead_letter_policy"]
        topic = dead_letter_topic(subscription.topic)
        assert policy["dead_letter_topic"] == f"google_pubsub_topic.all[{topic}].id"


def test_nothing_is_pushed_that_no_edge_declares(plan: Plan) -> None:
    pushed = {s.values["name"] for s in plan.of("google_pubsub_subscription", "push")}
    assert pushed == {subscription.name for subscription in SUBSCRIPTIONS}


def test_every_service_runs_the_function_that_its_subscriptions_mean(plan: Plan) -> None:
    targets = set()
    for service in plan.of("google_cloud_run_v2_service"):
        (container,) = service.values["template"][0]["containers"]
        variables = {item["name"]: item["value"] for item in container["env"]}
        assert variables.pop("FUNCTION_TARGET").replace("_", "-") == service.key
        targets.add(service.key)
        expected = {"NBA_WAREHOUSE": "bigquery://some-project/US", "NBA_BROKER": "pubsub://some-project"}
        if service.key == "ingest":
            expected["NBA_RAW_SOURCE"] = "files:/raw"
        assert variables == expected
    assert targets == {subscription.endpoint.replace("_", "-") for subscription in SUBSCRIPTIONS}


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=lambda subscription: subscription.name)
def test_a_filter_lets_through_what_its_subscription_declares(subscription: Subscription) -> None:
    text = filter_of(subscription.processors)
    assert len(text.encode()) <= LONGEST_FILTER
    assert all(_passes(text, name) for name in (*subscription.processors, None))
    assert _passes(text, "somebody_else") is (text == "")


def test_names_that_fit_into_no_filter_are_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        filter_of(tuple(f"{letter * 20}" for letter in "abcdefgh"))


def _passes(text: str, processor: str | None) -> bool:
    """Whether a filter lets a message with this attribute (None: without it) through."""
    if not text:
        return True
    found = False
    for term in text.split(" OR "):
        if equal := re.fullmatch(r'attributes\.processor = "([^"]*)"', term):
            found |= processor == equal.group(1)
        elif prefix := re.fullmatch(r'hasPrefix\(attributes\.processor, "([^"]*)"\)', term):
            found |= processor is not None and processor.startswith(prefix.group(1))
        else:
            assert term == "NOT attributes:processor"
            found |= processor is None
    return found


def test_every_declared_table_would_be_made(plan: Plan) -> None:
    made = {table.key: table.values for table in plan.of("google_bigquery_table")}
    assert set(made) == {str(schema.address) for schema in all_tables(TOPOLOGY)}
    for schema in all_tables(TOPOLOGY):
        values = made[str(schema.address)]
        assert values["time_partitioning"] == [{"type": "DAY", "field": schema.partition_column}]
        assert tuple(values["clustering"] or ()) == schema.clustering
        assert [column["name"] for column in json.loads(values["schema"])] == list(schema.column_names)


def test_a_processor_may_read_what_it_declares_and_edit_no_other_output(plan: Plan) -> None:
    may = {
        (grant.key, grant.values["role"].removeprefix("roles/bigquery.data"))
        for grant in plan.of("google_bigquery_dataset_iam_member")
    }
    assert ("player-daily-cache/nba_analytics", "Viewer") in may
    assert ("player-daily-cache/nba_precompute", "Editor") in may
    outputs = {processor.schema.address.dataset for processor in TOPOLOGY.processors}
    for processor in TOPOLOGY.processors:
        service = processor.name.replace("_", "-")
        edits = {dataset for dataset in outputs if (f"{service}/{dataset}", "Editor") in may}
        assert edits == {processor.schema.address.dataset}
        assert (f"{service}/nba_raw", "Editor") not in may


@pytest.mark.parametrize("service", ["retry", "ingest"])
def test_a_service_around_the_processors_may_reach_every_dataset_that_its_sql_names(
    service: str, plan: Plan
) -> None:
    folder = FOLDER.parents[1] / "services" / service
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.sql")]
    named = {dataset for text in texts for dataset in re.findall(r"\b(nba_[a-z]+)\.[a-z_]+", text)}
    may = {
        str(g.key).partition("/")[2]
        for g in plan.of("google_bigquery_dataset_iam_member")
        if str(g.key).startswith(f"{service}/")
    }
    assert named
    assert named <= may


@pytest.mark.parametrize("work", ["retry", "reconcile"])
def test_a_tick_is_a_message_with_an_id_of_its_own_every_time(work: str, plan: Plan) -> None:
    (job,) = (job for job in plan.of("google_cloud_scheduler_job") if job.key == work)
    (target,) = job.values["pubsub_target"]
    received = decode("1", base64.b64decode(target["data"]))
    assert isinstance(received, Received)
    assert isinstance(received.message, RetryTick)
    assert received.message.work.value == work
    attributes = target["attributes"]
    assert attributes_of(received.message).items() <= attributes.items()
    assert {name for name in attributes if name.startswith("ce-")} == {
        "ce-specversion",
        "ce-type",
        "ce-source",
    }
    assert attributes["ce-type"] == received.message.type


def test_every_alert_leads_to_its_section_of_the_runbook(plan: Plan) -> None:
    alerts = plan.of("google_monitoring_alert_policy")
    assert {alert.key for alert in alerts} >= {
        "dead-letters",
        "oldest-message",
        "reconciler-silent",
        "incident",
    }
    for alert in alerts:
        (documentation,) = alert.values["documentation"]
        address, _, section = documentation["links"][0]["url"].partition("#")
        assert address == DECIDED["runbook_url"]
        assert section in ANCHORS
        assert f"#{section}" in documentation["content"]
        assert alert.values["notification_channels"]


def test_the_log_lines_that_alerts_count_are_written_somewhere(plan: Plan) -> None:
    root = FOLDER.parents[1]
    code = "".join(
        p.read_text(encoding="utf-8") for f in ("shared", "services") for p in (root / f).rglob("*.py")
    )
    for metric in plan.of("google_logging_metric"):
        assert re.search(rf'\.(info|error|critical)\(\s*"{metric.key}"', code), metric.key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", "us-docker.pkg.dev/p/r/nba:latest"),
        ("project_id", "No Project"),
        ("location", "Mars"),
        ("runbook_url", "http://example.org/#top"),
        ("monthly_budget", 0),
        ("oldest_message_seconds", 5),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(
    terraform: str, tmp_path: Path, name: str, value: object
) -> None:
    with pytest.raises(EvaluationError, match="Invalid value for variable"):
        evaluate(copy_of_a_part(tmp_path / "copy"), tmp_path, {**DECIDED, name: value})


@pytest.mark.parametrize(
    "published",
    re.findall(r"topics publish (\S+) \\\n\s+--message='(.+)' \\\n\s+--attribute='(.+)'", RUNBOOK),
)
def test_what_the_runbook_publishes_by_hand_is_a_message_with_its_attributes(
    published: tuple[str, str, str],
) -> None:
    topic, body, attributes = published
    received = decode("1", body.encode())
    assert isinstance(received, Received)
    assert isinstance(received.message, ProcessRequested)
    assert topic == TRIGGER_TOPICS[received.message.phase]
    given = dict(pair.split("=", 1) for pair in attributes.split(","))
    meant = attributes_of(received.message)
    assert {name: given[name] for name in ("processor", "phase")} == {
        name: meant[name] for name in ("processor", "phase")
    }
    assert given["ce-type"] == received.message.type
    assert {"ce-specversion", "ce-id", "ce-source"} <= set(given)


def test_the_runbook_links_to_nothing_that_is_not_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", RUNBOOK):
        path, _, section = target.partition("#")
        assert (FOLDER / path).exists(), target
        assert not section or section in ANCHORS, target


@pytest.mark.parametrize("name", re.findall(r"^nba (\S+)", RUNBOOK, re.M))
def test_the_commands_of_the_runbook_exist(name: str) -> None:
    assert name in {known for known, _ in (*COMMANDS, *GROUPS)}
