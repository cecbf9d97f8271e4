"""Lists in which one chooses, and what is done to the one chosen; what destroys asks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from ipywidgets import Widget

from cbr_notebook.errors import ConfirmationNeeded, NotFound, NotOffered
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.table import Table
from cbr_notebook.forms.kit.threads.worker import Worker, pause_for
from cbr_notebook.forms.kit.widget import Box
from cbr_notebook.session.references import display_name

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession

_LOST = "what would be lost"
MOST_SAVED = 100
"""Rows that a saved notebook keeps."""
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


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed, and what can be done with it.

    Attributes:
        name: of the method of ``session.forms`` that opens it.
        title: of the form.
        intro: a sentence below the title.
        noun: what a row is.
        action: what the button says before a row is chosen.
        first: the form, and its button, that leads to something to list.
        acts: what can be done to a row, by key; all of it destroys.
        rows: asks for what people read, and the record of each row; is given what is searched
            for, and the ID of a row that has to be among them.
        parts: returns the parts of a row that an act may be about.
        links: returns the buttons for what can be done with a row besides.
        search: creates the fields whose values the service searches for.
    """

    name: str
    title: str
    intro: str
    noun: str
    action: str
    first: tuple[str, str]
    acts: Mapping[str, Act]
    rows: Callable[[GuidedSession, Mapping[str, Any], Any], tuple[pd.DataFrame, list[Any]]]
    parts: Callable[[Any], Sequence[Option]] = lambda _: ()
    links: Callable[[Any], Sequence[str]] = lambda _: ()
    search: Callable[[], Sequence[Field]] = lambda: ()


