"""``%cbr``: a question in a line of a notebook or of IPython.

The helpers and their flags are those of :class:`Session`, read from its signatures: what a
session can be asked in Python can be asked here, and nothing else.
"""

from __future__ import annotations

import difflib
import inspect
import keyword
import shlex
import typing
from collections.abc import Iterable
from typing import Any

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import ResourceKind
from cbr_notebook.cli.completion import names
from cbr_notebook.entry import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import needed_for
from cbr_notebook.session.queries.lists import FURTHER_FILTERS
from cbr_notebook.showing import hooks

with needed_for("%cbr"):
    from IPython.core.error import UsageError
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.magic import Magics, line_magic, magics_class

_OWN = ("help", "use")


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Make ``%cbr`` known: ``%load_ext cbr_notebook`` calls this."""
    hooks.install(ipython)
    ipython.register_magics(CbrMagics(ipython))


@magics_class
class CbrMagics(Magics):
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

        ``-o name`` keeps the table under a name as well; a ``;`` at the end shows nothing. A
        flag given twice is a list. The flags of a helper are the arguments of the session's
        method and the service's further filters: ``%cbr help backups``. ``%cbr`` alone lists
        the helpers. The session is the variable ``session``, or the only one that there is;
        ``%cbr use name`` chooses another.
        """
        quiet = line.rstrip().endswith(";")
        try:
            words = shlex.split(line.rstrip().rstrip(";"))
        except ValueError as problem:
            raise UsageError(f"%cbr: {problem}") from None
        if not words or words[0] in ("help", "--help", "-h"):
            print(_help(words[1] if len(words) > 1 else None))
            return None
        if words[0] == "use":
            self._use(words[1:])
            return None
        helper, rest = _known_helper(words[0]), words[1:]
        if "--help" in rest or "-h" in rest:
            print(_help(helper))
            return None
        rest, name = _output(rest)
        session = self._session()
        table: pd.DataFrame = getattr(session, helper)(**_read(helper, rest))
        if name is not None:
            self._names[name] = table
        return None if quiet else table

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
        if self._chosen is not None and self._chosen not in found:
            # Another one might be another cloud: that has to be said, not guessed.
            gone, self._chosen = self._chosen, None
            raise UsageError(
                f"%cbr: {gone}, which %cbr use chose, is no session any more. "
                f"There are: {', '.join(found) or 'none'}."
            )
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
        print(f"%cbr asks {words[0]} from now on.")

    # -- completion --------------------------------------------------------------------------------

    def offered(self, line: str) -> tuple[list[str], str]:
        """Return what can come next (helpers, flags, values), and what is begun of it.

        Args:
            line: what stands between ``%cbr`` and the cursor.
        """
        words, begun = ["cbr", *line.split()], ""
        if not line.endswith((" ", "\t")):
            begun = words.pop()
            flag, equals, value = begun.partition("=")
            if equals:
                words, begun = [*words, flag], value
        return self._next(words), begun

    def _next(self, words: list[str]) -> list[str]:
        if not words[1:]:
            return [*_OWN, *_helpers()]
        helper = words[1].replace("-", "_")
        if helper == "use":
            return list(self._sessions())
        if helper == "help":
            return list(_helpers())
        if helper not in _helpers():
            return []
        flags = _flags(helper)
        last = _name(words[-1])
        if words[-1].startswith("--") and last in flags:
            values = _values(helper, last) or self._read(last)
            if not _is(flags[last], "bool"):
                return values
        else:
            first = _first(helper)
            alone = first if len(words) == 2 else None
            values = (_values(helper, alone) or self._read(alone)) if alone else []
        return [*values, *map(_flag, flags), "-o"]

    def _read(self, argument: str) -> list[str]:
        """Return the names for an argument that the session has read."""
        try:
            return [shlex.quote(each) for each in names(self._session(), argument)]
        except UsageError:
            return []


# -- what there is, read from the session ----------------------------------------------------------


def _helpers() -> dict[str, Any]:
    """Return the session's questions: its public methods that answer with a table."""
    return {
        name: method
        for name, method in inspect.getmembers(Session, inspect.isfunction)
        if not name.startswith("_")
        and inspect.signature(method).return_annotation == "pd.DataFrame"
    }


def _known_helper(word: str) -> str:
    known = _helpers()
    name = word.replace("-", "_")
    if name not in known:
        raise UsageError(
            f"%cbr: there is no helper {word!r}. {_meant(name, known)}"
            f"There are: {', '.join(known)}."
        )
    return name


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _flags(helper: str) -> dict[str, inspect.Parameter]:
    """Return what a helper can be told: its own arguments, then the service's further filters."""
    own = inspect.signature(_helpers()[helper]).parameters
    named = {
        name: each
        for name, each in own.items()
        if name not in ("self", "session") and each.kind is not each.VAR_KEYWORD
    }
    return named | {
        name: each for name, each in FURTHER_FILTERS.get(helper, {}).items() if name not in named
    }


