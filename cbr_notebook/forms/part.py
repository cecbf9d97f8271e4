"""A part of a form: a widget that a script of ours draws, and that hears the page in turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from cbr_notebook.forms.in_turn import InTurn

_HERE = Path(__file__).parent
_SHARED = ("steady.js", "in_turn.js")
_ACTS = ("click", "act")
"""The messages that let something be done, with what was said before them."""
_IN_TURN = InTurn()


class Part(anywidget.AnyWidget):
    """A part of a form; a subclass says its script, and what it hears."""

    focused = traitlets.Int().tag(sync=True)
    """Counts how often the focus was sent here."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_gap: Callable[[], None] = lambda: None
        """Hears that a click was not heard, since something said before it has not arrived."""
        self.on_msg(lambda _, message, __: self.say(message))

    def lead(self) -> None:
        """Send the focus here: whoever uses the form is to go on at this part."""
        self.focused += 1

    def say(self, message: dict[str, Any]) -> None:
        """Say something to it, as the page does: ``type`` says what, such as ``click``."""
        acts = message.get("type") in _ACTS
        _IN_TURN.hear(
            message,
            lambda: self._hear(message),
            after_gap=lambda: self.on_gap() if acts else self._hear(message),
        )

    def _hear(self, message: dict[str, Any]) -> None:
        raise AssertionError("a part hears its own messages")


def script(name: str) -> str:
    """Give the script of a part, after what all parts share.

    A widget's script cannot import another one, so they come as one text.
    """
    return "\n".join((_HERE / each).read_text(encoding="utf-8") for each in (*_SHARED, name))
