"""The image and the build: what is copied exists and suffices, and the start command serves."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.registry import discover
from services.serve import UnwrappedPush, application
from services.settings import SettingsError
from tests.infra.image import ROOT, build, command, copied, instructions, is_sent, last_stage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BUILD = (ROOT / "cloudbuild.yaml").read_text(encoding="utf-8")
_STARTS_WITHIN_SECONDS = 30
SUBSCRIPTIONS = (*discover().subscriptions(), *discover().service_subscriptions())


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    sources = [source for several, _ in copied() for source in several]
    assert {"shared", "services"} <= set(sources)
    for source in (*sources, "requirements.lock"):
        assert (ROOT / source).exists(), source
        assert is_sent(source), source


@pytest.mark.parametrize(
    "path", ["tests", ".venv", ".git", ".nba", "services/__pycache__", "infra/terraform"]
)
def test_what_the_image_does_not_need_does_not_reach_the_builder(path: str) -> None:
    assert not is_sent(path)


def test_dependencies_are_the_locked_ones_and_nothing_else_is_installed() -> None:
    installs = [i.text for i in instructions() if re.search(r"\b(pip|apt-get|curl)\b", i.text)]
    (install,) = installs
    assert "--require-hashes -r requirements.lock" in install
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"^gunicorn==", locked, re.M)


def test_the_image_runs_as_nobody_in_particular() -> None:
    words = [item.word for item in last_stage()]
    (user,) = (item.text for item in last_stage() if item.word == "USER")
    assert user.partition(":")[0] not in ("", "0", "root")
    assert words.index("USER") > max(position for position, word in enumerate(words) if word == "RUN")


@dataclass(frozen=True)
class Serving:
    """A process that runs the image's start command."""

    process: subprocess.Popen[str]
    port: int

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_STARTS_WITHIN_SECONDS)
        connection.request("POST", "/", body=body, headers={"Content-Type": "application/json", **headers})
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The start command in a folder that holds what the image holds, for one function."""
    folder = tmp_path_factory.mktemp("app")
    build(folder)
    programs = Path(sys.executable).parent
    process = subprocess.Popen(
        command(),
        cwd=folder,
        env={
            "PATH": f"{programs}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(folder),
            "FUNCTION_TARGET": "player_daily_cache",
            "HOST": "127.0.0.1",
            "PORT": "0",
        },
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Serving(process, _port(process))
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line):
            return int(found.group(1))
    raise AssertionError("".join(told))


def test_the_start_command_serves_the_function(serving: Serving) -> None:
    headers = {"ce-id": "1", "ce-type": "t", "ce-source": "s", "ce-specversion": "1.0"}
    # Without a project there is no warehouse to quarantine junk in: the function ran, and says so.
    assert serving.post(b"junk", headers) >= 500


def test_a_push_without_attributes_reaches_the_function_and_what_is_no_push_does_not(
    serving: Serving,
) -> None:
    assert serving.post(b"junk", {"x-goog-pubsub-message-id": "1"}) >= 500
    assert serving.post(b"junk", {}) == 400


def test_a_service_that_is_told_to_end_ends(serving: Serving) -> None:
    assert serving.process.poll() is None
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(timeout=15) == 0


def _seen(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The environment that an application behind the middleware sees."""
    found: list[WSGIEnvironment] = []

    def app(inner: WSGIEnvironment, _: object) -> list[bytes]:
        found.append(inner)
        return []

    list(UnwrappedPush(app)(environ, lambda *_: lambda _: None))
    return found[0]


def test_what_a_publisher_left_out_comes_from_the_push_itself() -> None:
    seen = _seen(
        {
            "HTTP_X_GOOG_PUBSUB_MESSAGE_ID": "77",
            "HTTP_X_GOOG_PUBSUB_SUBSCRIPTION_NAME": "projects/p/subscriptions/s",
            "HTTP_CE_TYPE": "nba.retry_tick",
        }
    )
    assert seen["HTTP_CE_ID"] == "77"
    assert seen["HTTP_CE_TYPE"] == "nba.retry_tick"
    assert seen["HTTP_CE_SPECVERSION"] == "1.0"
    assert seen["HTTP_CE_SOURCE"] == "//pubsub.googleapis.com/projects/p/subscriptions/s"


def test_an_event_keeps_the_id_that_its_publisher_gave() -> None:
    assert _seen({"HTTP_X_GOOG_PUBSUB_MESSAGE_ID": "77", "HTTP_CE_ID": "a"})["HTTP_CE_ID"] == "a"


def test_what_did_not_come_by_pubsub_is_left_alone() -> None:
    assert _seen({"REQUEST_METHOD": "POST"}) == {"REQUEST_METHOD": "POST"}


@pytest.mark.parametrize("target", sorted({subscription.endpoint for subscription in SUBSCRIPTIONS}))
def test_every_function_that_is_deployed_can_be_served(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTION_TARGET", target)
    assert isinstance(application(), UnwrappedPush)


def test_a_service_without_a_function_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUNCTION_TARGET", raising=False)
    with pytest.raises(SettingsError, match="FUNCTION_TARGET"):
        application()


def test_the_build_does_its_steps_in_this_order() -> None:
    steps = re.findall(r"^  - id: (.+)$", BUILD, re.M)
    order = ["test", "check-terraform", "build", "push", "create-tables", "migrate", "deploy", "smoke-test"]
    assert steps == order
    assert "waitFor" not in BUILD
    assert "allowFailure" not in BUILD


def test_the_build_uses_what_it_declares_and_declares_what_it_uses() -> None:
    declared = set(re.findall(r"^  (_[A-Z_]+):", BUILD, re.M))
    body = BUILD[BUILD.index("options:") :]
    assert set(re.findall(r"(?<!\$)\$\{?(_[A-Z_]+)\}?", body)) == declared


def test_the_build_deploys_by_the_digest_that_it_pushed() -> None:
    applies = re.findall(r"terraform apply.*", BUILD)
    assert len(applies) == 2
    assert all('-var "image=$$(cat /workspace/image)"' in line for line in applies)
    assert "RepoDigests" in BUILD
