"""One cloud for all tests; each begins with empty tables, and with a season of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.cloud import IMAGE_PROGRAMS, Cloud, cloud
from tests.emulators.servers import EmulatorMissingError
from tests.support.tiny_fixture import quiet_logs

__all__ = ["quiet_logs"]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Every service running, every subscription made, every table there."""
    if not IMAGE_PROGRAMS.exists():
        pytest.skip(
            "NOT TESTED IN SERVICES: the image's environment is not there; make test-emulated makes it"
        )
    try:
        with cloud(tmp_path_factory.mktemp("app")) as found:
            yield found
    except EmulatorMissingError as missing:
        pytest.skip(f"NOT TESTED IN SERVICES: {missing}")


@pytest.fixture
def in_the_cloud(running: Cloud) -> Cloud:
    """The cloud with nothing in its tables: the predictions of a season know all that is loaded."""
    running.forget()
    return running
