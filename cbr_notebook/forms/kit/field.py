"""Fields of forms: what a person fills in, with label, help, and what is wrong beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import traitlets

from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms.kit.widget import FormWidget
from cbr_notebook.session.references import ids_or_names

Change = Callable[["Field"], None]

_CHOOSE, _FILL_IN = "Choose one.", "Fill this in."
MISSING = (_CHOOSE, _FILL_IN)
"""What a field says of itself that has yet to be filled in."""
_CHOICES = ("choice", "choices", "pick")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that a field offers.

    Attributes:
        value: what stands in the form's value.
        label: what a person reads.
        note: what is said beside it, such as why it cannot be chosen.
        disabled: whether it cannot be chosen.
    """

    value: str
    label: str
    note: str = ""
    disabled: bool = False


class Control(FormWidget):
    """What fields and buttons have in common."""

    part = traitlets.Unicode("control").tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    help = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    required = traitlets.Bool(False).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    hidden = traitlets.Bool(False).tag(sync=True)


class Button(Control):
    """A button; ``primary`` if it does what the form is for, ``danger`` if that destroys."""

    look = traitlets.Enum(["", "primary", "danger"], "").tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, label: str, clicked: Callable[[], None], **traits: Any) -> None:
        super().__init__(kind="button", label=label, **traits)
        self._clicked = clicked

    def handle(self, message: dict[str, Any]) -> None:
        """Handle a click, unless the button is disabled."""
        if message.get("type") == "click" and not self.disabled:
            self._clicked()


class Field(Control):
    """A field with a value.

    Attributes:
        name: the argument of the session's method that it fills.
        compact: whether its few short options stand side by side.
        bulk: whether all options can be chosen at once.
        known: whether it is known what can be chosen.
        value: ``str``; ``int`` or ``None`` of a number (or what was typed instead of one);
            ``bool`` of a check; the chosen option's value of a choice or a pick; a list of them
            of choices; of pairs a mapping from what is paired to what with.
        rule: raises :class:`InvalidRequest` for a value that is not allowed; not asked about
            an empty field.
        touched: whether somebody has filled it in: only then it is told what is wrong.
    """

    name = traitlets.Unicode().tag(sync=True)
    compact = traitlets.Bool(False).tag(sync=True)
    bulk = traitlets.Bool(True).tag(sync=True)
    known = traitlets.Bool(True).tag(sync=True)
    value = traitlets.Any(None, allow_none=True).tag(sync=True, echo_update=False)
    options: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        name: str,
        label: str,
        kind: str,
        *,
        rule: Callable[[Any], Any] | None = None,
        **traits: Any,
    ) -> None:
        self._typing = threading.local()
        """Whether this thread handles what was typed."""
        super().__init__(name=name, kind=kind, label=label, **traits)
        self.touched = False
        self.rule = rule or _anything
        self.on_change: Change = _nothing
        self.on_left: Change = _nothing
        self.on_enter: Change = _nothing
        self.observe(lambda _: self.on_change(self), "value")

    def __repr__(self) -> str:
        return f"<Field {self.label}>"

    def offer(self, options: Iterable[Option]) -> None:
        """Set what can be chosen; what was chosen and is no longer there is cleared."""
        offered = list(options)
        self.known = True
        self.options = [
            {"value": o.value, "label": o.label, "note": o.note, "disabled": o.disabled}
            for o in offered
        ]
        values = [option.value for option in offered]
        if self.kind == "choices":
            self.value = [each for each in self.value or () if each in values]
        elif self.value not in values:
            self.value = values[0] if values and self.kind == "choice" else None

    def accept(self, given: Any) -> None:
        """Set a value that a program gives: an option by its value or label, a record or a row.

        What cannot be is taken, too, so that :meth:`check` can say so.
        """
        if self.kind in _CHOICES:
            named = [self._option(each) for each in _named(given)]
            self.value = named if self.kind == "choices" else ", ".join(named) or None
        elif self.kind in ("text", "area"):
            self.value = "" if given is None else str(given)
        else:
            self.value = given
        self.touched = True

    def clear(self) -> None:
        """Empty it, as if nobody had filled it in."""
        first = self.options[0]["value"] if self.kind == "choice" and self.options else None
        empty = {"text": "", "area": "", "choices": [], "check": False}
        self.value = empty.get(self.kind, first)
        self.touched = False

    def send_again(self) -> None:
        """Show the page what is filled in, in case it shows something else."""
        self.send_state("value")

    def label_of(self, value: Any) -> str:
        """Return the label of an option."""
        return next((o["label"] for o in self.options if o["value"] == value), str(value))

    def check(self) -> str | None:
        """Return what is wrong with the value by itself; ``None`` if nothing is."""
        value = self.value
        if self.required and (value is None or value in ("", [])):
            return _CHOOSE if self.kind in _CHOICES else _FILL_IN
        if self.kind in _CHOICES:
            return self._check_chosen(value if isinstance(value, list) else [value])
        if self.kind == "check":
            return None if isinstance(value, bool) else "It is either on or off: True or False."
        if value in (None, ""):
            return None
        if self.kind == "number" and (isinstance(value, bool) or not isinstance(value, int)):
            return "Use a whole number."
        try:
            self.rule(value)
        except InvalidRequest as problem:
            return f"{problem.message} {problem.advice or ''}".strip()
        return None

    def _check_chosen(self, values: Sequence[Any]) -> str | None:
        offered = {each["value"]: each for each in self.options}
        for each in values:
            if each in offered:
                if offered[each]["disabled"]:
                    return f"{offered[each]['label']} cannot be chosen: {offered[each]['note']}"
            elif each is None:
                return _CHOOSE if self.kind == "choice" and offered else None
            else:
                return self._unknown(str(each))
        return None

    def _unknown(self, given: str) -> str:
        """Return why what was given is none of the options."""
        fitting = [each["value"] for each in self.options if each["label"] == given]
        if fitting:
            return f"The name {given} fits {len(fitting)}. Give an ID: {', '.join(fitting)}."
        names = ", ".join(each["label"] for each in self.options[:20])
        return f"There is no {given}. There are: {names or 'none'}."

    def _option(self, given: str) -> str:
        if any(each["value"] == given for each in self.options):
            return given
        named = [each["value"] for each in self.options if each["label"] == given]
        return named[0] if len(named) == 1 else given

    def handle(self, message: dict[str, Any]) -> None:
        """Handle what was typed, that the field was left, or that Enter was pressed."""
        kind = message.get("type")
        if kind == "value":
            known = message.get("was", self.value) == self.value
            if not self.disabled:
                self._take(message.get("value"))
            if self.disabled or not known:
                self.send_again()  # the page takes something else for filled in
        elif kind == "left":
            self.on_left(self)
        elif kind == "enter":
            self.on_enter(self)

    def _take(self, value: Any) -> None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self.touched = True
        self._typing.on = True
        try:
            self.value = value
        finally:
            self._typing.on = False

    def _should_send_property(self, key: str, value: Any) -> bool:
        # What the page has just said does not go back to it.
        if key == "value" and getattr(self._typing, "on", False):
            return False
        return bool(super()._should_send_property(key, value))


