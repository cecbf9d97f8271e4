"""Parts of forms that show something, and how to write what they show."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import traitlets

from cbr_notebook.errors import CBRError
from cbr_notebook.forms.part import Part, script

_HERE = Path(__file__).parent
Tone = Literal["good", "wrong", "warn", ""]


class Region(Part):
    """A part of a form that shows HTML; buttons in it are heard by ``on_act``.

    ``live`` is ``status`` (told when there is time) or ``alert`` (told at once): a screen
    reader tells what comes into it. What is not ours must be escaped by :func:`escaped`.
    """

    _esm = script("region.js")
    html = traitlets.Unicode().tag(sync=True)
    live = traitlets.Unicode().tag(sync=True)
    look = traitlets.Unicode().tag(sync=True)

    def __init__(self, html: str = "", **traits: Any) -> None:
        super().__init__(html=html, **traits)
        self.on_act: Callable[[str, str], None] = _nothing

    def hand(self, name: str, text: str) -> None:
        """Let the browser save a file, which becomes part of no state."""
        self.send({"type": "file", "name": name, "text": text})

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("type") == "act":
            self.on_act(str(message.get("act")), str(message.get("of")))


class Head(Region):
    """The head of a form; it brings the looks of all that is in one."""

    _css = (_HERE / "theme.css").read_text(encoding="utf-8")

    def __init__(self, title: str, intro: str) -> None:
        said = f'<p class="cbr-help">{escaped(intro)}</p>' if intro else ""
        super().__init__(f'<h3 tabindex="-1">{escaped(title)}</h3>{said}')


def escaped(value: Any) -> str:
    """Give a value as text of HTML."""
    return html.escape(str(value))


def button(
    act: str, label: str, *, of: str = "", look: Literal["", "danger", "link"] = "", about: str = ""
) -> str:
    """Write a button for a region, which hears ``act`` and what it is ``of``.

    Args:
        act: what a click means.
        label: what people read.
        of: what it is done to.
        look: ``danger`` if it destroys, ``link`` within a sentence.
        about: what a screen reader says besides, where several buttons have the same label.
    """
    looks = f' class="cbr-{look}"' if look else ""
    told = f' aria-label="{escaped(label)}: {escaped(about)}"' if about else ""
    key = escaped(f"{act} {of}".strip())
    return (
        f'<button type="button"{looks} data-act="{escaped(act)}" data-of="{escaped(of)}"{told} '
        f'data-key="{key}">{escaped(label)}</button>'
    )


def leads_to(form: str, label: str, *, beside: str = "", **values: str) -> str:
    """Write a button that opens another form of the session, filled in with values.

    Args:
        form: the name of the form.
        label: what people read.
        beside: what it stands beside in a line; then it looks like a link.
        values: what is filled in, by field.
    """
    look: Literal["", "link"] = "link" if beside else ""
    return button("open", label, of=f"{form}?{urlencode(values)}", look=look, about=beside)


def not_sent(problems: Iterable[tuple[str, str, str]]) -> str:
    """Write why nothing was sent: of each field its name, its label, and what is wrong with it.

    A click on the label leads to the field.
    """

    def way(name: str, label: str) -> str:
        link = f'<button type="button" class="cbr-link" data-goal="{escaped(name)}">'
        return f"{link}{escaped(label)}</button>" if name else escaped(label)

    rows = "".join(
        f"<li>{way(name, label)}: {escaped(said)}</li>" for name, label, said in problems
    )
    return card("Not sent yet", tone="wrong", body=f"<ul>{rows}</ul>")


def card(
    title: str,
    facts: Iterable[tuple[str, Any]] = (),
    *,
    tone: Tone = "",
    text: str = "",
    body: str = "",
    buttons: Sequence[str] = (),
) -> str:
    """Write a card: a title, a sentence, facts by name, and what can be done next.

    Args:
        title: what it is about.
        facts: names and values; those without a value are left out.
        tone: ``good``, ``wrong``, ``warn`` or nothing.
        text: a sentence.
        body: HTML below the facts, written by these functions.
        buttons: made by :func:`button`.
    """
    rows = "".join(
        f'<dt>{escaped(name)}</dt><dd class="{"cbr-id" if name.endswith("ID") else ""}">'
        f"{escaped(value)}</dd>"
        for name, value in facts
        if value not in (None, "")
    )
    return (
        f'<div class="cbr-card {tone}"><h4>{escaped(title)}</h4>'
        + (f"<p>{escaped(text)}</p>" if text else "")
        + (f"<dl>{rows}</dl>" if rows else "")
        + body
        + (f'<div class="cbr-buttons">{"".join(buttons)}</div>' if buttons else "")
        + "</div>"
    )


def trouble(problem: BaseException, title: str, buttons: Sequence[str] = ()) -> str:
    """Write what went wrong: what, why, what to do, and what to tell the operator."""
    if not isinstance(problem, CBRError):
        return card(
            title,
            tone="wrong",
            text=f"Something that nobody expected: {type(problem).__name__}: {problem}",
            buttons=buttons,
        )
    return card(
        title,
        [
            ("What to do", problem.advice),
            ("Code", problem.code),
            ("Request ID", problem.request_id),
        ],
        tone="wrong",
        text=problem.message,
        buttons=buttons,
    )


def summary(said: str, *, warns: bool = False) -> str:
    """Write what will happen; ``warns`` if one may not expect it."""
    return f'<p class="cbr-summary{" warn" if warns else ""}">{escaped(said)}</p>'


def code(source: str) -> str:
    """Write the Python line that does the same, to be read and copied."""
    if not source:
        return ""
    return (
        '<details data-key="code"><summary>The same in Python</summary>'
        f'<pre tabindex="0">{escaped(source)}</pre>'
        '<button type="button" data-copy="pre" data-key="copy">Copy</button></details>'
    )


def call(function: str, /, *arguments: Any, **named: Any) -> str:
    """Write a call in Python; arguments that are ``None`` are left out."""
    parts = [_literal(each) for each in arguments]
    parts += [f"{key}={_literal(each)}" for key, each in named.items() if each is not None]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= 80:
        return line
    return f"{function}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _literal(value: Any) -> str:
    """Write a value as our examples do, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(k)}: {_literal(v)}' for k, v in value.items())}}}"
    return repr(value)


def _nothing(_: str, __: str) -> None:
    """Hear nothing."""
