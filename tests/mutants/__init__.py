"""Planted bugs, each with the tests that must catch it: `python -m tests.mutants`."""
