"""An act, whether the cloud's state has it done, and what acts need to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from cbr_notebook import Session, errors
from cbr_notebook.api.messages.records import Backup, Policy, Vault
from cbr_notebook.api.vault_bodies import ResourceItem

SERVER = "OS::Nova::Server"
RULE = ["FREQ=DAILY;INTERVAL=1;BYHOUR=14;BYMINUTE=00"]
KEPT = {"retention_duration_days": 30, "timezone": "UTC+08:00"}
PAID: dict[str, Any] = {"period_type": "year", "period_num": 1, "is_auto_pay": True}
PRODUCT: dict[str, Any] = {
    "product_id": "00301-231147-0--0", "spec_code": "vault.backup.server.normal",
}  # fmt: skip


class Way(Protocol):
    """A cloud, and a session that reaches it through somebody."""

    cloud: Session
    session: Session
    receiver: Session
    """A session of the project that backups are shared with, on the same way."""


@dataclass
class Act:
    """A change, and whether it is done in the cloud."""

    carry_out: Callable[[], object]
    is_done: Callable[[], bool]


numbers = count(1)


def new_name(kind: str = "hostile") -> str:
    return f"{kind}-{next(numbers)}"


def has(ask: Callable[[], object]) -> bool:
    """Return whether something is there."""
    try:
        ask()
    except errors.NotFound:
        return False
    return True


def new_vault(way: Way, **more: Any) -> Vault:
    return way.cloud.client.vaults.create(new_name(), size=100, **more)


def new_server(way: Way) -> str:
    return way.cloud.cloud.create_server(new_name("server")).id


def new_backup(way: Way) -> Backup:
    """Return a server's backup that is available."""
    client, vault = way.cloud.client, new_vault(way)
    client.vaults.add_resources(vault.id, [ResourceItem(new_server(way), SERVER)])
    client.restore_points.create(vault.id, retention_days=30)
    way.cloud.cloud.advance(hours=1)
    (found,) = client.backups.list_all(vault_id=vault.id)
    return found


def new_policy(way: Way, **more: Any) -> Policy:
    return way.cloud.client.policies.create(new_name(), pattern=RULE, definition=KEPT, **more)


def tasks_of(way: Way, kind: str, **filters: Any) -> int:
    return len(list(way.cloud.client.tasks.list_all(operation_type=kind, **filters)))


def new_id() -> str:
    return f"00000000-0000-4000-8000-{next(numbers):012d}"


def filled_vault(way: Way) -> tuple[Vault, str]:
    """Return a vault and the ID of the server in it."""
    vault, server = new_vault(way), new_server(way)
    way.cloud.client.vaults.add_resources(vault.id, [ResourceItem(server, SERVER)])
    return vault, server
