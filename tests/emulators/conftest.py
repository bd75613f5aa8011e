"""Log lines go nowhere: some of these tests read what a command prints."""

from tests.support.tiny_fixture import quiet_logs

__all__ = ["quiet_logs"]
