"""Libraries that not everybody needs: who misses one is told which extra brings it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cbr_notebook.errors import MissingExtra

FORMS = ("ipywidgets", "anywidget", "itables")
"""What forms are made of."""
_EXTRAS = {
    "IPython": "notebook",
    "anywidget": "notebook",
    "ipywidgets": "notebook",
    "itables": "notebook",
    "matplotlib": "plots",
    "PIL": "plots",
    "xlsxwriter": "excel",
    "pyarrow": "arrow",
    "duckdb": "fleet",
    "fsspec": "fleet",
    "distributed": "fleet",
    "keyring": "keyring",
    "sqlalchemy": "sql",
    "uv": "pack",
    "papermill": "lab",
    "ipykernel": "lab",
    "jupyterlab": "lab",
    "icalendar": "calendar",
    "apprise": "alerts",
    "mcp": "mcp",
}
"""The extra that brings a library, by the name under which it is imported."""


@contextmanager
def needed_for(what: str, extra: str | None = None) -> Iterator[None]:
    """Name the extra of a library that is missing within the block.

    Args:
        what: what needs it, as the beginning of a sentence, such as ``Forms``.
        extra: the extra that brings all that is needed, where it is more than this library.

    Raises:
        MissingExtra: a library of an extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as problem:
        library = (problem.name or "").partition(".")[0]
        if library not in _EXTRAS:
            raise
        raise missing(library, what, extra) from None


def library(name: str, what: str) -> Any:
    """Return a library of an extra.

    Args:
        name: of the module.
        what: what needs it, as the beginning of a sentence.

    Raises:
        MissingExtra: it is not installed.
    """
    with needed_for(what):
        return importlib.import_module(name)


def ensure(what: str, *names: str) -> None:
    """Stop here if a library is not installed; none is imported.

    Args:
        what: what needs them, as the beginning of a sentence.
        names: of modules.

    Raises:
        MissingExtra: one is not installed.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise missing(name, what)


def missing(name: str, what: str, extra: str | None = None) -> MissingExtra:
    """Return the error for a library that is not installed."""
    return MissingExtra(
        f"{what} need{'' if what.endswith('s') else 's'} the library {name}, which is not "
        "installed.",
        advice=f"Install it with the extra: pip install 'cbr-notebook[{extra or _EXTRAS[name]}]'.",
    )
