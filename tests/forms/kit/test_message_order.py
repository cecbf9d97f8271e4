"""What a page says is heard in the order in which it was said, whatever thread brings it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.forms.kit import widget
from cbr_notebook.forms.kit.field import Field, SecretField
from cbr_notebook.forms.kit.threads.message_order import MessageSequencer
from cbr_notebook.forms.testing import FormPage, send

if TYPE_CHECKING:
    from cbr_notebook import Session


def said(turn: int, speaker: str = "page") -> dict[str, object]:
    return {"speaker": speaker, "turn": turn}


@given(st.permutations(range(1, 8)))
def test_messages_are_heard_in_turn_in_whatever_order_they_come(order: list[int]) -> None:
    sequencer, heard = MessageSequencer(), list[int]()
    for turn in order:
        sequencer.handle(said(turn), partial(heard.append, turn))
        assert heard == list(range(1, len(heard) + 1))
    assert heard == list(range(1, 8))


def test_each_page_has_turns_of_its_own_and_a_program_none() -> None:
    sequencer, heard = MessageSequencer(), list[str]()
    sequencer.handle(said(2, "a"), lambda: heard.append("a2"))
    sequencer.handle(said(1, "b"), lambda: heard.append("b1"))
    sequencer.handle({}, lambda: heard.append("program"))
    sequencer.handle(said(1, "a"), lambda: heard.append("a1"))
    assert heard == ["b1", "program", "a1", "a2"]


def test_two_messages_of_a_page_are_never_heard_at_once() -> None:
    sequencer, heard = MessageSequencer(), list[int]()
    begun, second_came = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        assert second_came.wait(10)
        heard.append(1)

    other = threading.Thread(target=sequencer.handle, args=(said(1), first))
    other.start()
    assert begun.wait(10)
    sequencer.handle(said(2), lambda: heard.append(2))
    assert heard == []
    second_came.set()
    other.join(10)
    assert heard == [1, 2]


def test_what_goes_wrong_with_one_message_does_not_stop_those_after_it() -> None:
    sequencer, heard = MessageSequencer(), list[int]()

    def fail() -> None:
        raise KeyboardInterrupt

    sequencer.handle(said(2), lambda: heard.append(2))
    with pytest.raises(KeyboardInterrupt):
        sequencer.handle(said(1), fail)
    sequencer.handle(said(3), lambda: heard.append(3))
    assert heard == [2, 3]


def test_what_never_arrives_is_not_waited_for_for_ever_and_is_heard_if_it_comes_late() -> None:
    sequencer, heard = MessageSequencer(longest_gap=3600), list[str]()
    sequencer.handle(said(2), lambda: heard.append("2"), lambda: heard.append("2 after a gap"))
    sequencer.handle(said(3), lambda: heard.append("3"))
    sequencer.give_up("page", missing=1)
    assert heard == ["2 after a gap", "3"]
    sequencer.handle(said(4), lambda: heard.append("4"))
    sequencer.handle(said(1), lambda: heard.append("1, late"))
    assert heard == ["2 after a gap", "3", "4", "1, late"]
    sequencer.give_up("page", missing=1)  # it has come meanwhile
    assert len(heard) == 4


def test_a_wait_that_ends_lets_those_after_it_be_heard() -> None:
    sequencer, heard = MessageSequencer(longest_gap=0), threading.Event()
    sequencer.handle(said(2), heard.set)
    assert heard.wait(10)


def test_a_click_after_a_gap_does_nothing_and_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer = MessageSequencer(longest_gap=3600)
    monkeypatch.setattr(widget, "_SEQUENCER", sequencer)
    form = session.forms.create_vault()
    page = FormPage(form)
    form.value = {"name": "vault_old", "size_gb": 100}
    sent = list[str]()
    monkeypatch.setattr(Field, "send_again", lambda field: sent.append(field.name))
    send(page.button().comm, {"type": "click", **said(2)})
    sequencer.give_up("page", missing=1)
    page.wait()
    assert form.result is None
    assert "Press again" in page.error
    assert "name" in sent  # the page shows again what holds here
    send(page.button().comm, {"type": "click", **said(3)})
    page.wait()
    result: Any = form.result
    assert result.name == "vault_old"


def test_a_secret_is_never_sent_again() -> None:
    field = SecretField("secret_key", "Secret access key")
    send(field.comm, {"type": "value", "value": "s3cret"})
    sent = list[object]()
    field.send_state = sent.append  # type: ignore[method-assign]
    field.send_again()
    assert sent == []


def test_a_click_that_overtakes_what_was_typed_before_it_waits_for_it(session: Session) -> None:
    form = session.forms.create_vault()
    page = FormPage(form)
    form.value = {"name": "vault_old", "size_gb": 100}
    send(page.button().comm, {"type": "click", **said(2, "overtaken")})
    page.wait()
    assert form.result is None
    typed = {"type": "value", "value": "vault_new", **said(1, "overtaken")}
    send(page.field("name").comm, typed)
    page.wait()
    result: Any = form.result
    assert result.name == "vault_new"
