"""Libraries of the extra ``[fleet]``, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cbr_notebook.errors import InvalidRequest


def library(name: str) -> Any:
    """Return a library of the extra.

    Raises:
        InvalidRequest: it is not installed; the error names the extra.
    """
    try:
        return import_module(name)
    except ImportError as problem:
        if problem.name != name.partition(".")[0]:
            raise
    raise InvalidRequest(
        f"What you ask for needs {name}, which is not installed.",
        advice="Install the extra: pip install 'cbr-notebook[fleet]'.",
    )
