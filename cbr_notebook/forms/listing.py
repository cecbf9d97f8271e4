"""Lists in which one chooses, and what is done to the one chosen; what destroys asks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from cbr_notebook.errors import CBRError, ConfirmationNeeded
from cbr_notebook.forms import field, region
from cbr_notebook.forms.base import Form
from cbr_notebook.forms.field import Field, Option
from cbr_notebook.forms.region import Region
from cbr_notebook.forms.table import Table
from cbr_notebook.forms.work import Work
from cbr_notebook.session.names import called

MOST_ROWS = 5000
"""More rows than anybody goes through on a page; a filter finds the others."""


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done to a row.

    Attributes:
        label: what people read, such as ``Delete a vault``.
        call: the method of the session, for the line of Python.
        arguments: gives what it is called with, besides ``confirm``.
        part: whether one of the row's parts is meant, such as a resource of a vault.
    """

    label: str
    call: str
    arguments: Callable[[Any, str | None], tuple[Any, ...]]
    part: bool = False


class Listing(Form):
    """A list; ``result`` is what the session's method gave, such as a task.

    Choosing a row shows it, and what can be done with it. Only when one of the acts that destroy
    was chosen does the form ask for a name and have a button for it.
    """

    action = "Delete"
    busy_label = "Deleting…"
    destroys = True
    acts: Mapping[str, Act]
    noun = ""
    part_label = "Resource"

    def _build(self) -> Sequence[Field]:
        self._records: dict[str, Any] = {}
        self._lost: dict[tuple[Any, ...], str] = {}
        self._table = Table(self.title)
        self._table.on_pick = self._picked
        self._facts = Region(live="status")
        self._facts.on_act = lambda act, of: self._guarded(lambda: self._act_on(act, of))
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
            [Option("", "choose one"), *(Option(i, called(r)) for i, r in self._records.items())]
        )

    def _picked(self, row_id: str | None) -> None:
        self._fields["row"].accept(row_id or "")

    def _changed(self, changed: Field) -> None:
        row, chosen, part, confirm = self._fields.values()
        if changed is confirm:
            return
        record = self._records.get(row.value)
        if changed is row:
            self._table.mark(row.value)
            self._facts.html = "" if record is None else self._about(record)
            self._said.html = self._wrong.html = ""
            if chosen.value:
                chosen.value = ""  # which comes here again
                return
        act = self._act_chosen()
        if changed is not part:
            part.offer(self._parts(record) if act and act.part else ())
        confirm.clear()
        if act is not None and record is not None:
            self.action = act.label
            confirm.label = f"Type {called(record)} to confirm"
        part.hidden = not (act and act.part)
        confirm.hidden = self._button.hidden = act is None
        if act is None or record is None:
            return
        if not act.part or part.value:
            self._ask(self._ask_what_is_lost)

    def _about(self, record: Any) -> str:
        """Write what a row is, and what can be done with it."""
        acts = [
            region.button("choose", f"{act.label}…", of=key, look="danger")
            for key, act in self.acts.items()
            if not act.part or self._parts(record)
        ]
        return region.card(
            called(record),
            [(f"{self.noun} ID", record.id)],
            buttons=[*self._ways(record), *acts],
        )

    def _act_chosen(self) -> Act | None:
        return self.acts.get(self._fields["act"].value)

    def _key(self) -> tuple[Any, ...]:
        return tuple(self._fields[name].value for name in ("row", "act", "part"))

    def _call(self, **confirmed: Any) -> Any:
        """Call the session's method for what is chosen."""
        act = cast("Act", self._act_chosen())
        record = self._records[self._fields["row"].value]
        method = getattr(self.session, act.call)
        return method(*act.arguments(record, self._fields["part"].value), **confirmed)

    def _ask_what_is_lost(self) -> Callable[[], None]:
        """Ask the session, which says it instead of doing it as long as nobody confirms."""
        key = self._key()
        try:
            self._call()
        except ConfirmationNeeded as asked:
            lost = asked.message
        except CBRError as problem:
            lost = str(problem)
        else:
            raise AssertionError(f"{self.action}: done without being confirmed")

        def fill() -> None:
            self._lost[key] = lost

        return fill

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        record, act = self._records[value["row"]], self._act_chosen()
        if act is None:
            return {"act": "Choose what to do with it."}
        if act.part and not value["part"]:
            return {"part": "Choose one."}
        if value["confirm"] != called(record):
            return {"confirm": f"That is not the name. Type {called(record)}."}
        return {}

    def _outlined(self, summary: str) -> str:
        if self._act_chosen() is None:
            return ""
        lost = self._lost.get(self._key(), "Asking what would be lost…")
        keep = [region.button("choose", "Keep it")]
        return region.card(f"{self.action}?", tone="warn", text=lost, buttons=keep)

    def _code(self, value: Mapping[str, Any]) -> str:
        record, act = self._records[value["row"]], cast("Act", self._act_chosen())
        arguments = [getattr(each, "id", each) for each in act.arguments(record, value["part"])]
        return region.call(f"session.{act.call}", *arguments, confirm=value["confirm"])

    def _act(self, value: Mapping[str, Any]) -> Any:
        return self._call(confirm=value["confirm"])

    def _card(self, result: Any) -> str:
        return region.card(self._done(), tone="good", text="It was asked for.")

    def _done(self) -> str:
        return f"{self.action}: {called(self._records[self._fields['row'].value])}"

    def _follow(self, result: Any, work: Work | None) -> None:
        """Wait until it is gone."""
        if result is not None:
            for pause in result.looks():
                if work is None:
                    self.session._sleep(pause)
                elif not work.pause(self.session, pause):
                    return
            if result.error is not None:
                raise result.error
        self._said.html = region.card(
            f"{self._done()}: done",
            tone="good",
            buttons=[region.button("again", "Do another")],
        )

    def again(self) -> None:
        """List what is there now."""
        super().again()
        self._fields["row"].clear()
        self._facts.html = ""
        self._reload()

    def _act_on(self, act: str, of: str) -> None:
        if act == "choose":
            self._fields["act"].accept(of)
        else:
            super()._act_on(act, of)
