"""Where the real seasons are, and the mark that skips a test loudly when they are not here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("NBA_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def requires_shared(*parts: str) -> pytest.MarkDecorator:
    """Skip, naming the missing folder, unless `parts` exists below the shared folder."""
    path = SHARED.joinpath(*parts)
    return pytest.mark.skipif(
        not path.exists(), reason=f"real data absent: {'/'.join(parts)} under ../shared"
    )
