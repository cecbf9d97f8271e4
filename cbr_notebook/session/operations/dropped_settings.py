"""What was sent and not kept: some operators leave settings out without a word."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cbr_notebook.api.groups.tags import tag_pairs
from cbr_notebook.api.messages.records import Policy, Vault
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import AnswerWarning
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.references import display_name

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
    vault = session.client.vaults.show(vault.id)  # the answer may have been of before
    for name in _missing(vault, asked):
        warnings.warn(
            f"The service did not keep {name}={asked[name]!r} of the vault {display_name(vault)}: "
            f"it is {_present(vault, name)!r}. Try session.update_vault, or the console.",
            AnswerWarning,
            stacklevel=4,
        )
    return vault


def tell_what_is_not_protected(
    session: Context, vault: Vault, items: Sequence[ResourceItem], policy: Policy | None
) -> None:
    """Warn of resources that are not in a new vault, and of a policy that does not run there."""
    present = {each.id for each in vault.resources or ()}
    if any(each.id not in present for each in items):  # the answer may have been of before
        present = {each.id for each in session.client.vaults.show(vault.id).resources or ()}
    left_out = [each.name or each.id for each in items if each.id not in present]
    if left_out:
        warnings.warn(
            f"The service did not put {', '.join(left_out)} into the vault {display_name(vault)}: "
            "nothing backs them up there. Try session.add_resources.",
            AnswerWarning,
            stacklevel=4,
        )
    if policy is None:
        return
    applied = if_permitted("Policies", partial(session.client.policies.list, vault_id=vault.id))
    if applied is not None and all(each.id != policy.id for each in applied.policies):
        warnings.warn(
            f"The service did not apply the policy {policy.name or policy.id} to the vault "
            f"{display_name(vault)}: nothing is backed up by itself. Try session.apply_policy.",
            AnswerWarning,
            stacklevel=4,
        )


def tell_disks_not_kept(session: Context, vault: Vault, items: Sequence[ResourceItem]) -> None:
    """Warn of servers whose choice of disks the service did not keep."""
    asked = {each.id: each.extra_info for each in items if each.extra_info}
    if not asked:
        return
    present = {each.id: each for each in session.client.vaults.show(vault.id).resources or ()}
    for resource_id, wanted in asked.items():
        found = present.get(resource_id)
        kept = (found.extra_info if found else None) or {}
        for name in _DISKS:
            if wanted.get(name) and _ids(kept.get(name)) != _ids(wanted[name]):
                warnings.warn(
                    f"The service did not keep {name} of {found.name if found else resource_id} "
                    f"in the vault {display_name(vault)}: other disks are backed up than were "
                    "asked for.",
                    AnswerWarning,
                    stacklevel=4,
                )


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
