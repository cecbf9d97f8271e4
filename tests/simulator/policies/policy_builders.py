"""Short words for policies in tests."""

from __future__ import annotations

from typing import Any

from tests.simulator.http_client import Client

NIGHTLY = "FREQ=DAILY;INTERVAL=1;BYHOUR=2;BYMINUTE=0"
HOURLY = f"FREQ=DAILY;INTERVAL=1;BYHOUR={','.join(map(str, range(24)))};BYMINUTE=0"


def policy_body(
    definition: dict[str, Any] | None = None,
    *patterns: str,
    name: str = "nightly",
    kind: str = "backup",
    **more: Any,
) -> dict[str, Any]:
    """Return the body of a request for a policy; nightly and for ever unless told otherwise."""
    return {
        "policy": {
            "name": name,
            "operation_type": kind,
            "operation_definition": {} if definition is None else definition,
            "trigger": {"properties": {"pattern": list(patterns) or [NIGHTLY]}},
            **more,
        }
    }


def create_policy(
    ask: Client, definition: dict[str, Any] | None = None, *patterns: str, **more: Any
) -> str:
    """Make a policy; return its ID."""
    body = policy_body(definition, *patterns, **more)
    return str(ask("POST", "policies", body)["policy"]["id"])


def apply(ask: Client, vault_id: str, policy_id: str, **more: Any) -> Any:
    """Apply a policy to a vault."""
    return ask("POST", f"vaults/{vault_id}/associatepolicy", {"policy_id": policy_id, **more})


def protect(ask: Client, *servers: str, policy: str | None = None, **vault: Any) -> str:
    """Make servers and a vault with them, under a policy; return the vault's ID."""
    vault_id = ask.create_vault(**vault)
    for name in servers:
        server = ask.cloud.create_server(name)
        server.disk("vda").write_file("/etc/hostname", name.encode())
        ask.add(vault_id, server.id)
    if policy is not None:
        apply(ask, vault_id, policy)
    return vault_id


def backups(ask: Client, **query: Any) -> list[Any]:
    """List backups, newest first."""
    found: list[Any] = ask("GET", "backups", **query)["backups"]
    return found


def made_on(ask: Client, **query: Any) -> list[str]:
    """Return the days of all backups, newest first."""
    return [each["created_at"][:10] for each in backups(ask, **query)]
