"""Choose vaults and resources by their tags, by the rules by which the service filters vaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any, Literal

import pandas as pd

from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Protectable, Vault
from cbr_notebook.errors import CBRError, InvalidRequest, UnknownTag
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.frames.schema import Schema
from cbr_notebook.frames.vaults import vault_tags
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.resource_lists import listed_by_kind
from cbr_notebook.session.tables import describe
from cbr_notebook.text.notes import note
from cbr_notebook.text.suggestions import did_you_mean

_MOST = 10
Tagged = Literal["resource", "vault"]
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

    def __init__(self, session: Context, tags: Tags, of: Tagged = "resource") -> None:
        """Read what is asked for.

        Args:
            session: whose vaults and resources.
            tags: as :func:`tag_filter` reads them; ``None`` for all.
            of: what has to have them.

        Raises:
            InvalidRequest: they cannot be read.
        """
        self._session = session
        self._wanted = None if tags is None else tag_filter(tags)
        self._of = of
        self._before = session.client.transport.requests
        self._seen: dict[str, set[str]] = {}
        self._resources: set[str] | None = None

    def __bool__(self) -> bool:
        return self._wanted is not None

    def vault(self, vault: Vault) -> bool:
        """Return whether a vault has the tags."""
        return self.matches(vault_tags(vault))

    def record(self, resource: Protectable) -> bool:
        """Return whether a resource, as it was listed, has the tags."""
        return self.matches(tags_of(resource))

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Return whether these tags are among those asked for."""
        if self._wanted is None:
            return True
        for key in self._wanted.keys() & tags.keys():
            self._seen.setdefault(key, set()).add(tags[key])
        return has_tags(tags, self._wanted)

    def resource(self, resource_id: str | None) -> bool:
        """Return whether the resource of an ID has the tags; asks for all resources, once.

        Of a kind of resources that one may not list, none has; that is told.

        Raises:
            PermissionDenied: one may list none of the kinds.
        """
        if self._wanted is None:
            return True
        if self._resources is None:
            found = listed_by_kind(self._session, COMMON_KINDS, "Tags of resources")
            rows = chain.from_iterable(found.values())
            self._resources = {row.id for row in rows if self.record(row)}
        return resource_id in self._resources

    def answer(self, schema: Schema, rows: Sequence[Any], asked: Mapping[str, Any]) -> pd.DataFrame:
        """Return the rows of a report as a DataFrame that says what was asked, tags included.

        Args:
            schema: of the table.
            rows: objects with its columns.
            asked: what was asked beside the tags.

        Raises:
            UnknownTag: nothing has a tag of such a key; the answer is with it.
        """
        frame = describe(self._session, schema, schema.frame(rows), asked, self._before)
        return self.noted(frame)

    def noted(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return an answer with the tags noted beside it, as far as they are anybody's.

        A value that nothing has is noted beside it as well.

        Raises:
            UnknownTag: nothing has a tag of such a key; the answer without rows of it is with it.
        """
        if self._wanted is None:
            return frame
        frame.attrs["filters"] = {**frame.attrs["filters"], "tags": as_asked(self._wanted)}
        before = self._session.client.transport.requests
        try:
            hint = self.hint()
        except UnknownTag as problem:
            problem.table = frame
            raise
        frame.attrs["requests"] += self._session.client.transport.requests - before
        if hint:
            note(hint)
        return frame

    def hint(self) -> str:
        """Return a sentence on each value that nothing has; asks for all tags if one is unseen.

        Raises:
            UnknownTag: nothing has a tag of such a key.
        """
        wanted = self._wanted or {}
        if all(key in self._seen and any_of <= self._seen[key] for key, any_of in wanted.items()):
            return ""
        known = if_permitted("All tags", partial(known_tags, self._session, self._of))
        if known is None:
            return ""
        said = []
        for key, any_of in wanted.items():
            require_key(self._session, key, self._of, known)
            for value in sorted(any_of - known[key]):
                near = did_you_mean(value, sorted(known[key]))
                said.append(
                    f"No {self._of} has the tag {key}={value}. {near}"
                    f"The values of {key} are: {in_short(known[key])}."
                )
        return " ".join(said)


def known_tags(session: Context, of: Tagged) -> dict[str, set[str]]:
    """Return by key the values of the tags that vaults, or resources, have today."""
    client = session.client
    every: Iterable[Mapping[str, str]] = (
        map(vault_tags, client.vaults.list_all())
        if of == "vault"
        else (tags_of(row) for kind in COMMON_KINDS for row in client.protectables.list_all(kind))
    )
    found: dict[str, set[str]] = {}
    for tags in every:
        for key, value in tags.items():
            found.setdefault(key, set()).add(value)
    return found


def require_key(
    session: Context, key: str, of: Tagged, known: Iterable[str], *also: str, field: str = "tags"
) -> None:
    """Check that something has a tag of a key.

    Args:
        session: whose tags.
        key: the key.
        of: what has to have it.
        known: the keys that there are.
        also: further words that may have been meant.
        field: the argument that names it.

    Raises:
        UnknownTag: nothing has; the advice has near keys, and says where else there is such a tag.
    """
    known = set(known)
    if key in known:
        return
    other: Tagged = "resource" if of == "vault" else "vault"
    elsewhere = ""
    with suppress(CBRError):  # only a hint
        if key in known_tags(session, other):
            elsewhere = f"There are {other}s with a tag {key!r}: session.{other}s(tags={key!r}). "
    near = did_you_mean(key, [*sorted(known), *also])
    raise UnknownTag(
        f"No {of} has a tag {key!r} in this project.",
        advice=f"{elsewhere}{near}"
        + (f"The keys of {of}s are: {in_short(known)}." if known else f"No {of} has any tag."),
        field=field,
    )


def in_short(words: Iterable[str]) -> str:
    """Return words in order, the first twenty of them."""
    several = sorted(words)
    return ", ".join(several[:20]) + (", …" if len(several) > 20 else "")


def _not_understood(tags: Any) -> InvalidRequest:
    return InvalidRequest(
        f"tags {tags!r} cannot be read.",
        advice='Write tags={"env": "prod"}, {"env": ["prod", "dev"]} for either, or '
        '{"env": None} for any value.',
        field="tags",
    )
