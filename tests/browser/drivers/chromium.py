"""The browser: Debian's Chromium, found by its path, that knows no machine but this one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

_REQUIRED = "CBR_BROWSER_REQUIRED"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def found() -> str | None:
    """Return the path of a Chromium: the one that CBR_CHROMIUM names, or the first on the path."""
    return os.environ.get("CBR_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def found_or_skip() -> str:
    """Return the path of a Chromium; without one skip the test, or fail where one is required."""
    path = found()
    if path:
        return path
    reason = f"no Chromium: none of {', '.join(NAMES)} is installed, nor does CBR_CHROMIUM name one"
    if os.environ.get(_REQUIRED) == "1":
        pytest.fail(f"{reason}, and {_REQUIRED}=1")
    pytest.skip(reason)


@contextmanager
def running(path: str) -> Iterator[BrowserContext]:
    """Start it, without a window; close it afterwards with all its pages."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
            ],
        )
        context = opened.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
        yield context
        opened.close()
