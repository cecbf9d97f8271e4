"""Replacing everything in an answer that tells whose it is; its shape stays as it was."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from cbr_notebook.api.http.operations import OPERATIONS
from cbr_notebook.api.messages.constants import KINDS
from cbr_notebook.diagnosis.vocabulary import is_known_key, is_known_value, may_be_a_new_member

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)
_IPV6 = re.compile(r"[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.IGNORECASE | re.DOTALL)
_OWN_MAPS = ("metadata", "addresses", "tags", "labels", "volume_image_metadata")
"""Members whose own members are named by the account's people, not by the service."""


class Anonymizer:
    """Replaces IDs, names, addresses and tags, the same by the same.

    What is kept: the order and names of the service's members, types, nulls, empty texts,
    numbers, times, and words of the interface. Everything else is replaced, whatever it is: what
    is not known to be harmless is not kept.
    """

    def __init__(self) -> None:
        self._replaced: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def value(self, value: Any, key: str = "", *, own_map: bool = False) -> Any:
        """Return a JSON value without anything that tells whose it is.

        Args:
            value: as decoded from JSON.
            key: the name of the member that it is the value of.
            own_map: whether names of members are the account's, too.
        """
        if isinstance(value, dict):
            below = own_map or key in _OWN_MAPS
            return {
                self.key(name, own_map=below): self.value(each, name, own_map=below)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.value(each, key, own_map=own_map) for each in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and not isinstance(value, bool) and key.endswith("id"):
            return self._number(value)
        return value

    def key(self, name: str, *, own_map: bool = False) -> str:
        """Return the name of a member, replaced if it may be somebody's own."""
        known = is_known_key(name) or (not own_map and may_be_a_new_member(name))
        return name if known else self._other(name, "member")

    def text(self, text: str) -> str:
        """Return a text, replaced unless it is a word or a format of the interface."""
        return text if is_known_value(text) else self._other(text, "thing")

    def path(self, path: str) -> str:
        """Return the path of a request; what stands in the place of an ID is replaced."""
        return "/".join(part if is_route(part) else self.text(part) for part in path.split("/"))

    def query(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the parameters of a request."""
        return [(name, self.text(value)) for name, value in pairs]

    def _other(self, text: str, kind: str) -> str:
        if text not in self._replaced:
            self._replaced[text] = self._new(text, kind)
        return self._replaced[text]

    def _new(self, text: str, kind: str) -> str:
        if _UUID.fullmatch(text):
            return f"{self._next('uuid'):08x}-0000-4000-a000-000000000000"
        if _HEX.fullmatch(text):
            return f"{self._next('hex'):032x}"
        if _MAC.fullmatch(text):
            return "fa:16:3e:" + ":".join(re.findall("..", f"{self._next('mac'):06x}"))
        if _IPV4.fullmatch(text):
            return f"192.0.2.{self._next('ipv4') % 256}" + ("/24" if "/" in text else "")
        if _IPV6.fullmatch(text):
            return f"2001:db8::{self._next('ipv6'):x}"
        if _URL.fullmatch(text):
            return f"https://host.example/{self._next('url'):03d}"
        return f"{kind}-{self._next(kind):03d}"

    def _number(self, value: int) -> int:
        digits = len(str(abs(value)))
        replaced = self._other(f"number {value}", "number").removeprefix("number-")
        return 10 ** (digits - 1) + int(replaced) if digits > 3 else value

    def _next(self, kind: str) -> int:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]


@cache
def _routes() -> frozenset[str]:
    parts = {part for operation in OPERATIONS for part in operation.path.split("/")}
    return frozenset({*parts, *KINDS})


def is_route(part: str) -> bool:
    """Return whether a part of a path is the service's, not an ID or a name."""
    return part in _routes()
