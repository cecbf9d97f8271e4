"""The way back in the restore form, and what some restores need besides: a contract, a yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.forms.kit.panels import HtmlPanel
from cbr_notebook.forms.testing import FormPage, text_of
from tests.forms.restore.test_honesty import restored_in_vain
from tests.forms.restore.walking import ACCEPTED, walk

if TYPE_CHECKING:
    from cbr_notebook import Session

WAY_BACK = "Go back to the state before this restore"


def way_back(page: FormPage) -> FormPage:
    """Return the form of the way back, filled in to be sent."""
    page.click(WAY_BACK)
    (back,) = page.opened()
    walk(back, "Confirm")
    back.fill("confirm", "web-01")
    back.form.value = {"acknowledge": back.labels("acknowledge")}
    return back


def test_a_failed_restore_is_drawn_as_rolled_back_once_it_is(session: Session) -> None:
    page = restored_in_vain(session)
    run = page.form.result
    back = way_back(page)
    assert run.run_id in back.form.definition.intro
    assert all(back.field(name).hidden for name in ("before", "rto", "rpo"))
    assert f'session.resume_restore("{run.run_id}").roll_back(' in back.form.code
    assert "plan=plan" in back.form.code
    back.press()
    rolled = run.journal.last("rolled_back")
    assert rolled is not None
    assert rolled.facts["by_run"] == back.form.result.run_id
    assert back.form.result.begun["undoes"] == run.run_id
    assert page.step.startswith("5. Rolled back")
    course = text_of(page.panel("progress"))
    assert "✗ failed Restore" in course
    assert "✓ done Go back to the state before" in course
    assert "failed, then rolled back" in page.result
    assert WAY_BACK not in page.result
    assert "half written" not in page.error
    assert run.state == "failed"


def test_a_way_back_that_fails_is_offered_again(session: Session) -> None:
    page = restored_in_vain(session)
    run = page.form.result
    back = way_back(page)
    session.cloud.server("web-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    back.press()
    assert back.form.result.state == "failed"
    assert run.journal.last("rolled_back") is None
    assert run.journal.last("roll_back_begun") is not None
    assert page.step.startswith("5. Failed")
    assert "rolled back" not in page.result
    assert WAY_BACK in page.result
    assert "begun as run" in run.report(Path(run.folder) / "r.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["", "web-02"])
def test_the_way_back_wants_the_name_and_the_warnings_too(session: Session, name: str) -> None:
    page = restored_in_vain(session)
    back = way_back(page)
    back.form.value = {"confirm": name}
    back.press()
    assert back.form.problems.keys() == {"confirm"}
    back.form.value = {"confirm": "web-01", "acknowledge": []}
    assert back.form.problems.keys() == {"acknowledge"}
    assert len(session.restores()) == 1


def test_the_form_of_the_way_back_leads_nowhere_else(session: Session) -> None:
    page = restored_in_vain(session)
    back = way_back(page)
    other = session.backups(resource="web-01").iloc[5]["id"]
    back.form.value = {"backup": other, **ACCEPTED}
    back.form.value = {"acknowledge": back.labels("acknowledge"), **ACCEPTED}
    assert "This is the way back of run" in back.form.problems["backup"]


def test_a_run_that_was_carried_out_in_python_is_gone_back_on_in_a_form(session: Session) -> None:
    plan = session.plan_restore(session.backups(resource="web-01").iloc[0])
    run = plan.execute(confirm="web-01", acknowledge=plan.warnings).wait()
    form = session.forms.restore(roll_back=run)
    page = walk(FormPage(form), "Confirm")
    form.value = {"confirm": "web-01", "acknowledge": page.labels("acknowledge")}
    form.submit()
    assert run.journal.last("rolled_back") is not None
    assert "taken: run" in run.report(Path(run.folder) / "r.md").read_text("utf-8")


CONTRACT = """\
application: shop
targets: {{recovery_time: 4h}}
members:
  - server: {server}
    probes:
      - tcp: 127.0.0.1:1
        timeout: 1s
"""


def test_a_contract_that_is_given_has_a_field_and_is_looked_at(
    session: Session, tmp_path: Path
) -> None:
    assert FormPage(session.forms.restore(resource="web-01")).field("contract").hidden
    path = tmp_path / "recovery.yaml"
    path.write_text(CONTRACT.format(server="web-01"))
    form = session.forms.restore(resource="web-01", before="2020-08-17", contract=str(path))
    page = walk(FormPage(form), "Check")
    assert not page.field("contract").hidden
    assert "probes" in page.panel("checks")
    form.value = {"confirm": "web-01", "acknowledge": page.labels("acknowledge")}
    assert ".under(cbr.recovery_contract(" in form.code
    form.submit()
    run = form.result
    assert run.begun["targets"]["rto_seconds"] == 4 * 3600
    assert run.verification == "failed"
    assert "tcp 127.0.0.1:1" in page.result
    # The contract itself will do, too, and one of something else is refused where it is checked.
    path.write_text(CONTRACT.format(server="db-01"))
    other = cbr.recovery_contract(path)
    form = session.forms.restore(resource="web-01", before="2020-08-17", contract=other)
    assert form.value["contract"] == "shop"
    assert "no member of shop" in form.problems["checks"]


@pytest.mark.parametrize("how", ["given", "environment"])
def test_where_two_people_are_needed_the_form_asks_for_the_approved_plan(
    session: Session,
    become: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    if how == "environment":
        monkeypatch.setenv("CBR_APPROVAL", "two people")
    wanted = {"approval": "two people"} if how == "given" else {}
    form = session.forms.restore(resource="web-01", before="2020-08-17", **wanted)
    page = walk(FormPage(form), "Confirm")
    page.fill("confirm", "web-01")
    page.press()
    assert form.problems["approval"] == "Fill this in."
    assert session.restores().empty
    sent: list[Any] = []
    monkeypatch.setattr(HtmlPanel, "send", lambda _, content, **__: sent.append(content))
    page.click("Download the plan to be approved")
    (file,) = sent
    path = tmp_path / file["name"]
    path.write_text(file["text"])
    page.fill("approval", str(path))
    assert "Nobody has approved" in page.field("approval").problem
    become("bob")
    cbr.approve_plan(path)
    become("ada")
    page.fill("approval", str(path))
    assert form.problems == {}
    page.press()
    assert form.result.state == "success"
    assert form.result.begun["approval"]["name"] == "bob"


def test_no_approval_is_asked_for_where_none_is_needed(session: Session) -> None:
    page = walk(FormPage(session.forms.restore(resource="web-01", before="2020-08-17")), "Confirm")
    assert page.field("approval").hidden
    assert page.panel("export_plan") == ""
