"""A simulated cloud over TCP, for a kernel to sign in to and a test to look into."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.drivers.lab import Lab


class ServedCloud:
    """A cloud that a notebook's kernel can reach; the test holds the cloud itself."""

    def __init__(self, cloud: Cloud, base_url: str, profile: str) -> None:
        """Describe a cloud; :func:`serving` serves one."""
        self.cloud = cloud
        self.base_url = base_url
        self.connect = f'import cbr_notebook as cbr\nsession = cbr.connect(profile="{profile}")'
        """The source of a cell that signs in; it holds no secret."""


@contextmanager
def serving(lab: Lab, cloud: Cloud, profile: str) -> Iterator[ServedCloud]:
    """Serve a cloud on 127.0.0.1, with a profile for it in the home of JupyterLab."""
    server = CloudServer(cloud)
    account = cloud.credentials
    lab.write_profile(
        profile,
        {
            "ak": account.access_key,
            "sk": account.secret_key,
            "project_id": account.project_id,
            "region": account.region,
            "endpoint": server.base_url,
            "iam_endpoint": server.base_url,
        },
    )
    thread = threading.Thread(target=server.serve, name=f"cloud {profile}", daemon=True)
    thread.start()
    try:
        yield ServedCloud(cloud, server.base_url, profile)
    finally:
        server.stop()
        thread.join(10)
