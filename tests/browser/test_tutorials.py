"""A tutorial as a person sees it: in JupyterLab, in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook

TUTORIALS = Path(__file__).parent.parent.parent / "notebooks"


def test_the_first_tutorial_runs_to_its_end_and_reads_well(
    notebook: Callable[..., Notebook],
) -> None:
    document = json.loads((TUTORIALS / "01_create_an_ecs_backup.ipynb").read_text())
    cells = ["".join(c["source"]) for c in document["cells"] if c["cell_type"] == "code"]
    opened = notebook(*cells)
    assert opened.errors() == []
    assert "Backing up server-4690-0002: 100%" in opened.output(7).inner_text()
    opened.screenshot("tutorial_1")
    opened.screenshot("tutorial_1_card", of=opened.output(0))
