"""The states of a form are those that the architecture document draws, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.forms.kit.form_state import TRANSITIONS, FormState, StateMachine

ARCHITECTURE = Path(__file__).resolve().parents[3] / "docs" / "architecture.md"
STEPS = ("load", "loaded", "fill", "filled", "acquire", "watch", "release", "repeat", "edit")


def machine(values: dict[str, Any], *, repeatable: bool = False) -> StateMachine:
    return StateMachine(lambda: dict(values), repeatable=repeatable)


def test_the_drawing_shows_every_transition_and_no_other() -> None:
    arrow = re.compile(r"^ +([A-Z]+) --> ([A-Z]+): ([a-z]+)$", re.MULTILINE)
    drawn = {
        (FormState[before], FormState[after], name)
        for before, after, name in arrow.findall(ARCHITECTURE.read_text(encoding="utf-8"))
    }
    known = {(*pair, name) for name, pairs in TRANSITIONS.items() for pair in pairs}
    assert drawn == known


def test_one_who_has_acquired_it_is_alone_until_it_is_released() -> None:
    values = {"name": "a"}
    form = machine(values)
    assert form.acquire(dict(values))
    assert form.state is FormState.SUBMITTING
    assert not form.acquire()
    assert not form.fill()
    form.watch(dict(values))
    assert form.state is FormState.WATCHING  # type: ignore[comparison-overlap] # it is watched now
    form.release()
    assert form.state is FormState.DONE
    assert not form.acquire(dict(values)), "it was done"
    values["name"] = "b"
    assert form.state is FormState.EDITING
    values["name"] = "a"
    assert form.state is FormState.DONE
    form.repeat()
    assert form.acquire(dict(values))


def test_what_has_changed_since_it_was_found_right_is_not_sent() -> None:
    values = {"name": "a"}
    form = machine(values)
    found = dict(values)
    values["name"] = "b"
    assert not form.acquire(found)
    assert form.state is FormState.EDITING


def test_nothing_is_sent_while_a_program_fills_it_in() -> None:
    form = machine({})
    assert form.fill()
    assert form.state is FormState.LOADING
    assert not form.acquire()
    assert not form.fill(), "one program at a time"
    form.filled()
    assert form.acquire()


def test_what_is_asked_for_while_it_is_busy_is_waited_for_afterwards() -> None:
    form = machine({})
    assert form.acquire()
    form.load()
    assert form.state is FormState.SUBMITTING
    form.release()
    assert form.state is FormState.LOADING  # type: ignore[comparison-overlap] # it is released now
    form.loaded()
    assert form.state is FormState.EDITING


@pytest.mark.parametrize("step", STEPS)
def test_a_closed_form_stays_closed(step: str) -> None:
    form = machine({})
    form.close()
    if step != "edit":
        getattr(form, step)()
    assert form.state is FormState.CLOSED
    assert not form.acquire()


@given(st.lists(st.sampled_from((*STEPS, "close")), max_size=30), st.booleans())
def test_no_order_of_events_leads_where_no_arrow_leads(events: list[str], repeatable: bool) -> None:
    values = {"name": 0}
    form = machine(values, repeatable=repeatable)
    for event in events:
        if event == "edit":
            values["name"] = (values["name"] + 1) % 2
        elif event == "watch":
            form.watch(dict(values))
        else:
            getattr(form, event)()
        assert form.busy == (form.state in (FormState.SUBMITTING, FormState.WATCHING))
