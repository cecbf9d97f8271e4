"""Types that several requests share: names, tags, resources, with their limits."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.protocol.api_error import ApiError

NAME_PATTERN = "^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_\\-]*$"
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME_PATTERN)]
ShortText = Annotated[str, Meta(max_length=64, pattern="^[^<>]*$")]
Text = Annotated[str, Meta(max_length=255, pattern="^[^<>]*$")]
Threshold = Annotated[int, Meta(ge=1, le=100)]

_KEY = re.compile(r"^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_\-]{1,36}$")
_VALUE = re.compile(r"^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_.\-]{0,43}$")


class Tag(msgspec.Struct):
    """A tag of a vault."""

    key: str
    value: str = ""

    def checked(self) -> Tag:
        """Return the tag without surrounding spaces; 9900 when key or value is not allowed."""
        tag = Tag(self.key.strip(" "), self.value.strip(" "))
        if not _KEY.match(tag.key) or not _VALUE.match(tag.value):
            raise ApiError("9900")
        return tag


class BindRules(msgspec.Struct):
    """Which resources a vault takes in by itself: those with any of the tags."""

    tags: Annotated[list[Tag], Meta(max_length=5)] = []


class IncludedVolume(msgspec.Struct):
    """A disk of a server that shall be backed up."""

    id: str
    os_version: str | None = None


class ExtraInfo(msgspec.Struct, omit_defaults=True):
    """Which disks of a server are backed up: all but some, or only some."""

    exclude_volumes: list[str] = []
    include_volumes: list[IncludedVolume] = []


class ResourceItem(msgspec.Struct):
    """A resource, as requests name it."""

    id: str
    type: str
    name: Annotated[str, Meta(max_length=255)] | None = None
    extra_info: ExtraInfo | str | None = None

    def choice(self) -> dict[str, Any]:
        """Return the choice of disks as a plain document."""
        if not isinstance(self.extra_info, ExtraInfo):
            return {}
        chosen: dict[str, Any] = msgspec.to_builtins(self.extra_info)
        return chosen
