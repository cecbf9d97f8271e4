"""Acts on policies, and whether the cloud's state has them done."""

from __future__ import annotations

from typing import Any

from cbr_notebook.api.messages.records import Policy
from tests.api.hostile.way import (
    KEPT,
    RULE,
    Act,
    Way,
    has,
    new_name,
    new_policy,
    new_vault,
)


def _policies(way: Way) -> dict[str, Policy]:
    return {each.id: each for each in way.cloud.client.policies.list().policies}


def create_policy(way: Way) -> Act:
    name = new_name()
    return Act(
        lambda: way.session.create_policy(name, days="daily", times="23:00", max_backups=3),
        lambda: name in [each.name for each in _policies(way).values()],
    )


def change_policy(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.client.policies.update(policy.id, enabled=False),
        lambda: _policies(way)[policy.id].enabled is False,
    )


def delete_policy(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.client.policies.delete(policy.id),
        lambda: policy.id not in _policies(way),
    )


def change_policy_by_session(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.update_policy(policy.id, enabled=False),
        lambda: _policies(way)[policy.id].enabled is False,
    )


def delete_policy_by_session(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.delete_policy(policy.id, confirm=policy.name),
        lambda: policy.id not in _policies(way),
    )


def _applied(way: Way, policy: Policy) -> bool:
    return bool(way.cloud.client.policies.show(policy.id).associated_vaults)


def apply_policy(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    return Act(lambda: way.session.apply_policy(policy.id, vault.id), lambda: _applied(way, policy))


def remove_policy(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    way.cloud.client.vaults.apply_policy(vault.id, policy.id)
    return Act(
        lambda: way.session.client.vaults.remove_policy(vault.id, policy.id),
        lambda: not _applied(way, policy),
    )


def remove_policy_by_session(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    way.cloud.client.vaults.apply_policy(vault.id, policy.id)
    return Act(
        lambda: way.session.remove_policy(policy.id, vault.id), lambda: not _applied(way, policy)
    )


ORGANIZATION: dict[str, Any] = {
    "policy_name": "p", "operation_type": "backup", "pattern": RULE, "definition": KEPT,
}  # fmt: skip


def create_organization_policy(way: Way) -> Act:
    name, known = new_name(), way.cloud.client.organization_policies
    return Act(
        lambda: way.session.client.organization_policies.create(name, **ORGANIZATION),
        lambda: name in [each.name for each in known.list_all("backup")],
    )


def change_organization_policy(way: Way) -> Act:
    name, known = new_name("renamed"), way.cloud.client.organization_policies
    policy = known.create(new_name(), **ORGANIZATION)
    way.cloud.cloud.advance(minutes=5)
    return Act(
        lambda: way.session.client.organization_policies.update(policy.id, name=name),
        lambda: known.show(policy.id).name == name,
    )


def delete_organization_policy(way: Way) -> Act:
    known = way.cloud.client.organization_policies
    policy = known.create(new_name(), **ORGANIZATION)
    way.cloud.cloud.advance(minutes=5)
    return Act(
        lambda: way.session.client.organization_policies.delete(policy.id),
        lambda: (
            not has(lambda: known.show(policy.id))
            or known.show(policy.id).status not in ("available", None)
        ),
    )
