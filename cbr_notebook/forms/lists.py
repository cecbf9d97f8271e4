"""The lists of vaults, backups and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from cbr_notebook.api.messages.records import Billing
from cbr_notebook.api.messages.statuses import BACKUP_STATUSES
from cbr_notebook.errors import NotFound
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.listing import MOST_ROWS, Act, Listing
from cbr_notebook.session.references import is_id
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession

Rows = tuple[pd.DataFrame, list[Any]]


def _used(billing: Billing) -> int | None:
    """Return how full a vault is, in percent."""
    return round((billing.used or 0) / (billing.size * 10.24)) if billing.size else None


def _itself(record: Any, _: str | None) -> tuple[Any, ...]:
    return (record.id,)


def _vaults(session: GuidedSession, _: Mapping[str, Any], __: Any) -> Rows:
    found = sorted(session.records.vaults(), key=lambda each: each.name or "")
    table = pd.DataFrame(
        {
            "Name": [each.name for each in found],
            "Status": [each.billing.status for each in found],
            "Protects": [each.billing.object_type for each in found],
            "Capacity (GB)": [each.billing.size for each in found],
            "Used (%)": [_used(each.billing) for each in found],
            "Resources": [len(each.resources or ()) for each in found],
        }
    )
    return table, list(found)


def _resources_in(record: Any) -> Sequence[Option]:
    return [
        Option(each.id, each.name or each.id, pluralize(each.backup_count or 0, "backup"))
        for each in record.resources or ()
    ]


def _from_vault(record: Any) -> Sequence[str]:
    backed_up = [markup.link_to_form("back_up", "Back up now", vault=record.id)]
    changed = markup.link_to_form("edit_vault", "Change it", vault=record.id)
    tagged = markup.link_to_form("tags", "Edit tags", vault=record.id)
    return [*(backed_up if record.resources else ()), changed, tagged]


VAULTS = Listing(
    name="vaults",
    title="Vaults",
    intro="Choose a vault to see what can be done with it.",
    noun="Vault",
    action="Delete vault",
    first=("create_vault", "Create a vault"),
    acts=MappingProxyType(
        {
            "delete": Act("Delete vault", "Delete", "is deleted", "delete_vault", _itself),
            "remove": Act(
                "Remove a resource",
                "Remove",
                "is in the vault no more",
                "remove_resources",
                lambda record, part: (record.id, [part]),
                part=True,
            ),
        }
    ),
    rows=_vaults,
    parts=_resources_in,
    links=_from_vault,
)


def _backup_filters() -> Sequence[Field]:
    statuses = [Option(each, each) for each in sorted(BACKUP_STATUSES)]
    return (
        field.text("resource", "Resource", placeholder="its name or ID"),
        field.text("vault", "Vault", placeholder="its name or ID"),
        field.text("name", "Backup name", placeholder="the whole name"),
        field.choice("status", "Status", [Option("", "any"), *statuses]),
        field.text("since", "Not made before (UTC)", placeholder="2020-08-17T06:00Z, or 7d"),
        field.text("until", "Not made after (UTC)", placeholder="2020-08-17T06:00Z, or 12h"),
    )


def _backups(session: GuidedSession, asked: Mapping[str, Any], meant: Any) -> Rows:
    """Ask for the newest backups that are searched for, and for the one that is meant."""
    found = session.backups(limit=MOST_ROWS, **asked)
    found = found[found["parent_id"].isna()]
    meant = getattr(meant, "id", meant)
    if not asked and isinstance(meant, str) and is_id(meant) and meant not in set(found["id"]):
        with suppress(NotFound):  # the field says so
            one = session.find_backup(meant)
            found = session.backups(resource=one.resource_id, name=one.name)
            found = found[found["id"] == one.id]
    table = pd.DataFrame(
        {
            "Made": found["created_at"].dt.strftime("%Y-%m-%d %H:%M"),
            "Resource": found["resource_name"],
            "Name": found["name"],
            "Status": found["status"].astype(str),
            "Kind": found["incremental"].map({True: "incremental", False: "full"}),
        }
    )
    known = found[["id", "name", "resource_id"]].astype(object)
    known = known.where(known.notna(), None)
    return table, list(known.itertuples(index=False))


def _from_backup(record: Any) -> Sequence[str]:
    return [
        markup.link_to_form(
            "restore", "Restore from it", resource=record.resource_id, backup=record.id
        )
    ]


BACKUPS = Listing(
    name="backups",
    title="Backups",
    intro="The newest are listed; what is filled in here is searched for in all. Times are in UTC.",
    noun="Backup",
    action="Delete backup",
    first=("back_up", "Back up"),
    acts=MappingProxyType(
        {"delete": Act("Delete backup", "Delete", "is deleted", "delete_backup", _itself)}
    ),
    rows=_backups,
    search=_backup_filters,
    links=_from_backup,
)


def _policies(session: GuidedSession, _: Mapping[str, Any], __: Any) -> Rows:
    found = sorted(session.records.policies(), key=lambda each: each.name or "")
    table = pd.DataFrame(
        {
            "Name": [each.name for each in found],
            "Type": [each.operation_type for each in found],
            "Switched on": ["yes" if each.enabled else "no" for each in found],
            "Vaults": [len(each.associated_vaults or ()) for each in found],
        }
    )
    return table, list(found)


def _from_policy(record: Any) -> Sequence[str]:
    change = markup.link_to_form("edit_policy", "Change it", policy=record.id)
    if record.enabled:
        return [change]
    return [markup.link_to_form("edit_policy", "Switch it on", policy=record.id, runs="on"), change]


POLICIES = Listing(
    name="policies",
    title="Policies",
    intro="Choose a policy to see what can be done with it. No backup goes with a policy.",
    noun="Policy",
    action="Delete policy",
    first=("create_policy", "Create a policy"),
    acts=MappingProxyType(
        {
            "delete": Act(
                "Delete policy", "Delete", "is deleted", "delete_policy", _itself, waits=False
            )
        }
    ),
    rows=_policies,
    links=_from_policy,
)
