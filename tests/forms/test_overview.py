"""The overview."""

from __future__ import annotations

import cbr_notebook as cbr
from cbr_notebook.forms.base import Form
from cbr_notebook.session import Session
from tests.forms.pressing import click, settle


def seen(form: Form) -> str:
    settle(form)
    html: str = form._seen.html  # type: ignore[attr-defined]
    return html


def test_what_needs_attention_comes_with_reason_and_remedy(session: Session) -> None:
    html = seen(session.forms.overview())
    assert "3 resources not protected" in html
    assert "legacy-01" in html
    assert "in no vault" in html
    assert "2 tasks failed in the last seven days" in html
    assert "Insufficient snapshot quota." in html
    assert "1 vault filling up" in html
    assert "vault-files" in html


def test_its_result_is_a_table_of_what_needs_attention(session: Session) -> None:
    table = session.forms.overview().submit()
    assert table.columns.tolist() == ["name", "what"]
    assert table.groupby("what").size().to_dict() == {
        "unprotected": 3,
        "failed": 2,
        "filling up": 1,
    }


def test_what_is_mended_is_gone_when_one_looks_again(session: Session) -> None:
    form = session.forms.overview()
    session.create_vault("new", size_gb=100, resources="legacy-01", policy="daily-0300")
    session.back_up("new").wait(progress=False)
    form.submit()
    assert "legacy-01" not in seen(form)


def test_an_item_leads_to_its_form(session: Session) -> None:
    form = session.forms.overview()
    click(form, seen(form), "Show failed tasks")
    (opened,) = form._next.children
    assert opened.title == "Tasks"
    assert opened.value["status"] == "failed"


def test_a_restore_that_has_not_ended_is_there_first(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    session.plan_restore(backup).execute(confirm="web-01")
    html = seen(session.forms.overview())
    assert html.index("1 restore not ended") < html.index("not protected")


def test_an_empty_account_begins_with_a_vault() -> None:
    with cbr.simulate("empty") as session:
        html = seen(session.forms.overview())
        assert "Nothing needs attention" in html
        assert "Create a vault" in html