class SecretField(Field):
    """A field for a secret, which is never part of any state: neither shown nor saved.

    Its ``value`` is a :class:`Secret` or ``None``.
    """

    given = traitlets.Bool(False).tag(sync=True)
    value = None  # no trait, so that it is never synced

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "secret", **traits)

    def accept(self, given: Any) -> None:
        """Set a secret that a program gives, as text or wrapped."""
        self.value = as_secret(given) or None
        self.given = bool(self.value)
        self.touched = True
        self.on_change(self)

    def send_again(self) -> None:
        """Send the page nothing: it learns whether there is a secret, never which."""

    def check(self) -> str | None:
        """Return that it is missing, if it is."""
        return _FILL_IN if self.required and not self.value else None

    def _take(self, value: Any) -> None:
        self.accept(Secret(value) if isinstance(value, str) and value else None)


def text(name: str, label: str, **traits: Any) -> Field:
    """Create a field for a line of text; ``area=True`` for several lines."""
    kind = "area" if traits.pop("area", False) else "text"
    return Field(name, label, kind, **{"value": "", **traits})


def number(name: str, label: str, **traits: Any) -> Field:
    """Create a field for a whole number, whose unit is in the label."""
    return Field(name, label, "number", **traits)


def check(name: str, label: str, **traits: Any) -> Field:
    """Create a field to tick."""
    return Field(name, label, "check", **{"value": False, **traits})


def choice(name: str, label: str, options: Iterable[Option] = (), **traits: Any) -> Field:
    """Create a field for one of several options."""
    field = Field(name, label, "choice", **traits)
    field.offer(options)
    field.known = bool(field.options)
    return field


def choices(name: str, label: str, options: Iterable[Option] = (), **traits: Any) -> Field:
    """Create a field for any number of options, with a search."""
    field = Field(name, label, "choices", **{"value": [], **traits})
    field.offer(options)
    field.known = bool(field.options)
    return field


def pick(name: str, label: str, options: Iterable[Option] = (), **traits: Any) -> Field:
    """Create a field for one of many options, with a search; nothing is chosen at first."""
    field = Field(name, label, "pick", **traits)
    field.offer(options)
    field.known = bool(field.options)
    return field


def _named(given: Any) -> list[str]:
    """Return the values or labels that a program names, by text, record, row or table."""
    try:
        return [] if given is None else ids_or_names(given, "option")
    except InvalidRequest:
        return [str(given)]


def _anything(_: Any) -> None:
    """Allow any value."""


def _nothing(_: Field) -> None:
    """Do nothing."""
