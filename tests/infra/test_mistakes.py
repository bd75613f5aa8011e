"""Mistakes that Google would accept, or find late, are found here: each is planted in a copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.evaluate import DECIDED, evaluate
from tests.infra.part import copy_of_a_part
from tests.infra.policies import plan_violations
from tests.infra.schema_check import schema_violations
from tests.infra.terraform import parse


@dataclass(frozen=True)
class Mistake:
    """`pattern` in `file` becomes `replacement`, and something says `found`."""

    name: str
    file: str
    pattern: str
    replacement: str
    found: str


def _without(resource: str, name: str) -> str:
    """A pattern for a whole top-level block."""
    return rf'resource "{resource}" "{name}" \{{\n.*?\n\}}\n'


OF_THE_PLAN = (
    Mistake("missing OIDC", "pubsub.tf", r"    oidc_token \{.*?\n    \}\n", "", "pushes without OIDC"),
    Mistake(
        "missing dead-letter grant on the topic",
        "pubsub.tf",
        _without("google_pubsub_topic_iam_member", "takes_dead_letters"),
        "",
        "Pub/Sub may not publish to",
    ),
    Mistake(
        "missing dead-letter grant on the subscription",
        "pubsub.tf",
        _without("google_pubsub_subscription_iam_member", "forwards_dead_letters"),
        "",
        "Pub/Sub may not take messages from it",
    ),
    Mistake("finite expiry", "pubsub.tf", r'ttl = ""', 'ttl = "2678400s"', "expires"),
    Mistake("expiry by default", "pubsub.tf", r'  expiration_policy \{\n    ttl = ""\n  \}\n', "", "expires"),
    Mistake(
        "public invoker",
        "access.tf",
        r'(roles/run\.invoker"\n\s+member\s+= )"[^\n]*"',
        r'\1"allUsers"',
        "is for everybody",
    ),
    Mistake(
        "public invoker without IAM",
        "services.tf",
        r"  deletion_protection = false\n",
        "  deletion_protection  = false\n  invoker_iam_disabled = true\n",
        "asks no caller who it is",
    ),
    Mistake(
        "primitive role", "access.tf", r"roles/bigquery\.jobUser", "roles/editor", "has a primitive role"
    ),
    Mistake(
        "data role on the project",
        "access.tf",
        r"roles/bigquery\.jobUser",
        "roles/bigquery.dataEditor",
        "[roles/bigquery.dataEditor] on the project",
    ),
    Mistake(
        "no invoker",
        "access.tf",
        _without("google_cloud_run_v2_service_iam_member", "invoker"),
        "",
        "may not call",
    ),
    Mistake(
        "few attempts",
        "pubsub.tf",
        r"max_delivery_attempts = 100",
        "max_delivery_attempts = 5",
        "not 100 attempts",
    ),
    Mistake(
        "nobody listens to dead letters",
        "pubsub.tf",
        _without("google_pubsub_subscription", "undeliverable"),
        "",
        "nobody listens to",
    ),
    Mistake(
        "default account",
        "services.tf",
        r"    service_account = [^\n]*\n",
        "",
        "runs as the default account",
    ),
    Mistake(
        "a table without dates",
        "warehouse.tf",
        r"require_partition_filter = true",
        "require_partition_filter = false",
        "can be read without dates",
    ),
)
OF_THE_TEXT = (
    Mistake(
        "unknown argument",
        "pubsub.tf",
        r"ack_deadline_seconds ",
        "ack_deadline_secs ",
        "unknown argument [ack_deadline_secs]",
    ),
    Mistake(
        "unknown argument of a nested block",
        "services.tf",
        r"max_instance_count = 1",
        "max_instances = 1",
        "unknown argument [max_instances]",
    ),
    Mistake(
        "unknown argument of a dynamic block",
        "services.tf",
        r"read_only = true",
        "readonly = true",
        "unknown argument [readonly]",
    ),
    Mistake("missing argument", "scheduler.tf", r"  name        = [^\n]*\n", "", "missing argument [name]"),
    Mistake(
        "block as argument",
        "services.tf",
        r"    scaling \{",
        "    scaling = {",
        "[scaling] is a block",
    ),
    Mistake(
        "dangling reference",
        "pubsub.tf",
        r"google_service_account\.pusher",
        "google_service_account.push",
        "reference to undeclared [google_service_account.push]",
    ),
    Mistake(
        "dangling reference inside a text with other references",
        "monitoring.tf",
        r"\$\{each\.value\.text\}",
        r"${each.value.text}${var.title}",
        "reference to undeclared [var.title]",
    ),
    Mistake(
        "attribute that is not there",
        "pubsub.tf",
        r"worker\[each\.value\.service\]\.uri",
        "worker[each.value.service].url",
        "has no attribute [url]",
    ),
)


def plant(mistake: Mistake, folder: Path) -> None:
    """Make the mistake in a copy; fails when its place is not there any more."""
    path = folder / mistake.file
    text, times = re.subn(mistake.pattern, mistake.replacement, path.read_text(encoding="utf-8"), flags=re.S)
    assert times, f"[{mistake.pattern}] is not in [{mistake.file}]"
    path.write_text(text, encoding="utf-8")


def _says(violations: Iterator[str], found: str) -> bool:
    return any(found in violation for violation in violations)


@pytest.mark.parametrize("mistake", OF_THE_PLAN, ids=lambda mistake: mistake.name)
def test_a_mistake_in_what_would_be_made_is_found(terraform: str, tmp_path: Path, mistake: Mistake) -> None:
    folder = copy_of_a_part(tmp_path / "copy")
    plant(mistake, folder)
    assert _says(plan_violations(evaluate(folder, tmp_path, DECIDED)), mistake.found)


@pytest.mark.parametrize("mistake", OF_THE_TEXT, ids=lambda mistake: mistake.name)
def test_a_mistake_in_the_text_is_found(tmp_path: Path, mistake: Mistake) -> None:
    folder = copy_of_a_part(tmp_path / "copy")
    plant(mistake, folder)
    assert _says(schema_violations(parse(folder)), mistake.found)


def test_a_part_without_mistakes_has_no_violations(terraform: str, tmp_path: Path) -> None:
    folder = copy_of_a_part(tmp_path / "copy")
    assert list(schema_violations(parse(folder))) == []
    assert list(plan_violations(evaluate(folder, tmp_path, DECIDED))) == []
