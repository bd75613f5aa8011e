"""Named random streams: every decision of the generator draws from a stream of its own.

A game's stream depends on the seed and the game alone, so that its rows are the same whatever range of dates
was asked for.
"""

from __future__ import annotations

from random import Random


def stream(seed: int, *name: str) -> Random:
    """Return the stream called `name`. Text seeds are hashed by SHA-512, so they do not vary by process."""
    return Random("/".join((str(seed), *name)))  # noqa: S311 - reproducible test data, nothing secret
