"""``%cbr``: a question in a line of a notebook or of IPython.

The helpers and their flags are those of :class:`Session`, read from its signatures: what a
session can be asked in Python can be asked here, and nothing else.
"""

from __future__ import annotations

import inspect
import shlex
import typing
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

from cbr_notebook import frames
from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.session import Session

_OWN = ("help", "use")


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Make ``%cbr`` known: ``%load_ext cbr_notebook`` calls this."""
    magics = Questions(ipython)
    ipython.register_magics(magics)
    ipython.set_hook("complete_command", magics.complete, re_key=r"%?cbr\b")  # type: ignore[no-untyped-call]


@magics_class
class Questions(Magics):
    """The magic command."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._chosen: str | None = None

    @line_magic
    def cbr(self, line: str) -> pd.DataFrame | None:
        """Ask the session a question: ``%cbr <helper> [value] [--flag value] [-o name]``.

        Examples::

            %cbr vaults
            %cbr backups --since 7d --status available --status error
            %cbr resources server --name web
            %cbr unprotected --target 24h -o late

        ``-o name`` keeps the table under a name as well. A flag given twice is a list. The
        flags of a helper are the arguments of the session's method: ``%cbr help backups``.
        ``%cbr`` alone lists the helpers. The session is the variable ``session``, or the only
        one that there is; ``%cbr use name`` chooses another.
        """
        try:
            words = shlex.split(line)
        except ValueError as problem:
            raise UsageError(f"%cbr: {problem}") from None
        if not words or words[0] in ("help", "--help", "-h"):
            print(_help(words[1] if len(words) > 1 else None))  # noqa: T201 it is what was asked
            return None
        if words[0] == "use":
            self._use(words[1:])
            return None
        helper, rest = words[0], words[1:]
        if "--help" in rest or "-h" in rest:
            print(_help(helper))  # noqa: T201
            return None
        method = _method(helper)
        rest, name = _output(rest)
        given, flags = _read(helper, method, rest)
        try:
            table: pd.DataFrame = getattr(self._session(), helper)(*given, **flags)
        except CBRError as problem:
            # In a cell that is one line long, the way to the error says nothing.
            text = f"{type(problem).__name__}: {problem}"
            problem._render_traceback_ = lambda: text.splitlines()  # type: ignore[attr-defined]
            raise
        if name is not None:
            self._names[name] = table
        return table

    # -- whose question ----------------------------------------------------------------------------

    @property
    def _names(self) -> dict[str, Any]:
        assert self.shell is not None
        names: dict[str, Any] = self.shell.user_ns
        return names

    def _sessions(self) -> dict[str, Session]:
        return {
            name: value
            for name, value in self._names.items()
            if isinstance(value, Session) and not name.startswith("_")
        }

    def _session(self) -> Session:
        found = self._sessions()
        for name in (self._chosen, "session"):
            if name in found:
                return found[name]
        if len({id(each) for each in found.values()}) == 1:
            return next(iter(found.values()))
        if not found:
            raise UsageError(
                "%cbr: there is no session yet. First: session = cbr.connect(), or "
                "session = cbr.simulate()."
            )
        raise UsageError(f"%cbr: which session? Say %cbr use <name>: {', '.join(found)}.")

    def _use(self, words: list[str]) -> None:
        found = self._sessions()
        if len(words) != 1 or words[0] not in found:
            raise UsageError(f"%cbr use <name>: there are {', '.join(found) or 'no sessions'}.")
        self._chosen = words[0]

    # -- completion --------------------------------------------------------------------------------

    def complete(self, _: Any, event: SimpleNamespace) -> list[str]:
        """Offer what can come next: helpers, flags, and values where they are few."""
        words = event.line.split()
        if not event.line.endswith((" ", "\t")):
            words = words[:-1]
        if len(words) <= 1:
            return [*_OWN, *_helpers()]
        if words[1] == "use":
            return list(self._sessions())
        if words[1] == "help":
            return list(_helpers())
        if words[1] not in _helpers():
            return []
        if words[-1].startswith("--"):
            return _values(words[1], words[-1][2:].replace("-", "_"))
        flags = [f"--{name.replace('_', '-')}" for name in _flags(words[1])]
        first = _first(_method(words[1]))
        return [*(_values(words[1], first) if first and len(words) == 2 else []), *flags, "-o"]


# -- what there is, read from the session ----------------------------------------------------------


