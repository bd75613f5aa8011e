"""Starts the emulators: local-bigquery in its own environment, and the official Pub/Sub emulator."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Made by `make emulators`: local-bigquery needs Python 3.12 and other versions of the pipeline's packages.
BIGQUERY_PYTHON = ROOT / ".venv-bigquery" / "bin" / "python"
_STARTS_WITHIN_SECONDS = 60.0


class EmulatorMissingError(Exception):
    """An emulator cannot run on this machine; the message says what it lacks."""


@cache
def pubsub_jar() -> Path:
    """The emulator that comes with the Google Cloud SDK. Raises EmulatorMissingError."""
    if shutil.which("java") is None:
        raise EmulatorMissingError("The Pub/Sub emulator needs Java; there is no `java` on the path")
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise EmulatorMissingError(
            "The Pub/Sub emulator is part of the Google Cloud SDK; there is no `gcloud`"
        )
    for root in (Path(gcloud).resolve().parents[1], Path("/usr/lib/google-cloud-sdk")):
        found = sorted(root.glob("platform/pubsub-emulator/lib/cloud-pubsub-emulator-*.jar"))
        if found:
            return found[-1]
    raise EmulatorMissingError(
        "The Google Cloud SDK has no Pub/Sub emulator: gcloud components install pubsub-emulator"
    )


def bigquery_python() -> Path:
    """The interpreter of local-bigquery's environment. Raises EmulatorMissingError."""
    if not BIGQUERY_PYTHON.exists():
        raise EmulatorMissingError(
            "local-bigquery is not set up: `make emulators` needs Python 3.12 or later"
        )
    return BIGQUERY_PYTHON


@contextmanager
def bigquery_server() -> Iterator[str]:
    """A running local-bigquery with an empty folder; yields its host and port."""
    python = bigquery_python()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bigquery-") as folder:
        command = [
            str(python),
            str(Path(__file__).with_name("bigquery_server.py")),
            *("--host", "127.0.0.1", "--port", str(port), "--grpc-port", str(free_port())),
            *("--data-dir", folder),
        ]
        with running(command, port, {}):
            yield f"127.0.0.1:{port}"


@contextmanager
def pubsub_server(port: int | None = None) -> Iterator[str]:
    """A running Pub/Sub emulator, on a port of its own unless told; yields its host and port."""
    port = port or free_port()
    command = ["java", "-Xmx256m", "-jar", str(pubsub_jar()), "--host=127.0.0.1", f"--port={port}"]
    with running(command, port, {}):
        yield f"127.0.0.1:{port}"


@contextmanager
def running(
    command: Sequence[str], port: int, environment: Mapping[str, str], *, folder: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in `folder` that listens on a port of this machine, ended when the block is left.

    It leads a process group of its own. Raises RuntimeError with what it printed when it does not come up.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            cwd=folder,
            start_new_session=True,
        )
        try:
            _await(process, port, output)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], port: int, output: object) -> None:
    ends = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    text = ""
    if hasattr(output, "seek") and hasattr(output, "read"):
        output.seek(0)
        text = output.read().decode(errors="replace")[-2000:]
    raise RuntimeError(f"[{process.args!r}] does not listen on port {port}: {text}")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
