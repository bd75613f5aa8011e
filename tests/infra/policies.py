"""What must be true of everything that would be made. Each policy finds its violations in a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.infra.evaluate import Plan, Resource

Policy = Callable[[Plan], Iterator[str]]

#: Google's own account of Pub/Sub, as evaluation names it.
_PUBSUB_AGENT = "serviceAccount:service-data.google_project.this.number@gcp-sa-pubsub.iam.gserviceaccount.com"
_PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
_PRIMITIVE = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
#: Roles that may be given on the whole project: they show and change no data.
_ON_PROJECT = frozenset({"roles/bigquery.jobUser"})
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_ACCOUNT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_LONGEST_SUBSCRIPTION_NAME = 255


def _only(blocks: object) -> Mapping[str, Any]:
    """The one block of a kind; empty when there is none."""
    return blocks[0] if isinstance(blocks, list) and blocks else {}


def _pushes(plan: Plan) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for resource in plan.of("google_pubsub_subscription"):
        push = _only(resource.values.get("push_config"))
        if push:
            yield resource, push


def pushes_are_signed_and_allowed(plan: Plan) -> Iterator[str]:
    """Every push names an account, which may call the service that it pushes to."""
    allowed = {
        (r.values["name"].removesuffix(".name"), r.values["member"])
        for r in plan.of("google_cloud_run_v2_service_iam_member")
        if r.values["role"] == "roles/run.invoker"
    }
    services = {r.address for r in plan.of("google_cloud_run_v2_service")}
    for resource, push in _pushes(plan):
        account = _only(push.get("oidc_token")).get("service_account_email")
        service = push["push_endpoint"].removesuffix(".uri")
        if account is None:
            yield f"{resource.address}: pushes without OIDC"
        elif (service, f"serviceAccount:{account}") not in allowed:
            yield f"{resource.address}: [{account}] may not call [{service}]"
        if service not in services:
            yield f"{resource.address}: there is no [{service}]"


def pushes_have_dead_letters(plan: Plan) -> Iterator[str]:
    """Every push subscription gives up after 100 attempts, to a topic that is listened to, by two grants."""
    takes = _granted(plan, "google_pubsub_topic_iam_member", "topic", "roles/pubsub.publisher")
    gives = _granted(plan, "google_pubsub_subscription_iam_member", "subscription", "roles/pubsub.subscriber")
    heard = {r.values["topic"] for r in plan.of("google_pubsub_subscription")}
    for resource, _ in _pushes(plan):
        policy = _only(resource.values.get("dead_letter_policy"))
        topic = policy.get("dead_letter_topic")
        if topic is None:
            yield f"{resource.address}: no dead-letter topic"
            continue
        if policy.get("max_delivery_attempts") != 100:
            yield f"{resource.address}: not 100 attempts"
        if topic not in heard:
            yield f"{resource.address}: nobody listens to [{topic}]"
        if topic.removesuffix(".id") not in takes:
            yield f"{resource.address}: Pub/Sub may not publish to [{topic}]"
        if resource.address not in gives:
            yield f"{resource.address}: Pub/Sub may not take messages from it"


def _granted(plan: Plan, kind: str, field: str, role: str) -> set[str]:
    return {
        str(r.values[field]).removesuffix(".name")
        for r in plan.of(kind)
        if r.values["role"] == role and r.values["member"] == _PUBSUB_AGENT
    }


def subscriptions_never_expire(plan: Plan) -> Iterator[str]:
    """Every subscription, pulled ones too, outlives a summer without games."""
    for resource in plan.of("google_pubsub_subscription"):
        if _only(resource.values.get("expiration_policy")).get("ttl") != "":
            yield f"{resource.address}: expires"
        if len(resource.values["name"]) > _LONGEST_SUBSCRIPTION_NAME:
            yield f"{resource.address}: the name is too long"


def pushes_have_patience(plan: Plan) -> Iterator[str]:
    """600 s for an answer, 10 to 600 s between attempts; unwrapped with metadata, dead letters wrapped."""
    for resource, push in _pushes(plan):
        if resource.values.get("ack_deadline_seconds") != 600:
            yield f"{resource.address}: does not wait 600 s"
        retry = _only(resource.values.get("retry_policy"))
        if (retry.get("minimum_backoff"), retry.get("maximum_backoff")) != ("10s", "600s"):
            yield f"{resource.address}: retries with other pauses than 10 to 600 s"
        is_dead_letter = "-dlq]" in resource.values["topic"]
        if is_dead_letter is (_only(push.get("no_wrapper")).get("write_metadata") is True):
            yield f"{resource.address}: is {'un' if is_dead_letter else ''}wrapped"


def nobody_is_public(plan: Plan) -> Iterator[str]:
    """No grant to everybody, wherever it stands."""
    for resource in plan.resources:
        if _PUBLIC & set(_texts(resource.values)):
            yield f"{resource.address}: is for everybody"
        if resource.values.get("invoker_iam_disabled"):
            yield f"{resource.address}: asks no caller who it is"


def no_role_is_primitive(plan: Plan) -> Iterator[str]:
    """No owner, editor or viewer of anything."""
    for resource in plan.resources:
        if _PRIMITIVE & set(_texts(resource.values)):
            yield f"{resource.address}: has a primitive role"


def data_roles_are_on_datasets(plan: Plan) -> Iterator[str]:
    """On the project only what shows no data; on datasets only to read or to edit rows."""
    for resource in plan.of("google_project_iam_member"):
        if resource.values["role"] not in _ON_PROJECT:
            yield f"{resource.address}: [{resource.values['role']}] on the project"
    for resource in plan.of("google_bigquery_dataset_iam_member"):
        if resource.values["role"] not in ("roles/bigquery.dataViewer", "roles/bigquery.dataEditor"):
            yield f"{resource.address}: [{resource.values['role']}] on a dataset"


def accounts_are_used(plan: Plan) -> Iterator[str]:
    """Every account runs or calls exactly one service, and has a name that Google takes."""
    runs = [
        _only(r.values["template"]).get("service_account") for r in plan.of("google_cloud_run_v2_service")
    ]
    calls = {
        (_only(p.get("oidc_token")).get("service_account_email"), p["push_endpoint"])
        for _, p in _pushes(plan)
    }
    callers = [account for account, _ in calls]
    for resource in plan.of("google_service_account"):
        uses = (*runs, *callers).count(f"{resource.address}.email")
        if uses != 1:
            yield f"{resource.address}: is used by [{uses}] services"
        if not _ACCOUNT_ID.fullmatch(resource.values["account_id"]):
            yield f"{resource.address}: [{resource.values['account_id']}] is no account id"
    for service, account in zip(plan.of("google_cloud_run_v2_service"), runs, strict=True):
        if account is None:
            yield f"{service.address}: runs as the default account, which may do everything"


def services_run_one_at_a_time(plan: Plan) -> Iterator[str]:
    """From none to one instance, one request at a time, 600 s, internal only, an image by digest."""
    for resource in plan.of("google_cloud_run_v2_service"):
        template = _only(resource.values["template"])
        scaling = _only(template.get("scaling"))
        if (scaling.get("min_instance_count"), scaling.get("max_instance_count")) != (0, 1):
            yield f"{resource.address}: is not scaled from 0 to 1"
        if template.get("max_instance_request_concurrency") != 1:
            yield f"{resource.address}: takes several requests at a time"
        if template.get("timeout") != "600s":
            yield f"{resource.address}: does not end after 600 s"
        if resource.values.get("ingress") != "INGRESS_TRAFFIC_INTERNAL_ONLY":
            yield f"{resource.address}: can be reached from outside"
        if not _DIGEST.search(_only(template["containers"])["image"]):
            yield f"{resource.address}: an image without digest"


def tables_are_protected(plan: Plan) -> Iterator[str]:
    """Partitioned by day, asked for with dates only, not deleted by accident; staging expires."""
    for resource in plan.of("google_bigquery_table"):
        partition = _only(resource.values.get("time_partitioning"))
        if partition.get("type") != "DAY" or not partition.get("field"):
            yield f"{resource.address}: is not partitioned by day"
        if resource.values.get("require_partition_filter") is not True:
            yield f"{resource.address}: can be read without dates"
        if resource.values.get("deletion_protection") is not True:
            yield f"{resource.address}: can be deleted"
        if "nba_staging" in resource.values["dataset_id"]:
            yield f"{resource.address}: staging holds tables of runs only"
    for resource in plan.of("google_bigquery_dataset"):
        expires = resource.values.get("default_table_expiration_ms")
        if (resource.values["dataset_id"] == "nba_staging") is not (expires == 24 * 3600 * 1000):
            yield f"{resource.address}: its tables expire after [{expires}] ms"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


POLICIES: tuple[Policy, ...] = (
    pushes_are_signed_and_allowed,
    pushes_have_dead_letters,
    subscriptions_never_expire,
    pushes_have_patience,
    nobody_is_public,
    no_role_is_primitive,
    data_roles_are_on_datasets,
    accounts_are_used,
    services_run_one_at_a_time,
    tables_are_protected,
)


def plan_violations(plan: Plan) -> Iterator[str]:
    """What breaks any policy."""
    for policy in POLICIES:
        yield from policy(plan)
