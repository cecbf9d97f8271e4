"""What the tests of the forms begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on the small company."""
    with cbr.simulate() as opened:
        yield opened
