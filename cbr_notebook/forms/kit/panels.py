"""Panels of forms: widgets that show HTML and have buttons in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from cbr_notebook.forms.kit.markup import escaped
from cbr_notebook.forms.kit.widget import FormWidget


class HtmlPanel(FormWidget):
    """Shows HTML; buttons in it call ``on_act``.

    ``live`` is ``status`` (told when there is time) or ``alert`` (told at once): a screen
    reader tells what comes into it. What is not ours must be escaped by :func:`markup.escaped`.
    """

    part = traitlets.Unicode("panel").tag(sync=True)
    html = traitlets.Unicode().tag(sync=True)
    live = traitlets.Unicode().tag(sync=True)
    look = traitlets.Unicode().tag(sync=True)

    def __init__(self, html: str = "", *, name: str = "", **traits: Any) -> None:
        """Begin with some HTML; ``name`` says what it shows, such as ``result``."""
        super().__init__(html=html, **traits)
        self.name = name
        self.on_act: Callable[[str, str], None] = _ignore

    def send_file(self, name: str, text: str) -> None:
        """Send a file for the browser to save; it becomes part of no state."""
        self.send({"type": "file", "name": name, "text": text})

    def handle(self, message: dict[str, Any]) -> None:
        """Handle a click on one of its buttons."""
        if message.get("type") == "act":
            self.on_act(str(message.get("act")), str(message.get("of")))


class HeadPanel(HtmlPanel):
    """The head of a form."""

    own_id = traitlets.Unicode().tag(sync=True)
    """Its own ID, by which the page finds out whether there is a kernel behind it."""

    def __init__(self, title: str, intro: str) -> None:
        text = f'<p class="cbr-help">{escaped(intro)}</p>' if intro else ""
        super().__init__(f'<h3 tabindex="-1">{escaped(title)}</h3>{text}', name="head")
        self.own_id = self.model_id


def _ignore(_: str, __: str) -> None:
    """Do nothing."""
