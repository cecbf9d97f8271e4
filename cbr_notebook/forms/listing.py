"""Lists in which one chooses, and what is done to the one chosen; what destroys asks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from cbr_notebook.errors import ConfirmationNeeded, NotFound
from cbr_notebook.forms.base import Form
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.table import Table
from cbr_notebook.forms.kit.worker import Worker
from cbr_notebook.session.references import display_name

_LOST = "what would be lost"
MOST_ROWS = 5000
"""More rows than anybody goes through on a page; a filter finds the others."""


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done to a row.

    Attributes:
        label: what people read, such as ``Delete vault``.
        verb: of the button that does it, such as ``Delete``.
        done: what is said of it afterwards, such as ``is deleted``.
        call: the method of the session, for the line of Python.
        arguments: gives what it is called with, besides ``confirm``.
        part: whether one of the row's parts is meant, such as a resource of a vault.
        waits: whether the method gives a task, which is waited for.
    """

    label: str
    verb: str
    done: str
    call: str
    arguments: Callable[[Any, str | None], tuple[Any, ...]]
    part: bool = False
    waits: bool = True


class Listing(Form):
    """A list; ``result`` is what the session's method gave, such as a task.

    Choosing a row shows it, and what can be done with it. Only when one of the acts that destroy
    was chosen does the form ask for a name and have a button for it.
    """

    action = "Delete"
    busy_label = "Deleting…"
    destroys = True
    leading = ("row",)
    given_anew = ("act", "part", "confirm")
    acts: Mapping[str, Act]
    noun = ""
    first: tuple[str, str]
    """The form, and its button, that leads to something to list."""
    part_label = "Resource"

    def _build(self) -> Sequence[Field]:
        self._records: dict[str, Any] = {}
        self._lost: dict[tuple[Any, ...], str] = {}
        self._at = self._done = ""
        """What is destroyed, and what is said once it is."""
        self._table = Table(self.title)
        self._table.on_pick = self._picked
        self._facts = self._region(name="facts", live="status")
        self._button.hidden = True
        acts = [Option(key, act.label) for key, act in self.acts.items()]
        return (
            field.choice("row", self.noun, placeholder="There is none.", required=True),
            # Chosen by the buttons beside the facts.
            field.choice("act", "What to do", [Option("", "only look"), *acts], hidden=True),
            field.choice("part", self.part_label, hidden=True),
            field.text("confirm", "Type the name to confirm", required=True, hidden=True),
        )

    def _layout(self) -> Sequence[Any]:
        row, _, part, confirm = self._fields.values()
        return [
            self._head, self._table, row, self._facts, part, self._outline, confirm, self._button,
            self._wrong, self._said, self._source, self._next,
        ]  # fmt: skip

    # -- what a list says --------------------------------------------------------------------------

    def _found(self) -> tuple[pd.DataFrame, list[Any]]:
        """Ask for the rows: what people read, and the record of each."""
        raise AssertionError("a list says its rows")

    def _parts(self, record: Any) -> Sequence[Option]:
        """Give the parts of a row that an act may be about."""
        return ()

    def _ways(self, record: Any) -> Sequence[str]:
        """Write the buttons for what can be done with a row besides, which destroys nothing."""
        return ()

    # -- how it works ------------------------------------------------------------------------------

    def _load(self) -> None:
        table, records = self._found()
        self._records = {each.id: each for each in records}
        self._lost = {}
        self._table.show(table, list(self._records))
        self._fields["row"].offer(
            [
                Option("", "choose one"),
                *(Option(i, display_name(r)) for i, r in self._records.items()),
            ]
        )
        self._show_row()

    def _show_row(self) -> None:
        row_id = self._fields["row"].value
        record = self._records.get(row_id)
        self._table.mark(row_id)
        self._facts.html = "" if record is None else self._about(record)

    def _picked(self, row_id: str | None) -> None:
        row = self._fields["row"]
        if self._busy:  # what is at work is about the row chosen before
            self._table.mark(row.value)
        else:
            row.accept(row_id or "")

    def _changed(self, changed: Field) -> None:
        row, chosen, part, confirm = self._fields.values()
        if changed is confirm:
            return
        record = self._records.get(row.value)
        if changed is not part:  # another question, about which nobody has been told anything
            self._attempted = self._held_back = False
            self._refused = {}
            self._wrong.html = ""
            self._questions.forget(_LOST)
        if changed is row:
            self._show_row()
            self._said.html = ""
            if chosen.value:
                chosen.value = ""  # which comes here again
                return
        act = self.acts.get(chosen.value)
        in_part = act is not None and act.part
        if changed is not part:
            parts = self._parts(record) if in_part and record is not None else ()
            part.offer([Option("", "choose one"), *parts])
        confirm.clear()
        part.hidden = not in_part
        value = self._values()
        ready = act is not None and record is not None and (not in_part or bool(value["part"]))
        if act is not None and ready:
            meant = self._meant(value)
            self.action = f"{act.verb} {meant}"
            confirm.label = f"Type {meant} to confirm"
            self._ask(lambda: self._ask_what_is_lost(value), _LOST)
        confirm.hidden = self._button.hidden = not ready

    def _about(self, record: Any) -> str:
        """Write what a row is, and what can be done with it."""
        acts = [
            markup.button("choose", f"{act.label}…", of=key, look="danger")
            for key, act in self.acts.items()
            if not act.part or self._parts(record)
        ]
        return markup.card(
            display_name(record),
            [(f"{self.noun} ID", record.id)],
            buttons=[*self._ways(record), *acts],
        )

    def _meant(self, value: Mapping[str, Any]) -> str:
        """Give the name of what is destroyed: of the row, or of a part of it."""
        record = self._records[value["row"]]
        if not self.acts[value["act"]].part:
            return display_name(record)
        names = {each.value: each.label for each in self._parts(record)}
        return names.get(value["part"], str(value["part"]))

    def _call(self, value: Mapping[str, Any], **confirmed: Any) -> Any:
        """Call the session's method for what was chosen.

        The session wants the row's name, of which a part is taken; here the part's name is typed.
        """
        act, record = self.acts[value["act"]], self._records[value["row"]]
        method = getattr(self.session, act.call)
        return method(*act.arguments(record, value["part"]), **confirmed)

    def _ask_what_is_lost(self, value: Mapping[str, Any]) -> Callable[[], None]:
        """Ask the session, which says it instead of doing it as long as nobody confirms."""
        meant = self._meant(value)
        try:
            self._call(value)
        except ConfirmationNeeded as asked:
            tell: Callable[[], None] = partial(self._lost.__setitem__, _key(value), asked.message)
        except NotFound:
            tell = self._list_anew(f"{meant} is gone already", "warn")
        else:
            raise AssertionError(f"{meant}: destroyed without being confirmed")

        def fill() -> None:
            if _key(self._values()) == _key(value):
                tell()

        return fill

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        if value["row"] not in self._records:
            return {"row": "Choose one."}
        act = self.acts.get(value["act"])
        if act is None:
            return {"act": "Choose what to do with it."}
        if act.part and not value["part"]:
            return {"part": "Choose one."}
        meant = self._meant(value)
        return (
            {} if value["confirm"] == meant else {"confirm": f"That is not the name. Type {meant}."}
        )

    def _empty(self) -> str:
        if self._records:
            return f'<div class="cbr-buttons">{markup.button("look again", "Look again")}</div>'
        return markup.card("There is none yet", buttons=[markup.link_to_form(*self.first)])

    def _outlined(self, summary: str) -> str:
        value = self._values()
        act = self.acts.get(value["act"])
        if self._questions.error is not None:
            return ""
        if act is None:
            return self._empty()
        lost = self._lost.get(_key(value))
        keep = [] if self._busy else [markup.button("choose", "Keep it")]
        title = act.label if lost is None else f"{self.action}?"
        return markup.card(title, tone="warn", text=lost or "", buttons=keep)

    def _code(self, value: Mapping[str, Any]) -> str:
        record, act = self._records[value["row"]], self.acts[value["act"]]
        arguments = [getattr(each, "id", each) for each in act.arguments(record, value["part"])]
        line = markup.call(f"session.{act.call}", *arguments, confirm=display_name(record))
        return f"{line}.wait()" if act.waits else line

    def _begin(self, values: Mapping[str, Any] | None = None) -> bool:
        begun = super()._begin(values)
        if begun:
            self._guarded(self._show)  # from here on it cannot be kept any more
        return begun

    def _act(self, value: Mapping[str, Any]) -> Any:
        if problems := self._check(value):  # whatever happened since the button was pressed
            raise self._cannot_be_sent(problems)
        self._at = self._meant(value)
        self._done = f"{self._at} {self.acts[value['act']].done}"
        return self._call(value, confirm=display_name(self._records[value["row"]]))

    def _card(self, result: Any) -> str:
        return markup.card(f"{self.action}: asked for", tone="warn", text="It is not gone yet.")

    def _follow(self, result: Any, work: Worker | None) -> None:
        """Wait until it is gone, then list what there is."""
        if result is not None:
            for pause in result.looks():
                if work is None:
                    self.session.poller.sleep(pause)
                elif not work.pause(self.session, pause):
                    self._tell_stopped(result)
                    return
            if result.error is not None:
                self._done_with = None  # it may be tried again
                self._said.html = ""
                raise result.error
        self._list_anew(self._done, "good")()
        if work is not None:
            self._said.focus()  # the button that was pressed is gone

    def _tell(self, problem: BaseException) -> None:
        if isinstance(problem, NotFound):
            self._list_anew(f"{self._at} is gone already", "warn")()
        else:
            super()._tell(problem)

    def _list_anew(self, said: str, tone: markup.Tone) -> Callable[[], None]:
        """Give what forgets the row that was chosen, says why, and lists what there is."""

        def list_anew() -> None:
            with self._answering_itself():
                self._fields["row"].clear()
            self._done_with = None
            self._said.html = markup.card(said, tone=tone)
            self._ask(self._load_and_fill)

        return list_anew

    def again(self) -> None:
        """List what is there now."""
        super().again()
        self._fields["row"].clear()
        self._reload()

    def _act_on(self, act: str, of: str) -> None:
        if act == "choose":
            if not self._busy:  # what is at work is what was confirmed
                self._fields["act"].accept(of)
        elif act == "look again":
            if not self._busy:
                self._reload()
        else:
            super()._act_on(act, of)


def _key(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what was chosen, whatever was typed to confirm it."""
    return value["row"], value["act"], value["part"]
