"""The examples in the docstrings of what is public run.

An example begins with ``session = cbr.simulate()``, a new cloud each, and with ``prod`` and ``dev``
as profiles of two served ones. That there is one each: ``tests/repository/test_public.py``.
"""

from __future__ import annotations

import doctest
import re
from typing import TYPE_CHECKING

import pytest

import cbr_notebook as cbr
from tests.documentation.public import PUBLIC, examples

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Checker(doctest.OutputChecker):
    """Compares what is printed, without the progress bars of a wait."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        lines = re.split(r"[\r\n]", got)
        kept = "\n".join(each for each in lines if "%|" not in each).strip("\n")
        return super().check_output(want, kept and kept + "\n", optionflags)


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
