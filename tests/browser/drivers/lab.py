"""One JupyterLab on this machine, with a home of its own, shared by all browser tests."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from tests import kernels
from tests.browser.drivers.server import answering, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = {
    # The question about news covers the corner where forms have their buttons.
    "notification": {"fetchNews": "false", "checkForUpdates": False},
    "themes": {"theme": "JupyterLab Light"},
}
_PAGE = {
    # It asks for another icon whenever a kernel begins or ends, some fifteen times a test.
    "disabledExtensions": {"@jupyterlab/application-extension:faviconbusy": True},
    "buildCheck": False,  # whether it should be built anew: it starts Node.js to find out
}
"""What JupyterLab does without in tests, as none looks at it."""


class Lab:
    """A running JupyterLab: where it answers, and the folders that it calls home."""

    def __init__(self, home: Path, url: str) -> None:
        """Describe a JupyterLab; :func:`running` starts one."""
        self.home = home
        self.notebooks = home / "notebooks"
        self.url = url

    def write(self, name: str, cells: list[str]) -> Path:
        """Write a notebook of code cells that have not run yet.

        It names its kernel: without that JupyterLab opens a dialog that swallows every click.
        """
        document = nbformat.v4.new_notebook(metadata={"kernelspec": kernels.SPECIFICATION})
        document.cells = [nbformat.v4.new_code_cell(source) for source in cells]
        path = self.notebooks / name
        nbformat.write(document, path)
        return path

    def use(self, extension: str, **settings: object) -> None:
        """Write settings of JupyterLab's ``apputils`` extension, for pages opened from now on."""
        path = self.home / "settings" / "@jupyterlab" / "apputils-extension"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{extension}.jupyterlab-settings").write_text(json.dumps(settings))

    def write_profile(self, name: str, values: dict[str, str]) -> None:
        """Add a profile to the vendor's credentials file in this home."""
        path = self.home / ".huaweicloud" / "credentials"
        path.parent.mkdir(exist_ok=True)
        lines = [f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""]
        with path.open("a") as file:
            file.write("\n".join(lines))
        path.chmod(0o600)


@contextmanager
def running(home: Path) -> Iterator[Lab]:
    """Start a JupyterLab at home in a folder, and stop it afterwards with all its kernels."""
    port = free_port()
    lab = Lab(home, f"http://127.0.0.1:{port}")
    lab.notebooks.mkdir(parents=True)
    for extension, settings in _SETTINGS.items():
        lab.use(extension, **settings)
    configuration = home / "config" / "labconfig" / "page_config.json"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(json.dumps(_PAGE))
    log = home / "jupyterlab.log"
    environment = _environment(home)
    with kernels.running(home / "data", environment):
        command = _command(port, lab.notebooks)
        with answering(command, f"{lab.url}/api/status", home, environment, log):
            yield lab


def _command(port: int, folder: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--ServerApp.open_browser=False",
        "--LabApp.open_browser=False",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        *(["--ServerApp.allow_root=True"] if os.geteuid() == 0 else []),
    ]


def _environment(home: Path) -> dict[str, str]:
    """Return every folder that Jupyter and a kernel look into, all of them in the new home."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "PYTEST", "COVERAGE"))
    }
    return inherited | {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_PATH": str(
            home / "data"
        ),  # before the environment, which has a kernel of this name
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "TZ": "UTC",
    }
