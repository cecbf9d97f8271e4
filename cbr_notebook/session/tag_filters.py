"""Choose vaults and resources by their tags, by the rules by which the service filters vaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Protectable, Vault
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.frames.vaults import vault_tags
from cbr_notebook.session.context import Context

_MOST = 10
Tags = Any
"""A mapping such as ``{"env": "prod"}``: all of the keys, any of the values of each. ``None``, or
a list without members, means any value. A text such as ``"env=prod"`` or ``"env"``, or several,
mean the same."""
TagFilter = Mapping[str, frozenset[str]]
"""By key the values of which any will do; an empty set means any value."""


def tag_filter(tags: Tags) -> TagFilter:
    """Return the filter that tags mean: all of the keys, any of the values of each.

    Args:
        tags: such as ``{"env": "prod"}``, ``{"env": ["prod", "dev"], "tier": None}``,
            ``"env=prod"`` or ``["env=prod", "tier"]``.

    Raises:
        InvalidRequest: it cannot be read, or is longer than the service allows.
    """
    found: dict[str, set[str]] = {}
    any_value = set()
    for key, values in _pairs(tags):
        several = values if isinstance(values, list | tuple | set | frozenset) else [values]
        if not isinstance(key, str) or not key.strip() or "=" in key:
            raise _not_understood(tags)
        if values is not None and not all(isinstance(each, str) for each in several):
            raise _not_understood(tags)
        if values is None or not several:
            any_value.add(key)
        found.setdefault(key, set()).update(() if values is None else several)
    for key, wanted in found.items():
        if len(wanted) > _MOST:
            raise InvalidRequest(
                f"{len(wanted)} values of the tag {key} are too many.",
                advice=f"At most {_MOST}.",
                field="tags",
            )
    if not found:
        raise _not_understood(tags)
    if len(found) > _MOST:
        raise InvalidRequest(
            f"{len(found)} tags are too many.", advice=f"At most {_MOST}.", field="tags"
        )
    return {
        key: frozenset() if key in any_value else frozenset(wanted) for key, wanted in found.items()
    }


def _pairs(tags: Tags) -> Iterable[tuple[Any, Any]]:
    """Return keys and values as they are written; of a text without ``=`` the key alone."""
    if isinstance(tags, Mapping):
        return tags.items()
    several = [tags] if isinstance(tags, str) else tags
    if not isinstance(several, list | tuple | set | frozenset) or not all(
        isinstance(each, str) for each in several
    ):
        raise _not_understood(tags)
    parts = [each.partition("=") for each in several]
    return [(key.strip(), value.strip() if equals else None) for key, equals, value in parts]


def as_asked(wanted: TagFilter) -> dict[str, list[str]]:
    """Return a filter as it is noted beside an answer."""
    return {key: sorted(any_of) for key, any_of in wanted.items()}


def has_tags(tags: Mapping[str, str], wanted: TagFilter) -> bool:
    """Return whether there are all of the keys, each with one of the values."""
    return all(
        key in tags and (not any_of or tags[key] in any_of) for key, any_of in wanted.items()
    )


class TagChoice:
    """Whether a vault or a resource has the tags that are asked for; without tags all have.

    A resource has the tags that it has today; one that is gone has none.
    """

    def __init__(self, session: Context, tags: Tags) -> None:
        """Read what is asked for.

        Args:
            session: whose resources.
            tags: as :func:`tag_filter` reads them; ``None`` for all.

        Raises:
            InvalidRequest: they cannot be read.
        """
        self._session = session
        self._wanted = None if tags is None else tag_filter(tags)
        self._resources: set[str] | None = None

    def __bool__(self) -> bool:
        return self._wanted is not None

    @property
    def asked(self) -> dict[str, Any]:
        """What is noted beside the answer: nothing without tags."""
        return {} if self._wanted is None else {"tags": as_asked(self._wanted)}

    def vault(self, vault: Vault) -> bool:
        """Return whether a vault has the tags."""
        return self.matches(vault_tags(vault))

    def record(self, resource: Protectable) -> bool:
        """Return whether a resource, as it was listed, has the tags."""
        return self.matches(tags_of(resource))

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Return whether these tags are among those asked for."""
        return self._wanted is None or has_tags(tags, self._wanted)

    def resource(self, resource_id: str | None) -> bool:
        """Return whether the resource of an ID has the tags; asks for all resources, once."""
        if self._wanted is None:
            return True
        if self._resources is None:
            self._resources = {
                row.id
                for kind in COMMON_KINDS
                for row in self._session.client.protectables.list_all(kind)
                if self.record(row)
            }
        return resource_id in self._resources


def _not_understood(tags: Any) -> InvalidRequest:
    return InvalidRequest(
        f"tags {tags!r} cannot be read.",
        advice='Write tags={"env": "prod"}, {"env": ["prod", "dev"]} for either, or '
        '{"env": None} for any value.',
        field="tags",
    )
