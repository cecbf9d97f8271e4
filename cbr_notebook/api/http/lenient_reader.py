"""Values read for what they mean, whatever JSON type they come in.

A number may come as a text, a whole number as a float, ``"false"`` for false, ``0`` for a text, an
empty object for nothing. What cannot be read is missing; each kind of it is told by one warning.
"""

from __future__ import annotations

import json
import math
import types
import typing
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

from cbr_notebook.api.messages.records import Record
from cbr_notebook.api.messages.source import Source
from cbr_notebook.text.notes import tell

T = TypeVar("T")

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_LARGEST_INTEGER = 2**63 - 1
_LONGEST_SHOWN = 40
MISSING: Any = object()
"""Stands for a value that says that there is none."""
_IN_TABLES = {
    "resource_size": "resource_size_gb",
    "size": "size_gb",
    "allocated": "allocated_gb",
    "used": "used_mb",
    "backup_size": "backup_size_mb",
    "backup_size_multiaz": "backup_size_multiaz_mb",
}
"""How a table calls a member, where it adds the unit."""


class Unreadable(Exception):
    """A value cannot be read."""


@dataclass
class _Loss:
    """Values of one member that could not be read."""

    row: str
    value: str
    number: int = 1


class Reader:
    """Reads one answer, and remembers what of it could not be read."""

    def __init__(self, content: bytes) -> None:
        """Create a decoder of an answer's bytes, which its records refer to; without losses yet."""
        self._content = content
        self._losses: dict[str, _Loss] = {}
        self._row = ""

    def answer(self, document: Any, kind: type[T]) -> T:
        """Return a whole answer.

        Raises:
            Unreadable: it lacks what it is about.
        """
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if not isinstance(document, dict):
                raise Unreadable(f"it is {_in_words(document)}, not an object")
            for each in _fields(typing.cast("Any", kind)):
                if each.required and each.encode_name not in document:
                    raise Unreadable(f"it has no {each.encode_name!r}")
                if each.required and not _holds_struct(document[each.encode_name], each.type):
                    raise Unreadable(f"its {each.encode_name!r} is empty")
            return self._struct(document, kind, "")
        found = self._value(document, kind, "")
        if found is MISSING:
            raise Unreadable(f"it is {_in_words(document)}")
        return typing.cast("T", found)

    def warn(self) -> None:
        """Return what could not be read: one warning for each member concerned."""
        for member, loss in self._losses.items():
            last = member.rpartition(".")[2]
            column = _IN_TABLES.get(last, last)
            others = f" ({loss.number} such values)" if loss.number > 1 else ""
            tell(
                f"{column}: {loss.value} of {loss.row or 'the answer'} cannot be read, and is "
                f"missing{others}. The member is {member}; record.raw has it as it came.",
                stacklevel=4,
            )

    def _lost(self, path: str, value: Any) -> None:
        member = ".".join(part for part in path.split(".") if not part.isdigit())
        if member in self._losses:
            self._losses[member].number += 1
        else:
            self._losses[member] = _Loss(self._row, shown(value))

    def _struct(self, document: dict[Any, Any], kind: type[T], path: str) -> T:
        values = {}
        for each in _fields(typing.cast("Any", kind)):
            value = document.get(each.encode_name, MISSING)
            found = MISSING
            if value is not MISSING and value is not None:
                where = f"{path}.{each.encode_name}" if path else each.encode_name
                try:
                    found = self._value(value, each.type, where)
                except Unreadable:
                    if each.required and _is_list(each.type):
                        raise Unreadable(f"its {where!r} is {_in_words(value)}") from None
                    self._lost(where, value)
            if found is not MISSING:
                values[each.name] = found
            elif each.required:
                values[each.name] = [] if _is_list(each.type) else None
        if issubclass(kind, Record):
            values["_source"] = Source(self._content, _steps(path))
        return kind(**values)

    def _value(self, value: Any, kind: Any, path: str) -> Any:
        """Return a value as its type wants it; ``MISSING`` where it says that there is none.

        Raises:
            Unreadable: it says something else.
        """
        kinds = _alternatives(kind)
        if Any in kinds:
            return value
        if value is None:
            return None if types.NoneType in kinds else MISSING
        for each in kinds:
            if each in (str, int, float, bool) and type(value) is each:
                return _in_range(value) if each is int else _writable(value)
        for each in kinds:
            if each is types.NoneType:
                continue
            return self._converted(value, each, path)
        return MISSING

    def _converted(self, value: Any, kind: Any, path: str) -> Any:
        origin = typing.get_origin(kind) or kind
        if origin is list:
            return self._list(value, typing.get_args(kind)[0], path)
        if origin is dict:
            return value if isinstance(value, dict) else _nothing(value)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if isinstance(value, str) and value.lstrip()[:1] == "{":
                value = _loaded(value)
            if not isinstance(value, dict):
                return _nothing(value)
            return self._struct(value, kind, path)
        reader = _READERS.get(kind)
        return value if reader is None else reader(value)

    def _list(self, value: Any, kind: Any, path: str) -> Any:
        if isinstance(value, str) and value.lstrip()[:1] == "[":
            value = _loaded(value)
        if isinstance(value, dict) and value:
            value = [value]
        if not isinstance(value, list):
            return _nothing(value)
        outermost, found = "." not in path, []
        for place, each in enumerate(value):
            if outermost:
                self._row = _name_of_row(each, place)
            try:
                item = self._value(each, kind, f"{path}.{place}")
            except Unreadable:
                self._lost(f"{path}.{place}", each)
                continue
            if item is not MISSING:
                found.append(item)
            elif each is not None:
                self._lost(f"{path}.{place}", each)
        return found


