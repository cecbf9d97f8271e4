"""How often the restore form asks the service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cbr_notebook.api.groups.restore_points import RestorePoints
from cbr_notebook.forms.restore.steps import choose_backup
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready
from tests.forms.restore.walking import suggested, walk

if TYPE_CHECKING:
    from cbr_notebook import Session

OTHERS = 15
"""Requests to open and check that ask for no restore point, however many backups there are."""


@pytest.mark.parametrize(("resource", "looked_at"), [("mail-01", 8), ("web-01", 32), ("web-02", 5)])
def test_opening_and_checking_asks_once_of_each_restore_point_and_15_times_more(
    session: Session, monkeypatch: pytest.MonkeyPatch, resource: str, looked_at: int
) -> None:
    """The service has no list of restore points, and tells sizes nowhere else."""
    if resource == "web-02":  # as if it had more backups than are looked at
        monkeypatch.setattr(choose_backup, "LOOKED_AT", looked_at)
    points, show = Counter[str](), RestorePoints.show

    def counted(group: RestorePoints, point_id: str) -> Any:
        points[point_id] += 1
        return show(group, point_id)

    monkeypatch.setattr(RestorePoints, "show", counted)
    before = session.client.transport.requests
    page = ready(session.forms.restore())
    page.fill("resource", resource)
    walk(page, "Choose backup")
    suggested(page)
    walk(page, "Check")
    assert "Possible" in page.panel("verdict")
    assert list(points.values()) == [1] * looked_at
    assert session.client.transport.requests - before == looked_at + OTHERS


def test_confirming_asks_for_no_other_plan(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = walk(FormPage(session.forms.restore(resource="web-01", before="2020-08-17")), "Check")
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
