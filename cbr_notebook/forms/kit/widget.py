"""The widget that fields, buttons and panels are: drawn by a script of ours, heard in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from cbr_notebook.forms.kit.message_order import MessageSequencer

STATIC = Path(__file__).parent / "static"
_SHARED = ("defer_while_pressed.js", "message_order.js")
_ACTS = ("click", "act")
"""The types of messages that let something be done, with what was typed before them."""
_SEQUENCER = MessageSequencer()


class FormWidget(anywidget.AnyWidget):
    """A widget of a form; a subclass names its script and handles its messages."""

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


def read_script(name: str) -> str:
    """Return the script of a widget, after what all widgets share.

    A widget's script cannot import another one, so they come as one text.
    """
    return "\n".join((STATIC / each).read_text(encoding="utf-8") for each in (*_SHARED, name))
