"""What an estate asks for when it is built: policies and vaults, as a request would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cbr_notebook.simulator.policies.policy_requests import PolicyCreate
from cbr_notebook.simulator.vaults.vault_creation import VaultCreate


def policy(
    name: str,
    patterns: Sequence[str],
    definition: Mapping[str, Any],
    *,
    operation_type: str = "backup",
    enabled: bool = True,
) -> PolicyCreate:
    """Return the request for a policy.

    Raises:
        msgspec.ValidationError: the service would not take it.
    """
    asked = {
        "name": name,
        "operation_type": operation_type,
        "enabled": enabled,
        "operation_definition": definition,
        "trigger": {"properties": {"pattern": patterns}},
    }
    return msgspec.convert(asked, PolicyCreate)


def vault(
    name: str,
    size: int,
    *,
    object_type: str = "server",
    protect_type: str = "backup",
    consistent_level: str = "crash_consistent",
    tags: Mapping[str, str] | None = None,
    **more: Any,
) -> VaultCreate:
    """Return the request for a vault without resources; ``more`` are further members of it.

    Raises:
        msgspec.ValidationError: the service would not take it.
    """
    billing = {
        "consistent_level": consistent_level,
        "object_type": object_type,
        "protect_type": protect_type,
        "size": size,
    }
    listed = [{"key": key, "value": value} for key, value in (tags or {}).items()] or None
    asked = {"name": name, "resources": [], "billing": billing, "tags": listed, **more}
    return msgspec.convert(asked, VaultCreate)
