"""Servers, disks and file systems: read anew, or carried over where nothing shows a change.

Their lists come fifty at a time and have no time filter: most requests of a sync would be for them.
Between two whole readings the first page of each kind is read, with the number of all, and what
vaults say of their resources. What none of these shows is seen at the next whole reading: another
name, status or tag of a resource in no vault, or one that went while another of its kind came. So
the lake says when all of them were read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pandas as pd

from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.protectables import LARGEST_PAGE
from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Record
from cbr_notebook.errors import CBRError
from cbr_notebook.frames.fleet import RECORDS
from cbr_notebook.histories.incremental_read import Before

TABLE = "resources"
_Document = Mapping[str, Any]


def is_unchanged(
    client: Client, before: Mapping[str, Before], now: datetime, at_most: timedelta
) -> bool:
    """Return whether resources may be taken as the lake has them, and requests are saved by it.

    Args:
        client: of a reading that reads nothing twice.
        before: what is known of resources and records.
        now: the present moment.
        at_most: how old their last whole reading may be.
    """
    known, records = before.get(TABLE), before.get(RECORDS.name)
    if known is None or records is None or known.whole_at != records.whole_at:
        return False
    if now - known.whole_at >= at_most:
        return False
    try:
        return _show_no_change(client, list(_kept(records)))
    except CBRError:  # the whole reading says what it is
        return False


def records_of(client: Client, about: Mapping[str, Any], carried: Before | None) -> pd.DataFrame:
    """Return vaults, policies and resources as the service tells them, and where that was.

    Args:
        client: of a reading that has all of them: no request is sent.
        about: the project.
        carried: the records from which resources are carried over, if they are.
    """
    vaults = {each.id: document(each) for each in client.vaults.list_all()}
    rows = [_row("session", about["project_id"], about)]
    rows += [_row("vault", its_id, told) for its_id, told in vaults.items()]
    rows += [_row("policy", each.id, document(each)) for each in client.policies.list().policies]
    if carried is None:
        rows += [
            _row(kind, each.id, document(each))
            for kind in COMMON_KINDS
            for each in client.protectables.list_all(kind)
        ]
    else:
        rows += [
            _row(kind, told["id"], _with_vault(told, lambda vault: vaults.get(vault["id"], vault)))
            for kind, told in _kept(carried)
            if kind in COMMON_KINDS
        ]
    return RECORDS.frame(rows)


def document(record: Record) -> _Document:
    """Return a record as the service told it."""
    found: _Document = record.raw or msgspec.to_builtins(record)
    return found


def _row(kind: str, its_id: str, told: _Document) -> SimpleNamespace:
    text = msgspec.json.encode(told, order="sorted").decode()
    return SimpleNamespace(kind=kind, id=its_id, document=text)


def _kept(records: Before) -> Iterator[tuple[str, _Document]]:
    kinds, texts = records.rows["kind"], records.rows["document"]
    return zip(kinds, map(msgspec.json.decode, texts), strict=True)


def _show_no_change(client: Client, kept: list[tuple[str, _Document]]) -> bool:
    vaults = (each for kind, each in kept if kind == "vault")
    if _in_vaults(vaults) != _in_vaults(map(document, client.vaults.list_all())):
        return False
    saves = False
    for kind in COMMON_KINDS:
        known = {each["id"]: each for of, each in kept if of == kind}
        page = client.protectables.list(kind, limit=LARGEST_PAGE, offset=0)
        if page.count != len(known):
            return False
        if any(_alone(known.get(each.id)) != _alone(document(each)) for each in page.instances):
            return False
        saves |= len(page.instances) < len(known)
    return saves


def _alone(resource: _Document | None) -> _Document | None:
    """Return a resource with no more of its vault than which it is: its use changes each day."""
    return resource and _with_vault(
        resource, lambda vault: {name: vault.get(name) for name in ("id", "name")}
    )


def _with_vault(resource: _Document, change: Callable[[_Document], _Document]) -> _Document:
    """Return a resource with what it says of its vault changed."""
    told = resource.get("protectable")
    if not isinstance(told, dict) or not isinstance(told.get("vault"), dict):
        return resource
    return {**resource, "protectable": {**told, "vault": change(told["vault"])}}


def _in_vaults(vaults: Iterable[_Document]) -> set[tuple[Any, ...]]:
    """Return what vaults say of their resources, as far as the resources' own lists say it, too."""
    return {
        (vault["id"], vault.get("name"), *(each.get(name) for name in _TOLD))
        for vault in vaults
        for each in vault.get("resources") or ()
    }


_TOLD = ("id", "type", "name", "size")
