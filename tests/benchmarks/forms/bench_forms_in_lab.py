"""How long a form takes in JupyterLab, from running its cell until a person can use it.

Each form comes first in a notebook of its own, so that its first time includes all that a fresh
kernel and a fresh page have to load; its next times are medians. The floor is a bare ipywidgets
text field, in the same way.

Run: python -m tests.benchmarks.forms.bench_forms_in_lab (needs Chromium)
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.drivers import chromium, lab
from tests.browser.drivers.notebook import Notebook

CLOUD = "import cbr_notebook as cbr\nsession = cbr.simulate({estate!r})"
DEMO = {
    "overview": "3 resources not protected",
    "create_vault": "0 of 11 chosen",
    "back_up": "4 of 4 chosen",
    "create_policy": "0 of 7 chosen",
    "restore": " to choose from",
    "share": " to choose from",
    "tags": "Nothing differs from what the vault has",
    "tasks": "0 at work",
    "vaults": "1 to 7 of 7",
    "backups": "1 to 10 of 217",
    "policies": "1 to 4 of 4",
    "sign_in": "Still missing",
}
"""What a form shows last: all that it offers is there."""
LARGE = {
    "create_vault": "0 of 1009 chosen",
    "share": " to choose from",
    "vaults": "1 to 10 of 40",
    "backups": "1 to 10 of 5,000",
}
"""The same for forms with long lists, on an estate with 1,009 servers and 100,000 backups."""

AGAIN = 5
RUN = """async (shown) => {
    const panel = window.jupyterapp.shell.currentWidget.content;
    panel.activeCellIndex = 1;
    const cell = panel.activeCell;
    cell.model.clearExecution();
    const begun = performance.now();
    window.jupyterapp.commands.execute('notebook:run-cell');
    while (!cell.outputArea.node.innerText.includes(shown)) {
        if (performance.now() - begun > 20000) throw new Error(`never showed ${shown}`);
        await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    return performance.now() - begun;
}"""


def times(
    place: lab.Lab, browser: BrowserContext, estate: str, name: str, cell: str, shown: str
) -> tuple[float, float]:
    """Return the milliseconds of the first time, and the median of those after it."""
    path = place.write(f"{estate}_{name}.ipynb", [CLOUD.format(estate=estate), cell])
    opened = Notebook(place, browser.new_page(), path, place.home)
    opened.run(0)
    first, *later = [opened.page.evaluate(RUN, shown) for _ in range(1 + AGAIN)]
    opened.close()
    opened.page.close()
    return first, statistics.median(later)


def main() -> None:
    """Print a line for each form."""
    path = chromium.found()
    if path is None:
        sys.exit("No Chromium: install it, or name one in CBR_CHROMIUM.")
    with (
        tempfile.TemporaryDirectory() as home,
        lab.running(Path(home)) as place,
        chromium.running(path) as browser,
    ):
        bare = "import ipywidgets\nipywidgets.Text(description='a bare field')"
        floor = times(place, browser, "demo", "bare", bare, "a bare field")
        for estate, forms in {"demo": DEMO, "large": LARGE}.items():
            for name, shown in forms.items():
                call = "cbr.forms" if name == "sign_in" else "session.forms"
                given = "vault='vault-web'" if name in ("back_up", "tags") else ""
                cell = f"{call}.{name}({given})"
                form = times(place, browser, estate, name, cell, shown)
                told = " and ".join(
                    f"{ours:.0f} ms {when} against {least:.0f} ms of a bare field: "
                    f"{ours / least:.1f}"
                    for when, ours, least in zip(("first", "again"), form, floor, strict=True)
                )
                print(f"{name}, {estate} estate: {told} (at most 1500 ms)")


if __name__ == "__main__":
    main()