class ListForm(FormDefinition):
    """A list; ``result`` is what the session's method gave, such as a task.

    Choosing a row shows it, and what can be done with it. Only when one of the acts that destroy
    was chosen does the form ask for a name and have a button for it.
    """

    form: Form
    busy_label = "Deleting…"
    destroys = True
    leading = ("row",)
    given_anew = ("act", "part", "confirm")

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.name, self.title, self.intro = listing.name, listing.title, listing.intro
        self.action = listing.action

    def build(self) -> Sequence[Field]:
        self._records: dict[str, Any] = {}
        self._lost: dict[tuple[Any, ...], str] = {}
        self._at = self._done = ""
        """What is destroyed, and what is said once it is."""
        self._table = Table(self.title)
        self._table.on_pick = self._picked
        self._facts = self.form.panel("facts", live="status")
        # On the page the table shows it; a saved notebook keeps it as plain HTML.
        self._listed = self.form.panel("listed", saved=True)
        self._search = self.listing.search()
        self._searched = self.form.panel("searched", live="status")
        self.form.button.hidden = True
        acts = [Option(key, act.label) for key, act in self.listing.acts.items()]
        return (
            field.choice("row", self.listing.noun, placeholder="There is none.", required=True),
            # Chosen by the buttons beside the facts.
            field.choice("act", "What to do", [Option("", "only look"), *acts], hidden=True),
            field.choice("part", "Resource", hidden=True),
            field.text("confirm", "Type the name to confirm", required=True, hidden=True),
            *self._search,
        )

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        head, _, summary, *below = widgets
        row, _, part, confirm, *search = self.fields.values()
        if search:
            head = Box([head, Box(search, look="cbr-columns"), self._searched])
        table = self._table if self._table.drawn else self._listed
        return [head, table, row, self._facts, part, summary, confirm, *below]

    def load(self) -> None:
        asked = {each.name: self._value(each) for each in self._search}
        asked = {name: value for name, value in asked.items() if value}
        meant = self._value(self.fields["row"])
        table, records = self.listing.rows(self.session, asked, meant)
        self._searched.html = _summary_of(table, asked) if self._search else ""
        self._records = {each.id: each for each in records}
        self._lost = {}
        self._table.show(table, list(self._records))
        self._listed.html = markup.listed(table, MOST_SAVED)
        self.fields["row"].offer(
            [
                Option("", "choose one"),
                *(Option(i, display_name(r)) for i, r in self._records.items()),
            ]
        )
        self._show_row()

    def _value(self, of: Field) -> Any:
        """Return what is filled in, or was given and will be."""
        given = self.form.given(of.name)
        return given if given is not None and not of.touched else of.value

    def _show_row(self) -> None:
        row_id = self.fields["row"].value
        record = self._records.get(row_id)
        self._table.mark(row_id)
        self._facts.html = "" if record is None else self._about(record)

    def _picked(self, row_id: str | None) -> None:
        row = self.fields["row"]
        if self.form.busy:  # what is at work is about the row chosen before
            self._table.mark(row.value)
        else:
            row.accept(row_id or "")

    def changed(self, changed: Field) -> None:
        row, chosen, part, confirm, *search = self.fields.values()
        if changed is confirm or changed in search:
            return
        record = self._records.get(row.value)
        if changed is not part:  # another question, about which nobody has been told anything
            self.form.forget_attempt()
            self.form.panels.error.html = ""
            self.form.loader.forget(_LOST)
        if changed is row:
            self._show_row()
            self.form.panels.result.html = ""
            if chosen.value:
                chosen.value = ""  # which comes here again
                return
        act = self.listing.acts.get(chosen.value)
        in_part = act is not None and act.part
        if changed is not part:
            parts = self.listing.parts(record) if in_part and record is not None else ()
            part.offer([Option("", "choose one"), *parts])
        confirm.clear()
        part.hidden = not in_part
        value = self.form.values()
        ready = act is not None and record is not None and (not in_part or bool(value["part"]))
        if act is not None and ready:
            meant = self._meant(value)
            self.action = f"{act.verb} {meant}"
            confirm.label = f"Type {meant} to confirm"
            self.form.ask(lambda: self._ask_what_is_lost(value), _LOST)
        confirm.hidden = self.form.button.hidden = not ready

    def _about(self, record: Any) -> str:
        """Return what a row is, and what can be done with it."""
        acts = [
            markup.button("choose", f"{act.label}…", of=key, look="danger")
            for key, act in self.listing.acts.items()
            if not act.part or self.listing.parts(record)
        ]
        return markup.card(
            display_name(record),
            [(f"{self.listing.noun} ID", record.id)],
            buttons=[*self.listing.links(record), *acts],
        )

    def _meant(self, value: Mapping[str, Any]) -> str:
        """Return the name of what is destroyed: of the row, or of a part of it."""
        record = self._records[value["row"]]
        if not self.listing.acts[value["act"]].part:
            return display_name(record)
        names = {each.value: each.label for each in self.listing.parts(record)}
        return names.get(value["part"], str(value["part"]))

    def _call(self, value: Mapping[str, Any], **confirmed: Any) -> Any:
        """Call the session's method for what was chosen.

        The session wants the row's name, of which a part is taken; here the part's name is typed.
        """
        act, record = self.listing.acts[value["act"]], self._records[value["row"]]
        method = getattr(self.session, act.call)
        return method(*act.arguments(record, value["part"]), **confirmed)

    def _ask_what_is_lost(self, value: Mapping[str, Any]) -> Callable[[], None]:
        """Ask the session, which says it instead of doing it as long as nobody confirms."""
        meant = self._meant(value)
        try:
            self._call(value)
        except ConfirmationNeeded as asked:
            tell: Callable[[], None] = partial(self._lost.__setitem__, _key(value), asked.message)
        except NotOffered:
            raise
        except NotFound:
            tell = self._list_anew(f"{meant} is gone already", "warn")
        else:
            raise AssertionError(f"{meant}: destroyed without being confirmed")

        def fill() -> None:
            if _key(self.form.values()) == _key(value):
                tell()

        return fill

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        if value["row"] not in self._records:
            return {"row": "Choose one."}
        act = self.listing.acts.get(value["act"])
        if act is None:
            return {"act": "Choose what to do with it."}
        if act.part and not value["part"]:
            return {"part": "Choose one."}
        meant = self._meant(value)
        return (
            {} if value["confirm"] == meant else {"confirm": f"That is not the name. Type {meant}."}
        )

    def empty(self) -> str:
        if self._records:
            return f'<div class="cbr-buttons">{markup.button("look again", "Look again")}</div>'
        if any(each.value for each in self._search):
            return ""  # what was searched for is said above
        return markup.card("There is none yet", buttons=[markup.link_to_form(*self.listing.first)])

    def outline(self) -> str:
        value = self.form.values()
        act = self.listing.acts.get(value["act"])
        if act is None:
            return self.empty()
        lost = self._lost.get(_key(value))
        keep = [] if self.form.busy else [markup.button("choose", "Keep it")]
        title = act.label if lost is None else f"{self.action}?"
        return markup.card(title, tone="warn", text=lost or "", buttons=keep)

    def code(self, value: Mapping[str, Any]) -> str:
        record, act = self._records[value["row"]], self.listing.acts[value["act"]]
        arguments = [getattr(each, "id", each) for each in act.arguments(record, value["part"])]
        line = markup.call(f"session.{act.call}", *arguments, confirm=display_name(record))
        return f"{line}.wait()" if act.waits else line

    def acquired(self) -> None:
        self.form.guarded(self.form.show)  # from here on it cannot be kept any more

    def act(self, value: Mapping[str, Any]) -> Any:
        if problems := self.check(value):  # whatever happened since the button was pressed
            raise self.form.incomplete_error(problems)
        self._at = self._meant(value)
        self._done = f"{self._at} {self.listing.acts[value['act']].done}"
        return self._call(value, confirm=display_name(self._records[value["row"]]))

    def card(self, result: Any) -> str:
        return markup.card(f"{self.action}: asked for", tone="warn", text="It is not gone yet.")

    def follow(self, result: Any, worker: Worker | None) -> None:
        """Wait until it is gone, then list what there is."""
        if result is not None:
            for pause in result.poll():
                if not pause_for(worker, self.session, pause):
                    self.form.tell_stopped()
                    return
            if result.error is not None:
                self.form.machine.repeat()  # it may be tried again
                self.form.panels.result.html = ""
                raise result.error
        self._list_anew(self._done, "good")()
        if worker is not None:
            self.form.panels.result.focus()  # the button that was pressed is gone

    def failed(self, problem: BaseException) -> bool:
        if not isinstance(problem, NotFound) or isinstance(problem, NotOffered):
            return False
        self._list_anew(f"{self._at} is gone already", "warn")()
        return True

    def _list_anew(self, said: str, tone: markup.Tone) -> Callable[[], None]:
        """Return what forgets the row that was chosen, says why, and lists what there is."""

        def list_anew() -> None:
            with self.form.inlined():
                self.fields["row"].clear()
            self.form.machine.repeat()
            self.form.panels.result.html = markup.card(said, tone=tone)
            self.form.reload()

        return list_anew

    def again(self) -> None:
        self.fields["row"].clear()
        self.form.reload()

    def handle(self, act: str, of: str) -> bool:
        if act == "choose":
            if not self.form.busy:  # what is at work is what was confirmed
                self.fields["act"].accept(of)
        elif act in ("look again", "search", "list all"):
            if act == "list all" and not self.form.busy:
                for each in self._search:
                    each.clear()
            if not self.form.busy:
                self.form.reload()
        else:
            return False
        return True


def _summary_of(table: pd.DataFrame, asked: Mapping[str, Any]) -> str:
    """Return what is listed: by what it was searched for, and whether there may be more."""
    found = f"The newest {MOST_ROWS:,}" if len(table) >= MOST_ROWS else f"{len(table):,}"
    by = ", ".join(f"{name} {value}" for name, value in asked.items())
    said = f"{found} found for {by}." if by else f"{found} listed."
    if len(table) >= MOST_ROWS:
        said += " There may be older ones: search for them."
    buttons = [markup.button("search", "Search in all")]
    if by:
        buttons.append(markup.button("list all", "List the newest again"))
    return f'<div class="cbr-buttons">{"".join(buttons)}</div>{markup.summary(said)}'


def _key(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what was chosen, whatever was typed to confirm it."""
    return value["row"], value["act"], value["part"]
