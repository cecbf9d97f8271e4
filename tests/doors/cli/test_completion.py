"""Completion after ``=``: values of filters, and names that the session has read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import cbr_notebook as cbr
from cbr_notebook.showing import hooks


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    hooks.install(opened)
    opened.run_line_magic("load_ext", "cbr_notebook")
    with cbr.simulate() as session:
        opened.user_ns |= {"session": session, "cbr": cbr}
        yield opened
    InteractiveShell.clear_instance()


def offered(shell: InteractiveShell, text: str) -> list[str]:
    """Return the texts that a person would have after choosing one."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [text[: each.start] + each.text for each in found]


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ('session.backups(status="', 'session.backups(status="available'),
        ("session.backups(status='err", "session.backups(status='error"),
        ('x = session.tasks(status="fa', 'x = session.tasks(status="failed'),
        ('session.vaults(\n    object_type="di', 'session.vaults(\n    object_type="disk'),
        ('session.backups(status=["error", "av', 'session.backups(status=["error", "available'),
        ('session.resources("ser', 'session.resources("server'),
        ("cbr.simulate('de", "cbr.simulate('demo"),
        ('cbr.schema("vau', 'cbr.schema("vaults'),
    ],
)  # fmt: skip
def test_values_are_offered_after_the_equals_sign(
    shell: InteractiveShell, text: str, becomes: str
) -> None:
    assert becomes in offered(shell, text)


def test_only_values_are_offered(shell: InteractiveShell) -> None:
    assert offered(shell, 'session.backups(status="e') == ['session.backups(status="error']
    assert offered(shell, "cbr.simulate('") == [
        f"cbr.simulate('{each}" for each in ("demo", "documented", "empty", "large")
    ]


def test_names_are_those_that_the_session_has_read_and_nothing_is_asked(
    shell: InteractiveShell,
) -> None:
    session = shell.user_ns["session"]
    before = session.client.transport.requests
    assert not any("vault-web" in each for each in offered(shell, 'session.backups(vault="va'))
    assert session.client.transport.requests == before
    session.vaults()
    session.resources("server")
    policy = session.policies()["name"][0]
    read = session.client.transport.requests
    for text, name in (
        ('session.backups(vault="va', "vault-web"),
        ('session.back_up("', "vault-web"),
        ('session.find_vault("vault-w', "vault-web"),
        ('session.backups(resource="web', "web-01"),
        ('session.vaults(policy="', policy),
        ("%cbr backups --vault va", "vault-web"),
    ):
        assert any(name in each for each in offered(shell, text)), text
    assert session.client.transport.requests == read


def test_names_are_offered_in_forms_and_pictures(shell: InteractiveShell) -> None:
    session = shell.user_ns["session"]
    session.vaults()
    session.policies()
    for text, becomes in (
        ('session.forms.back_up(vault="vault-w', 'session.forms.back_up(vault="vault-web'),
        ('session.forms.edit_policy(policy="daily-0', 'session.forms.edit_policy(policy="daily-03'),
        ('session.forms.create_vault(object_type="di', 'session.forms.create_vault(object_type="d'),
        ("session.forms.edit_va", "session.forms.edit_vault"),
        ("session.plots.cal", "session.plots.calendar"),
        ("session.plots.calendar(da", "session.plots.calendar(days="),
    ):
        assert any(each.startswith(becomes) for each in offered(shell, text)), text


def test_profiles_are_offered_where_one_signs_in(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text("clouds: {prod: {auth: {auth_url: 'https://iam.example/v3'}}}")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    assert 'cbr.connect(profile="prod' in offered(shell, 'cbr.connect(profile="pr')
    assert 'cbr.connect("prod' in offered(shell, 'cbr.connect("pr')
    file.write_text("clouds: [")
    assert not any("prod" in each for each in offered(shell, 'cbr.connect(profile="pr'))


def test_a_name_to_confirm_is_typed(shell: InteractiveShell) -> None:
    shell.user_ns["session"].vaults()
    text = 'session.delete_vault("vault-web", confirm="vault-'
    assert not any("vault-web" in each[len(text) - 6 :] for each in offered(shell, text))


def test_what_the_command_knows_is_offered_after_it_only(shell: InteractiveShell) -> None:
    after = offered(shell, "%cbr backups --")
    assert "%cbr backups --since" in after
    assert all(each.startswith(("%cbr backups --", "%cbr backups -o")) for each in after)
    for text in ("cbr.simulate('", "cbr.", "cbr", "session.backups(", "x = cbr.sim"):
        assert not any("--" in each or each.endswith("use") for each in offered(shell, text))


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", '"', "f('", "session.nothing(x='", "session.vaults(x(')", 'session["', "a(b[']",
     "session.backups(status='a')", "# session.backups(status='", "nobody.backups(status='",
     "session.identity.who('", "cbr.nothing('"],
)  # fmt: skip
def test_nothing_is_offered_where_nothing_is_known(shell: InteractiveShell, text: str) -> None:
    assert not any("available" in each for each in offered(shell, text))


def test_no_more_names_are_kept_than_can_be_read() -> None:
    with cbr.simulate("large") as session:
        session.backups(limit=3000)
        from cbr_notebook.cli.completion import names

        assert 0 < len(names(session, "backup")) <= 500
