"""The resources of a kind, as far as one may list them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from cbr_notebook.api.messages.constants import ResourceKind
from cbr_notebook.api.messages.records import Protectable
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted, those_permitted


def listed(session: Context, kind: ResourceKind) -> list[Protectable]:
    """List the resources of a kind."""
    return list(session.client.protectables.list_all(kind))


def listed_if_permitted(
    session: Context, kind: ResourceKind, denied: dict[str, str] | None = None
) -> list[Protectable] | None:
    """List the resources of a kind; ``None``, with a warning, where one may not.

    Args:
        session: whose resources.
        kind: of which kind.
        denied: where the service's words are kept, as :func:`if_permitted` keeps them.
    """
    return if_permitted(f"Resources ({kind})", partial(listed, session, kind), denied)


def listed_by_kind(
    session: Context, kinds: Iterable[ResourceKind], what: str = "Resources"
) -> dict[ResourceKind, list[Protectable]]:
    """List the resources of those kinds that one may list, with a warning of each of the others.

    Args:
        session: whose resources.
        kinds: of which kinds.
        what: what is looked for, in words.

    Raises:
        PermissionDenied: one may list none of the kinds.
    """
    words = {kind: f"{what} ({kind})" for kind in kinds}
    found = those_permitted({told: partial(listed, session, kind) for kind, told in words.items()})
    return {kind: found[told] for kind, told in words.items() if told in found}
