"""What can stand after ``=``, and behind ``%cbr``, for IPython's completion.

Names come from what the session has read; nothing is asked of the service, so nothing waits.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.auth.sources.identity_lookup import all_profiles
from cbr_notebook.errors import CBRError
from cbr_notebook.session import seen_names
from cbr_notebook.session.session import Session

_READ = 4000
"""Characters before the cursor that are looked at."""

_KINDS = {
    "vault": "vault",
    "vaults": "vault",
    "resource": "resource",
    "resources": "resource",
    "target": "resource",
    "server": "resource",
    "policy": "policy",
    "backup": "backup",
    "parent": "backup",
}
"""Whose names an argument takes. ``confirm`` has none: who confirms types the name."""

_ROOMS = ("forms", "plots")
"""Attributes of a session whose methods take names, too."""

_ESTATES = ("demo", "documented", "empty", "large")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor stands: in a text that is an argument of a call.

    Attributes:
        call: what is called, such as ``session.backups``.
        argument: the argument's name; empty if it is not named.
        number: its place among the arguments, from 0.
        begun: the text so far.
    """

    call: str
    argument: str
    number: int
    begun: str


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet."""

    call: str
    start: int
    commas: int = 0


def place_in(text: str) -> Place | None:
    """Return where the end of some Python stands, if that is in a text within a call."""
    text = text[-_READ:]
    opened: list[_Open] = []
    quote, quoted, at = "", 0, 0
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote or letter == "\n":
                quote = ""
        elif letter in "\"'":
            quote, quoted = letter, at + 1
        elif letter == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif letter in "([{":
            named = re.search(r"[\w.]+$", text[:at]) if letter == "(" else None
            opened.append(_Open(named.group() if named else "", at + 1))
        elif letter in ")]}" and opened:
            opened.pop()
        elif letter == "," and opened:
            opened[-1].commas += 1
            opened[-1].start = at + 1
        at += 1
    if not quote or not opened:
        return None
    if not opened[-1].call and len(opened) > 1 and text[opened[-1].start - 1] in "[,":
        opened.pop()  # one of a list
    inner = opened[-1]
    before = text[inner.start : quoted - 1]
    given = re.match(r"\s*(?:(\w+)\s*=)?\s*(?:\[.*)?$", before, flags=re.DOTALL)
    if not inner.call or given is None:
        return None
    return Place(inner.call, given.group(1) or "", inner.commas, text[quoted:])


def values(place: Place, known: Mapping[str, Any]) -> list[str]:
    """Return what can stand there.

    Args:
        place: of the cursor.
        known: the variables of the notebook.
    """
    first, *path = place.call.split(".")
    thing = known.get(first)
    if isinstance(thing, Session) and len(path) == 1:
        return _of_session(thing, path[0], place)
    if isinstance(thing, Session) and len(path) == 2 and path[0] in _ROOMS:
        return _of_room(thing, path[0], path[1], place)
    if inspect.ismodule(thing) and thing.__name__ == "cbr_notebook" and len(path) == 1:
        return _of_package(path[0], place)
    return []


def names(session: Session, argument: str) -> list[str]:
    """Return the names that an argument takes, as far as the session has read them."""
    kind = _KINDS.get(argument)
    return seen_names.names(session, kind) if kind else []


def _of_session(session: Session, method: str, place: Place) -> list[str]:
    called = getattr(type(session), method, None)
    if not inspect.isfunction(called):
        return []
    argument = place.argument or _positional(called, place.number)
    return documented(method, argument) or names(session, argument)


def _of_room(session: Session, room: str, method: str, place: Place) -> list[str]:
    """Return what can stand in ``session.forms.back_up(vault="…")``, or in a picture's call."""
    called = getattr(type(getattr(session, room, None)), method, None)
    if not inspect.isfunction(called) or method.startswith("_"):
        return []
    if room == "forms" and place.argument == "object_type":
        return documented("vaults", place.argument)
    return names(session, place.argument)


def _of_package(function: str, place: Place) -> list[str]:
    if function == "simulate" and place.argument in ("", "estate"):
        return list(_ESTATES) if place.argument or place.number == 0 else []
    if function == "connect" and (place.argument or place.number) in ("profile", 0):
        return _profiles()
    if function == "schema" and place.argument in ("", "name"):
        return sorted(frames.SCHEMAS)
    return []


def _profiles() -> list[str]:
    """Return the names of the profiles of this computer; none if their files cannot be read."""
    try:
        return sorted(all_profiles())
    except CBRError:
        return []


def _positional(called: Callable[..., Any], number: int) -> str:
    """Return the name of an argument that is given by its place; the session stands before it."""
    parameters = [
        each.name
        for each in inspect.signature(called).parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    return parameters[number + 1] if number + 1 < len(parameters) else ""


def documented(method: str, argument: str) -> list[str]:
    """Return the values of a filter that the service documents."""
    schema = frames.SCHEMAS.get("backups" if method == "restore_points" else method)
    for column in schema.columns if schema else ():
        if column.name == argument:
            return [str(value) for value in column.values or ()]
    if method == "resources" and argument == "kind":
        return list(COMMON_KINDS)
    return []


def match(shell: Any, context: Any) -> dict[str, Any]:
    """Return what can stand at the cursor, as IPython's completer takes it.

    Args:
        shell: the interactive shell.
        context: what IPython tells of the cell and the cursor.
    """
    from IPython.core.completer import SimpleCompletion

    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    lines[-1] = lines[-1][: context.cursor_position]
    magic = shell.magics_manager.magics["line"].get("cbr")
    command = re.match(r"\s*(?:\w+\s*=\s*)?(%?)cbr(\s.*)$", lines[-1])
    if magic is not None and command and (command[1] or "cbr" not in shell.user_ns):
        found, begun = magic.__self__.offered(command[2])
        suppress = True
    else:
        place = place_in("\n".join(lines))
        found, begun = (values(place, shell.user_ns), place.begun) if place else ([], "")
        suppress = bool(found)
    matching = [SimpleCompletion(text=each) for each in found if each.startswith(begun)]
    return {"completions": matching, "suppress": suppress, "matched_fragment": begun}
