"""Everything public is documented, with an example that runs.

An example begins with ``session = cbr.simulate()``, a new cloud each, and with ``prod`` and ``dev``
as profiles of two served ones.
"""

from __future__ import annotations

import doctest
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

import cbr_notebook as cbr

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Checker(doctest.OutputChecker):
    """Compares what is printed, without the progress bars of a wait."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        lines = re.split(r"[\r\n]", got)
        kept = "\n".join(each for each in lines if "%|" not in each).strip("\n")
        return super().check_output(want, kept and kept + "\n", optionflags)


def public() -> dict[str, Any]:
    """Give each public function of the package and each public member of a session, by name."""
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
    text = inspect.getdoc(PUBLIC[name]) or ""
    return doctest.DocTestParser().get_doctest(text, {"cbr": cbr}, name, None, None)


def test_nothing_public_is_without_a_docstring_and_an_example() -> None:
    bare = [name for name, each in PUBLIC.items() if not (inspect.getdoc(each) or "").strip()]
    assert bare == []
    assert [name for name in PUBLIC if not examples(name).examples] == []
    assert len(PUBLIC) > 90


@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_docstring_runs(name: str, workplace: Path) -> None:
    test = examples(name)
    with cbr.simulate() as session:
        test.globs["session"] = session
        report: list[str] = []
        runner = doctest.DocTestRunner(Checker(), optionflags=OPTIONS)
        runner.run(test, out=report.append, clear_globs=False)
    assert "".join(report) == ""
