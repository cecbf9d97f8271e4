"""Lists in which one chooses, and what is done to the one chosen; what destroys asks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """A list; ``result`` is what the session's method gave, such as a task."""

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
        only = len(self.acts) == 1
        return (
            field.choice("row", self.noun, placeholder="There is none.", required=True),
            field.choice(
                "act",
                "What to do",
                [Option(key, act.label) for key, act in self.acts.items()],
                hidden=only,
            ),
            field.choice("part", self.part_label, hidden=True),
            field.text("confirm", "Type the name to confirm", required=True),
        )

    def _layout(self) -> Sequence[Any]:
        parts = list(super()._layout())
        parts.insert(1, self._table)
        parts.insert(3, self._facts)
        return parts

    # -- what a list says --------------------------------------------------------------------------

    def _found(self) -> tuple[pd.DataFrame, list[Any]]:
        """Ask for the rows: what people read, and the record of each."""
        raise AssertionError("a list says its rows")

    def _parts(self, record: Any) -> Sequence[Option]:
        """Give the parts of a row that an act may be about."""
        return ()

    def _about(self, record: Any) -> str:
        """Write what can be done with a row besides."""
        return ""

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
        if changed.name == "confirm":
            return
        record = self._records.get(self._fields["row"].value)
        act = self._act_chosen()
        if changed.name == "row":
            self._table.mark(changed.value)
            self._facts.html = self._about(record) if record is not None else ""
        part = self._fields["part"]
        part.hidden = not act.part
        if changed.name in ("row", "act"):
            part.offer(self._parts(record) if record is not None and act.part else ())
        self._fields["confirm"].clear()
        if record is not None:
            self._fields["confirm"].label = f"Type {called(record)} to confirm"
            if not act.part or part.value:
                self._ask(self._ask_what_is_lost)
        self.action = act.label

    def _act_chosen(self) -> Act:
        return self.acts[self._fields["act"].value or next(iter(self.acts))]

    def _key(self) -> tuple[Any, ...]:
        return tuple(self._fields[name].value for name in ("row", "act", "part"))

    def _ask_what_is_lost(self) -> Callable[[], None]:
        """Ask the session, which says it instead of doing it as long as nobody confirms."""
        key, record, act = self._key(), self._records[self._fields["row"].value], self._act_chosen()
        try:
            getattr(self.session, act.call)(*act.arguments(record, self._fields["part"].value))
        except ConfirmationNeeded as asked:
            lost = asked.message
        except CBRError as problem:
            lost = str(problem)
        else:
            raise AssertionError(f"{act.call} does without being confirmed")

        def fill() -> None:
            self._lost[key] = lost

        return fill

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        record, act = self._records[value["row"]], self._act_chosen()
        if act.part and not value["part"]:
            return {"part": "Choose one."}
        if value["confirm"] != called(record):
            return {"confirm": f"That is not the name. Type {called(record)}."}
        return {}

    def _outlined(self, summary: str) -> str:
        lost = self._lost.get(self._key())
        if lost is None:
            return '<p class="cbr-summary">Choose one in the table or above.</p>'
        return region.card(self.action, tone="warn", text=lost)

    def _code(self, value: Mapping[str, Any]) -> str:
        record, act = self._records[value["row"]], self._act_chosen()
        arguments = [getattr(each, "id", each) for each in act.arguments(record, value["part"])]
        return region.call(f"session.{act.call}", *arguments, confirm=value["confirm"])

    def _act(self, value: Mapping[str, Any]) -> Any:
        record, act = self._records[value["row"]], self._act_chosen()
        return getattr(self.session, act.call)(
            *act.arguments(record, value["part"]), confirm=value["confirm"]
        )

    def _card(self, result: Any) -> str:
        record = self._records[self._fields["row"].value]
        return region.card(
            f"{self.action}: {called(record)}", tone="good", text="It was asked for."
        )

    def _follow(self, result: Any, work: Work | None) -> None:
        """Wait until it is gone, then list what is left."""
        record = self._records[self._fields["row"].value]
        if result is not None:
            for pause in result.looks():
                if work is None:
                    self.session._sleep(pause)
                elif not work.pause(self.session, pause):
                    return
            if result.error is not None:
                raise result.error
        self._said.html = region.card(
            f"{self.action}: {called(record)}: done",
            tone="good",
            buttons=[region.button("again", "Do another")],
        )

    def again(self) -> None:
        """List what is there now."""
        super().again()
        for each in ("row", "confirm"):
            self._fields[each].clear()
        self._facts.html = ""
        self._reload()
