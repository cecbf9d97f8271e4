"""The browser: Debian's Chromium, found by its path, that knows no machine but this one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found() -> str | None:
    """Give the path of a Chromium: the one that CBR_CHROMIUM names, or the first on the path."""
    return os.environ.get("CBR_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


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
