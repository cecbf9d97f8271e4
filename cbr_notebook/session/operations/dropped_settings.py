"""What was sent and not kept: some operators leave settings out without a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from cbr_notebook.api.groups.tags import tag_pairs
from cbr_notebook.api.messages.records import Policy, Vault, VaultResource
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.references import display_name
from cbr_notebook.text.notes import tell

_DISKS = ("exclude_volumes", "include_volumes")


def tell_what_was_not_kept(session: Context, vault: Vault, asked: Mapping[str, Any]) -> Vault:
    """Warn of the settings that a vault does not have although they were asked for.

    Args:
        session: whose vault.
        vault: as the service answered.
        asked: the settings by name; ``None`` counts as not asked for.

    Returns:
        The vault as it is.
    """
    if not _missing(vault, asked):
        return vault
    now = _now(session, vault)  # the answer may have been of before
    if now is None:
        return vault
    vault = now
    for name in _missing(vault, asked):
        tell(
            f"The service did not keep {name}={asked[name]!r} of the vault {display_name(vault)}: "
            f"it is {_present(vault, name)!r}. Try session.update_vault, or the console.",
            stacklevel=5,
        )
    return vault


def tell_resources_not_kept(
    session: Context, vault: Vault, items: Sequence[ResourceItem], told: Collection[str]
) -> list[str]:
    """Warn of resources that were put into a vault and are not in it, and of disks not chosen.

    Args:
        session: whose vault.
        vault: which one.
        items: what was put into it.
        told: the IDs that the service's answer names.

    Returns:
        The IDs of those that are in it.
    """
    ids = [each.id for each in items]
    if set(ids) <= set(told) and not any(each.extra_info for each in items):
        return ids
    now = _now(session, vault)  # the answer may have been of before
    if now is None:
        return [each for each in ids if each in told]
    present = {each.id: each for each in now.resources or ()}
    left_out = [each.name or each.id for each in items if each.id not in present]
    if left_out:
        tell(
            f"The service did not put {', '.join(left_out)} into the vault {display_name(vault)}: "
            "nothing backs them up there. Try session.add_resources.",
            stacklevel=5,
        )
    for item in items:
        if item.id in present:
            _tell_disks_not_kept(vault, present[item.id], item.extra_info or {})
    return [each for each in ids if each in present]


def _tell_disks_not_kept(vault: Vault, found: VaultResource, wanted: Mapping[str, Any]) -> None:
    kept = found.extra_info or {}
    for name in _DISKS:
        if wanted.get(name) and _ids(kept.get(name)) != _ids(wanted[name]):
            tell(
                f"The service did not keep {name} of {found.name or found.id} in the vault "
                f"{display_name(vault)}: other disks are backed up than were asked for.",
                stacklevel=5,
            )


def tell_policy_not_applied(session: Context, vault: Vault, policy: Policy | None) -> None:
    """Warn where a policy that a new vault should have does not run there."""
    if policy is None:
        return
    applied = if_permitted("Policies", partial(session.client.policies.list, vault_id=vault.id))
    if applied is not None and all(each.id != policy.id for each in applied.policies):
        tell(
            f"The service did not apply the policy {policy.name or policy.id} to the vault "
            f"{display_name(vault)}: nothing is backed up by itself. Try session.apply_policy.",
            stacklevel=5,
        )


def _now(session: Context, vault: Vault) -> Vault | None:
    """Return a vault as it is now; ``None``, with a warning, where one may not see it."""
    what = f"What the service kept of the change of the vault {display_name(vault)}"
    return if_permitted(what, partial(session.client.vaults.show, vault.id))


def _missing(vault: Vault, asked: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, value in asked.items()
        if value is not None and name in _COMPARED and not _same(vault, name, value)
    ]


_COMPARED = (
    "auto_expand", "locked", "auto_bind", "bind_rules", "threshold", "smn_notify", "name",
    "consistent_level", "description", "backup_name_prefix", "tags", "size_gb",
)  # fmt: skip


_TAGS = ("tags", "bind_rules")


def _present(vault: Vault, name: str) -> Any:
    if name == "consistent_level":
        return vault.billing.consistent_level
    if name == "size_gb":
        return vault.billing.size
    if name in _TAGS:
        rules = vault.tags if name == "tags" else vault.bind_rules and vault.bind_rules.tags
        return [(each.key, each.value or "") for each in rules or ()]
    return getattr(vault, name)


def _same(vault: Vault, name: str, value: Any) -> bool:
    present = _present(vault, name)
    if name in _TAGS:
        return sorted(present) == sorted(tag_pairs(value))
    if isinstance(value, bool):
        return bool(present) == value
    return bool((present or "") == value)


def _ids(disks: Any) -> list[str]:
    return sorted(
        str(each.get("id") if isinstance(each, Mapping) else each) for each in disks or ()
    )
