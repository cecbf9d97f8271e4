"""A form without its widget: what a saved notebook keeps of it, and its text for a terminal."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.panels import HtmlPanel
from cbr_notebook.forms.kit.view import Panels

_BUTTONS = re.compile(r"<button\b.*?</button>", re.DOTALL)
_CODE = re.compile(r"<pre\b[^>]*>(.*?)</pre>", re.DOTALL)
_EMPTY = re.compile(r'<div class="cbr-buttons">\s*</div>|<ul>\s*</ul>')
_BLOCK = re.compile(r"</(?:p|h3|h4|dd|li|pre|tr|div|summary|dl)>|<br>")
_CELL = re.compile(r"</t[dh]>")
_TAG = re.compile(r"<[^>]*>")
_HINT = "This is a copy. To use the form, run its cell again."
_NOTHING = "Nothing has come of it."


class SavedCopy:
    """A second output below a form, which the page hides as long as the form itself is there.

    An exported or reopened notebook shows it instead of the form: what came of it, and the line
    of Python. It is brought up to date whenever something comes of the form, or of a form that was
    opened below it. What was typed is not in it, but for what the result and the line of Python
    say.
    """

    def __init__(self, title: str, panels: Panels) -> None:
        """Begin as part of no notebook.

        Args:
            title: of the form.
            panels: what the form says.
        """
        self._title = title
        self._panels = panels
        self._display_id: str | None = None
        self._shown: list[HtmlPanel] = []
        self._above: SavedCopy | None = None
        self._below: list[SavedCopy] = []
        for panel in (panels.result, panels.error):
            self._follow(panel)

    def keep(self, panel: HtmlPanel) -> None:
        """Keep what a panel shows, too, such as what needs attention."""
        self._shown.append(panel)
        self._follow(panel)

    def stand_below(self, above: SavedCopy) -> None:
        """Become part of the copy of the form that this one was opened below."""
        self._above = above
        above._below.append(self)

    def _follow(self, panel: HtmlPanel) -> None:
        panel.observe(lambda _: self._publish(update=True), "html")

    def show(self, widget: dict[str, Any]) -> None:
        """Show a form in the notebook, and the copy below it.

        Args:
            widget: what shows the form, by MIME type.
        """
        from IPython.display import publish_display_data

        publish_display_data(widget)
        self._display_id = uuid4().hex
        self._publish(update=False)
        if any(panel.html for panel in self._shown):
            self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        if self._above is not None:
            self._above._publish(update=update)
        if self._display_id is None:
            return
        from IPython.display import publish_display_data

        publish_display_data(
            {"text/html": self.html(all_of_it=update), "text/plain": self.text(all_of_it=update)},
            transient={"display_id": self._display_id},
            update=update,
        )

    def html(self, *, all_of_it: bool = True) -> str:
        """Return what there is to read, as HTML without buttons.

        Args:
            all_of_it: also what is shown as soon as the form has loaded. A copy that is not
                brought up to date goes without: how far it has loaded differs from run to run.
        """
        nothing = f"{self._head()}<p>{_NOTHING}</p>"
        below = "".join(each._told() for each in self._below)
        told = self._told(all_of_it=all_of_it) or nothing
        return f'<div class="cbr-saved">{told}{below}<p><em>{_HINT}</em></p></div>'

    def _head(self) -> str:
        return f"<p><b>{markup.escaped(self._title)}</b></p>"

    def _told(self, *, all_of_it: bool = True) -> str:
        """Return what came of the form; empty if nothing did."""
        shown = [panel.html for panel in self._shown] if all_of_it else []
        parts = (self._panels.error.html, self._panels.result.html, *shown)
        told = "".join(_EMPTY.sub("", _BUTTONS.sub("", each)) for each in parts)
        # No headings: JupyterLab's table of contents would list them.
        told = told.replace("<h4>", "<p><b>").replace("</h4>", "</b></p>")
        if not told:
            return ""
        # Before anything came of it, the line of Python depends on how far the form has loaded.
        code = "".join(_CODE.findall(self._panels.code.html))
        return f"{self._head()}{told}{f'<pre>{code}</pre>' if code else ''}"

    def text(self, *, all_of_it: bool = True) -> str:
        """Return what there is to read, as text."""
        told = self.html(all_of_it=all_of_it).replace("</dt>", ": ")
        written = _BLOCK.sub("\n", _CELL.sub(" ", told))
        lines = html.unescape(_TAG.sub("", written)).splitlines()
        return "\n".join(line.rstrip() for line in lines if line.strip())


_CHOICES = 8
"""Choices that are listed; of more it is said how many there are."""


def in_terminal() -> bool:
    """Return whether IPython runs without a kernel, so that there is no page."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and not hasattr(shell, "kernel")


def as_text(title: str, name: str, fields: Iterable[Field], code: str) -> str:
    """Return what a form asks, a line for each field, and the Python that answers.

    Args:
        title: of the form.
        name: of the method of ``session.forms`` that opens it.
        fields: in the order of reading.
        code: the line that does the same; empty while something is missing or wrong.
    """
    asked = [each for each in fields if not each.hidden]
    width = max((len(each.name) for each in asked), default=0)
    lines = [title, *(f"  {each.name:<{width}}  {_line(each)}" for each in asked), ""]
    missing = [each.name for each in asked if each.required and each.value in (None, "", [])]
    opens = "cbr.forms" if name == "sign_in" else "session.forms"
    lines.append(
        "A page shows this form in JupyterLab, Notebook, Voilà or marimo. Here, in Python:"
    )
    if code:
        lines += [f"  {line}" for line in code.splitlines()]
    else:
        given = ", ".join(f"{each}=..." for each in missing)
        lines += [f"  form = {opens}.{name}({given})", "  form.problems", "  form.submit()"]
    return "\n".join(lines)


def _line(field: Field) -> str:
    needed = " (required)" if field.required else ""
    wrong = f" {field.problem}" if field.problem else ""
    return f"{field.label}{needed}{_choices(field)}{wrong}"


def _choices(field: Field) -> str:
    labels = [each["label"] for each in field.options if not each.get("disabled")]
    if not labels:
        return ""
    more = f", and {len(labels) - _CHOICES} more" if len(labels) > _CHOICES else ""
    return f": {', '.join(labels[:_CHOICES])}{more}"
