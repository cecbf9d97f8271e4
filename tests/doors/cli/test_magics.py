"""%cbr asks what a session can be asked, in a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.frames import SCHEMAS


@pytest.fixture
def shell(session: cbr.Session) -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    opened.run_line_magic("load_ext", "cbr_notebook")
    opened.user_ns["session"] = session
    yield opened
    InteractiveShell.clear_instance()


def ask(shell: InteractiveShell, line: str) -> pd.DataFrame:
    answer = shell.run_line_magic("cbr", line)
    assert isinstance(answer, pd.DataFrame)
    return answer


def test_a_line_is_the_helper_with_its_filters(
    shell: InteractiveShell, session: cbr.Session
) -> None:
    pd.testing.assert_frame_equal(ask(shell, "vaults"), session.vaults())
    pd.testing.assert_frame_equal(
        ask(shell, "backups --since 7d --status available --limit 5"),
        session.backups(since="7d", status="available", limit=5),
    )
    pd.testing.assert_frame_equal(
        ask(shell, "resources server --name=web"), session.resources("server", name="web")
    )
    assert len(ask(shell, "tasks --status failed --status skipped")) == len(
        session.tasks(status=["failed", "skipped"])
    )
    assert len(ask(shell, "backups --resource-name web-01 --incremental false")) == len(
        session.backups(resource_name="web-01", incremental=False)
    )


def test_the_table_is_kept_under_a_name(shell: InteractiveShell) -> None:
    table = ask(shell, "unprotected --target 24h -o late")
    assert shell.user_ns["late"] is table


def test_a_semicolon_keeps_the_table_and_shows_nothing(shell: InteractiveShell) -> None:
    assert shell.run_line_magic("cbr", "vaults -o kept;") is None
    assert len(shell.user_ns["kept"]) == 7


def test_values_are_taken_as_the_helper_takes_them(
    shell: InteractiveShell, session: cbr.Session
) -> None:
    assert ask(shell, "vaults --name true").attrs["filters"] == {"name": "true"}
    pd.testing.assert_frame_equal(
        ask(shell, "backups --incremental --limit 3"), session.backups(incremental=True, limit=3)
    )
    pd.testing.assert_frame_equal(
        ask(shell, "restore-points --since 2d --vault vault-web"),
        session.restore_points(since="2d", vault="vault-web"),
    )
    shell.user_ns["where"] = "vault-web"
    assert shell.run_cell("%cbr tags $where").result["vault_name"].tolist() == ["vault-web"]


def test_the_value_of_the_cell_is_the_table(shell: InteractiveShell) -> None:
    result = shell.run_cell("%cbr capacity --days 10")
    assert isinstance(result.result, pd.DataFrame)


def test_errors_are_the_same_and_short(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidRequest, match="avaliable"):
        ask(shell, "backups --status avaliable")
    with pytest.raises(NotFound, match="nowhere"):
        ask(shell, "backups --vault nowhere")
    with pytest.raises(InvalidRequest, match="number"):
        ask(shell, "backups --limit many")
    capsys.readouterr()
    for line in ("backups --status avaliable", "backups --limit many"):
        shell.run_cell(f"%cbr {line}")
        printed = capsys.readouterr()
        shown = printed.out + printed.err
        assert "InvalidRequest" in shown
        assert "Traceback" not in shown
        assert len(shown.splitlines()) < 8


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("vautls", "There are: agents"),
        ("vaults --colour red", "colour"),
        ("capacity --colour red", "--days"),
        ("capacity --days", "needs a value"),
        ("capacity 7", "7"),
        ("vaults -o", "variable"),
        ("vaults --name 'x", "quot"),
        ("use nobody", "session"),
        ("vautls", "Did you mean vaults"),
        ("backups --sttus error", "Did you mean --status"),
        ("backups --since 7d --since 8d", "--since can be given only once"),
        ("backups --incremental maybe", "true or false"),
        ("resources server --kind disk", "--kind can be given only once"),
        ("members", "say which backup"),
        ("vaults -o class", "variable"),
    ],
)
def test_a_line_that_makes_no_sense_says_what_would(
    shell: InteractiveShell, line: str, says: str
) -> None:
    with pytest.raises((UsageError, InvalidRequest), match=says):
        shell.run_line_magic("cbr", line)


def test_which_session_is_asked(shell: InteractiveShell, session: cbr.Session) -> None:
    with cbr.simulate("empty") as other:
        shell.user_ns["mine"] = other
        assert not ask(shell, "vaults").empty
        shell.run_line_magic("cbr", "use mine")
        assert ask(shell, "vaults").empty
        del shell.user_ns["mine"]
        with pytest.raises(UsageError, match="mine, which %cbr use chose"):
            ask(shell, "vaults")
        shell.user_ns["prod"] = shell.user_ns.pop("session")
        assert not ask(shell, "vaults").empty
        shell.user_ns["lab"] = other
        with pytest.raises(UsageError, match="which session"):
            ask(shell, "vaults")
        for name in ("prod", "lab"):
            del shell.user_ns[name]
        with pytest.raises(UsageError, match="no session yet"):
            ask(shell, "vaults")


def test_help_lists_helpers_and_flags(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("cbr", "")
    assert re.search("recovery_points +Return the newest", capsys.readouterr().out)
    shell.run_line_magic("cbr", "help backups")
    assert "--since" in capsys.readouterr().out
    shell.run_line_magic("cbr", "backups --help")
    assert "cbr.schema" in capsys.readouterr().out
    assert "%cbr backups --since 7d" in (shell.find_line_magic("cbr").__doc__ or "")


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("%cbr ", "recovery_points"),
        ("%cbr rec", "recovery_points"),
        ("%cbr backups --", "--since"),
        ("%cbr backups --status ", "available"),
        ("%cbr resources ", "server"),
        ("%cbr use ", "session"),
        ("%cbr help ", "vaults"),
        ("cbr rec", "recovery_points"),
        ("late = %cbr rec", "recovery_points"),
        ("%cbr backups --status=err", "error"),
        ("%cbr backups --image", "--image-type"),
        ("%cbr backups --incremental ", "true"),
        ("%cbr backups --incremental --si", "--since"),
        ("%cbr restore-points --vau", "--vault"),
        ("%cbr policies --operation-type ", "replication"),
    ],
)
def test_what_can_come_next_is_offered(shell: InteractiveShell, line: str, offers: str) -> None:
    with pytest.warns(PendingDeprecationWarning):
        _, matches = shell.complete(None, line, len(line))
    assert offers in matches


def test_every_table_that_a_session_gives_can_be_asked_for(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("cbr", "")
    helpers = re.findall(r"^  (\w+) ", capsys.readouterr().out, flags=re.MULTILINE)
    # A history gives growth, changes and records, a fleet an overview and problems.
    history = {"growth", "growth_by_day", "changed", "changes_by_day"}
    others = {*history, "overview", "problems", "records", "synced"}
    assert others <= set(SCHEMAS)
    assert set(helpers) == {*SCHEMAS, "diagnose", "sync"} - others
    for helper in helpers:
        shell.run_line_magic("cbr", f"help {helper}")
        assert capsys.readouterr().out.startswith(f"%cbr {helper}")
