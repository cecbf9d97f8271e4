"""Values refused before anything is sent, with words that say what would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cbr_notebook.errors import InvalidRequest

_NAME = re.compile("^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_-]{1,64}$")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SMALLEST_GB, LARGEST_GB = 10, 10_485_760


def name(value: str, field: str = "name") -> str:
    """Give a name of a vault, policy, restore point or backup, if it is allowed."""
    if not _NAME.match(value):
        raise InvalidRequest(
            f"The name {value!r} is not allowed.",
            advice="Use 1 to 64 letters, digits, _ and -; no spaces.",
            field=field,
        )
    return value


def size_gb(value: int, smallest: int = SMALLEST_GB) -> int:
    """Give a vault's capacity in GB, if it is in the range of the service."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(
            f"A capacity is a whole number of GB, not {value!r}.",
            advice=f"Choose {smallest} to {LARGEST_GB}.",
            field="size_gb",
        )
    if not smallest <= value <= LARGEST_GB:
        raise InvalidRequest(
            f"A capacity of {value} GB is out of range.",
            advice=f"Choose {smallest} to {LARGEST_GB} GB.",
            field="size_gb",
            code="BackupService.6101",
        )
    return value


def within(value: int | None, low: int, high: int, field: str) -> int | None:
    """Give a number, if it is missing or in a range."""
    if value is not None and not low <= value <= high:
        raise InvalidRequest(
            f"{field} {value} is out of range.", advice=f"Choose {low} to {high}.", field=field
        )
    return value


def one_of(value: str | None, choices: Sequence[str], field: str) -> str | None:
    """Give a word, if it is missing or one of some."""
    if value is not None and value not in choices:
        raise InvalidRequest(
            f"{field} {value!r} is not known.",
            advice=f"Choose one of: {', '.join(choices)}.",
            field=field,
        )
    return value


def text(value: str | None, longest: int, field: str) -> str | None:
    """Give a text, if it is missing or short enough and free of < and >."""
    if value is not None and (len(value) > longest or "<" in value or ">" in value):
        raise InvalidRequest(
            f"{field} is not allowed.",
            advice=f"Use at most {longest} characters, without < and >.",
            field=field,
        )
    return value


def patterns(values: Sequence[str]) -> list[str]:
    """Give recurrence rules, if they are of the subset that the service takes."""
    if not 1 <= len(values) <= 24:
        raise _bad_pattern(", ".join(values) or "nothing", "a policy has 1 to 24 rules")
    for value in values:
        parts = dict(part.partition("=")[::2] for part in value.split(";"))
        if parts.keys() - {"FREQ", "BYDAY", "BYHOUR", "BYMINUTE", "INTERVAL"}:
            raise _bad_pattern(value, "only FREQ, BYDAY, BYHOUR, BYMINUTE and INTERVAL may occur")
        if parts.get("FREQ") not in ("WEEKLY", "DAILY"):
            raise _bad_pattern(value, "FREQ is WEEKLY or DAILY")
        if parts["FREQ"] == "WEEKLY" and not parts.get("BYDAY"):
            raise _bad_pattern(value, "WEEKLY needs BYDAY")
        if any(day not in _DAYS for day in parts.get("BYDAY", "MO").split(",")):
            raise _bad_pattern(value, f"BYDAY holds days of {', '.join(_DAYS)}")
        for key, low, high, needed in (
            ("BYHOUR", 0, 23, True), ("BYMINUTE", 0, 59, True), ("INTERVAL", 1, 30, False),
        ):  # fmt: skip
            numbers = parts.get(key, "").split(",") if key in parts or needed else []
            if not all(each.isdigit() and low <= int(each) <= high for each in numbers):
                raise _bad_pattern(value, f"{key} holds numbers from {low} to {high}")
    return list(values)


def _bad_pattern(value: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The recurrence rule {value!r} is not valid: {why}.",
        advice="Write it like FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=23;BYMINUTE=00 (times in UTC).",
        field="pattern",
        code="BackupService.9900",
    )


def id_of(value: str, field: str) -> str:
    """Give an ID, if it is not empty."""
    if not value:
        raise InvalidRequest(f"{field} is empty.", advice="Name one.", field=field)
    return value


def at_least_one(values: Sequence[str], field: str) -> list[str]:
    """Give a list, if something is in it."""
    if not values:
        raise InvalidRequest(f"{field} is empty.", advice="Name at least one.", field=field)
    return list(values)
