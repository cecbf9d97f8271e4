"""The form that changes a vault."""

from __future__ import annotations

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.api.vault_bodies import ResourceItem
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready


def test_what_a_vault_has_is_filled_in_and_only_what_differs_is_sent(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    page = FormPage(form)
    before = session.find_vault("vault-web")
    assert form.value["size_gb"] == before.billing.size
    assert form.problems == {"": "Nothing differs from what the vault has."}
    page.fill("size_gb", before.billing.size + 50)
    assert f"{before.billing.size} GB become {before.billing.size + 50} GB" in page.summary
    assert form.code == (f'session.update_vault("vault-web", size_gb={before.billing.size + 50})')
    page.press(times=2)
    after = session.find_vault("vault-web")
    assert after.billing.size == before.billing.size + 50
    assert (after.name, after.auto_expand) == (before.name, before.auto_expand)
    assert "Vault vault-web is changed" in page.result


def test_it_is_renamed_filled_and_grows_by_itself(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    form.value = {"name": "vault_new", "auto_expand": True, "resources": ["legacy-01"]}
    assert "1 resource more in it" in FormPage(form).summary
    vault = form.submit()
    assert vault.name == "vault_new"
    assert vault.auto_expand
    assert "legacy-01" in [each.name for each in vault.resources or ()]


def test_the_line_of_python_does_the_same(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    form.value = {"name": "vault_new", "resources": ["legacy-01"]}
    exec(form.code, {"session": session})
    vault = session.find_vault("vault_new")
    assert "legacy-01" in [each.name for each in vault.resources or ()]


def test_what_cannot_be_is_told_before_anything_is_sent(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    form.value = {"name": "vault-db"}
    assert "There is a vault of this name already" in form.problems["name"]
    form.value = {"name": "vault-web", "size_gb": 9}
    assert "size_gb" in form.problems
    form.value = {"vault": "vault-files", "auto_expand": True}
    assert form.problems == {}, "2 GB, which nobody could choose, may stay"
    form.value = {"size_gb": 9}
    with pytest.raises(errors.InvalidRequest):
        form.submit()


def test_another_vault_brings_its_own_settings_and_its_own_resources(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    page = ready(form)
    page.fill("name", "typed")
    page.fill("vault", "vault-disks")
    page.wait()
    assert form.value["name"] == "vault-disks"
    disks = {each["name"] for each in session.resources("disk").to_dict("records")}
    assert "scratch" in page.labels("resources")
    assert set(page.labels("resources")) <= disks


def test_what_could_be_done_only_in_part_is_told_and_not_done_again(session: Session) -> None:
    form = session.forms.edit_vault(vault="vault-web")
    size = form.value["size_gb"] + 10
    form.value = {"size_gb": size, "resources": ["legacy-01"]}
    session.cloud.fail("add_vault_resource", 403)
    with pytest.raises(errors.CBRError, match="The vault was changed, but"):
        form.submit()
    assert session.find_vault("vault-web").billing.size == size
    assert "update_vault" not in form.code
    form.submit()
    vault = session.find_vault("vault-web")
    assert "legacy-01" in [each.name for each in vault.resources or ()]


def test_lists_and_the_overview_lead_to_it(session: Session) -> None:
    vault = session.find_vault("vault-files")
    listed = ready(session.forms.vaults(row=vault.id))
    listed.click("Change it")
    overview = ready(session.forms.overview())
    overview.click("Expand it")
    for page in (listed, overview):
        (opened,) = page.opened()
        assert opened.form.value["vault"] == vault.id


def test_without_a_vault_it_leads_to_one() -> None:
    with cbr.simulate("empty") as session:
        page = ready(session.forms.edit_vault())
        page.click("Create a vault")
        assert page.opened()[0].form.title == "Create a vault"


def test_a_disk_that_was_left_out_is_taken_back_in(session: Session) -> None:
    server = next(
        each for each in session.records.resources("server") if len(each.children or ()) > 1
    )
    name, vault = str(server.name), session.vault_resources().set_index("name")["vault_name"]
    disk = list(server.children or ())[-1]
    leave_out = ResourceItem(server.id, server.type or "", name, {"exclude_volumes": [disk.id]})
    session.add_resources(vault[name], [leave_out])
    overview = ready(session.forms.overview())
    overview.click("Take it back in")
    (page,) = overview.opened()
    page.wait()
    assert page.form.value["disks"] == [disk.id]
    assert "1 disk more in its backups" in page.summary
    code = page.form.code
    page.press(times=2)
    assert disk.id not in set(session.unprotected()["id"])
    session.add_resources(vault[name], [leave_out])
    assert disk.id in set(session.unprotected()["id"])
    exec(code, {"session": session})
    assert disk.id not in set(session.unprotected()["id"])
    with pytest.raises(errors.NotFound, match="left-out disk"):
        session.add_resources(vault[name], name, include_disks="vdz")
