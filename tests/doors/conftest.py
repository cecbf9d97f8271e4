"""What the tests of other doors than the forms begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr


@pytest.fixture(scope="module")
def session() -> Iterator[cbr.Session]:
    """A session on the small company, the same for all tests of a file."""
    with cbr.simulate() as opened:
        yield opened
