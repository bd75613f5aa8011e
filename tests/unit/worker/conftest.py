"""Tiny pipelines for the tests of the worker."""

from tests.support.tiny_fixture import make_pipeline, pipeline, quiet_logs

__all__ = ["make_pipeline", "pipeline", "quiet_logs"]
