"""A picture of what one may not read in part: it says what was not seen."""

from __future__ import annotations

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook.plots import alt_text
from tests.session.test_denied_reads import Reads


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    found = Reads()
    monkeypatch.setattr(httpx.Client, "send", found.send(httpx.Client.send))
    return found


@pytest.mark.parametrize(
    ("denied", "said", "labels"),
    [
        ("list_op_logs", "failed days could not be seen", ["failed (not seen)"]),
        ("list_policies", "missing days could not be seen", ["missing (not seen)"]),
        ("list_vault", "Resources without any backup could not be seen", ["missing (not seen)"]),
    ],
)
def test_a_calendar_says_what_one_may_not_read(
    session: cbr.Session, reads: Reads, denied: str, said: str, labels: list[str]
) -> None:
    whole = session.plots.calendar(days=7)
    with reads.without(denied), pytest.warns(cbr.errors.AnswerWarning, match="could not be seen"):
        axes = session.plots.calendar(days=7)
    assert said in alt_text(axes)
    assert set(labels) <= {text.get_text() for text in axes.get_legend().get_texts()}
    assert "empty: not known" in axes.get_xlabel()
    assert "not seen" not in alt_text(whole)
    assert "nothing was due" in whole.get_xlabel()


def test_a_calendar_needs_the_backups(session: cbr.Session, reads: Reads) -> None:
    with reads.without("list_backups"), pytest.raises(cbr.errors.PermissionDenied):
        session.plots.calendar()
