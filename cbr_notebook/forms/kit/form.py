"""The widget of every form: fill in, see what will happen, press a button, see what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import parse_qsl

import anywidget
import ipywidgets as widgets
import traitlets

from cbr_notebook.auth.secret import as_secret
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Button, Field
from cbr_notebook.forms.kit.form_state import FormState, StateMachine
from cbr_notebook.forms.kit.inputs import Inputs
from cbr_notebook.forms.kit.option_loader import Ask, OptionLoader
from cbr_notebook.forms.kit.panels import HeadPanel, HtmlPanel
from cbr_notebook.forms.kit.saved_copy import SavedCopy, as_text, in_terminal
from cbr_notebook.forms.kit.submission import Submission
from cbr_notebook.forms.kit.threads.worker import Workers
from cbr_notebook.forms.kit.view import Panels, View
from cbr_notebook.forms.kit.widget import Box, Container, FormWidget, Page

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession


class _HasForms(Protocol):
    """A session as people hold it."""

    @property
    def forms(self) -> Any:
        """The forms of the session."""


class Form(Container, widgets.Widget):
    """A form below another one, which draws it; its ``definition`` says which one it is.

    It is composed: a state machine says what may be done, an option loader asks for what can be
    chosen, a view shows it all, a submission does what the button says.
    """

    part = traitlets.Unicode("form").tag(sync=True)
    look = traitlets.Unicode("cbr-form").tag(sync=True)

    def __init__(
        self,
        definition: FormDefinition,
        session: GuidedSession | None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Open a form.

        Args:
            definition: its fields, and what to do with them.
            session: what it works on; none before one has signed in.
            values: what is filled in from the start, by field.
        """
        self.definition = definition
        self.session = cast("GuidedSession", session)
        self.machine = StateMachine(self.values, repeatable=definition.repeatable)
        self.workers = Workers(definition.name)
        self.loader = OptionLoader(
            self.workers.start,
            began=self.machine.load,
            ended=self.machine.loaded,
            loaded=lambda: self.guarded(self._view.tell_loaded),
        )
        self.panels = Panels.of(self.panel)
        look = "danger" if definition.destroys else "primary"
        self.button = Button(definition.action or "Do it", self._clicked, look=look)
        self._saved_copy = SavedCopy(definition.title, self.panels)
        self._below = Box()
        self._filled = False
        """Whether what was given is filled in."""
        definition.form = self
        self._inputs = Inputs(definition.build())
        self._view = View(
            definition, self._inputs, self.machine, self.loader, self.panels, self.button
        )
        self._submission = Submission(self._view, self.workers, self._load_again)
        self._bind()
        self._given = {
            name: as_secret(value) if self._inputs.is_secret(name) else value
            for name, value in (values or {}).items()
        }
        parts = definition.layout(self._default_layout())
        parts.insert(parts.index(self.panels.error), self.panels.load_error)
        super().__init__(children=tuple(parts))
        for widget in _form_widgets(self):
            widget.on_gap = self._view.tell_gap
        for field in self.fields.values():
            field.on_change = self._changed
            # Enter only leaves the field, so that nothing happens by accident.
            field.on_left = field.on_enter = lambda _: self.guarded(self.show)
        self._inputs.refuse_unknown(self._given)
        self._load_again()

    def _bind(self) -> None:
        """Bind what definitions call."""
        view, submission = self._view, self._submission
        self.show, self.guarded = view.show, view.guarded
        self.find_problems = view.problems
        self.attempt, self.forget_attempt = view.attempt, view.forget_attempt
        self.tell_blocked = view.tell_blocked
        self.press, self.run = submission.press, submission.run
        self.acquire, self.release = submission.acquire, submission.release
        self.watch_result = submission.watch_result
        self.tell_stopped, self.tell_failure = submission.tell_stopped, submission.tell_failure
        self.incomplete_error, self.busy_error = submission.incomplete, submission.busy

    def __repr__(self) -> str:
        return f"<Form {self.definition.title}>"

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        if in_terminal():
            publish_display_data({"text/plain": self.as_text()})
            return
        drawn = self if isinstance(self, anywidget.AnyWidget) else Page(children=(self,))
        shown = drawn._repr_mimebundle_()
        if shown is not None:
            self._saved_copy.show(shown[0])

    def as_text(self) -> str:
        """Return what it asks, and the Python that answers, for a terminal."""
        code = self.code  # waits until it is known what can be chosen
        return as_text(self.title, self.definition.name, self.fields.values(), code)

    # -- what a person or a program does with it ---------------------------------------------------

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.definition.title

    @property
    def fields(self) -> dict[str, Field]:
        """Its fields, by name."""
        return self._inputs.fields

    @property
    def state(self) -> FormState:
        """What it is doing."""
        return self.machine.state

    @property
    def value(self) -> dict[str, Any]:
        """What it would send, by field; set some or all of it with a dictionary."""
        self._wait_until_loaded()
        return self.values()

    @value.setter
    def value(self, values: Mapping[str, Any]) -> None:
        self._wait_until_loaded()
        self._inputs.refuse_unknown(values)
        if not self.machine.fill():
            raise self.busy_error()
        try:
            self._fill(values)
        finally:
            self.machine.filled()
        self.show()

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field; empty if it can be sent."""
        self._wait_until_loaded()
        self.definition.look()
        return self.find_problems()

    @property
    def code(self) -> str:
        """The Python line that does the same; empty while something is wrong."""
        return "" if self.problems else self.definition.code(self.values())

    @property
    def result(self) -> Any:
        """What came of it; ``None`` before."""
        return self._submission.result

    @result.setter
    def result(self, result: Any) -> None:
        self._submission.result = result

    @property
    def error(self) -> BaseException | None:
        """What went wrong at the last attempt."""
        return self._view.error

    @error.setter
    def error(self, error: BaseException | None) -> None:
        self._view.error = error

    @property
    def busy(self) -> bool:
        """Whether it acts, or watches what it did."""
        return self.machine.busy

    @property
    def in_flight(self) -> bool:
        """Whether it is doing what the button does, and nobody knows yet what comes of it."""
        return self.machine.busy and not self.machine.is_done()

    @property
    def opened(self) -> tuple[Form, ...]:
        """The forms that were opened below it."""
        return cast("tuple[Form, ...]", self._below.children)

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
        return self._submission.submit()

    def again(self) -> None:
        """Enable the button again, so that the same can be done once more.

        Raises:
            Conflict: it is being done.
        """
        if self.machine.busy:
            raise self.busy_error()
        self.machine.repeat()
        self._given = {}
        self.forget_attempt()
        self.panels.result.html = self.panels.error.html = ""
        self.show()
        self.definition.again()

    def stop(self) -> None:
        """Stop watching; what was begun goes on in the service."""
        self.workers.stop(but=None if self.machine.closed else self.loader.worker)

    def close(self) -> None:
        """Stop watching and take the form off the page."""
        self.machine.close()
        self.workers.close()
        _close_within(self)
        self._inputs.close()
        super().close()

    def wait_until_idle(self, timeout: float = 20.0) -> bool:
        """Wait until nothing of the form runs beside the main thread.

        Args:
            timeout: seconds to wait at most.

        Returns:
            Whether nothing runs.
        """
        return self.workers.wait_until_idle(timeout)

    def kept(self) -> dict[str, Any]:
        """Return what was typed and not sent yet, for the form that comes after; no secrets."""
        if self.machine.is_done():
            return {}
        before = {} if self._filled else self._given
        return {
            name: value
            for name, value in {**before, **self._inputs.typed()}.items()
            if name not in self.definition.given_anew and not self._inputs.is_secret(name)
        }

    # -- what a definition does with it, besides what is bound -------------------------------------

    def values(self) -> dict[str, Any]:
        """Return what is filled in now, by field, without waiting for what can be chosen."""
        return self._inputs.values()

    def given(self, name: str) -> Any:
        """Return the value that was given for a field and is not filled in yet, or ``None``."""
        return None if self._filled else self._given.get(name)

    def panel(self, name: str, *, saved: bool = False, **traits: Any) -> HtmlPanel:
        """Create a panel whose buttons the definition, or else the form, handles.

        Args:
            name: what it shows.
            saved: whether a saved notebook keeps what it shows.
            traits: of the panel.
        """
        panel = HtmlPanel(name=name, **traits)
        if saved:
            self._saved_copy.keep(panel)
        panel.on_act = lambda act, of: self.guarded(lambda: self.handle(act, of))
        return panel

    def ask(self, ask: Ask, about: str = "what there is") -> None:
        """Ask the service for what fields offer, beside the main thread.

        Until it has answered nothing can be sent.

        Args:
            ask: asks, and returns what fills the fields; that is left out if the same was asked
                for anew meanwhile.
            about: the subject.
        """
        if not self.loader.inline:
            self._view.tell_loading()
        self.loader.ask(about, ask)

    def reload(self) -> None:
        """Ask anew for what can be chosen; what was filled in stays."""
        self.panels.error.html = ""
        self._load_again()

    def inlined(self) -> AbstractContextManager[None]:
        """Handle what this thread changes within this thread, before it goes on."""
        return self.loader.inlined()

    def forget_refusal(self, name: str) -> None:
        """Say nothing any more of what the service said of a field."""
        self._inputs.refused.pop(name, None)

    def handle(self, act: str, of: str) -> None:
        """Handle a button of one of the panels."""
        if self.definition.handle(act, of):
            return
        if act == "again":
            self.again()
        elif act == "ask again":
            self.loader.retry()
        elif act == "watch":
            self._submission.watch_again()
        elif act == "stop":
            self.stop()
        elif act == "open":
            form, _, values = of.partition("?")
            self.open_below(form, **dict(parse_qsl(values)))

    def open_below(self, form: str, **values: Any) -> None:
        """Show another form below this one: the next step. One that is at work stays."""
        forms = cast("_HasForms", self.session).forms
        opened: Form = getattr(type(forms)(self.session, by_cell=False), form)(**values)
        with self.machine.lock:
            before = self.opened
            at_work = [each for each in before if each.busy]
            self._below.children = (*at_work, opened)
        opened._saved_copy.stand_below(self._saved_copy)
        for each in before:
            if each not in at_work:
                each.close()

    # -- how it works ------------------------------------------------------------------------------

    def _default_layout(self) -> list[widgets.Widget]:
        columns = Box(self.fields.values(), look="cbr-columns")
        head = HeadPanel(self.definition.title, self.definition.intro)
        button = [self.button] if self.definition.action else []
        said = [self.panels.error, self.panels.result, self.panels.code]
        return [head, columns, self.panels.summary, *button, *said, self._below]

    def _wait_until_loaded(self) -> None:
        """Wait until what can be chosen is known; only programs wait here, never a page."""
        self.loader.wait()

    def _load_again(self) -> None:
        self.ask(self._load_and_fill)

    def _load_and_fill(self) -> Callable[[], None]:
        self.definition.load()

        def fill() -> None:
            self._fill_given()
            self.definition.loaded()

        return fill

    def _fill_given(self) -> None:
        """Fill in what was given at the beginning, but for what somebody has typed meanwhile."""
        if self._filled:
            return
        fresh = {k: v for k, v in self._given.items() if not self.fields[k].touched}
        self._fill(fresh)
        self._filled = True

    def _fill(self, values: Mapping[str, Any]) -> None:
        with self.inlined():
            self.definition.fill(self._inputs.accept, values)

    def _changed(self, field: Field) -> None:
        """Follow a value that has changed, on the page or by a program."""
        self.forget_refusal(field.name)
        if self.loader.inline:
            self.definition.changed(field)
            return

        def follow() -> None:
            self.definition.changed(field)
            self.show()

        self.guarded(follow)

    def _clicked(self) -> None:
        self.guarded(lambda: None if self.definition.pressed() else self.press())


class PageForm(Form, anywidget.AnyWidget):
    """A form that a page draws by itself, with the forms that are opened below it."""

    _esm, _css = Page._esm, Page._css


def _form_widgets(box: Container) -> Iterator[FormWidget]:
    for each in box.children:
        if isinstance(each, FormWidget):
            yield each
        elif isinstance(each, Container):
            yield from _form_widgets(each)


def _close_within(box: Container) -> None:
    for each in box.children:
        if isinstance(each, Container) and not isinstance(each, Form):
            _close_within(each)
        if each._view_count is not None:
            each._view_count = None  # or the page would count on where nobody listens
        each.close()
        if isinstance(each, widgets.DOMWidget):
            each.layout.close()
