"""From the bytes of an answer to typed objects: strictly and fast, else value by value.

Operators of the same service differ in the JSON types that they give a member. What is written
otherwise than usual is read (:mod:`cbr_notebook.api.http.lenient`); what cannot be read is
missing, and a warning says so. Only an answer that lacks what it is about cannot be read at all.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

from cbr_notebook.api.http import lenient
from cbr_notebook.api.messages.records import Record
from cbr_notebook.api.messages.source import Source, loads

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
    if content.count(b",") > MOST_VALUES or content.count(b"{") > MOST_CONTAINERS:
        raise Undecodable("it holds more values than any honest answer")
    try:
        found = _decoder(answer).decode(content)
    except msgspec.ValidationError:
        found = _decode_leniently(content, answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        if not _may_be_json(content):
            raise Undecodable(str(problem)) from None
        found = _decode_leniently(content, answer)
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    _keep_source(found, content)
    return found


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_decoders_lock = threading.Lock()


def _decoder(answer: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, built once and by one thread.

    msgspec crashes the interpreter where two threads meet a type for the first time at once.
    """
    with _decoders_lock:
        if answer not in _decoders:
            _decoders[answer] = msgspec.json.Decoder(answer)
        return _decoders[answer]


def _decode_leniently(content: bytes, answer: type[T]) -> T:
    try:
        document = loads(content)
    except ValueError as problem:
        raise Undecodable(str(problem)) from None
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    reader = lenient.Reader()
    try:
        found = reader.answer(document, answer)
    except lenient.Unreadable as problem:
        raise Undecodable(str(problem)) from None
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    reader.warn()
    return found


def _may_be_json(content: bytes) -> bool:
    return content[:200].lstrip()[:1] in (b"{", b"[")


def _keep_source(answer: Any, content: bytes) -> None:
    """Let the records of an answer, alone or in a list, know where they came from."""
    if isinstance(answer, Record) or not isinstance(answer, msgspec.Struct):
        _set_source(answer, content, ())
    for name, encoded in zip(
        getattr(answer, "__struct_fields__", ()),
        getattr(answer, "__struct_encode_fields__", ()),
        strict=True,
    ):
        member = getattr(answer, name)
        _set_source(member, content, (encoded,))
        if isinstance(member, list) and member and isinstance(member[0], Record):
            for place, each in enumerate(member):
                _set_source(each, content, (encoded, place))


def _set_source(record: Any, content: bytes, path: tuple[str | int, ...]) -> None:
    if isinstance(record, Record):
        msgspec.structs.force_setattr(record, "_source", Source(content, path))
