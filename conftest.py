"""How the whole run is kept safe and in order, tests and notebooks alike."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BROWSER = Path(__file__).parent / "tests" / "browser"
_ACCOUNT = ("HUAWEICLOUD_SDK_", "OS_", "CBR_ENDPOINT", "CBR_IAM_ENDPOINT")


def pytest_configure() -> None:
    """Forget the developer's own account: no test, no notebook's kernel can ever reach it."""
    for name in [name for name in os.environ if name.startswith(_ACCOUNT)]:
        del os.environ[name]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker what shares something: a notebook's kernel, the browser's JupyterLab.

    This counts under ``--dist loadgroup``; without pytest-xdist it changes nothing.
    """
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
        elif _BROWSER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
