"""A target whose present state cannot be backed up: the plan says so before anybody confirms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cbr_notebook import errors
from cbr_notebook.forms.testing import FormPage, text_of
from tests.forms.restore.walking import walk
from tests.runbook.situations import two_disks

if TYPE_CHECKING:
    from cbr_notebook import Session

IN_NO_VAULT = "other is in no vault, so its present state cannot be backed up."


@pytest.fixture
def alone(session: Session) -> Session:
    """A cloud with the backup clean-spare, and a disk other that is in no vault."""
    two_disks(session)
    return session


def test_the_plan_says_so_with_what_to_do(alone: Session) -> None:
    plan = alone.plan_restore("clean-spare", target="other")
    check = next(each for each in plan.verdicts if each.name == "vault room")
    assert (check.outcome.value, check.seen) == ("warn", IN_NO_VAULT)
    assert "add_resources" in check.to_do
    assert "safety_backup=False" in check.to_do
    assert "Possible only without a safety backup" in plan._repr_html_()
    with pytest.raises(errors.NotFound, match="in no vault"):
        plan.ensure_ready()
    assert plan.ensure_ready(safety_backup=False) == ["same target", "safety backup"]


def test_a_full_vault_is_said_and_refused_in_the_same_way(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    vault = plan.facts.safety_vault
    assert vault is not None
    full = replace(plan.facts, safety_vault=replace(vault, free_mb=0))
    plan = replace(plan, facts=full)
    assert plan.verdict.startswith("Possible only without a safety backup")
    with pytest.raises(errors.Conflict, match=r"is full.*Nothing was begun"):
        plan.execute(confirm="web-01")


def test_the_form_says_so_before_its_button_does(alone: Session) -> None:
    backup = alone.find_backup("clean-spare").id
    page = FormPage(alone.forms.restore(resource="spare", backup=backup, target="other"))
    walk(page, "Check")
    assert "Possible only without a safety backup" in text_of(page.panel("verdict"))
    checks = text_of(page.panel("checks"))
    assert "session.forms.edit_vault()" in checks
    assert "untick 'Back up the present state first' in step 4" in checks
    walk(page, "Confirm")
    assert IN_NO_VAULT in text_of(page.panel("will"))
    page.form.value = {"confirm": "other", "acknowledge": page.labels("acknowledge")}
    page.press()
    assert IN_NO_VAULT in page.field("safety_backup").problem
    assert alone.restores().empty
    page.form.value = {"safety_backup": False}
    page.form.value = {"acknowledge": page.labels("acknowledge")}
    page.press()
    assert page.form.result.state == "success"
