"""The pattern of all forms: fill in, see what will happen, press one button, see what came of it.

A form knows how to ask and how to show. What it does is one call of the session, which its
``code`` shows; so whatever a form does can be done, and is tested, without one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import ipywidgets as widgets

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest
from cbr_notebook.forms import region
from cbr_notebook.forms.field import Button, Field
from cbr_notebook.forms.region import Head, Region
from cbr_notebook.forms.work import Work

if TYPE_CHECKING:
    from cbr_notebook.session import Session


class Form(widgets.VBox):
    """A form. A subclass says its fields, and what to do with them.

    Override ``_build``; ``_act`` and ``_card``; where needed ``_load``, ``_changed``,
    ``_check``, ``_summary``, ``_code``, ``_follow``, ``_act_on``.
    """

    name = ""
    """Of the method of ``session.forms`` that opens it."""
    title = ""
    intro = ""
    action = ""
    """What the button says; a form without one only shows."""
    busy_label = "Working…"
    destroys = False
    """Whether the button deletes or overwrites something; then it looks like that."""

    def __init__(self, session: Session | None, values: Mapping[str, Any] | None = None) -> None:
        """Open a form.

        Args:
            session: what it works on; none before one has signed in.
            values: what is filled in from the start, by field.
        """
        self.session = cast("Session", session)
        self.result: Any = None
        """What came of it; ``None`` before."""
        self.error: BaseException | None = None
        """What went wrong at the last attempt."""
        self._lock = threading.RLock()
        self._works: list[Work] = []
        self._loaded = threading.Event()
        self._asking: Work | None = None
        self._inline = threading.local()
        self._trouble_loading: BaseException | None = None
        self._busy = self._attempted = self._filled = False
        self._refused: dict[str, str] = {}
        self._done_with: dict[str, Any] | None = None
        self._given = dict(values or {})
        self._head = Head(self.title, self.intro)
        self._outline = Region(look="cbr-outline")
        self._said = Region(live="status")
        self._wrong = Region(live="alert")
        self._source = Region()
        self._next = widgets.VBox()
        look = "danger" if self.destroys else "primary"
        self._button = Button(self.action or "Do it", self._clicked, look=look)
        self._fields = {field.name: field for field in self._build()}
        super().__init__(self._layout())
        self.add_class("cbr-form")
        for field in self._fields.values():
            field.on_change = self._heard
            field.on_left = lambda _: self._guarded(self._show)
            field.on_enter = self._entered
        for part in (self._said, self._wrong, self._outline):
            part.on_act = lambda act, of: self._guarded(lambda: self._act_on(act, of))
        unknown = self._given.keys() - self._fields.keys()
        if unknown:
            raise self._no_such_field(unknown)
        self._reload()

    # -- what a subclass says -------------------------------------------------------------------

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
        """Ask for what the fields offer; runs beside the main thread, once, at the beginning."""

    def _changed(self, field: Field) -> None:
        """Let other fields follow a change, such as offer what fits the new choice."""

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Say by field what does not fit; asked once every field is right by itself."""
        return {}

    def _summary(self, value: Mapping[str, Any]) -> str:
        """Say in plain words what will happen; called when nothing is wrong."""
        return ""

    def _code(self, value: Mapping[str, Any]) -> str:
        """Write the Python line that does the same."""
        return ""

    def _act(self, value: Mapping[str, Any]) -> Any:
        """Do it; gives the result."""
        raise AssertionError("a form with a button says what it does")

    def _card(self, result: Any) -> str:
        """Write what came of it, with an ID and the next steps."""
        raise AssertionError("a form with a button says what came of it")

    def _follow(self, result: Any, work: Work | None) -> None:
        """Watch what was begun until it ends; ``work`` is ``None`` without a form on a page.

        Runs beside the main thread if the button was pressed, in it after ``submit()``.
        """

    def _act_on(self, act: str, of: str) -> None:
        """Hear a button of the form's own HTML."""
        if act == "again":
            self.again()
        elif act == "reload":
            self._reload()
        elif act == "open":
            form, _, values = of.partition("?")
            self._open(form, **dict(parse_qsl(values)))

    # -- what a person or a program does with it ------------------------------------------------

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
        self._fill(values)
        self._show()

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field; empty if it can be sent."""
        self._wait_until_loaded()
        return self._problems()

    def _problems(self) -> dict[str, str]:
        if self._trouble_loading is not None:
            return {"": str(self._trouble_loading)}
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

    def submit(self) -> Any:
        """Do what the button does, and wait for it.

        Once it is done, nothing is done again until something changes or :meth:`again` is called.

        Returns:
            The result.

        Raises:
            InvalidRequest: something is wrong with a field; nothing was sent.
            Conflict: it is being done already.
            CBRError: as the call of the session that ``code`` shows.
        """
        self._wait_until_loaded()
        if self._trouble_loading is not None:
            raise self._trouble_loading
        if self._is_done():
            return self.result
        self._attempted = True
        self._refused = {}
        problems = self.problems
        self._show()
        if problems:
            raise self._cannot_be_sent(problems)
        if not self._begin():
            raise Conflict("This form is at it already.", advice="Wait for its result.")
        self._perform(self._values(), None)
        if self.error is not None:
            raise self.error
        return self.result

    def again(self) -> None:
        """Let the same be done once more."""
        self._done_with = None
        self._given = {}
        self._attempted = False
        self._refused = {}
        self._said.html = self._wrong.html = ""
        self._show()

    def stop(self) -> None:
        """Stop watching; what was begun goes on in the service."""
        for work in self._works:
            work.stop()

    def close(self) -> None:
        """Stop watching and take the form off the page."""
        self.stop()
        _close_within(self)
        super().close()

    def kept(self) -> dict[str, Any]:
        """Give what was typed and not sent yet, for the form that comes after; no secrets."""
        if self._is_done():
            return {}
        before = {} if self._filled else self._given
        return before | {
            name: field.value
            for name, field in self._fields.items()
            if field.touched and field.kind != "secret"
        }

    def __repr__(self) -> str:
        return f"<Form {self.title}>"

    # -- how it works -----------------------------------------------------------------------------

    def _values(self) -> dict[str, Any]:
        return {name: field.value for name, field in self._fields.items()}

    def _wait_until_loaded(self) -> None:
        """Wait until what can be chosen is known; only programs wait here, never a page."""
        self._loaded.wait()

    def _reload(self) -> None:
        def load() -> Callable[[], None]:
            self._load()
            return self._fill_given

        self._trouble_loading = None
        self._wrong.html = ""
        self._ask(load)

    def _fill_given(self) -> None:
        self._fill(self._given)
        self._filled = True

    def _fill(self, values: Mapping[str, Any]) -> None:
        """Fill in values: a choice further up decides what is offered further down."""
        with self._answering_itself():
            for name, field in self._fields.items():
                if name in values:
                    field.accept(values[name])

    @contextmanager
    def _answering_itself(self) -> Iterator[None]:
        """Let what this thread changes be followed by this thread, before it goes on."""
        before = getattr(self._inline, "on", False)
        self._inline.on = True
        try:
            yield
        finally:
            self._inline.on = before

    def _ask(self, ask: Callable[[], Callable[[], None]]) -> None:
        """Ask the service for what fields offer, beside the main thread.

        Until it has answered nothing can be sent.

        Args:
            ask: asks, and gives what fills the fields; that is left out if something else was
                asked for meanwhile.
        """
        if getattr(self._inline, "on", False):
            ask()()
            return
        with self._lock:
            if self._asking is not None:
                self._asking.stop()
            self._loaded.clear()
            self._button.disabled = True
            self._outline.html = _ASKING if self.action else ""
            self._asking = self._start("asks", lambda work: self._answer(work, ask))

    def _answer(self, work: Work, ask: Callable[[], Callable[[], None]]) -> None:
        try:
            with self._answering_itself():
                fill = ask()
                if not work.stopped:
                    fill()
        except Exception as problem:
            if not work.stopped:
                self._trouble_loading = problem
                self._wrong.html = region.trouble(
                    problem,
                    "What can be chosen could not be asked for",
                    [region.button("reload", "Try again")],
                )
        finally:
            with self._lock:
                latest = self._asking is work
                if latest:
                    self._loaded.set()
            if latest:
                self._guarded(self._show)

    def _start(self, what: str, run: Callable[[Work], None]) -> Work:
        """Begin work beside the main thread; it ends with the form."""
        self._works = [each for each in self._works if each.running]
        work = Work(f"{self.name} {what}", run)
        self._works.append(work)
        return work

    def _heard(self, field: Field) -> None:
        """Hear that a value has changed, on the page or by a program."""
        self._refused.pop(field.name, None)
        if getattr(self._inline, "on", False):
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
        """Show the present state beside the fields, in the summary and in the code."""
        if not self._busy:
            self._button.label = self.action
        if not self._loaded.is_set():
            return
        problems = self._problems()
        for name, field in self._fields.items():
            told = field.touched or self._attempted or name in self._refused
            field.problem = problems.get(name, "") if told else ""
        values = self._values()
        wrong = bool(problems)
        summary = "" if wrong else self._summary(values)
        self._outline.html = self._outlined(summary)
        self._source.html = "" if wrong else region.code(self._code(values))
        self._button.disabled = self._busy or self._is_done() or self._trouble_loading is not None

    def _outlined(self, summary: str) -> str:
        if not self.action:
            return ""
        if summary:
            return f'<p class="cbr-summary">{region.escaped(summary)}</p>'
        return '<p class="cbr-summary">What will happen is said here once all is filled in.</p>'

    def _is_done(self) -> bool:
        return self._done_with is not None and self._done_with == self._values()

    def _clicked(self) -> None:
        """Hear the button: at once, in the main thread, so that a second click finds it busy."""

        def press() -> None:
            if not self._loaded.is_set() or self._is_done():
                return
            self._attempted = True
            self._refused = {}
            problems = self._problems()
            self._show()
            if problems:
                self._wrong.html = region.not_sent(
                    (name, self._fields[name].label if name in self._fields else "Form", problem)
                    for name, problem in problems.items()
                )
                return
            values = self._values()
            if self._begin():
                self._start("acts", lambda work: self._perform(values, work))

        self._guarded(press)

    def _begin(self) -> bool:
        """Take the only right to act; says whether somebody else has it."""
        with self._lock:
            if self._busy:
                return False
            self._busy = True
        self._button.disabled = True
        self._button.busy = True
        self._button.label = self.busy_label
        self._wrong.html = self._said.html = ""
        self.error = None
        return True

    def _perform(self, values: dict[str, Any], work: Work | None) -> None:
        """Act, show what came of it, and follow what was begun."""

        def act() -> None:
            self.result = self._act(values)
            self._done_with = values
            self._said.html = self._card(self.result)
            self._follow(self.result, work)

        self._carry_out(act)

    def _carry_out(self, step: Callable[[], None]) -> None:
        """Take the step for which the form was taken by :meth:`_begin`; trouble is shown."""
        try:
            step()
        except Exception as problem:
            self.error = problem
            self._tell(problem)
        finally:
            with self._lock:
                self._busy = False
            self._button.busy = False
            self._guarded(self._show)

    def _tell(self, problem: BaseException) -> None:
        """Show trouble: beside the field that it belongs to, and below with all there is to say."""
        field = self._field_of(problem)
        if field is not None and isinstance(problem, CBRError):
            self._refused[field] = problem.message
        self._wrong.html = region.trouble(problem, f"{self.action or self.title}: not done")

    def _field_of(self, problem: BaseException) -> str | None:
        """Give the name of the field that an error is about."""
        field = getattr(problem, "field", None)
        return field if field in self._fields else None

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step; what goes wrong is shown in the form, not in a log that nobody reads."""
        try:
            step()
        except Exception as problem:
            self.error = problem
            self._wrong.html = region.trouble(problem, self.title)

    def _open(self, form: str, **values: Any) -> None:
        """Show another form below this one: the next step."""
        for each in self._next.children:
            each.close()
        self._next.children = (getattr(self.session.forms, form)(**values),)

    def _no_such_field(self, names: Any) -> InvalidRequest:
        return InvalidRequest(
            f"This form has no field {', '.join(sorted(map(str, names)))}.",
            advice=f"It has: {', '.join(self._fields)}.",
        )

    def _cannot_be_sent(self, problems: Mapping[str, str]) -> InvalidRequest:
        said = " ".join(
            f"{self._fields[name].label}: {problem}" if name in self._fields else problem
            for name, problem in problems.items()
        )
        return InvalidRequest(
            f"The form cannot be sent yet. {said}",
            advice="Nothing was sent. Mend the fields that .problems names.",
            field=next(iter(problems)),
        )


def _close_within(box: widgets.Box) -> None:
    for part in box.children:
        if isinstance(part, widgets.Box) and not isinstance(part, Form):
            _close_within(part)
        part.close()


_ASKING = '<p class="cbr-summary">Asking the service what there is…</p>'
