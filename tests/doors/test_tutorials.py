"""The tutorials run unchanged on another endpoint, named by the environment alone."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.doors.cli.test_cli import Served

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"


@pytest.mark.parametrize("number", ["01", "02", "03"])
def test_a_tutorial_runs_on_what_the_environment_names(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served("--estate", "documented", "--speed", "3600")
    try:
        account = served.account
        for name, value in (
            ("HUAWEICLOUD_SDK_AK", account["access_key"]),
            ("HUAWEICLOUD_SDK_SK", account["secret_key"]),
            ("HUAWEICLOUD_SDK_REGION", account["region"]),
            ("CBR_ENDPOINT", account["base_url"]),
            ("CBR_IAM_ENDPOINT", account["base_url"]),
            ("CBR_TUTORIAL_ACCOUNT", "1"),
        ):
            monkeypatch.setenv(name, value)
        (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        document = nbformat.read(path, as_version=4)
        NotebookClient(document, timeout=60, kernel_name="python3").execute(env=dict(os.environ))
        card = document.cells[1].outputs[-1].get("data", {}).get("text/plain", "")
        assert number != "01" or account["base_url"] in card
        assert account["secret_key"] not in nbformat.writes(document)
    finally:
        served.process.kill()
        served.process.wait()
