"""From records of the service to the facts of a plan; nothing here asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cbr_notebook.api.messages.constants import ResourceKind
from cbr_notebook.api.messages.records import Backup, Protectable, TaskRecord
from cbr_notebook.runbook.plan.facts import (
    NOT_TOLD,
    DiskBackup,
    DiskFacts,
    RestoreFacts,
    SafetyVault,
    TargetFacts,
)
from cbr_notebook.text.timeparse import parse_api_time


def resource_facts(
    resource: Protectable, kind: ResourceKind, refused: Mapping[str, str]
) -> TargetFacts:
    """Return what a record tells of a target, and by which codes its disks are not protected."""
    detail = resource.detail or {}
    metadata = _metadata(resource)
    if kind == "server":
        disks = tuple(
            _disk_facts(child, resource.id, refused.get(child.id))
            for child in resource.children or ()
        )
    else:
        own = resource.protectable
        reason = own.code if own and own.result is False and own.code else None
        disks = (_disk_facts(resource, None, reason),)
    return TargetFacts(
        id=resource.id,
        name=resource.name or resource.id,
        type=resource.type or "",
        status=resource.status or NOT_TOLD,
        size_gb=resource.size or 0,
        architecture=metadata.get("architecture"),
        os_type=metadata.get("os_type"),
        disaster_recovery=_flag(metadata.get("dr_site")),
        disks=disks,
        sub_status=_text(detail.get("sub_status")),
    )


def _disk_facts(disk: Protectable, server_id: str | None, refused: str | None) -> DiskFacts:
    detail = disk.detail or {}
    metadata = _metadata(disk)
    attachments = detail.get("attachments")
    place = attachments[0] if isinstance(attachments, list) and attachments else {}
    return DiskFacts(
        id=disk.id,
        name=disk.name or disk.id,
        size_gb=disk.size or 0,
        status=disk.status or NOT_TOLD,
        device=_text(place.get("device")),
        system_disk=_flag(detail.get("bootable")),
        server_id=server_id or _text(place.get("server_id")),
        updated_at=parse_api_time(detail.get("updated_at")),
        disaster_recovery=_flag(metadata.get("dr_site")),
        refused=refused,
        scsi=_flag(metadata.get("hw:passthrough")),
    )


def disk_backup(part: Backup) -> DiskBackup:
    """Return what a record tells of the backup of one disk."""
    info = part.extend_info
    system = None
    if info is not None:
        system = info.system_disk if info.system_disk is not None else info.bootable
    return DiskBackup(
        backup_id=part.id,
        disk_id=part.resource_id or "",
        disk_name=part.resource_name or part.resource_id or "",
        size_gb=part.resource_size or 0,
        system_disk=system,
        encrypted=info.encrypted if info else None,
    )


def restore_facts(task: TaskRecord) -> RestoreFacts:
    """Return what the task of an earlier restore tells of it."""
    restore = task.extra_info.restore if task.extra_info else None
    return RestoreFacts(
        task.id,
        (restore.backup_id or None) if restore else None,
        task.status or NOT_TOLD,
        parse_api_time(task.created_at),
    )


def safety_vault(resource: Protectable | None) -> SafetyVault | None:
    """Return the vault that a safety backup would go to, and what it has room for."""
    vault = resource.protectable.vault if resource and resource.protectable else None
    if resource is None or vault is None:
        return None
    billing = vault.billing
    free = None
    if billing.size is not None and billing.used is not None:
        free = billing.size * 1024 - billing.used
    usual = None
    for each in vault.resources or ():
        if each.id == resource.id and each.backup_size and each.backup_count:
            usual = each.backup_size // each.backup_count
    return SafetyVault(vault.id, vault.name or vault.id, free, usual, bool(vault.auto_expand))


def resource_id_of(task: TaskRecord) -> str | None:
    """Return the ID of what a task works on."""
    resource = task.extra_info.resource if task.extra_info else None
    return resource.id if resource else None


def resource_name_of(task: TaskRecord) -> str | None:
    """Return the name of what a task works on."""
    resource = task.extra_info.resource if task.extra_info else None
    return resource.name if resource else None


def _metadata(resource: Protectable) -> dict[str, Any]:
    found = (resource.detail or {}).get("metadata")
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: Any) -> bool | None:
    """Read a yes or no that the service writes as a word, or not at all."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())
