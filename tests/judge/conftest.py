"""The judge: the vendor's own client, over TCP, with access keys, against a simulated cloud."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer
from tests.judge.judging import Judge


def _serve(cloud: Cloud) -> Iterator[Judge]:
    server = CloudServer(cloud)
    server._server.expiration_interval = 0.02  # how long its stop may take
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    yield Judge(cloud, server.base_url)
    server.stop()
    serving.join(10)


@pytest.fixture
def judge() -> Iterator[Judge]:
    """An empty cloud over TCP, and the vendor's client signed in to it."""
    yield from _serve(Cloud.open(estate="empty"))


@pytest.fixture
def documented_judge() -> Iterator[Judge]:
    """The cloud of the reference's application cases, and the vendor's client."""
    yield from _serve(Cloud.open(estate="documented"))
