"""Clouds for a fleet: within this process, and served to real profiles."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer


@contextmanager
def served(cloud: Cloud, application: object = None) -> Iterator[str]:
    """Serve a cloud on 127.0.0.1; the address."""
    server = CloudServer(cloud, application=application)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server.base_url
    finally:
        server.stop()
        thread.join(10)


def write_profiles(path: Path, clouds: Mapping[str, tuple[Cloud, str]]) -> None:
    """Write a profile file: for each name the first user's keys, and the address."""
    lines = []
    for name, (cloud, url) in clouds.items():
        who = cloud.credentials
        lines += [
            f"[{name}]", f"ak = {who.access_key}", f"sk = {who.secret_key}",
            f"project_id = {who.project_id}", f"region = {who.region}",
            f"endpoint = {url}", f"iam_endpoint = {url}",
        ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
