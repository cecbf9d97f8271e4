"""The recipe for JupyterHub, tried as written; skipped where JupyterHub or its proxy is missing."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.repository.places import REPOSITORY

RECIPE = REPOSITORY / "docs" / "guides" / "jupyterhub_config.py"
TOKEN = uuid.uuid4().hex
OVERLAY = """
load_subconfig({recipe!r})
c.JupyterHub.port, c.JupyterHub.hub_port = {port}, {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.services = [{{"name": "test", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{
    "name": "test", "services": ["test"],
    "scopes": ["admin:users", "admin:servers", "access:servers", "list:users"],
}}]
"""
EXERCISE = """
import cbr_notebook as cbr
lab = cbr.workshop("basics")
seen = lab.progress()["state"].iloc[0]
lab.start(1)
untouched = bool(lab.check())
lab.session.create_vault("finance", size_gb=200, object_type="server")
print(seen, untouched, bool(lab.check()))
"""

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jupyterhub") is None
    or shutil.which("configurable-http-proxy") is None,
    reason="JupyterHub, or configurable-http-proxy, is not installed",
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("hub")
    port, hub_port, api = _free_ports(3)
    config = folder / "config.py"
    config.write_text(
        OVERLAY.format(recipe=str(RECIPE), port=port, hub=hub_port, api=api, token=TOKEN)
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config)],
            cwd=folder, stdout=log, stderr=log,
            env=os.environ | {"CBR_CLASS_PASSWORD": "of the day"},
        )  # fmt: skip
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"token {TOKEN}"},
            timeout=60,
        )
        try:
            _wait(lambda: client.get("/hub/api/").status_code == 200, folder / "log")
            client.headers["X-Homes"] = str(folder / "homes")
            yield client
        finally:
            process.terminate()
            process.wait(30)


def test_learners_have_notebooks_and_clouds_of_their_own(hub: httpx.Client) -> None:
    homes = Path(hub.headers.pop("X-Homes"))
    for name in ("ada", "grace"):
        assert hub.post(f"/hub/api/users/{name}").status_code == 201
        assert hub.post(f"/hub/api/users/{name}/server").status_code in (201, 202)
    for name in ("ada", "grace"):
        _wait(lambda n=name: hub.get(f"/user/{n}/api/status").status_code == 200)  # type: ignore[misc]
        assert _run(hub, name, EXERCISE) == "not started False True"
        assert (homes / name / "cbr-notebooks" / "03_query_backups.ipynb").exists()
    assert _run(hub, "ada", EXERCISE) == "solved False True"


def _run(hub: httpx.Client, user: str, code: str) -> str:
    """Run code in a new kernel of a user; return what it printed."""
    import websocket

    kernel = hub.post(f"/user/{user}/api/kernels", json={"name": "python3"}).json()["id"]
    address = str(hub.base_url).rstrip("/").replace("http", "ws", 1)
    line = websocket.create_connection(
        f"{address}/user/{user}/api/kernels/{kernel}/channels",
        header=[f"Authorization: token {TOKEN}"], timeout=120,
    )  # fmt: skip
    asked = uuid.uuid4().hex
    header = {"msg_id": asked, "msg_type": "execute_request", "username": "", "session": asked,
              "version": "5.3", "date": ""}  # fmt: skip
    line.send(json.dumps({
        "channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "buffers": [],
        "content": {"code": code, "silent": False, "allow_stdin": False},
    }))  # fmt: skip
    printed: list[str] = []
    try:
        while True:
            message: dict[str, Any] = json.loads(line.recv())
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif message["msg_type"] == "execute_reply":
                return "".join(printed).strip()
    finally:
        line.close()
        hub.delete(f"/user/{user}/api/kernels/{kernel}")


def _wait(condition: Any, log: Path | None = None) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            if condition():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:] if log else "it did not come up")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
