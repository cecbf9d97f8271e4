"""What the tests of the lake begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr


@pytest.fixture
def session() -> Iterator[cbr.Session]:
    """A session on the small company, with backups, policies and drift to come."""
    with cbr.simulate() as opened:
        yield opened
