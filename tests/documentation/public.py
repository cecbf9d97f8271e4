"""What is public, and the examples in its docstrings."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

import cbr_notebook as cbr


def public() -> dict[str, Any]:
    """Return each public function of the package and each public member of a session, by name."""
    functions = {
        f"cbr.{name}": getattr(cbr, name)
        for name in cbr.__all__
        if inspect.isfunction(getattr(cbr, name))
    }
    members = {
        f"session.{name}": inspect.getattr_static(cbr.Session, name)
        for name in dir(cbr.Session)
        if not name.startswith("_")
    }
    return functions | members


PUBLIC = public()


def examples(name: str) -> doctest.DocTest:
    """Read the examples in the docstring of something public."""
    text = inspect.getdoc(PUBLIC[name]) or ""
    return doctest.DocTestParser().get_doctest(text, {"cbr": cbr}, name, None, None)