def integer(value: Any) -> int | Any:
    """Return a whole number; a fraction is cut off, as of a progress of 25.2 percent.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return MISSING
        try:
            return _in_range(int(text) if len(text) < _LONGEST_SHOWN else text)
        except ValueError:
            value = number(text)
    if isinstance(value, bool | int):
        return _in_range(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return _in_range(int(value))
    return _nothing(value)


def number(value: Any) -> float | Any:
    """Return a number.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(value, str):
        if not value.strip():
            return MISSING
        try:
            value = float(value)
        except ValueError:
            raise Unreadable from None
    if isinstance(value, int | float):
        try:
            found = float(value)
        except OverflowError:
            raise Unreadable from None
        if math.isfinite(found):
            return found
    return _nothing(value)


def flag(value: Any) -> bool | Any:
    """Return yes or no.

    Raises:
        Unreadable: it is neither.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    elif value in (0, 1):
        return bool(value)
    return _nothing(value)


def text(value: Any) -> str | Any:
    """Return a text; numbers and flags as JSON writes them.

    Raises:
        Unreadable: it is an object or a list with something in it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _nothing(value)


_READERS: dict[Any, Any] = {str: text, int: integer, float: number, bool: flag}


def _nothing(value: Any) -> Any:
    """Return that there is no value, if that is what is said.

    Raises:
        Unreadable: something is said.
    """
    if value is None or (isinstance(value, str | dict | list) and not value):
        return MISSING
    raise Unreadable


def _in_range(value: Any) -> int:
    if not isinstance(value, int) or not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        raise Unreadable
    return value


def _writable(value: T) -> T:
    """Return a value as it is, if it is no text with half of a character in it.

    Raises:
        Unreadable: it is one; no table, file or screen takes it.
    """
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unreadable from None
    return value


def _loaded(text_: str) -> Any:
    try:
        return json.loads(text_)
    except (ValueError, RecursionError):
        raise Unreadable from None


def _name_of_row(row: Any, place: int) -> str:
    if isinstance(row, dict):
        for member in ("name", "id", "resource_name", "resource_id", "host_name"):
            found = row.get(member)
            if isinstance(found, str) and found and found.isprintable():
                return shown(found)
    return f"row {place + 1}"


def shown(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    try:
        written = json.dumps(value, ensure_ascii=False)
        written.encode()
    except UnicodeEncodeError:
        written = json.dumps(value)
    except (ValueError, TypeError, RecursionError):
        written = type(value).__name__
    return written if len(written) <= _LONGEST_SHOWN else f"{written[:_LONGEST_SHOWN]}…"


def _in_words(document: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "empty"}.get(
        type(document), "a number"
    )


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in path.split(".") if part)


@cache
def _fields(kind: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return tuple(each for each in msgspec.structs.fields(kind) if each.name != "_source")


@cache
def _alternatives(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return typing.get_args(kind)
    return (kind,)


def _is_list(kind: Any) -> bool:
    return typing.get_origin(kind) is list


def _holds_struct(value: Any, kind: Any) -> bool:
    """Return whether a mandatory member that is a record holds one."""
    struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return not struct or (isinstance(value, dict) and bool(value))
