"""What fields, buttons and panels are: models that a form's script draws, heard in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets
from ipywidgets import Widget

from cbr_notebook.forms.kit.threads.message_order import MessageSequencer

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = (
    "defer_while_pressed.js",
    "message_order.js",
    "field.js",
    "panel.js",
    "table.js",
    "box.js",
)
_STYLES = tuple(
    f"styles/{each}.css"
    for each in ("colours", "layout", "fields", "buttons", "panels", "drawings", "tables")
)
"""In this order: of rules that weigh the same, the later one counts."""
_ACTS = ("click", "act")
"""The types of messages that let something be done, with what was typed before them."""
_SEQUENCER = MessageSequencer()


class WidgetModel(ipywidgets.Widget):
    """A part of a form: a model that the form's script draws; it has no script of its own."""

    part = traitlets.Unicode().tag(sync=True)
    """What draws it."""


def _references(children: Iterable[Widget], _: Any) -> list[str]:
    """Return how a page finds the children, as anywidget's hosts understand it."""
    return [f"anywidget:{each.model_id}" for each in children]


class Container(traitlets.HasTraits):
    """What a form and the boxes in it have in common: parts, in the order of reading."""

    children: Any = traitlets.Tuple().tag(sync=True, to_json=_references)
    look = traitlets.Unicode().tag(sync=True)
    """The class of the style sheet."""
    hidden = traitlets.Bool(False).tag(sync=True)


def _joined(names: Iterable[str]) -> str:
    """Return files as one text: a script or a style sheet of a widget cannot import another."""
    return "\n".join((_STATIC / each).read_text(encoding="utf-8") for each in names)


class Page(Container, anywidget.AnyWidget):
    """Draws parts by one script and one style sheet, also the forms among them."""

    _esm = _joined(_SCRIPTS)
    _css = _joined(_STYLES)


class Box(Container, WidgetModel):
    """Container of a form, drawn together."""

    part = traitlets.Unicode("box").tag(sync=True)

    def __init__(self, children: Iterable[Widget] = (), **traits: Any) -> None:
        """Hold parts; ``look`` names their style."""
        super().__init__(children=tuple(children), **traits)


class FormWidget(WidgetModel):
    """A part of a form that hears the page; a subclass handles its messages."""

    focused = traitlets.Int().tag(sync=True)
    """Counts how often the focus was sent here."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_gap: Callable[[], None] = lambda: None
        """Called for a click that was not handled, because a message before it is missing."""
        self.on_msg(lambda _, message, __: self.dispatch(message))

    def focus(self) -> None:
        """Send the keyboard focus here."""
        self.focused += 1

    def dispatch(self, message: dict[str, Any]) -> None:
        """Deliver a message of the page in its turn.

        Args:
            message: ``type`` says which one it is, such as ``click``.
        """
        acts = message.get("type") in _ACTS
        _SEQUENCER.handle(
            message,
            lambda: self.handle(message),
            after_gap=lambda: self.on_gap() if acts else self.handle(message),
        )

    def handle(self, message: dict[str, Any]) -> None:
        """Handle a message of the page; :meth:`dispatch` calls it when its turn has come."""
        raise AssertionError("a widget of a form handles its own messages")
