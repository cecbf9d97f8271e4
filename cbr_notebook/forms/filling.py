"""A form as far as one fills it in: fields, what is offered, what is wrong, what would happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as widgets

from cbr_notebook.auth.secret import as_secret
from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.field import MISSING, Button, Field
from cbr_notebook.forms.kit.option_loader import Ask, OptionLoader
from cbr_notebook.forms.kit.panels import HeadPanel, HtmlPanel
from cbr_notebook.forms.kit.widget import FormWidget
from cbr_notebook.forms.kit.worker import Worker

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession


class Filling(widgets.VBox):
    """A form that is filled in; what its button does is the business of :class:`Form`."""

    name = ""
    """Of the method of ``session.forms`` that opens it."""
    title = ""
    intro = ""
    action = ""
    """What the button says; a form without one only shows."""
    busy_label = "Working…"
    destroys = False
    """Whether the button deletes or overwrites something; then it looks like that."""
    leading: Sequence[str] = ()
    """The fields on which others depend: what was typed belongs to what was chosen there."""
    given_anew: Sequence[str] = ()
    """The fields that a form which comes after does not take over, such as a confirmation."""

    def __init__(
        self, session: GuidedSession | None, values: Mapping[str, Any] | None = None
    ) -> None:
        """Open a form.

        Args:
            session: what it works on; none before one has signed in.
            values: what is filled in from the start, by field.
        """
        self.session = cast("GuidedSession", session)
        self.result: Any = None
        """What came of it; ``None`` before."""
        self.error: BaseException | None = None
        """What went wrong at the last attempt."""
        self._lock = threading.RLock()
        self._drawing = threading.RLock()
        self._works: list[Worker] = []
        self._questions = OptionLoader(self._start, lambda: self._guarded(self._answered))
        self._loaded = self._questions.idle
        self._busy = self._attempted = self._filled = False
        self._held_back = self._closed = False
        """Whether it is said why nothing was sent, and whether the form is off the page."""
        self._refused: dict[str, str] = {}
        self._done_with: dict[str, Any] | None = None
        self._head = HeadPanel(self.title, self.intro)
        self._outline = self._region(name="summary", look="cbr-outline")
        self._said = self._region(name="result", live="status")
        self._wrong = self._region(name="error", live="alert")
        self._unanswered = self._region(name="load_error", live="alert")
        """Why what there is could not be asked for."""
        self._source = self._region(name="code")
        self._next = widgets.VBox()
        look = "danger" if self.destroys else "primary"
        self._button = Button(self.action or "Do it", self._clicked, look=look)
        self._fields = {field.name: field for field in self._build()}
        self._given = {
            name: as_secret(value) if self._is_secret(name) else value
            for name, value in (values or {}).items()
        }
        parts = list(self._layout())
        parts.insert(parts.index(self._wrong), self._unanswered)
        super().__init__(parts)
        self.add_class("cbr-form")
        for part in _parts_within(self):
            part.on_gap = self._tell_gap
        for field in self._fields.values():
            field.on_change = self._heard
            field.on_left = lambda _: self._guarded(self._show)
            field.on_enter = self._entered
        unknown = self._given.keys() - self._fields.keys()
        if unknown:
            raise self._no_such_field(unknown)
        self._ask(self._load_and_fill)

    # -- what a subclass says ----------------------------------------------------------------------

    def _build(self) -> Sequence[Field]:
        """Make the fields, in the order of reading."""
        raise AssertionError("a form says its fields")

    def _layout(self) -> Sequence[widgets.Widget]:
        """Put the parts in order."""
        columns = widgets.Box(list(self._fields.values()))
        columns.add_class("cbr-columns")
        parts = [self._head, columns, self._outline]
        if self.action:
            parts += [self._button]
        return [*parts, self._wrong, self._said, self._source, self._next]

    def _load(self) -> None:
        """Ask for what the fields offer; runs beside the main thread, at the beginning and anew."""

    def _changed(self, field: Field) -> None:
        """Let other fields follow a change, such as offer what fits the new choice."""

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Say by field what does not fit; asked once every field is right by itself."""
        return {}

    def _summary(self, value: Mapping[str, Any]) -> str:
        """Say in plain words what will happen; called when nothing is wrong."""
        return ""

    def _warns(self, value: Mapping[str, Any]) -> bool:
        """Say whether the summary tells something that one may not expect."""
        return False

    def _empty(self) -> str:
        """Write why nothing can be chosen, and what to do first; empty if something can."""
        return ""

    def _code(self, value: Mapping[str, Any]) -> str:
        """Write the Python line that does the same."""
        return ""

    # -- the doors that forms/kit has, too ---------------------------------------------------------

    @property
    def fields(self) -> dict[str, Field]:
        """Its fields, by name."""
        return self._fields

    @property
    def panels(self) -> SimpleNamespace:
        """What it says besides its fields."""
        return SimpleNamespace(
            summary=self._outline,
            error=self._wrong,
            load_error=self._unanswered,
            result=self._said,
            code=self._source,
        )

    @property
    def button(self) -> Button:
        """Its button."""
        return self._button

    @property
    def opened(self) -> tuple[Any, ...]:
        """The forms that were opened below it."""
        return tuple(self._next.children)

    @property
    def busy(self) -> bool:
        """Whether it acts, or watches what it did."""
        return self._busy

    @property
    def definition(self) -> Any:
        """What makes it different from other forms: itself."""
        return self

    def wait_until_idle(self, timeout: float = 20.0) -> bool:
        """Wait some seconds until nothing runs beside the main thread; return whether it is so."""
        end = time.monotonic() + timeout
        while running := [each for each in self._works if each.running]:
            running[0].join(max(0.0, end - time.monotonic()))
            if time.monotonic() >= end:
                return False
        return True

    # -- what is filled in -------------------------------------------------------------------------

    @property
    def value(self) -> dict[str, Any]:
        """What it would send, by field; set some or all of it with a dictionary."""
        self._wait_until_loaded()
        return {name: field.value for name, field in self._fields.items()}

    @value.setter
    def value(self, values: Mapping[str, Any]) -> None:
        self._wait_until_loaded()
        unknown = values.keys() - self._fields.keys()
        if unknown:
            raise self._no_such_field(unknown)
        with self._lock:
            if self._busy:
                raise self._at_it()
            self._busy = True  # nothing is sent while half of it is filled in
        try:
            self._fill(values)
        finally:
            self._busy = False
        self._show()

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field; empty if it can be sent."""
        self._wait_until_loaded()
        return self._problems()

    def _problems(self) -> dict[str, str]:
        if self._questions.error is not None:
            return {"": str(self._questions.error)}
        found = {
            name: problem
            for name, field in self._fields.items()
            if not field.hidden and (problem := field.check())
        }
        if not found:
            found = self._check(self._values())
        return {**self._refused, **found}

    @property
    def code(self) -> str:
        """The Python line that does the same; empty while something is wrong."""
        return "" if self.problems else self._code(self._values())

    def kept(self) -> dict[str, Any]:
        """Give what was typed and not sent yet, for the form that comes after; no secrets."""
        if self._is_done():
            return {}
        before = {} if self._filled else self._given
        typed = {name: field.value for name, field in self._fields.items() if field.touched}
        return {
            name: value
            for name, value in {**before, **typed}.items()
            if name not in self.given_anew and not self._is_secret(name)
        }

    def __repr__(self) -> str:
        return f"<Form {self.title}>"

    def _values(self) -> dict[str, Any]:
        return {name: field.value for name, field in self._fields.items()}

    # -- what is offered ---------------------------------------------------------------------------

    def _wait_until_loaded(self) -> None:
        """Wait until what can be chosen is known; only programs wait here, never a page."""
        self._loaded.wait()

    def _load_and_fill(self) -> Callable[[], None]:
        self._load()
        return self._fill_given

    def _reload(self) -> None:
        """Ask anew for what can be chosen; what was filled in stays."""
        self._wrong.html = ""
        self._ask(self._load_and_fill)

    def _fill_given(self) -> None:
        """Fill in what was given at the beginning, but for what somebody has typed meanwhile."""
        if self._filled:
            return
        fresh = {k: v for k, v in self._given.items() if not self._fields[k].touched}
        self._fill(fresh)
        self._filled = True

    def _fill(self, values: Mapping[str, Any]) -> None:
        """Fill in values: a choice further up decides what is offered further down."""
        with self._answering_itself():
            for name, field in self._fields.items():
                if name in values:
                    field.accept(values[name])

    def _answering_itself(self) -> AbstractContextManager[None]:
        """Let what this thread changes be followed by this thread, before it goes on."""
        return self._questions.inlined()

    def _ask(self, ask: Ask, about: str = "what there is") -> None:
        """Ask the service for what fields offer, beside the main thread.

        Until it has answered nothing can be sent.

        Args:
            ask: asks, and gives what fills the fields; that is left out if the same was asked
                for anew meanwhile.
            about: what it is about.
        """
        if not self._questions.inline:
            self._button.disabled = True
            self._outline.html = _ASKING if self.action else ""
        self._questions.ask(about, ask)

    def _answered(self) -> None:
        """Show what there is, or why it could not be asked for."""
        problem = self._questions.error
        self._unanswered.html = "" if problem is None else markup.error_card(
            problem,
            f"{self.title}: what there is could not be asked for",
            [markup.button("ask again", "Try again")],
        )  # fmt: skip
        self._show()

    def _region(self, **traits: Any) -> HtmlPanel:
        """Make a part that shows something; :meth:`_act_on` hears its buttons."""
        part = HtmlPanel(**traits)
        part.on_act = lambda act, of: self._guarded(lambda: self._act_on(act, of))
        return part

    def _start(self, what: str, run: Callable[[Worker], object]) -> Worker:
        """Begin work beside the main thread; it ends with the form."""
        with self._lock:
            work = Worker(f"{self.name} {what}", run)
            self._works = [*(each for each in self._works if each.running), work]
            if self._closed:
                work.stop()
        return work

    # -- what is shown -----------------------------------------------------------------------------

    def _heard(self, field: Field) -> None:
        """Hear that a value has changed, on the page or by a program."""
        self._refused.pop(field.name, None)
        if self._questions.inline:
            self._changed(field)
            return

        def follow() -> None:
            self._changed(field)
            self._show()

        self._guarded(follow)

    def _entered(self, field: Field) -> None:
        """Hear Enter in a field: it only leaves the field, so that nothing happens by accident."""
        self._guarded(self._show)

    def _show(self) -> None:
        """Show the present state; one thread after the other, so that the last one shows it."""
        with self._drawing:
            self._draw()

    def _draw(self) -> None:
        """Write the present state beside the fields, in the summary and in the code."""
        if not self._busy:
            self._button.label = self.action
        if not self._loaded.is_set():
            return
        values, problems = self._values(), self._problems()
        if values != self._values():
            return  # whoever changes them draws them
        for name, field in self._fields.items():
            told = field.touched or self._attempted or name in self._refused
            field.problem = problems.get(name, "") if told else ""
        wrong = bool(problems)
        summary = "" if wrong else self._summary(values)
        self._outline.html = self._outlined(summary)
        self._source.html = "" if wrong else markup.code(self._code(values))
        self._button.disabled = self._busy or self._is_done() or self._questions.error is not None
        if self._held_back:
            self._hold_back(problems)

    def _outlined(self, summary: str) -> str:
        """Write what will happen, or what is missing until it can."""
        if self._questions.error is not None or not self.action:
            return ""
        if empty := self._empty():
            return empty
        if summary:
            return markup.summary(summary, warns=self._warns(self._values()))
        missing = [
            each.label
            for each in self._fields.values()
            if not each.hidden and each.check() in MISSING
        ]
        if missing:
            return markup.summary(f"Still missing: {', '.join(missing)}.")
        return markup.summary("Something above is not right yet.")

    def _hold_back(self, problems: Mapping[str, str]) -> None:
        """Say why nothing was sent, as long as it is so."""
        self._held_back = bool(problems)
        self._wrong.html = "" if not problems else markup.blocked_card(
            (name, self._fields[name].label, problem)
            if name in self._fields
            else ("", self.title, problem)
            for name, problem in problems.items()
        )  # fmt: skip

    def _tell_gap(self) -> None:
        """Say that a click was not heard, and show what is filled in here."""
        for field in self._fields.values():
            field.send_again()
        self._wrong.html = _PRESS_AGAIN

    def _is_done(self) -> bool:
        """Say whether what is filled in was done, so that there is nothing more to do."""
        return False

    def _clicked(self) -> None:
        """Hear the button."""

    def _act_on(self, act: str, of: str) -> None:
        """Hear a button of the form's own HTML."""

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step; what goes wrong is shown in the form, not in a log that nobody reads."""
        try:
            step()
        except Exception as problem:
            self.error = problem
            self._wrong.html = markup.error_card(problem, self.title)

    def _is_secret(self, name: str) -> bool:
        return name in self._fields and self._fields[name].kind == "secret"

    def _at_it(self) -> Conflict:
        return Conflict("This form is at it already.", advice="Wait for its result.")

    def _no_such_field(self, names: Any) -> InvalidRequest:
        return InvalidRequest(
            f"This form has no field {', '.join(sorted(map(str, names)))}.",
            advice=f"It has: {', '.join(self._fields)}.",
        )


def _parts_within(box: widgets.Box) -> Iterator[FormWidget]:
    for each in box.children:
        if isinstance(each, FormWidget):
            yield each
        elif isinstance(each, widgets.Box):
            yield from _parts_within(each)


_ASKING = markup.summary("Asking the service what there is…")
_PRESS_AGAIN = markup.card(
    "Press again",
    tone="warn",
    text="What was done just before had not arrived yet, perhaps because a cell was running. "
    "Nothing was sent. Look at what is filled in, and press again.",
)
