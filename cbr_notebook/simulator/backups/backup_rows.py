"""Backups, restore points and what belongs to them, as their tables hold them."""

from __future__ import annotations

from typing import NamedTuple


class BackupRow(NamedTuple):
    """A row of ``backup``; times in microseconds, ``extend_info`` and ``properties`` JSON."""

    id: str
    project_id: str
    vault_id: str
    restore_point_id: str
    parent_id: str | None
    name: str
    description: str | None
    status: str
    image_type: str
    provider_id: str
    resource_id: str
    resource_name: str
    resource_type: str
    resource_size_gb: int
    resource_az: str | None
    created_at: int
    protected_at: int | None
    updated_at: int
    expired_at: int | None
    automatic: int
    incremental: int
    policy_id: str | None
    extend_info: str
    chain: int | None
    sequence: int | None
    writes: int | None
    stored_blocks: int
    enterprise_project_id: str
    properties: str

    @property
    def place(self) -> tuple[int, int] | None:
        """The chain, and the place in it, of a disk's backup with bytes; else ``None``."""
        if self.chain is None or self.sequence is None:
            return None
        return self.chain, self.sequence


class RestorePointRow(NamedTuple):
    """A row of ``restore_point``; resources and what was skipped are JSON."""

    id: str
    project_id: str
    vault_id: str
    status: str
    created_at: int
    name: str | None
    description: str | None
    retention_days: int
    automatic: int
    policy_id: str | None
    resources: str
    skipped: str


class MemberRow(NamedTuple):
    """A row of ``member``: a project that a backup is shared with."""

    id: str
    backup_id: str
    project_id: str
    dest_project_id: str
    status: str
    created_at: int
    updated_at: int | None
    image_id: str | None
    vault_id: str | None


class ReplicationRow(NamedTuple):
    """A row of ``replication_record``; times in microseconds since 1970."""

    id: str
    created_at: int
    status: str
    source_backup_id: str
    source_restore_point_id: str
    source_project_id: str
    source_region: str
    source_vault_id: str
    destination_backup_id: str | None
    destination_restore_point_id: str | None
    destination_project_id: str
    destination_region: str
    destination_vault_id: str
    automatic: int
    fail_code: str
    fail_reason: str
