"""What a page says is heard in the order in which it was said, whatever thread brings it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.forms.in_turn import InTurn
from tests.forms.pressing import settle

if TYPE_CHECKING:
    from cbr_notebook.session import Session


def said(turn: int, speaker: str = "page") -> dict[str, object]:
    return {"speaker": speaker, "turn": turn}


@given(st.permutations(range(1, 8)))
def test_messages_are_heard_in_turn_in_whatever_order_they_come(order: list[int]) -> None:
    in_turn, heard = InTurn(), list[int]()
    for turn in order:
        in_turn.hear(said(turn), lambda turn=turn: heard.append(turn))
        assert heard == list(range(1, len(heard) + 1))
    assert heard == list(range(1, 8))


def test_each_page_has_turns_of_its_own_and_a_program_none() -> None:
    in_turn, heard = InTurn(), list[str]()
    in_turn.hear(said(2, "a"), lambda: heard.append("a2"))
    in_turn.hear(said(1, "b"), lambda: heard.append("b1"))
    in_turn.hear({}, lambda: heard.append("program"))
    in_turn.hear(said(1, "a"), lambda: heard.append("a1"))
    assert heard == ["b1", "program", "a1", "a2"]


def test_two_messages_of_a_page_are_never_heard_at_once() -> None:
    in_turn, heard = InTurn(), list[int]()
    begun, second_came = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        assert second_came.wait(10)
        heard.append(1)

    other = threading.Thread(target=in_turn.hear, args=(said(1), first))
    other.start()
    assert begun.wait(10)
    in_turn.hear(said(2), lambda: heard.append(2))
    assert heard == []
    second_came.set()
    other.join(10)
    assert heard == [1, 2]


def test_what_goes_wrong_with_one_message_does_not_stop_those_after_it() -> None:
    in_turn, heard = InTurn(), list[int]()

    def fail() -> None:
        raise KeyboardInterrupt

    in_turn.hear(said(2), lambda: heard.append(2))
    with pytest.raises(KeyboardInterrupt):
        in_turn.hear(said(1), fail)
    in_turn.hear(said(3), lambda: heard.append(3))
    assert heard == [2, 3]


def test_a_click_that_overtakes_what_was_typed_before_it_waits_for_it(session: Session) -> None:
    form = session.forms.create_vault()
    form.value = {"name": "vault_old", "size_gb": 100}
    form._button.say({"type": "click", **said(2, "overtaken")})
    settle(form)
    assert form.result is None
    form._fields["name"].say({"type": "value", "value": "vault_new", **said(1, "overtaken")})
    settle(form)
    assert form.result.name == "vault_new"
