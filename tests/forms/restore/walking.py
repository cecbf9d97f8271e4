"""Walk through the steps of a restore form, as on a page."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

from cbr_notebook.forms.restore.steps import check_plan
from cbr_notebook.forms.testing import FormPage, buttons_in

if TYPE_CHECKING:
    import pytest

    from cbr_notebook import Session

ACCEPTED = {"confirm": "web-01"}
"""What confirms a restore of web-01 that nothing warns of."""


def walk(page: FormPage, to: str) -> FormPage:
    """Press Next until a step is reached; return the page."""
    page.wait()
    while to not in page.step:
        before = page.step
        page.press("Next")
        assert page.step != before, page.form.problems
    return page


def at_confirm(session: Session) -> FormPage:
    """Open a restore of web-01 that nothing warns of, and go to its confirmation."""
    page = FormPage(session.forms.restore(resource="web-01", before="2020-08-17"))
    page.form.value = ACCEPTED
    return walk(page, "Confirm")


def look(page: FormPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait until the form looks at its checks by itself, as it does while it is seen."""
    session = page.form.session
    ask, begun, again = session.plan_restore, itertools.count(), threading.Event()

    def counted(*given: Any, **more: Any) -> Any:
        if next(begun):  # what the look before has found is shown
            again.set()
        return ask(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(check_plan, "FIRST_LOOK_S", 0.01)
        patch.setattr(session, "plan_restore", counted)
        page.show()
        assert again.wait(20)
        page.hide()
        page.wait()


def suggested(page: FormPage) -> None:
    """Choose the backup that the form suggests."""
    (button,) = [each for each in buttons_in(page.panel("timeline")) if "newest" in each.label]
    page.click(button.label)
