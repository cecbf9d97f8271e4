"""The form that creates a vault."""

from __future__ import annotations

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.forms.testing import FormPage


def test_a_vault_is_created_with_all_that_was_filled_in(session: Session) -> None:
    form = session.forms.create_vault()
    page = FormPage(form)
    form.value = {
        "name": "my_vault", "size_gb": 200, "resources": ["legacy-01"], "policy": "daily-0300",
        "tags": "team=web, env=prod", "auto_expand": True,
    }  # fmt: skip
    vault = session.client.vaults.show(form.submit().id)
    assert vault.billing.size == 200
    assert [each.name for each in vault.resources or ()] == ["legacy-01"]
    assert {each.key: each.value for each in vault.tags or ()} == {"team": "web", "env": "prod"}
    assert vault.auto_expand
    assert vault.id in session.policies(vault="my_vault")["vault_ids"].iloc[0]
    assert vault.id in page.told


def test_the_summary_says_what_will_happen(session: Session) -> None:
    form = session.forms.create_vault(name="my_vault", size_gb=200)
    page = FormPage(form)
    assert form.problems == {}
    assert "Create vault my_vault: 200 GB, server backup, pay per use." in page.summary
    form.value = {"size_gb": 20, "resources": ["legacy-01"]}
    assert "40 GB together" in page.summary
    assert "need 40 GB" in page.field("size_gb").help


def test_the_line_of_python_does_the_same(session: Session) -> None:
    form = session.forms.create_vault()
    form.value = {
        "name": "by_hand", "size_gb": 60, "resources": ["legacy-01"], "policy": "daily-0300",
        "tags": "a=b", "auto_expand": True,
    }  # fmt: skip
    vault = eval(form.code, {"session": session})
    assert vault.name == "by_hand"
    assert [each.name for each in vault.resources] == ["legacy-01"]


def test_disks_and_file_systems_are_offered_for_vaults_of_their_kind(session: Session) -> None:
    form = session.forms.create_vault()
    page = FormPage(form)
    form.value = {"name": "disks", "size_gb": 100, "object_type": "Disks", "resources": ["scratch"]}
    assert form.submit().billing.object_type == "disk"
    page.fill("object_type", "turbo")
    page.wait()
    options = page.field("resources").options
    assert [each["label"] for each in options] == ["shared-docs"]
    assert form.value["resources"] == []


def test_a_resource_in_another_vault_is_offered_with_the_reason_why_not(session: Session) -> None:
    form = session.forms.create_vault(name="v", size_gb=100)
    form.value = {"resources": ["web-01"]}
    assert form.problems["resources"] == "web-01 cannot be chosen: in vault vault-web"
    with pytest.raises(errors.InvalidRequest):
        form.submit()


def test_a_vault_for_replicas_takes_neither_resources_nor_a_policy(session: Session) -> None:
    form = session.forms.create_vault(name="replicas", size_gb=100, resources=["legacy-01"])
    page = FormPage(form)
    form.value = {"protect_type": "Replication"}
    assert page.field("resources").hidden
    vault = form.submit()
    assert vault.billing.protect_type == "replication"
    assert not vault.resources


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "my vault"), ("name", "x" * 65), ("size_gb", 9), ("size_gb", 20_000_000),
        ("tags", "no tag"), ("tags", "a=1,a=2"), ("tags", ",".join(f"k{n}=v" for n in range(11))),
    ],
)  # fmt: skip
def test_what_the_service_would_refuse_is_told_beside_the_field(
    session: Session, field: str, value: object
) -> None:
    form = session.forms.create_vault(name="v", size_gb=100)
    page = FormPage(form)
    form.value = {field: value}
    assert list(form.problems) == [field]
    assert page.field(field).problem


def test_two_clicks_make_one_vault(session: Session) -> None:
    form = session.forms.create_vault(name="once", size_gb=100)
    page = FormPage(form)
    page.press(times=2)
    page.press()
    assert list(session.vaults(name="once")["name"]) == ["once"]


def test_the_service_refuses_and_the_form_can_be_sent_again(session: Session) -> None:
    form = session.forms.create_vault(name="refused", size_gb=100)
    page = FormPage(form)
    session.cloud.fail("create_vault", "BackupService.6133")
    page.press()
    assert "BackupService.6133" in page.error
    assert "Request ID" in page.error
    assert len(session.vaults(name="refused")) == 0
    page.press()
    assert len(session.vaults(name="refused")) == 1


def test_an_answer_that_is_lost_is_told_and_nothing_is_sent_twice(session: Session) -> None:
    form = session.forms.create_vault(name="lost", size_gb=100)
    page = FormPage(form)
    session.cloud.fail("create_vault", "cut after")
    page.press()
    assert isinstance(form.error, errors.ConnectionFailed)
    assert len(session.vaults(name="lost")) == 1


def test_the_next_vault_begins_with_an_empty_name(session: Session) -> None:
    form = session.forms.create_vault(name="first", size_gb=100, resources=["legacy-01"])
    page = FormPage(form)
    page.press()
    page.click("Create another")
    assert form.value["name"] == ""
    assert form.value["resources"] == []
    assert page.result == ""


def test_the_next_step_opens_below(session: Session) -> None:
    form = session.forms.create_vault(name="first", size_gb=100, resources=["legacy-01"])
    page = FormPage(form)
    page.press()
    page.click("Back up now", within="result")
    (following,) = page.opened()
    assert following.form.value["vault"] == form.result.id


def test_an_empty_estate_has_nothing_to_choose_and_still_makes_a_vault() -> None:
    with cbr.simulate("empty") as session:
        form = session.forms.create_vault(name="first", size_gb=10)
        page = FormPage(form)
        assert page.field("resources").options == [] or form.problems == {}
        assert form.submit().name == "first"
