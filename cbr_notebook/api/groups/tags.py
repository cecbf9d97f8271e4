"""The operations on the tags of vaults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import OBJECT_TYPES, ObjectType
from cbr_notebook.api.messages.records import Tag
from cbr_notebook.errors import InvalidRequest

_KEY = re.compile("^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_-]{1,36}$")
_VALUE = re.compile("^[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_.-]{0,43}$")
_VAULT = "/v3/{project_id}/vault"
_INSTANCES = f"{_VAULT}/resource_instances/action"
_CONDITIONS = ("tags", "tags_any", "not_tags", "not_tags_any")

Wanted = Mapping[str, str | Sequence[str]]
"""Tags to look for: keys, each with the values that will do."""


class TagValues(msgspec.Struct, frozen=True):
    """A key and all values that it has in the project's vaults."""

    key: str
    values: list[str] | str | None = None


class TaggedVault(msgspec.Struct, frozen=True):
    """A vault found by its tags."""

    resource_id: str
    resource_name: str | None = None
    tags: list[Tag] | None = None


class Found(msgspec.Struct, frozen=True):
    """What a question about tags has found."""

    total_count: int | None = None
    resources: list[TaggedVault] | None = None


class _Tags(msgspec.Struct):
    tags: list[Tag]


class _ProjectTags(msgspec.Struct):
    tags: list[TagValues]


def checked(key: str, value: str = "") -> tuple[str, str]:
    """Return a tag without surrounding spaces, if it is allowed.

    Raises:
        InvalidRequest: key or value has a character or a length that is not.
    """
    for part, field in ((key, "key"), (value, "value")):
        if not isinstance(part, str):
            raise InvalidRequest(
                f"The {field} of a tag is a text, not {part!r}.",
                advice='Write tags like {"env": "prod"}; a tag without a value has the value "".',
                field="tags",
            )
    key, value = key.strip(), value.strip()
    if not _KEY.match(key):
        raise InvalidRequest(
            f"The tag key {key!r} is not allowed.",
            advice="Use 1 to 36 letters, digits, _ and -.",
            field="key",
        )
    if not _VALUE.match(value):
        raise InvalidRequest(
            f"The tag value {value!r} is not allowed.",
            advice="Use up to 43 letters, digits, _, - and dots.",
            field="value",
        )
    return key, value


TagRules = Mapping[str, Any] | Sequence[Any]
"""Tags: by key a value or several, or pairs, mappings or records of key and value."""
MOST_RULES = 5


def tag_pairs(tags: TagRules | None) -> list[tuple[str, str]]:
    """Return the tags that are meant, each key and value once.

    Args:
        tags: such as ``{"env": ["prod", "dev"]}``, ``[("env", "prod")]`` or
            ``[{"key": "env", "value": "prod"}]``.

    Raises:
        InvalidRequest: a tag is not allowed, or there are more than five.
    """
    found: list[tuple[str, str]] = []
    if tags is None:
        return found
    if isinstance(tags, Mapping):
        for key, values in tags.items():
            several = isinstance(values, list | tuple | set)
            found += [checked(key, each) for each in (values if several else [values])]
    elif isinstance(tags, str):
        found.append(_pair(tags))
    elif isinstance(tags, Sequence):
        found += [_pair(each) for each in tags]
    else:
        raise _no_pair(tags)
    found = list(dict.fromkeys(found))
    if len(found) > MOST_RULES:
        raise InvalidRequest(
            f"{len(found)} tags are too many.", advice=f"At most {MOST_RULES}.", field="bind_rules"
        )
    return found


def _pair(tag: Any) -> tuple[str, str]:
    if isinstance(tag, Mapping):
        if "key" not in tag:
            raise _no_pair(tag)
        return checked(tag["key"], tag.get("value", ""))
    if isinstance(tag, str):
        return checked(*tag.split("=", 1))
    if isinstance(tag, list | tuple) and len(tag) == 2:
        return checked(*tag)
    key = getattr(tag, "key", None)
    if key is None:
        raise _no_pair(tag)
    return checked(key, getattr(tag, "value", None) or "")


def _no_pair(tag: Any) -> InvalidRequest:
    return InvalidRequest(
        f"{tag!r} is no tag.",
        advice='Write tags like {"env": "prod"}, {"env": ["prod", "dev"]} or [("env", "prod")].',
        field="bind_rules",
    )


