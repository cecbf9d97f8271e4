"""All checks of an account, in order; nothing is changed by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.backups import BackupPage
from cbr_notebook.api.groups.policies import PolicyPage
from cbr_notebook.api.groups.protectables import ProtectablePage
from cbr_notebook.api.groups.tasks import TaskPage
from cbr_notebook.api.http.permissions import operation_of
from cbr_notebook.api.messages.vault_bodies import VaultPage
from cbr_notebook.diagnosis.access import check_permissions
from cbr_notebook.diagnosis.network import check_host
from cbr_notebook.diagnosis.recorder import Exchange
from cbr_notebook.diagnosis.rows import Row, from_error
from cbr_notebook.diagnosis.structure import differences
from cbr_notebook.errors import CBRError, PermissionDenied

_PAGES: dict[str, type[Any]] = {
    "list_vault": VaultPage,
    "list_backups": BackupPage,
    "list_policies": PolicyPage,
    "list_op_logs": TaskPage,
    "list_protectable": ProtectablePage,
}
"""What the answers of these operations are read as."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at.

    Attributes:
        client: the service; each answer of it is remembered in ``exchanges``.
        http: the connections.
        hosts: addresses by what they are; none in a simulated cloud.
        who: the identity in words.
        now: this computer's time.
        lists: questions that read a whole list, by name; each returns something with a length.
        exchanges: the answers so far.
    """

    client: Client
    http: httpx.Client
    hosts: Mapping[str, str]
    who: str
    now: datetime
    lists: Mapping[str, Callable[[], Any]]
    exchanges: list[Exchange]


def diagnose(subject: Subject) -> Iterator[Row]:
    """Yield one row a check: network, sign-in, permissions, lists, and members of answers."""
    yield from check_hosts(subject.http, subject.hosts, subject.now)
    signed_in = _check_sign_in(subject)
    yield signed_in
    if signed_in.outcome == "failed":
        # Keys are barred after too many wrong signatures: nothing else is tried.
        yield Row("permissions", "unknown", "not tried without a sign-in", signed_in.to_do)
        return
    yield from check_permissions(subject.client)
    for name, ask in subject.lists.items():
        yield _check_list(name, ask)
    yield from _check_members(subject.exchanges)


def check_hosts(http: httpx.Client, hosts: Mapping[str, str], now: datetime) -> Iterator[Row]:
    """Yield the rows of the way to each host; one row where there is no network."""
    if not hosts:
        yield Row("network", "ok", "none: the cloud is simulated in this process")
    for name, address in hosts.items():
        yield from check_host(http, name, address, now)


def _check_sign_in(subject: Subject) -> Row:
    try:
        subject.client.vaults.list(limit=1)
    except PermissionDenied:
        return Row("sign-in", "ok", f"{subject.who} is known")
    except CBRError as problem:
        return from_error("sign-in", problem)
    return Row("sign-in", "ok", f"{subject.who} is known")


def _check_list(name: str, ask: Callable[[], Any]) -> Row:
    check = f"list: {name}"
    try:
        rows = ask()
    except CBRError as problem:
        return from_error(check, problem)
    return Row(check, "ok", f"{len(rows)} read, all of them")


def _check_members(exchanges: Iterable[Exchange]) -> Iterator[Row]:
    """Yield a row a member that is of another type than documented, or unknown."""
    seen: dict[tuple[str, str], int] = {}
    for exchange in list(exchanges):
        operation = operation_of(exchange.method, exchange.path)
        page = _PAGES.get(operation.id) if operation else None
        if operation is None or page is None or exchange.status != 200:
            continue
        for place, what in differences(exchange.document(), page, operation.id):
            seen[place, what] = seen.get((place, what), 0) + 1
    if not seen:
        yield Row("members", "ok", "all are of the documented types")
    for (place, what), count in sorted(seen.items()):
        times = f", in {count} answers" if count > 1 else ""
        yield Row(
            f"members: {place}",
            "warning",
            f"{what}{times}",
            "It is read as far as possible. Attach a record (cbr-notebook doctor --record DIR) "
            "to a report, so that it can be read as it is meant.",
        )
