"""The vendor's own client, over TCP, with access keys, against a simulated cloud."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer
from tests.conformance.sdk_client import SdkClient


def _serve(cloud: Cloud) -> Iterator[SdkClient]:
    server = CloudServer(cloud)
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    yield SdkClient(cloud, server.base_url)
    server.stop()
    serving.join(10)


@pytest.fixture
def sdk() -> Iterator[SdkClient]:
    """An empty cloud over TCP, and the vendor's client signed in to it."""
    yield from _serve(Cloud.open(estate="empty"))


@pytest.fixture
def documented_sdk() -> Iterator[SdkClient]:
    """The cloud of the reference's application cases, and the vendor's client."""
    yield from _serve(Cloud.open(estate="documented"))


@pytest.fixture
def server(sdk: SdkClient) -> str:
    """The ID of a server with two disks."""
    return sdk.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10))).id