class Tags(Group):
    """Tags of vaults, to filter and manage them."""

    def list(self, vault_id: str) -> Sequence[Tag]:
        """Return the tags of a vault.

        Raises:
            NotFound: there is no such vault (BackupService.6105).

        API: Tag, "Querying Tags of a Vault" (GET /v3/{project_id}/vault/{vault_id}/tags).
        """
        return self._transport.get(f"{_VAULT}/{vault_id}/tags", _Tags).tags

    def list_project(self) -> Sequence[TagValues]:
        """Return all keys in the project, with their values.

        API: Tag, "Querying Tags of a Project" (GET /v3/{project_id}/vault/tags).
        """
        return self._transport.get(f"{_VAULT}/tags", _ProjectTags).tags

    def create(self, vault_id: str, key: str, value: str = "") -> None:
        """Add a tag to a vault; one of the same key is replaced.

        Raises:
            InvalidRequest: key or value is not allowed; nothing was sent.
            QuotaExceeded: the vault has as many tags as it may (BackupService.6600).

        API: Tag, "Adding a Tag to a Vault" (POST …/vault/{vault_id}/tags).
        """
        key, value = checked(key, value)
        body = {"tag": {"key": key, "value": value}}
        self._transport.send("POST", f"{_VAULT}/{vault_id}/tags", body, type(None))

    def action(
        self, vault_id: str, action: Literal["create", "delete"], tags: Mapping[str, str]
    ) -> None:
        """Add or delete several tags at once.

        Args:
            vault_id: the vault.
            action: ``create`` or ``delete``.
            tags: values by key; to delete, an empty value means whatever it is.

        Raises:
            InvalidRequest: nothing is named, or a tag is not allowed; nothing was sent.
            QuotaExceeded: the vault would have too many tags (BackupService.6600).

        API: Tag, "Batch Adding or Deleting Tags" (POST …/vault/{vault_id}/tags/action).
        """
        validate.one_of(action, ("create", "delete"), "action")
        if not tags:
            raise InvalidRequest("No tag is named.", field="tags")
        items: list[dict[str, str]] = []
        for key, value in tags.items():
            if action == "create":
                key, value = checked(key, value)
            items.append({"key": key, "value": value} if value else {"key": key})
        body = {"action": action, "tags": items}
        self._transport.send("POST", f"{_VAULT}/{vault_id}/tags/action", body, type(None))

    def delete(self, vault_id: str, key: str) -> None:
        """Delete a tag of a vault.

        Raises:
            NotFound: the vault has no tag of this key (BackupService.6601).

        API: Tag, "Deleting a Tag from a Vault" (DELETE …/vault/{vault_id}/tags/{key}).
        """
        path = f"{_VAULT}/{vault_id}/tags/{quote(key, safe='')}"
        self._transport.send("DELETE", path, None, type(None))

    def filter(
        self,
        *,
        tags: Wanted | None = None,
        tags_any: Wanted | None = None,
        not_tags: Wanted | None = None,
        not_tags_any: Wanted | None = None,
        without_any_tag: bool = False,
        name: str | None = None,
        cloud_type: Literal["public", "hybrid"] | None = None,
        object_type: ObjectType | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Found:
        """Find vaults by their tags.

        Args:
            tags: keys with their values; a vault must have all of the keys, each with one of
                its values. No values mean any; ``*text`` means a value that contains the text.
            tags_any: a vault must have at least one of them.
            not_tags: a vault must not have all of them.
            not_tags_any: a vault must have none of them.
            without_any_tag: vaults without tags; then the four above do not count.
            name: part of the vault's name.
            cloud_type: ``public`` or ``hybrid``.
            object_type: ``server``, ``disk``, …
            limit: vaults at most, 1 to 1000.
            offset: vaults to skip.

        Raises:
            InvalidRequest: the question is not understood (BackupService.9900).

        API: Tag, "Querying Vaults by Tag" (POST …/vault/resource_instances/action).
        """
        body = _question("filter", locals())
        if limit is not None:
            body["limit"] = str(validate.within(limit, 1, 1000, "limit"))
        if offset is not None:
            body["offset"] = str(validate.within(offset, 0, 2**31, "offset"))
        return self._transport.send("POST", _INSTANCES, body, Found, only_asks=True)

    def count(
        self,
        *,
        tags: Wanted | None = None,
        tags_any: Wanted | None = None,
        not_tags: Wanted | None = None,
        not_tags_any: Wanted | None = None,
        without_any_tag: bool = False,
        name: str | None = None,
        cloud_type: Literal["public", "hybrid"] | None = None,
        object_type: ObjectType | None = None,
    ) -> int:
        """Count vaults by their tags; the question is that of :meth:`filter`.

        Raises:
            InvalidRequest: the question is not understood (BackupService.9900).

        API: Tag, "Querying Vaults by Tag" (POST …/vault/resource_instances/action).
        """
        body = _question("count", locals())
        found = self._transport.send("POST", _INSTANCES, body, Found, only_asks=True)
        return found.total_count or 0


def _question(action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question about tags as the service wants it; only what was given.

    Args:
        action: ``filter`` or ``count``.
        asked: the arguments of :meth:`Tags.filter`, by name.
    """
    body: dict[str, Any] = {"action": action}
    for member in _CONDITIONS:
        if asked[member] is not None:
            body[member] = [
                {"key": key, "values": [values] if isinstance(values, str) else list(values)}
                for key, values in asked[member].items()
            ]
    if asked["without_any_tag"]:
        body["without_any_tag"] = True
    if asked["name"] is not None:
        body["matches"] = [{"key": "resource_name", "value": asked["name"]}]
    for member, words in (("cloud_type", ("public", "hybrid")), ("object_type", OBJECT_TYPES)):
        if validate.one_of(asked[member], words, member) is not None:
            body[member] = asked[member]
    return body
