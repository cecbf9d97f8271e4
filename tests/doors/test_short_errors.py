"""Errors of ours in a notebook: two or three lines, and all of it on request."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cbr_notebook as cbr
from cbr_notebook.showing import hooks


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    opened.colors = "nocolor"
    hooks.install(opened)
    with cbr.simulate() as session:
        opened.user_ns["session"] = session
        yield opened
    cbr.options.errors = "short"
    InteractiveShell.clear_instance()


def said(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str) -> str:
    capsys.readouterr()
    shell.run_cell(cell)
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_an_error_is_short_and_tb_shows_all_of_it(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    short = said(shell, capsys, "session.backups(limit='ten')")
    assert short.splitlines() == [
        "InvalidRequest: limit must be at least 1, a whole number, not 'ten'.",
        "What to do: Leave it out, or write a number such as 20.",
        "(%tb shows the whole traceback)",
    ]
    whole = said(shell, capsys, "%tb")
    assert "Traceback (most recent call last)" in whole
    assert "check_limit" in whole
    assert said(shell, capsys, "session.backups(limit='ten')") == short


def test_a_cause_is_named_and_shown_on_request(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = (
        "from cbr_notebook.errors import ServiceError\n"
        "try:\n    {}['x']\nexcept KeyError as cause:\n"
        "    raise ServiceError('It broke.') from cause"
    )
    short = said(shell, capsys, cell)
    assert short.splitlines() == [
        "ServiceError: It broke.",
        "(it came of KeyError; %tb shows the whole traceback)",
    ]
    assert "direct cause" in said(shell, capsys, "%tb")


def test_errors_of_others_stay_as_they_were(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Traceback (most recent call last)" in said(shell, capsys, "1 / 0")


def test_whole_errors_are_one_setting_away(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    cbr.options.errors = "whole"
    assert "check_limit" in said(shell, capsys, "session.backups(limit='ten')")


def test_another_handler_of_exceptions_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    opened.set_custom_exc((KeyError,), lambda *_, **__: print("theirs"))
    hooks.install(opened)
    assert said(opened, capsys, "{}['x']") == "theirs\n"
    assert "(%tb" in said(opened, capsys, "import cbr_notebook as cbr; cbr.schema('none')")
    InteractiveShell.clear_instance()


def test_without_ipython_nothing_changes() -> None:
    program = (
        "import sys, cbr_notebook as cbr\nassert 'IPython' not in sys.modules\ncbr.schema('none')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Traceback (most recent call last)")
    assert "%tb" not in ended.stderr