def _helpers() -> dict[str, Any]:
    """Give the session's questions: its public methods that answer with a table."""
    return {
        name: method
        for name, method in inspect.getmembers(Session, inspect.isfunction)
        if not name.startswith("_")
        and inspect.signature(method).return_annotation == "pd.DataFrame"
    }


def _method(helper: str) -> Any:
    known = _helpers()
    if helper not in known:
        raise UsageError(f"%cbr: there is no helper {helper!r}. There are: {', '.join(known)}.")
    return known[helper]


def _parameters(method: Any) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(method).parameters.values():
        if parameter.name != "self":
            yield parameter


def _first(method: Any) -> str | None:
    """Give the name of the argument that needs no flag."""
    for parameter in _parameters(method):
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            return parameter.name
    return None


def _flags(helper: str) -> list[str]:
    return [
        parameter.name
        for parameter in _parameters(_method(helper))
        if parameter.kind is not parameter.VAR_KEYWORD
    ]


def _values(helper: str, flag: str) -> list[str]:
    """Give the values that a flag can have, where the service or the signature names them."""
    parameter = inspect.signature(_method(helper)).parameters.get(flag)
    if parameter is not None and "Literal[" in str(parameter.annotation):
        text = str(parameter.annotation)
        return [each for each in text.split("'") if each.isidentifier()]
    if parameter is not None and "ResourceKind" in str(parameter.annotation):
        from cbr_notebook.session.finding import ResourceKind

        return [str(each) for each in typing.get_args(ResourceKind)]
    schema = frames.SCHEMAS.get(helper)
    for column in schema.columns if schema else ():
        if column.name == flag:
            return [str(value) for value in column.values or ()]
    return []


def _help(helper: str | None) -> str:
    if helper is not None:
        method = _method(helper)
        flags = " ".join(f"--{name.replace('_', '-')}" for name in _flags(helper))
        return f"%cbr {helper} {flags} [-o name]\n\n{inspect.getdoc(method)}"
    width = max(map(len, _helpers()))
    lines = [
        f"  {name:{width}}  {(inspect.getdoc(method) or '').splitlines()[0]}"
        for name, method in _helpers().items()
    ]
    return "\n".join(
        ["%cbr <helper> [--flag value] [-o name]; %cbr help <helper> for its flags", "", *lines]
    )


# -- reading a line --------------------------------------------------------------------------------


def _output(words: list[str]) -> tuple[list[str], str | None]:
    """Take ``-o name`` out of a line."""
    if "-o" not in words:
        return words, None
    place = words.index("-o")
    if place + 1 == len(words) or not words[place + 1].isidentifier():
        raise UsageError("%cbr: -o needs the name of a variable.")
    return words[:place] + words[place + 2 :], words[place + 1]


def _read(helper: str, method: Any, words: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Give the arguments of a line: those without a flag, and those with one."""
    known = {parameter.name: parameter for parameter in _parameters(method)}
    further = any(each.kind is each.VAR_KEYWORD for each in known.values())
    given: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            given.append(word)
            continue
        flag, equals, value = word[2:].partition("=")
        name = flag.replace("-", "_")
        if name not in known and not further:
            raise UsageError(
                f"%cbr {helper}: there is no flag --{flag}. There are: "
                f"{', '.join('--' + each.replace('_', '-') for each in known) or 'none'}."
            )
        if not equals:
            found = next(rest, None)
            if found is None or found.startswith("--"):
                raise UsageError(f"%cbr {helper}: --{flag} needs a value.")
            value = found
        flags.setdefault(name, []).append(value)
    if len(given) > (1 if _first(method) else 0):
        raise UsageError(f"%cbr {helper}: what is {given[-1]!r}? Values follow a --flag.")
    return given, {
        name: _converted(name, known.get(name), values) for name, values in flags.items()
    }


def _converted(name: str, parameter: inspect.Parameter | None, values: list[str]) -> Any:
    """Give a flag's value as the helper takes it."""
    wants_number = (
        parameter is not None and "int" in str(parameter.annotation).split(" | ")
    ) or name in ("limit", "offset")
    read = [_number(name, value) if wants_number else _word(value) for value in values]
    return read[0] if len(read) == 1 else read


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidRequest(f"--{name} must be a number, not {text!r}.", field=name) from None


def _word(text: str) -> str | bool:
    return {"true": True, "false": False}.get(text.lower(), text)
