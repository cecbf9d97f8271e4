"""How often the restore form asks the service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cbr_notebook.forms.testing import FormPage
from tests.forms.restore.walking import suggested, walk

if TYPE_CHECKING:
    import pytest

    from cbr_notebook import Session


def test_opening_and_checking_asks_once_of_each_backup_and_17_times_more(
    session: Session,
) -> None:
    judged = len(session.suspicion("web-01"))  # the whole window, or nothing could be called quiet
    before = session.client.transport.requests
    page = FormPage(session.forms.restore())
    page.wait()
    page.fill("resource", "web-01")
    walk(page, "Choose backup")
    suggested(page)
    walk(page, "Check")
    assert "Possible" in page.panel("verdict")
    assert session.client.transport.requests - before <= judged + 17


def test_confirming_asks_for_no_other_plan(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = FormPage(session.forms.restore(resource="web-01", before="2020-08-17"))
    walk(page, "Check")
    asked, plan_restore = Counter[str](), session.plan_restore

    def counted(*given: Any, **more: Any) -> Any:
        asked["plans"] += 1
        return plan_restore(*given, **more)

    monkeypatch.setattr(session, "plan_restore", counted)
    before = session.client.transport.requests
    walk(page, "Confirm")
    page.fill("confirm", "web-01")
    assert page.form.problems == {}
    assert page.form.code
    assert asked["plans"] == 0
    assert session.client.transport.requests == before
