"""What backups cost to keep: by vault, resource or tag, and of resources that are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import KIND_OF
from cbr_notebook.api.messages.records import Backup, Vault
from cbr_notebook.api.messages.statuses import BACKUP_DELETING
from cbr_notebook.errors import InvalidRequest, UnknownTag
from cbr_notebook.frames.vaults import vault_tags
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.resource_lists import listed_by_kind
from cbr_notebook.session.tables import describe
from cbr_notebook.session.tag_filters import TagChoice, Tags, known_tags, require_key

_MB = 1024
_GROUPINGS = ("vault", "resource")
NO_TAG = "(without the tag)"


def cost(
    session: Context,
    price_per_gb_month: float,
    *,
    currency: str = "",
    by: str = "vault",
    tags: Tags = None,
) -> pd.DataFrame:
    """Return used and allocated GB and the cost a month, by vault, resource or tag.

    A vault is paid by its capacity. A resource has the cost of what its backups use; one whose
    use the service does not tell has none.

    Args:
        price_per_gb_month: what a GB of a vault costs a month.
        currency: of the price, as it shall be written.
        by: ``vault``, ``resource``, or the key of a vault's tag such as ``team``.
        tags: only vaults with these tags, as in :meth:`vaults`.

    Returns:
        The columns of ``cbr.schema("cost")``, the dearest first.

    Raises:
        InvalidRequest: the price is no number from nought on, or ``tags`` cannot be read.
        UnknownTag: no vault has a tag of the key ``by``, or of one in ``tags``.

    API: Vault, "Querying the Vault List".

    Example:
        >>> cost = session.cost(0.05, currency="EUR").set_index("name")
        >>> float(cost.loc["vault-web", "cost_month"])
        10.0
    """
    price = check_price(price_per_gb_month)
    chosen = TagChoice(session, tags, "vault")
    if not isinstance(by, str) or not by:
        raise InvalidRequest(
            f"by {by!r} cannot be read.",
            advice='Say by="vault", by="resource" or the key of a tag.',
            field="by",
        )
    before = session.client.transport.requests
    vaults = list(filter(chosen.vault, session.client.vaults.list_all()))
    if by == "vault":
        rows = [_row(each.id, each.name, [each], price, currency) for each in vaults]
    elif by == "resource":
        rows = _by_resource(vaults, price, currency)
    else:
        groups: dict[str, list[Vault]] = {}
        for vault in vaults:
            groups.setdefault(vault_tags(vault).get(by, NO_TAG), []).append(vault)
        rows = [_row(None, name, each, price, currency) for name, each in groups.items()]
    rows.sort(key=lambda row: (-(row.cost_month or row.used_cost_month or 0), row.name or ""))
    asked = {"price_per_gb_month": price, "currency": currency, "by": by}
    table = describe(session, frames.COST, frames.COST.frame(rows), asked, before)
    if by not in _GROUPINGS:
        _require_tag(session, by, table)
    return chosen.noted(table)


def _require_tag(session: Context, key: str, table: pd.DataFrame) -> None:
    """Check that a vault has a tag of a key; the error brings the table along.

    Raises:
        UnknownTag: none has.
    """
    if (table["name"] != NO_TAG).any():
        return
    try:
        require_key(session, key, "vault", known_tags(session, "vault"), *_GROUPINGS, field="by")
    except UnknownTag as problem:
        problem.table = table
        raise


def check_price(price: Any) -> float:
    """Return a price, if it is one.

    Raises:
        InvalidRequest: it is no number from nought on.
    """
    number = None if isinstance(price, bool | str) else price
    try:
        found = float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = -1.0
    if not isfinite(found) or found < 0:
        raise InvalidRequest(
            f"price_per_gb_month {price!r} is not a price.",
            advice="Give the price of a GB a month as a number, such as 0.05.",
            field="price_per_gb_month",
        )
    return found


def _row(
    group: str | None, name: str | None, vaults: Iterable[Vault], price: float, currency: str
) -> SimpleNamespace:
    bills = [each.billing for each in vaults]
    size = float(sum(each.size or 0 for each in bills))
    used = sum(each.used or 0 for each in bills) / _MB
    return SimpleNamespace(
        id=group, name=name, vaults=len(bills), size_gb=size, used_gb=round(used, 3),
        allocated_gb=float(sum(each.allocated or 0 for each in bills)),
        cost_month=round(size * price, 2), used_cost_month=round(used * price, 2),
        currency=currency or None,
    )  # fmt: skip


def _by_resource(vaults: Iterable[Vault], price: float, currency: str) -> list[SimpleNamespace]:
    rows = []
    for vault in vaults:
        for each in vault.resources or ():
            used = None if each.backup_size is None else each.backup_size / _MB
            rows.append(
                SimpleNamespace(
                    id=each.id, name=each.name, vaults=1, size_gb=None,
                    used_gb=None if used is None else round(used, 3),
                    allocated_gb=None if each.size is None else float(each.size), cost_month=None,
                    used_cost_month=None if used is None else round(used * price, 2),
                    currency=currency or None,
                )
            )  # fmt: skip
    return rows


def orphans(
    session: Context, *, price_per_gb_month: float | None = None, tags: Tags = None
) -> pd.DataFrame:
    """Return the backups whose resource is gone, and what they cost to keep.

    A resource is gone if the service does not list it any more among those of its type. Types
    that it has no list of, or that one may not list, are left out: nobody knows of them.

    Args:
        price_per_gb_month: what a GB of a vault costs a month; no cost is told if left out.
        tags: only vaults with these tags, as in :meth:`vaults`.

    Returns:
        The columns of ``cbr.schema("orphans")``, the oldest first.

    Raises:
        InvalidRequest: the price is no number from nought on, or ``tags`` cannot be read.

    API: Backup, "Querying All Backups"; Protectable, "Querying Protectable Resources"; Vault.

    Example:
        >>> session.orphans(price_per_gb_month=0.05)["resource_name"].unique().tolist()
        []
    """
    chosen = TagChoice(session, tags, "vault")
    price = None if price_per_gb_month is None else check_price(price_per_gb_month)
    backups = [
        each
        for each in _own_backups(session)
        if not each.parent_id and each.status != BACKUP_DELETING
    ]
    kinds: set[Any] = {KIND_OF[each.resource_type or ""] for each in backups
                       if each.resource_type in KIND_OF}  # fmt: skip
    there = {
        kind: {row.id for row in rows} for kind, rows in listed_by_kind(session, kinds).items()
    }
    ask: Callable[[], list[Vault]] = lambda: list(session.client.vaults.list_all())  # noqa: E731
    listed = ask() if chosen else if_permitted("Vaults", ask)
    vaults = {each.id: each for each in listed or ()}
    gone = [
        each
        for each in backups
        if each.resource_type in KIND_OF
        and each.resource_id not in there.get(KIND_OF[each.resource_type], {each.resource_id})
    ]
    rows = []
    for each in sorted(gone, key=lambda backup: backup.created_at or ""):
        vault = vaults.get(each.vault_id or "")
        if chosen and not (vault and chosen.vault(vault)):
            continue
        size = _share(vault, each.resource_id)
        rows.append(
            SimpleNamespace(
                id=each.id, name=each.name, resource_id=each.resource_id,
                resource_name=each.resource_name, resource_type=each.resource_type,
                vault_id=each.vault_id, vault_name=vault.name if vault else None,
                created_at=each.created_at, expired_at=each.expired_at,
                size_mb=None if size is None else round(size, 1),
                cost_month=None if size is None or price is None else round(size / _MB * price, 4),
            )
        )  # fmt: skip
    asked = {"price_per_gb_month": price}
    return chosen.answer(frames.ORPHANS, rows, asked)


def _own_backups(session: Context) -> Iterator[Backup]:
    """Return the backups as records, without replicas; a reading takes them from all it read."""
    asked: dict[str, Any] = {} if session.client.transport.reads_once else {"image_type": "backup"}
    return (
        each
        for each in session.client.backups.list_all(**asked)
        if not asked or each.image_type == "backup"
    )


def _share(vault: Vault | None, resource_id: str | None) -> float | None:
    """Return the share of one backup in what those of its resource take, in MB."""
    for each in (vault.resources if vault else None) or ():
        if each.id == resource_id and each.backup_size is not None and each.backup_count:
            return each.backup_size / each.backup_count
    return None
