"""Situations that tests of the simulator begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """An empty cloud: an account, three projects in two regions, nothing else."""
    opened = Cloud.open(estate="empty")
    yield opened
    opened.close()


@pytest.fixture
def ask(cloud: Cloud) -> Client:
    """The account's first user, in the first project."""
    return Client(cloud)
