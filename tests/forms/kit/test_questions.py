"""What a form asks before it can be filled in: in order, once, and again where it failed."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cbr_notebook import Session, errors
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import no_answer, ready


@pytest.fixture
def gate(session: Session, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds the list of policies back until it is set."""
    opened = threading.Event()
    ask = session.client.policies.list

    def when_open(**filters: Any) -> Any:
        assert opened.wait(20)
        return ask(**filters)

    monkeypatch.setattr(session.client.policies, "list", when_open)
    return opened


def test_a_choice_made_while_it_loads_takes_nothing_away(
    session: Session, gate: threading.Event
) -> None:
    form = session.forms.create_vault(name="given", size_gb=50, policy="daily-0300")
    page = FormPage(form)
    page.fill("object_type", "disk")
    page.fill("name", "typed")
    gate.set()
    value = form.value
    assert (value["name"], value["size_gb"], value["object_type"]) == ("typed", 50, "disk")
    policy: Any = page.field("policy")
    assert policy.label_of(value["policy"]) == "daily-0300"
    assert "scratch" in set(page.labels("resources"))


def test_what_cannot_be_asked_holds_everything_back_until_it_is_answered(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.set_tags("vault-web", {"env": "prod"})
    form = session.forms.tags(vault="vault-web")
    page = ready(form)
    with monkeypatch.context() as patch:
        patch.setattr(session.client.tags, "list", no_answer)
        with pytest.raises(errors.ConnectionFailed):
            form.value = {"vault": "vault-db"}
        assert "" in form.problems
        with pytest.raises(errors.ConnectionFailed):
            form.submit()
    before = session.tags("vault-db").shape[0]
    page.act("error", "ask again")
    assert form.problems == {}
    assert len(page.field("tags").value) == before, "the tags of the vault that was chosen"


def test_trying_again_leaves_what_was_typed(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web", name="given")
    page = ready(form)
    page.fill("name", "typed")
    session.cloud.fail("list_protectable", "BackupService.9910", times=50)
    page.fill("vault", session.find_vault("vault-disks").id)
    page.wait()
    assert "could not be asked for" in page.panel("load_error")
    session.cloud.heal()
    page.click("Try again", within="load_error")
    page.wait()
    assert form.problems == {}
    assert page.error == ""
    assert form.value["name"] == "typed"
    assert page.chosen("vault") == "vault-disks"


def test_trouble_is_forgotten_once_something_else_is_chosen(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web")
    page = ready(form)
    session.cloud.fail("list_protectable", "BackupService.9910", times=50)
    page.fill("vault", session.find_vault("vault-disks").id)
    page.wait()
    session.cloud.heal()
    page.fill("vault", session.find_vault("vault-db").id)
    page.wait()
    assert page.error == ""
    assert form.problems == {}


def test_what_was_typed_for_one_vault_is_not_taken_over_to_another(session: Session) -> None:
    page = ready(session.forms.tags(vault="vault-web"))
    page.fill("tags", [["env", "prod"]])
    other: Any = session.forms.tags(vault="vault-db")
    assert ["env", "prod"] not in other.value["tags"]
    same: Any = session.forms.tags(vault="vault-db")
    assert same.problems == {}
    resources: Any = session.forms.back_up(vault="vault-web")
    resources.value = {"resources": ["web-01"]}
    assert len(session.forms.back_up(vault="vault-web").value["resources"]) == 1
    assert session.forms.back_up(vault="vault-db").problems == {}


def test_what_was_typed_wins_over_what_the_same_call_gives(session: Session) -> None:
    form = session.forms.create_vault(name="given", size_gb=20)
    form.value = {"name": "typed"}
    assert session.forms.create_vault(name="given", size_gb=20).value["name"] == "typed"
    changed = session.forms.create_vault(name="new", size_gb=20)
    assert changed.value["name"] == "new"


def test_a_wrong_call_takes_nothing_away(session: Session) -> None:
    form = session.forms.create_vault()
    form.value = {"name": "typed"}
    with pytest.raises(errors.InvalidRequest, match="no field nme"):
        session.forms.create_vault(nme="x")
    assert session.forms.create_vault().value["name"] == "typed"


@pytest.mark.parametrize(
    ("name", "values", "wrong"),
    [
        ("vaults", {"row": "vault-web", "act": "Explode"}, "act"),
        ("create_policy", {"name": "p", "keep": "x"}, "keep"),
        ("create_policy", {"name": "p", "timezone": None}, "timezone"),
        ("create_vault", {"name": "v", "size_gb": 20, "object_type": None}, "object_type"),
        ("create_vault", {"name": "v", "size_gb": 20, "resources": 5}, "resources"),
        ("back_up", {"vault": ["vault-web", "vault-db"]}, "vault"),
        ("back_up", {"vault": "vault-web", "resources": [["nobody"]]}, "resources"),
        ("back_up", {"vault": "vault-web", "incremental": "no"}, "incremental"),
        ("tags", {"vault": "vault-web", "tags": [["a b"]]}, "tags"),
    ],
)
def test_what_cannot_be_is_a_problem_of_its_field(
    session: Session, name: str, values: dict[str, Any], wrong: str
) -> None:
    form = getattr(session.forms, name)(**values)
    assert list(form.problems) == [wrong]


def test_a_name_that_fits_several_is_told_with_their_ids(session: Session) -> None:
    made = [session.create_vault("dup", size_gb=20).id for _ in range(2)]
    form = session.forms.tags(vault="dup")
    assert "The name dup fits 2." in form.problems["vault"]
    assert all(each in form.problems["vault"] for each in made)


def test_the_python_says_which_one_is_meant_among_all_that_there_are(session: Session) -> None:
    session.create_vault("vault-web", size_gb=20, protect_type="replication")
    form = session.forms.back_up(vault="vault-web")
    exec(form.code, {"session": session})
    exec(session.forms.tags(vault=form.value["vault"]).code, {"session": session})