def _first(helper: str) -> str | None:
    """Return the name of the argument that needs no flag."""
    for name, parameter in inspect.signature(_helpers()[helper]).parameters.items():
        if name not in ("self", "session") and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            return name
    return None


def _is(parameter: inspect.Parameter, *kinds: str) -> bool:
    """Say whether an argument is of one of some types, by its annotation."""
    named = [part.partition("[")[0] for part in str(parameter.annotation).split(" | ")]
    return any(kind in named for kind in kinds)


def _takes_several(helper: str, name: str) -> bool:
    own = inspect.signature(_helpers()[helper]).parameters
    return name not in own or _is(own[name], "Values", "ResourceRef", "Sequence")


def _values(helper: str, name: str) -> list[str]:
    """Return the values that a flag can have, where the service or the signature names them."""
    parameter = _flags(helper)[name]
    if _is(parameter, "bool"):
        return ["true", "false"]
    if _is(parameter, "Literal"):
        return [each for each in str(parameter.annotation).split("'") if each.isidentifier()]
    if _is(parameter, "ResourceKind"):
        return [str(each) for each in typing.get_args(ResourceKind)]
    schema = frames.SCHEMAS.get("backups" if helper == "restore_points" else helper)
    for column in schema.columns if schema else ():
        if column.name == name:
            return [str(value) for value in column.values or ()]
    return []


def _help(helper: str | None) -> str:
    if helper is not None:
        helper = _known_helper(helper)
        flags = _flags(helper)
        first = _first(helper)
        needed = first is not None and flags[first].default is inspect.Parameter.empty
        words = [f"<{first}>" if needed else f"[<{first}>]"] if first else []
        words += [f"[{_flag(name)} …]" for name in flags if name != first]
        return f"%cbr {helper} {' '.join(words)} [-o name]\n\n{inspect.getdoc(_helpers()[helper])}"
    width = max(map(len, _helpers()))
    lines = [
        f"  {name:{width}}  {(inspect.getdoc(method) or '').splitlines()[0]}"
        for name, method in _helpers().items()
    ]
    return "\n".join(
        [
            "%cbr <helper> [--flag value] [-o name]; %cbr help <helper> for its flags;",
            "%cbr use <name> for another session",
            "",
            *lines,
        ]
    )


# -- reading a line --------------------------------------------------------------------------------


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _name(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _output(words: list[str]) -> tuple[list[str], str | None]:
    """Split ``-o name`` off a line."""
    if "-o" not in words:
        return words, None
    place = words.index("-o")
    name = words[place + 1] if place + 1 < len(words) else ""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError("%cbr: -o needs the name of a variable.")
    return words[:place] + words[place + 2 :], name


def _read(helper: str, words: list[str]) -> dict[str, Any]:
    """Return the arguments that a line names.

    Raises:
        UsageError: a flag that does not exist, has no value, or comes too often.
        InvalidRequest: a value is of the wrong kind.
    """
    flags, first = _flags(helper), _first(helper)
    given: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            name = _name(flag)
            if name not in flags:
                raise UsageError(
                    f"%cbr {helper}: there is no flag {flag}. "
                    f"{_meant(flag, map(_flag, flags))}"
                    f"There are: {', '.join(map(_flag, flags)) or 'none'}."
                )
            if not equals:
                alone = not rest or rest[0].startswith("--")
                if alone and not _is(flags[name], "bool"):
                    raise UsageError(f"%cbr {helper}: {flag} needs a value.")
                value = "true" if alone else rest.pop(0)
        elif first is None or first in given:
            raise UsageError(f"%cbr {helper}: what is {word!r}? Values follow a --flag.")
        else:
            name, value = first, word
        given.setdefault(name, []).append(value)
    for name, values in given.items():
        if len(values) > 1 and not _takes_several(helper, name):
            raise UsageError(f"%cbr {helper}: {_flag(name)} can be given only once.")
    for name, parameter in flags.items():
        if parameter.default is parameter.empty and name not in given:
            raise UsageError(f"%cbr {helper}: say which {name}: %cbr {helper} <{name}>.")
    return {name: _converted(name, flags[name], values) for name, values in given.items()}


def _converted(name: str, parameter: inspect.Parameter, values: list[str]) -> Any:
    """Return a flag's value as the helper takes it."""
    read: list[Any] = list(values)
    if _is(parameter, "int"):
        read = [_number(name, value) for value in values]
    elif _is(parameter, "bool"):
        read = [_truth(name, value) for value in values]
    return read[0] if len(read) == 1 else read


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidRequest(f"{_flag(name)} must be a number, not {text!r}.", field=name) from None


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidRequest(f"{_flag(name)} is true or false, not {text!r}.", field=name)
    return text.lower() == "true"
