"""Advice in the restore form names what it has, and no call of Python in its place."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import cbr_notebook
from cbr_notebook import Session
from cbr_notebook.forms.restore.plan_view import in_form
from cbr_notebook.forms.testing import FormPage, text_of
from tests.forms.restore.walking import at_confirm, walk

PACKAGE = Path(cbr_notebook.__file__).parent
HAS = re.compile(
    r"execute\(|resume_restore\(|cancel_restore\(|plan_restore\(|suspicion\(|restores\(\)|"
    r"refresh\(\)|roll_back\(|plan\.export\(|folder=|safety_backup=|acknowledge=|disks="
)
"""What the form has a button, a field or a step for."""
NEVER_HERE = {
    "If you accept that, say acknowledge=[…].",
    "Leave safety_keep_days out, or say safety_backup=True.",
    "Say safety_backup=True.",
    "Plan it: session.plan_restore(…, …).",
}
"""Advice on arguments that the form gives by itself, or asks for before."""


def text_in(node: ast.expr) -> str | None:
    """Return the text of an expression, ``…`` for what is filled in; ``None`` if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_in(each) or "…" for each in node.values)
    return None


def advice_of_runs() -> Iterator[str]:
    """Yield all texts of plans and runs that name what the form has, and the catalogue's advice."""
    for room in ("plan", "run"):
        for path in (PACKAGE / "runbook" / room).glob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            within = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
            for each in ast.walk(tree):
                if isinstance(each, ast.JoinedStr):
                    within |= {id(part) for part in each.values}
            for node in ast.walk(tree):
                if isinstance(node, ast.expr) and id(node) not in within:
                    text = text_in(node)
                    if text and HAS.search(text) and " " in text:
                        yield text
    with (PACKAGE / "catalogue.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["code"].startswith("BackupService.2"):
                yield row["advice"]


def test_no_advice_of_a_run_names_python_that_the_form_has_a_button_for() -> None:
    found = list(advice_of_runs())
    assert len([each for each in found if HAS.search(each)]) > 15
    left = [said for each in found if each not in NEVER_HERE and HAS.search(said := in_form(each))]
    assert left == []


def test_the_checks_say_what_to_tick(session: Session) -> None:
    session.cloud.advance(hours=6)
    page = walk(FormPage(session.forms.restore(resource="web-01", before="2020-08-17")), "Check")
    checks = text_of(page.panel("checks"))
    assert "There is no backup of the present state." in checks
    assert "Leave 'Back up the present state first' ticked in step 4" in checks
    assert "execute" not in checks


def test_a_restore_that_cannot_be_begun_says_where_the_other_one_is_taken_up(
    session: Session,
) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", "cut before")
    page.press()
    page.press()
    assert "has not ended (asked)" in page.error
    assert "'Go on with it' or 'Watch it' at the top of this form" in text_of(page.error)
    assert "session." not in text_of(page.error)
    assert "Go on with it" in page.panel("pending")


def test_a_single_backup_is_said_in_the_singular(session: Session) -> None:
    session.create_vault("old", size_gb=100, resources="legacy-01")
    session.back_up("old").wait(progress=False)
    page = FormPage(session.forms.restore())
    page.wait_until_loaded()
    notes = {each["label"]: each["note"] for each in page.field("resource").options}
    assert notes["legacy-01"] == "server · 1 backup"
    assert notes["mail-01"] == "server · 8 backups"
