"""What axe-core finds in a page: whatever a screen reader or a keyboard would stumble over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

_GRAVE = ("serious", "critical")
_OPTIONS = {"resultTypes": ["violations"]}  # what passes is not described node by node


def violations(page: Page, within: str) -> list[str]:
    """List serious and critical violations inside a part of the page, one line each.

    JupyterLab's own page has findings of its own, so the part should be a form.

    Args:
        page: an open page.
        within: a CSS selector; it has to match, or nothing would be looked at.
    """
    if page.locator(within).count() == 0:
        raise AssertionError(f"nothing on the page matches {within}")
    found = Axe().run(page, context={"include": [[within]]}, options=_OPTIONS).response
    return [
        f"{violation['impact']} {violation['id']}: {violation['help']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in _GRAVE
        for node in violation["nodes"]
    ]
