"""A table in a terminal shows the columns that matter, and says what it does not show."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from IPython.terminal.interactiveshell import TerminalInteractiveShell

import cbr_notebook as cbr
from cbr_notebook.showing import hooks
from cbr_notebook.showing.terminal import as_text


def test_names_come_first_and_no_line_is_too_long(session: cbr.Session) -> None:
    for width in (60, 80, 120):
        lines = as_text(session.backups(), width).splitlines()
        assert lines[0].split()[:3] == ["name", "status", "resource_name"]
        assert all(len(line) <= width for line in lines)
        foot = " ".join(lines[21:])
        assert foot.startswith("[217 rows, of which the first 20; not shown: ")
        assert "vault_id" in foot
        assert "autobk" in lines[1]


def test_eighty_letters_hold_how_new_something_is(session: cbr.Session) -> None:
    for frame, times in (
        (session.backups(), "created_at"),
        (session.tasks(), "started_at"),
        (session.recovery_points(), "newest"),
    ):
        assert times in as_text(frame, 80).splitlines()[0].split()


def test_an_interactive_python_shows_them_too() -> None:
    typed = (
        "import cbr_notebook as cbr, pandas as pd\n"
        "session = cbr.simulate()\n"
        "session.backups(limit=2)\n"
        "len(_)\n"
        "pd.DataFrame({'a': [1]})\n"
        "'text'\n"
    )
    done = subprocess.run(
        [sys.executable, "-i", "-q"], input=typed,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["name", "status", "resource_name"]
    assert lines[-4:] == ["2", "   a", "0  1", "'text'"]


def test_a_narrow_terminal_shows_one_column_at_least(session: cbr.Session) -> None:
    assert as_text(session.vaults(), 5).splitlines()[0] == "name"


def test_cells_are_plain_and_bounded() -> None:
    frame = pd.DataFrame({
        "name": ["a\x1b[31m\nb", "x" * 99], "tags": [{"env": "prod"}, {}],
        "at": pd.to_datetime(["2026-11-27T03:10:59Z", None]), "gb": [1.0, None],
    })  # fmt: skip
    frame.attrs = {"resource": "vaults", "filters": {}, "asked_at": "2026-11-27T03:10:59+00:00"}
    text = as_text(frame, 100)
    assert "\x1b" not in text
    assert "env=prod" in text
    assert "2026-11-27 03:10" in text
    assert "NaT" not in text and "nan" not in text
    assert "x" * 41 not in text


def test_an_empty_table_says_why(session: cbr.Session) -> None:
    assert as_text(session.backups(name="no-such"), 80).startswith("No backup was found.")


def test_only_a_terminal_shows_it_and_only_of_tables_of_ours(
    session: cbr.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = TerminalInteractiveShell()
    try:
        hooks.install(shell)
        plain = shell.display_formatter.format
        shown = plain(session.vaults())[0]["text/plain"]
        assert shown.splitlines()[0].startswith("name")
        assert "\n[7 rows" in shown
        other = pd.DataFrame({"a": [1]})
        assert plain(other)[0]["text/plain"] == repr(other)
        monkeypatch.setattr(cbr.options, "tables", "plain")
        assert "..." in plain(session.backups())[0]["text/plain"]
    finally:
        shell.history_manager.end_session()
