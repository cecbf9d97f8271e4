"""From the bytes of an answer to typed objects: strictly and fast, else value by value.

Operators of the same service differ in the JSON types that they give a member. What is written
otherwise than usual is read (:mod:`cbr_notebook.api.http.lenient_reader`); what cannot be read is
missing, and a warning says so. Only an answer that lacks what it is about cannot be read at all.
"""

from __future__ import annotations

import codecs
import threading
import typing
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec

from cbr_notebook.api.http import lenient_reader
from cbr_notebook.api.messages.records import Record
from cbr_notebook.api.messages.source import Source, loads

P = ParamSpec("P")
T = TypeVar("T")

MOST_VALUES, MOST_CONTAINERS = 2_000_000, 500_000
"""What an answer may hold; so many values become a few hundred megabytes of objects."""


class Undecodable(Exception):
    """An answer cannot be read; the text says why."""


def decode(content: bytes, answer: type[T]) -> T:
    """Return an answer as what it should be.

    Args:
        content: a JSON document.
        answer: its type.

    Raises:
        Undecodable: it is no JSON document, is nested too deeply, holds too much, or lacks what it
            is about.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    # What is shorter cannot hold so much: a value takes a byte and a comma, a container three.
    if len(content) > MOST_CONTAINERS * 3 and (
        content.count(b",") > MOST_VALUES or content.count(b"{") > MOST_CONTAINERS
    ):
        raise Undecodable("it holds more values than any honest answer")
    try:
        found = _decoder(answer).decode(content)
    except msgspec.ValidationError:
        try:  # numbers and flags as texts, at the same speed
            found = _decoder(answer, strict=False).decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _decode_leniently(content, answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        if not _may_be_json(content):
            raise Undecodable(str(problem)) from None
        return _decode_leniently(content, answer)
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    if not _thread.without_sources:
        _keep_source(found, content)
    return found


class _Thread(threading.local):
    without_sources: bool = False


_thread = _Thread()


def without_sources(ask: Callable[P, T]) -> Callable[P, T]:
    """Return a question whose records do not keep what they were read from.

    For tables, which let a record go as soon as its cells are read: the sources of a page take
    longer than reading it.
    """

    def asked(*arguments: P.args, **named: P.kwargs) -> T:
        before, _thread.without_sources = _thread.without_sources, True
        try:
            return ask(*arguments, **named)
        finally:
            _thread.without_sources = before

    return asked


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_decoders_lock = threading.Lock()


def _decoder(answer: type[T], *, strict: bool = True) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, built once and by one thread.

    msgspec crashes the interpreter where two threads meet a type for the first time at once.
    """
    with _decoders_lock:
        if (answer, strict) not in _decoders:
            _decoders[answer, strict] = msgspec.json.Decoder(answer, strict=strict)
        return _decoders[answer, strict]


def _decode_leniently(content: bytes, answer: type[T]) -> T:
    try:
        document = loads(content)
    except ValueError as problem:
        raise Undecodable(str(problem)) from None
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    reader = lenient_reader.Reader(content)
    try:
        found = reader.answer(document, answer)
    except lenient_reader.Unreadable as problem:
        raise Undecodable(str(problem)) from None
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    reader.warn()
    return found


def _may_be_json(content: bytes) -> bool:
    return content[:200].lstrip()[:1] in (b"{", b"[")


def _keep_source(answer: Any, content: bytes) -> None:
    """Attach to the records of an answer, and the records in them, where they came from."""
    if isinstance(answer, Record):
        msgspec.structs.force_setattr(answer, "_source", Source(content, ()))
    if isinstance(answer, msgspec.Struct):
        _keep_sources_of_parts(answer, content, ())
    elif isinstance(answer, list):
        _keep_sources_of_list(answer, content, ())


def _keep_sources_of_parts(whole: Any, content: bytes, path: tuple[str | int, ...]) -> None:
    for name, encoded in _parts(type(whole)):
        part = getattr(whole, name)
        if isinstance(part, list):
            _keep_sources_of_list(part, content, (*path, encoded))
        elif isinstance(part, msgspec.Struct):
            _keep_source_of_part(part, content, (*path, encoded))


def _keep_sources_of_list(parts: list[Any], content: bytes, path: tuple[str | int, ...]) -> None:
    if parts and isinstance(parts[0], msgspec.Struct):
        for place, part in enumerate(parts):
            _keep_source_of_part(part, content, (*path, place))


def _keep_source_of_part(part: Any, content: bytes, path: tuple[str | int, ...]) -> None:
    if isinstance(part, Record):
        msgspec.structs.force_setattr(part, "_source", Source(content, path))
    _keep_sources_of_parts(part, content, path)


_parts_of: dict[type, tuple[tuple[str, str], ...]] = {}


def _parts(kind: type) -> tuple[tuple[str, str], ...]:
    """Return the members of a type that can hold records, with their names in JSON."""
    found = _parts_of.get(kind)
    if found is None:
        found = _parts_of[kind] = tuple(
            (each.name, each.encode_name)
            for each in msgspec.structs.fields(kind)
            if each.name != "_source" and _may_hold_struct(each.type)
        )
    return found


def _may_hold_struct(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return True
    return any(map(_may_hold_struct, typing.get_args(kind)))
