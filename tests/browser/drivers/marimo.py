"""One marimo on this machine: an app that runs, or a notebook that is edited."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.drivers.server import answering, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOTEBOOK = """import marimo

app = marimo.App()


@app.cell
def _():
    import cbr_notebook as cbr

    session = cbr.simulate("demo")
    {before}
    return (session,)


{cells}
if __name__ == "__main__":
    app.run()
"""
_CELL = """@app.cell
def _(session):
    {name} = {form}
    {name}
    return ({name},)


"""
_LOOK = (
    '\n[tool.marimo.display]\ntheme = "{theme}"\n[tool.marimo.runtime]\nauto_instantiate = true\n'
)


@contextmanager
def serving(
    home: Path, mode: str, form: str, *others: str, theme: str = "light", before: str = "pass"
) -> Iterator[str]:
    """Serve a notebook with a cell a form, and stop it afterwards; yield where it answers.

    Args:
        home: a new folder.
        mode: ``run`` or ``edit``.
        form: the Python that opens the form.
        others: the Python that opens another one, each.
        theme: ``light`` or ``dark``.
        before: a line of Python that happens in the cloud before.
    """
    home.mkdir(parents=True)
    (home / "pyproject.toml").write_text(_LOOK.format(theme=theme))
    notebook = home / "form.py"
    named = {"form": form} | {f"form_{at}": other for at, other in enumerate(others, start=2)}
    cells = "".join(_CELL.format(name=name, form=each) for name, each in named.items())
    notebook.write_text(_NOTEBOOK.format(cells=cells, before=before))
    port = free_port()
    log = home / "marimo.log"
    options = ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}"]
    command = [sys.executable, "-m", "marimo", mode, *options, str(notebook)]
    environment = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    url = f"http://127.0.0.1:{port}"
    with answering(command, f"{url}/health", home, environment, log, ends_by=signal.SIGINT):
        yield url
