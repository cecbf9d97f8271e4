"""Values refused before anything is sent, with words that say what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.arguments import whole

T = TypeVar("T")

_NAME = re.compile("[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_-]{1,64}")
_TIME_ZONE = re.compile(r"UTC[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII)
SMALLEST_GB, LARGEST_GB = 10, 10_485_760


def name(value: str, field: str = "name") -> str:
    """Return a name of a vault, policy, restore point or backup, if it is allowed."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidRequest(
            f"The name {value!r} is not allowed.",
            advice="Use 1 to 64 letters, digits, _ and -; no spaces.",
            field=field,
        )
    return value


def size_gb(value: int, smallest: int = SMALLEST_GB) -> int:
    """Return a vault's capacity in GB, if it is in the range of the service."""
    number = whole(value)
    if number is None:
        raise InvalidRequest(
            f"A capacity is a whole number of GB, not {value!r}.",
            advice=f"Choose {smallest} to {LARGEST_GB}.",
            field="size_gb",
        )
    if not smallest <= number <= LARGEST_GB:
        raise InvalidRequest(
            f"A capacity of {number} GB is out of range.",
            advice=f"Choose {smallest} to {LARGEST_GB} GB.",
            field="size_gb",
            code="BackupService.6101",
        )
    return number


def within(value: int | None, low: int, high: int, field: str) -> int | None:
    """Return a whole number, if it is missing or in a range."""
    if value is None:
        return None
    number = whole(value)
    if number is None:
        raise InvalidRequest(
            f"{field} is a whole number, not {value!r}.",
            advice=f"Choose {low} to {high}.",
            field=field,
        )
    if not low <= number <= high:
        raise InvalidRequest(
            f"{field} {number} is out of range.", advice=f"Choose {low} to {high}.", field=field
        )
    return number


def one_of(value: str | None, choices: Sequence[str], field: str) -> str | None:
    """Return a word, if it is missing or one of some."""
    if value is not None and (not isinstance(value, str) or value not in choices):
        raise InvalidRequest(
            f"{field} {value!r} is not known.",
            advice=f"Choose one of: {', '.join(choices)}.",
            field=field,
        )
    return value


def text(value: str | None, longest: int, field: str) -> str | None:
    """Return a text, if it is missing or short enough and free of < and >."""
    if value is not None and (
        not isinstance(value, str) or len(value) > longest or "<" in value or ">" in value
    ):
        raise InvalidRequest(
            f"{field} is not allowed.",
            advice=f"Use at most {longest} characters, without < and >.",
            field=field,
        )
    return value


def id_of(value: str, field: str) -> str:
    """Return an ID, if it is not empty."""
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"{field} is empty.", advice="Name one.", field=field)
    return value


def time_zone(value: str, field: str = "timezone") -> str:
    """Return a time zone, if it is written as the service wants it."""
    if not isinstance(value, str) or not _TIME_ZONE.fullmatch(value):
        raise InvalidRequest(
            f"The time zone {value!r} is not one that the service takes.",
            advice="Write its distance from UTC, such as UTC+01:00.",
            field=field,
        )
    return value


def listed(values: Iterable[T], field: str, most: int | None = None) -> list[T]:
    """Return a list, if it is one: a text alone would mean each of its letters.

    Args:
        values: what was given.
        field: the argument's name, for the error.
        most: how many there may be; any number, also none, if left out.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidRequest(
            f"{field} is a list, not {values!r}.",
            advice=f"Put it into brackets: {field}=[…].",
            field=field,
        )
    found = list(values)
    if most is not None and not 1 <= len(found) <= most:
        raise InvalidRequest(
            f"{field}: {len(found)} are given.", advice=f"Name 1 to {most}.", field=field
        )
    return found


def at_least_one(values: Sequence[str], field: str) -> list[str]:
    """Return a list, if something is in it."""
    found = listed(values, field)
    if not found:
        raise InvalidRequest(f"{field} is empty.", advice="Name at least one.", field=field)
    return found
