"""What a page says is heard in the order in which it was said, whatever thread brings it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.forms import part
from cbr_notebook.forms.field import Field, SecretField
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


def test_what_never_arrives_is_not_waited_for_for_ever_and_is_heard_if_it_comes_late() -> None:
    in_turn, heard = InTurn(patience=3600), list[str]()
    in_turn.hear(said(2), lambda: heard.append("2"), lambda: heard.append("2 after a gap"))
    in_turn.hear(said(3), lambda: heard.append("3"))
    in_turn.give_up("page", missing=1)
    assert heard == ["2 after a gap", "3"]
    in_turn.hear(said(4), lambda: heard.append("4"))
    in_turn.hear(said(1), lambda: heard.append("1, late"))
    assert heard == ["2 after a gap", "3", "4", "1, late"]
    in_turn.give_up("page", missing=1)  # it has come meanwhile
    assert len(heard) == 4


def test_a_wait_that_ends_lets_those_after_it_be_heard() -> None:
    in_turn, heard = InTurn(patience=0), threading.Event()
    in_turn.hear(said(2), heard.set)
    assert heard.wait(10)


def test_a_click_after_a_gap_does_nothing_and_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_turn = InTurn(patience=3600)
    monkeypatch.setattr(part, "_IN_TURN", in_turn)
    form = session.forms.create_vault()
    form.value = {"name": "vault_old", "size_gb": 100}
    sent = list[str]()
    monkeypatch.setattr(Field, "send_again", lambda field: sent.append(field.name))
    form._button.say({"type": "click", **said(2)})
    in_turn.give_up("page", missing=1)
    settle(form)
    assert form.result is None
    assert "Press again" in form._wrong.html
    assert "name" in sent  # the page shows again what holds here
    form._button.say({"type": "click", **said(3)})
    settle(form)
    assert form.result.name == "vault_old"


def test_a_secret_is_never_sent_again() -> None:
    field = SecretField("secret_key", "Secret access key")
    field.say({"type": "value", "value": "s3cret"})
    sent = list[object]()
    field.send_state = sent.append  # type: ignore[method-assign]
    field.send_again()
    assert sent == []


def test_a_click_that_overtakes_what_was_typed_before_it_waits_for_it(session: Session) -> None:
    form = session.forms.create_vault()
    form.value = {"name": "vault_old", "size_gb": 100}
    form._button.say({"type": "click", **said(2, "overtaken")})
    settle(form)
    assert form.result is None
    form._fields["name"].say({"type": "value", "value": "vault_new", **said(1, "overtaken")})
    settle(form)
    assert form.result.name == "vault_new"
