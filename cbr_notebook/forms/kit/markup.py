"""How panels write what they show: cards, buttons, summaries, errors, lines of Python."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import pandas as pd

from cbr_notebook.errors import CBRError

Tone = Literal["good", "wrong", "warn", ""]


def escaped(value: Any) -> str:
    """Return a value as text of HTML."""
    return html.escape(str(value))


def button(
    act: str, label: str, *, of: str = "", look: Literal["", "danger", "link"] = "", about: str = ""
) -> str:
    """Return a button for a panel, which sends ``act`` and what it is ``of``.

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


def link_to_form(form: str, label: str, *, beside: str = "", **values: str) -> str:
    """Return a button that opens another form of the session, filled in with values.

    Args:
        form: the name of the form.
        label: what people read.
        beside: what it stands beside in a line; then it looks like a link.
        values: what is filled in, by field.
    """
    look: Literal["", "link"] = "link" if beside else ""
    return button("open", label, of=f"{form}?{urlencode(values)}", look=look, about=beside)


def blocked_card(problems: Iterable[tuple[str, str, str]]) -> str:
    """Return why nothing was sent: of each field its name, its label, and what is wrong with it.

    A click on the label leads to the field.
    """

    def link(name: str, label: str) -> str:
        start = f'<button type="button" class="cbr-link" data-goal="{escaped(name)}">'
        return f"{start}{escaped(label)}</button>" if name else escaped(label)

    items = [f"{link(name, label)}: {escaped(said)}" for name, label, said in problems]
    return card("Not sent yet", tone="wrong", body=bullets(items))


def bullets(items: Sequence[str], of: int = 0) -> str:
    """Return a list of HTML; ``of`` how many, if some are left out, which is said then."""
    more = f"<li>and {of - len(items)} more</li>" if of > len(items) else ""
    return f"<ul>{''.join(f'<li>{each}</li>' for each in items)}{more}</ul>"


def table(heads: Iterable[str], rows: Iterable[str]) -> str:
    """Return rows of HTML as a table below heads; empty if there is no row."""
    body = "".join(f"<tr>{each}</tr>" for each in rows)
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    if not body:
        return ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def bar(percent: object, label: str) -> str:
    """Return a bar that is full so far; ``label`` is what a screen reader says."""
    return f'<progress max="100" value="{percent}" aria-label="{escaped(label)}"></progress>'


def how_to_list(query: str) -> str:
    """Return by which line of Python all of what is shown is listed."""
    return f'<p class="cbr-facts"><code>{escaped(query)}</code> lists all.</p>'


def card(
    title: str,
    facts: Iterable[tuple[str, Any]] = (),
    *,
    tone: Tone = "",
    text: str = "",
    body: str = "",
    buttons: Sequence[str] = (),
) -> str:
    """Return a card: a title, a sentence, facts by name, and what can be done next.

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


def error_card(
    problem: BaseException,
    title: str,
    buttons: Sequence[str] = (),
    *,
    in_form: Callable[[str], str] = str,
) -> str:
    """Return what went wrong: what, why, what to do, and what to tell the operator.

    Args:
        problem: what happened.
        title: what was done, or what is the matter.
        buttons: made by :func:`button`.
        in_form: returns advice with what the form has in place of calls of Python.
    """
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
            ("What to do", in_form(problem.advice or "")),
            ("Code", problem.code),
            ("Request ID", problem.request_id),
        ],
        tone="wrong",
        text=problem.message,
        buttons=buttons,
    )


def summary(said: str, *, warns: bool = False) -> str:
    """Return what will happen; ``warns`` if one may not expect it."""
    return f'<p class="cbr-summary{" warn" if warns else ""}">{escaped(said)}</p>'


def listed(table: pd.DataFrame, most: int) -> str:
    """Return a table as plain HTML.

    Args:
        table: what people read; the columns' names as they stand.
        most: rows that are shown; how many more there are is said.
    """
    if table.empty:
        return "<p>There is none.</p>"
    shown = table.head(most).astype(object)
    shown = shown.where(shown.notna(), "\u2013")
    head = "".join(f"<th>{escaped(name)}</th>" for name in shown.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>"
        for row in shown.itertuples(index=False)
    )
    more = len(table) - len(shown)
    left = f"<p>… and {more:,} more.</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{left}"


def code(source: str) -> str:
    """Return the Python line that does the same, to be read and copied."""
    if not source:
        return ""
    return (
        '<details data-key="code"><summary>The same in Python</summary>'
        f'<pre tabindex="0">{escaped(source)}</pre>'
        '<button type="button" data-copy="pre" data-key="copy">Copy</button></details>'
    )


def call(function: str, /, *arguments: Any, **named: Any) -> str:
    """Return a call in Python; arguments that are ``None`` are left out."""
    parts = [_literal(each) for each in arguments]
    parts += [f"{key}={_literal(each)}" for key, each in named.items() if each is not None]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= 80:
        return line
    return f"{function}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _literal(value: Any) -> str:
    """Return a value as our examples write it, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(k)}: {_literal(v)}' for k, v in value.items())}}}"
    return repr(value)
