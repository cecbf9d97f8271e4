"""What a value of a request may be: its type, range, length, letters or words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that the service would refuse.

    Attributes:
        path: the way to it, such as ``vault.billing.size``.
        value: what was given.
        wanted: what may be given, in words.
    """

    path: str
    value: Any
    wanted: str

    @property
    def shown(self) -> str:
        """The value for a message, cut where it is long."""
        text = json.dumps(self.value, ensure_ascii=False)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


class Shape(Protocol):
    """What a value may be."""

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield what of a value the service would refuse; ``path`` is the way to it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of some length, of letters that a pattern allows, or one of some words."""

    shortest: int = 0
    longest: int | None = None
    pattern: str = ""
    meaning: str = ""
    """What the pattern asks for, in words."""
    words: tuple[str, ...] = ()

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield the text itself, if it is none or not allowed."""
        fits = (
            isinstance(value, str)
            and len(value) >= self.shortest
            and (self.longest is None or len(value) <= self.longest)
            and (not self.pattern or re.fullmatch(self.pattern, value, re.ASCII) is not None)
            and (not self.words or value in self.words)
        )
        if not fits:
            yield Fault(path, value, self._wanted())

    def _wanted(self) -> str:
        if self.words:
            return f"one of {', '.join(self.words)}"
        length = ""
        if self.longest is not None:
            length = f" of {self.shortest} to {self.longest} characters"
        elif self.shortest:
            length = " that is not empty"
        return f"a text{length}{', ' if self.meaning else ''}{self.meaning}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a range; a whole one unless said otherwise."""

    lowest: int | None = None
    highest: int | None = None
    whole: bool = True

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield the number itself, if it is none or out of range."""
        kinds = int if self.whole else int | float
        fits = (
            isinstance(value, kinds)
            and not isinstance(value, bool)
            and (self.lowest is None or value >= self.lowest)
            and (self.highest is None or value <= self.highest)
        )
        if not fits:
            kind = "a whole number" if self.whole else "a number"
            limits = "" if self.lowest is None else f" from {self.lowest} to {self.highest}"
            yield Fault(path, value, kind + limits)


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield the value itself, if it is neither."""
        if not isinstance(value, bool):
            yield Fault(path, value, "true or false")


@dataclass(frozen=True, slots=True)
class Many:
    """A list of some length, whose entries are all of one shape."""

    each: Shape
    fewest: int = 0
    most: int | None = None

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield the list itself, if it is none or of another length; else what is in it."""
        fits = isinstance(value, list) and len(value) >= self.fewest
        if not fits or (self.most is not None and len(value) > self.most):
            number = f" of {self.fewest} to {self.most} entries" if self.most is not None else (
                " with at least one entry" if self.fewest else ""
            )  # fmt: skip
            yield Fault(path, value, f"a list{number}")
            return
        for place, entry in enumerate(value):
            yield from self.each.faults(entry, f"{path}[{place}]")


@dataclass(frozen=True, slots=True)
class Members:
    """An object; a member that is null counts as left out, one that is not known is let through."""

    members: Mapping[str, Shape]
    needed: Sequence[str] = ()

    def faults(self, value: Any, path: str) -> Iterator[Fault]:
        """Yield the object itself, if it is none; else what is missing or wrong in it."""
        if not isinstance(value, dict):
            yield Fault(path, value, "an object")
            return
        for name, shape in self.members.items():
            where = f"{path}.{name}" if path else name
            found = value.get(name)
            if found is not None:
                yield from shape.faults(found, where)
            elif name in self.needed:
                yield Fault(where, None, "given: it is mandatory")
