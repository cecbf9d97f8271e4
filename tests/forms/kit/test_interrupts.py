"""An interrupt while a click is handled neither leaves a form busy for ever, nor acts twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.forms.kit.threads.interrupts import held_back
from tests.forms.pages import ready


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Python's own answer to Ctrl-C, also where the shell that began the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_arrives_after_the_block() -> None:
    steps = []

    def work() -> None:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            steps.append("whole")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_between_click_and_work_leaves_the_work_going() -> None:
    session = cbr.simulate()
    form = session.forms.back_up(vault="vault-db")
    page = ready(form)
    before = len(session.backups(vault="vault-db"))

    def interrupt(change: Any) -> None:
        if change["new"]:
            signal.raise_signal(signal.SIGINT)

    form.button.observe(interrupt, "busy")
    with pytest.raises(KeyboardInterrupt):
        page.press("Back up")
    page.wait()
    assert "2 of 2 backed up" in page.result
    assert len(session.backups(vault="vault-db")) == before + 2
