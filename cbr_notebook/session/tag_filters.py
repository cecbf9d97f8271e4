"""Choose resources by their tags, by the rules by which the service filters vaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cbr_notebook.api.messages.records import Protectable
from cbr_notebook.errors import InvalidRequest

_MOST = 10
TagFilter = Mapping[str, frozenset[str]]
"""By key the values of which any will do; an empty set means any value."""


def tag_filter(tags: Any) -> TagFilter:
    """Return the filter that tags mean: all of the keys, any of the values of each.

    Args:
        tags: such as ``{"env": "prod"}``, ``{"env": ["prod", "dev"], "tier": []}``.

    Raises:
        InvalidRequest: it is no mapping of texts, or longer than the service allows.
    """
    if isinstance(tags, str) and "=" in tags:
        tags = dict([tags.split("=", 1)])
    if not isinstance(tags, Mapping) or not tags:
        raise _not_understood(tags)
    found = {}
    for key, values in tags.items():
        several = values if isinstance(values, list | tuple | set | frozenset) else [values]
        if not isinstance(key, str) or not all(isinstance(each, str) for each in several):
            raise _not_understood(tags)
        if len(several) > _MOST:
            raise InvalidRequest(
                f"{len(several)} values of the tag {key} are too many.",
                advice=f"At most {_MOST}.",
                field="tags",
            )
        found[key] = frozenset(several)
    if len(found) > _MOST:
        raise InvalidRequest(
            f"{len(found)} tags are too many.", advice=f"At most {_MOST}.", field="tags"
        )
    return found


def has_tags(resource: Protectable, wanted: TagFilter) -> bool:
    """Return whether a resource has all of the keys, each with one of the values."""
    tags = tags_of(resource)
    return all(
        key in tags and (not any_of or tags[key] in any_of) for key, any_of in wanted.items()
    )


def tags_of(resource: Protectable) -> dict[str, str]:
    """Return the tags of a resource: of servers ``key=value`` texts, of others a mapping."""
    told = (resource.detail or {}).get("tags")
    if isinstance(told, Mapping):
        return {str(key): str(value or "") for key, value in told.items()}
    found = {}
    for each in told if isinstance(told, list) else ():
        if isinstance(each, Mapping) and "key" in each:
            found[str(each["key"])] = str(each.get("value") or "")
        elif isinstance(each, str):
            key, _, value = each.partition("=")
            found[key] = value
    return found


def _not_understood(tags: Any) -> InvalidRequest:
    return InvalidRequest(
        f"tags {tags!r} cannot be read.",
        advice='Write tags={"env": "prod"}, or {"env": ["prod", "dev"]} for either.',
        field="tags",
    )
