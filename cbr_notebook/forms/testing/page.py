"""A page of a test: what a person does to a form on it, and sees there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, cast

import ipywidgets as widgets
from itables.widget import ITable

from cbr_notebook.forms.testing.panel_text import buttons_in, steps_in

_LONG = 20.0
"""Seconds to wait for what a form does before the test fails."""
_TOLD = ("summary", "load_error", "error", "result", "code")
_speakers = itertools.count(1)


class _OnPage(Protocol):
    focused: int
    comm: Any


class _ControlOnPage(_OnPage, Protocol):
    label: str
    disabled: bool
    hidden: bool


class PanelOnPage(_OnPage, Protocol):
    """A panel as a page knows it."""

    html: str
    live: str
    look: str


class ButtonOnPage(_ControlOnPage, Protocol):
    """A button as a page knows it."""

    busy: bool
    look: str


class FieldOnPage(_ControlOnPage, Protocol):
    """A field as a page knows it: the state that the kernel has told it."""

    name: str
    value: Any
    options: list[dict[str, Any]]
    help: str
    placeholder: str
    problem: str

    def observe(self, handler: Any, names: Any) -> None:
        """Call a handler on each change, as any widget does."""


class FormPage:
    """A form on a page: fill in, press, click, and read what is said.

    Every act waits until the form is at rest again, unless ``wait=False`` is given. Two pages of
    the same form are two windows: each is heard in the order of its own acts.
    """

    def __init__(self, form: Any) -> None:
        """Show a form.

        Args:
            form: as a method of ``session.forms`` returns it.
        """
        self.form = form
        self._speaker = f"test page {next(_speakers)}"
        self._turns = itertools.count(1)
        self._comms: dict[int, Any] = {}
        self._widgets()

    # -- what a person does ------------------------------------------------------------------------

    def fill(self, name: str, value: Any, *, leave: bool = True) -> None:
        """Type a value into a field, or choose it; an option by its label or its value.

        Args:
            name: of the field.
            value: what is typed or chosen.
            leave: whether the field is left then.
        """
        found = self.field(name)
        self._say(found, {"type": "value", "value": _by_label(found, value)})
        if leave:
            self.leave(name)

    def leave(self, name: str) -> None:
        """Leave a field."""
        self._say(self.field(name), {"type": "left"})

    def enter(self, name: str) -> None:
        """Press Enter in a field."""
        self._say(self.field(name), {"type": "enter"})

    def press(self, label: str | None = None, *, times: int = 1, wait: bool = True) -> None:
        """Press a button of the form.

        Args:
            label: how it begins; left out: the button that does what the form is for.
            times: how often, before anything else happens.
            wait: whether to wait before for what the form asks, and after it for the end.
        """
        if wait:
            self.wait()
        pressed = self.button(label)
        for _ in range(times):
            self._say(pressed, {"type": "click"})
        if wait:
            self.wait()

    def click(
        self, label: str, *, within: str | None = None, html: str | None = None, wait: bool = True
    ) -> None:
        """Click a button or link that stands in a panel.

        Args:
            label: what it says.
            within: the panel; needed only where several have such a button.
            html: what the panel said when the button was aimed at, if that has changed since.
            wait: whether to wait for the end of what that does.
        """
        panels = {within: self.panel(within)} if within else self.panels()
        found = [
            (panel, each)
            for panel, written in panels.items()
            for each in buttons_in(html if html is not None and panel == within else written)
            if each.label == label
        ]
        if len(found) != 1:
            offered = sorted({b.label for w in panels.values() for b in buttons_in(w)})
            raise AssertionError(f"{len(found)} buttons say {label!r}. There are: {offered}")
        panel, button = found[0]
        if button.enabled:
            self.act(panel, button.act, button.of, wait=wait)

    def act(self, panel: str, act: str, of: str = "", *, wait: bool = True) -> None:
        """Send what a click in a panel sends, also of a button that has just gone."""
        self._say(self._panel(panel), {"type": "act", "act": act, "of": of})
        if wait:
            self.wait()

    def select_row(self, place: int, *, of: ITable | None = None, wait: bool = True) -> None:
        """Click a row of the table, counted from 0.

        Args:
            place: of the row.
            of: the table that was aimed at, if another one has come in its place.
            wait: whether to wait before for what the form asks, and for what comes of it.
        """
        if wait:
            self.wait()
        _update(of or self.table, selected_rows=[place])
        if wait:
            self.wait()

    def show(self, *, views: int = 1) -> None:
        """Show the form: what looks on while somebody sees it begins to.

        Args:
            views: how often it is shown now, such as in two windows.
        """
        for each in self._seen_parts():
            _update(each, _view_count=views)

    def hide(self) -> None:
        """Hide the form from view."""
        for each in self._seen_parts():
            _update(each, _view_count=0)

    def wait_until_loaded(self) -> None:
        """Wait until what can be chosen is known."""
        _ = self.form.value

    def wait(self) -> None:
        """Wait until nothing of the form runs beside the main thread."""
        if not self.form.wait_until_idle(_LONG):
            raise AssertionError(f"{self.form!r} is still at work after {_LONG:.0f} s")

    # -- what a person sees ------------------------------------------------------------------------

    @property
    def result(self) -> str:
        """The HTML of the panel that tells what came of it."""
        return self.panel("result")

    @property
    def error(self) -> str:
        """The HTML of the panel that tells what went wrong, or why nothing was sent."""
        return self.panel("error")

    @property
    def summary(self) -> str:
        """The HTML of the panel that tells what will happen."""
        return self.panel("summary")

    @property
    def told(self) -> str:
        """The HTML of all panels that every form has."""
        return "".join(self.panel(each) for each in _TOLD)

    def panel(self, name: str) -> str:
        """Return the HTML of a panel."""
        return str(self._panel(name).html)

    def panels(self) -> dict[str, str]:
        """Return the HTML of each panel that the form has, by name."""
        return {name: each.html for name, each in self._panels().items()}

    def field(self, name: str) -> FieldOnPage:
        """Return a field as the page knows it."""
        fields = self.fields()
        if name not in fields:
            raise AssertionError(f"no field {name!r}; there are {', '.join(fields)}")
        return fields[name]

    def fields(self) -> dict[str, FieldOnPage]:
        """Return all fields by name, hidden ones included."""
        return {
            each.name: cast("FieldOnPage", each)
            for each in self._widgets()
            if getattr(each, "kind", "button") != "button"
        }

    def labels(self, name: str) -> list[str]:
        """Return what a field offers, as people read it."""
        return [str(each["label"]) for each in self.field(name).options]

    def notes(self, name: str) -> dict[str, str]:
        """Return what is said beside each option of a field, by its label."""
        return {str(each["label"]): str(each["note"]) for each in self.field(name).options}

    def chosen(self, name: str) -> str | list[str]:
        """Return what is chosen in a field, as people read it."""
        found = self.field(name)
        known = {each["value"]: str(each["label"]) for each in found.options}
        if isinstance(found.value, list):
            return [known.get(each, str(each)) for each in found.value]
        return known.get(found.value, str(found.value))

    def button(self, label: str | None = None) -> ButtonOnPage:
        """Return a button of the form.

        Args:
            label: how it begins, of a visible one; left out: the one that the form is for.
        """
        found = [each for each in self._widgets() if getattr(each, "kind", "") == "button"]
        if label is None:
            return cast("ButtonOnPage", found[-1])
        fitting = [each for each in found if each.label.startswith(label) and not each.hidden]
        if len(fitting) != 1:
            labels = [each.label for each in found if not each.hidden]
            raise AssertionError(f"{len(fitting)} buttons begin with {label!r}; shown: {labels}")
        return cast("ButtonOnPage", fitting[0])

    @property
    def on_page(self) -> bool:
        """Whether the form is still on a page, or a part of it."""
        return any(each.comm is not None for each in (self.form, *self._widgets()))

    @property
    def table(self) -> ITable:
        """The table of the form, as the page knows it."""
        (found,) = [each for each in self._widgets() if isinstance(each, ITable)]
        return found

    @property
    def step(self) -> str:
        """The step that a form in steps is at, as its rail says it."""
        return next(each.label for each in steps_in(self.panel("steps")) if each.current)

    @property
    def steps(self) -> list[str]:
        """All that the rail of a form in steps says, a step each."""
        return [each.label for each in steps_in(self.panel("steps"))]

    def opened(self) -> list[FormPage]:
        """Return the forms that stand below this one, opened by its buttons."""
        return [FormPage(each) for each in _forms_in(self.form)]

    def saved(self) -> list[dict[str, Any]]:
        """Return what a notebook that is saved keeps of the form."""
        return [each.get_state() for each in self._widgets() if each.comm is not None]

    # -- how it works ------------------------------------------------------------------------------

    def _widgets(self) -> list[widgets.Widget]:
        found = list(_within(self.form))
        for each in found:
            if each.comm is not None:
                self._comms[id(each)] = each.comm
        return found

    def _panel(self, name: str) -> PanelOnPage:
        panels = self._panels()
        if name not in panels:
            raise AssertionError(f"{self.form!r} has no panel {name!r}; it has {', '.join(panels)}")
        return panels[name]

    def _panels(self) -> dict[str, PanelOnPage]:
        shown = [each for each in self._widgets() if each.has_trait("html")]
        return {each.name: cast("PanelOnPage", each) for each in shown if each.name}

    def _seen_parts(self) -> Iterator[widgets.Widget]:
        for each in self._widgets():
            if each.get_state().get("_view_count") is not None:
                yield each

    def _say(self, widget: Any, message: Mapping[str, Any]) -> None:
        """Send a message to a widget; one that was closed meanwhile gets what was under way."""
        said = {**message, "speaker": self._speaker, "turn": next(self._turns)}
        send(self._comms[id(widget)], said)


def send(comm: Any, message: Mapping[str, Any]) -> None:
    """Send a page's message to a widget, by its ``comm``."""
    data = {"method": "custom", "content": dict(message)}
    comm.handle_msg({"content": {"data": data}, "buffers": []})


def _update(widget: widgets.Widget, **state: Any) -> None:
    """Change the state of a widget, as its view on a page does."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


def _is_form(widget: widgets.Widget) -> bool:
    return hasattr(widget, "submit")


def _within(form: widgets.Widget) -> Iterator[widgets.Widget]:
    """Walk through the widgets of a form, in the order of reading, not into forms below it."""
    for each in form.children:
        if _is_form(each):
            continue
        yield each
        if each.has_trait("children"):
            yield from _within(each)


def _forms_in(box: widgets.Widget) -> Iterator[widgets.Widget]:
    for each in box.children:
        if _is_form(each):
            yield each
        elif each.has_trait("children"):
            yield from _forms_in(each)


def _by_label(found: FieldOnPage, value: Any) -> Any:
    """Return the value of the option that a label names, where it names one."""
    known = {each["label"]: each["value"] for each in found.options if "label" in each}
    values = {each["value"] for each in found.options}
    if isinstance(value, str) and value not in values:
        return known.get(value, value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [each if each in values else known.get(each, each) for each in value]
    return value
