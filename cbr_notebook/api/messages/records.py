"""What the service says of its things: one struct each, tolerant of what is missing.

Members that this package does not know are in ``record.raw``; a member that a document lacks, or
gives as null where it promises a value, is ``None`` or empty here, never an error.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.messages.source import Source
from cbr_notebook.text.card import facts_html


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True, eq=False):
    """A thing as the service describes it; two are equal if all that is read of them is."""

    _source: Any | UnsetType = msgspec.field(default=UNSET, name="(source)")  # not encoded

    @property
    def raw(self) -> dict[str, Any]:
        """What the service sent, with members that this package does not know."""
        return self._source.document() if isinstance(self._source, Source) else {}

    def _members(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__struct_fields__ if name != "_source"}

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Record)
        return self._members() == other._members()

    def __hash__(self) -> int:
        return hash(tuple(self._members().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._members().items())
        return f"{type(self).__name__}({shown})"


class Tag(Record, frozen=True):
    """A key and its value."""

    key: str
    value: str | None = None


class Billing(Record, frozen=True):
    """A vault's capacity and what is paid for it; sizes in GB, ``used`` in MB."""

    allocated: int | None = None
    cloud_type: str | None = None
    consistent_level: str | None = None
    charging_mode: str | None = None
    order_id: str | None = None
    product_id: str | None = None
    protect_type: str | None = None
    object_type: str | None = None
    spec_code: str | None = None
    used: int | None = None
    size: int | None = None
    status: str | None = None
    frozen_scene: str | None = None
    storage_unit: str | None = None
    is_multi_az: bool | None = None


class VaultResource(Record, frozen=True):
    """A resource in a vault; ``size`` in GB, ``backup_size`` in MB."""

    id: str
    type: str | None = None
    name: str | None = None
    size: int | None = None
    backup_size: int | None = None
    backup_count: int | None = None
    protect_status: str | None = None
    auto_protect: bool | None = None
    extra_info: Any = None


class BindRules(Record, frozen=True):
    """Tags by which a vault takes resources in."""

    tags: list[Tag] | None = None


class Vault(Record, frozen=True):
    """A vault."""

    id: str
    name: str | None = None
    description: str | None = None
    billing: Billing = msgspec.field(default_factory=Billing)  # each has a source of its own
    resources: list[VaultResource] | None = None
    tags: list[Tag] | None = None
    provider_id: str | None = None
    project_id: str | None = None
    enterprise_project_id: str | None = None
    auto_bind: bool | None = None
    bind_rules: BindRules | None = None
    auto_expand: bool | None = None
    smn_notify: bool | None = None
    threshold: int | None = None
    user_id: str | None = None
    created_at: str | None = None
    backup_name_prefix: str | None = None
    locked: bool | None = None
    availability_zone: str | None = None

    def _repr_html_(self) -> str:
        size, used = self.billing.size, self.billing.used
        return facts_html(
            f"Vault {self.name or self.id}",
            [
                ("Status", self.billing.status),
                ("Protects", self.billing.object_type),
                ("For", self.billing.protect_type),
                ("Size", None if size is None else f"{size:,} GB"),
                ("Used", None if used is None else f"{used:,} MB"),
                ("Resources", None if self.resources is None else len(self.resources)),
                ("Grows by itself", self.auto_expand),
                ("Locked", self.locked),
                ("Tags", ", ".join(f"{each.key}={each.value}" for each in self.tags or ())),
                ("Made at", _moment(self.created_at)),
                ("ID", self.id),
            ],
        )


class AppConsistency(Record, frozen=True):
    """Whether a backup holds a server's applications in a consistent state, and if not, why."""

    app_consistency: str | None = None
    app_consistency_status: str | None = None
    app_consistency_error_code: str | None = None
    app_consistency_error_message: str | None = None


class BackupInfo(Record, frozen=True):
    """Further facts of a backup."""

    auto_trigger: bool | None = None
    bootable: bool | None = None
    contain_system_disk: bool | None = None
    system_disk: bool | None = None
    encrypted: bool | None = None
    architecture: str | None = None
    supported_restore_mode: str | None = None
    progress: int | None = None
    app_consistency: AppConsistency | None = None


class ReplicationRecord(Record, frozen=True):
    """A replication of a backup."""

    id: str | None = None
    created_at: str | None = None
    status: str | None = None
    source_backup_id: str | None = None
    source_project_id: str | None = None
    source_region: str | None = None
    destination_backup_id: str | None = None
    destination_project_id: str | None = None
    destination_region: str | None = None
    destination_vault_id: str | None = None
    vault_id: str | None = None


class Backup(Record, frozen=True):
    """A backup; ``resource_size`` in GB."""

    id: str
    name: str | None = None
    status: str | None = None
    image_type: str | None = None
    checkpoint_id: str | None = None
    parent_id: str | None = None
    vault_id: str | None = None
    project_id: str | None = None
    provider_id: str | None = None
    enterprise_project_id: str | None = None
    description: str | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    resource_size: int | None = None
    resource_az: str | None = None
    created_at: str | None = None
    protected_at: str | None = None
    updated_at: str | None = None
    expired_at: str | None = None
    incremental: bool | None = None
    extend_info: BackupInfo | None = None
    replication_records: list[ReplicationRecord] | None = None
    children: list[Backup] | None = None

    def _repr_html_(self) -> str:
        size = self.resource_size
        return facts_html(
            f"Backup {self.name or self.id}",
            [
                ("Status", self.status),
                ("Of", self.resource_name or self.resource_id),
                ("Type", self.resource_type),
                ("Size", None if size is None else f"{size:,} GB"),
                ("Holds the moment", _moment(self.created_at)),
                ("Expires", _moment(self.expired_at)),
                ("Only what changed", self.incremental),
                ("Backup or replica", self.image_type),
                ("Vault's ID", self.vault_id),
                ("ID", self.id),
            ],
        )


class PointResource(Record, frozen=True):
    """A resource of a restore point; the service gives its numbers as strings."""

    id: str
    type: str | None = None
    name: str | None = None
    resource_size: str | int | None = None
    backup_size: str | int | None = None
    backup_count: str | int | None = None
    protect_status: str | None = None


class SkippedResource(Record, frozen=True):
    """A resource that a restore point left out, and why."""

    id: str | None = None
    type: str | None = None
    name: str | None = None
    code: str | None = None
    reason: str | None = None


class PointVault(Record, frozen=True):
    """The vault of a restore point."""

    id: str
    name: str | None = None
    resources: list[PointResource] | None = None
    skipped_resources: list[SkippedResource] | None = None


class PointInfo(Record, frozen=True):
    """Further facts of a restore point."""

    name: str | None = None
    description: str | None = None
    retention_duration: int | None = None


class RestorePoint(Record, frozen=True):
    """A restore point: backups made together."""

    id: str
    status: str | None = None
    project_id: str | None = None
    created_at: str | None = None
    vault: PointVault | None = None
    extra_info: PointInfo | None = None


class TaskError(Record, frozen=True):
    """Why a task failed."""

    code: str | None = None
    message: str | None = None


class TaskCommon(Record, frozen=True):
    """What every task has; ``progress`` in percent."""

    progress: int | None = None
    request_id: str | None = None


class TaskResource(Record, frozen=True):
    """What a task works on."""

    id: str | None = None
    name: str | None = None
    type: str | None = None


class TaskBackup(Record, frozen=True):
    """The backup that a task makes, deletes or restores."""

    backup_id: str | None = None
    backup_name: str | None = None
    incremental: str | bool | None = None
    target_resource_id: str | None = None
    target_resource_name: str | None = None


class TaskReplication(Record, frozen=True):
    """From where to where a task copies a backup."""

    source_backup_id: str | None = None
    source_backup_name: str | None = None
    source_checkpoint_id: str | None = None
    source_project_id: str | None = None
    source_region: str | None = None
    destination_backup_id: str | None = None
    destination_backup_name: str | None = None
    destination_checkpoint_id: str | None = None
    destination_project_id: str | None = None
    destination_region: str | None = None


class TaskSync(Record, frozen=True):
    """How many backups a synchronization read in, deleted, and could not read."""

    sync_backup_num: int | None = None
    delete_backup_num: int | None = None
    err_sync_backup_num: int | None = None


class TaskCount(Record, frozen=True):
    """How many things a deletion is about, and how many of them failed."""

    total_count: int | None = None
    fail_count: int | None = None
    resources: list[TaskResource] | None = None


class TaskExpiration(Record, frozen=True):
    """How many backups now expire on another day."""

    affected_backups_count: int | None = None
    expiration_day: str | None = None


class TaskInfo(Record, frozen=True):
    """Further facts of a task."""

    common: TaskCommon | None = None
    resource: TaskResource | None = None
    backup: TaskBackup | None = None
    delete: TaskBackup | None = None
    restore: TaskBackup | None = None
    replication: TaskReplication | None = None
    sync: TaskSync | None = None
    vault_delete: TaskCount | None = None
    remove_resources: TaskCount | None = None
    update_expiration_time: TaskExpiration | None = None


class TaskRecord(Record, frozen=True):
    """A task: work that goes on after its request was answered."""

    id: str
    operation_type: str | None = None
    status: str | None = None
    project_id: str | None = None
    provider_id: str | None = None
    policy_id: str | None = None
    vault_id: str | None = None
    vault_name: str | None = None
    checkpoint_id: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    updated_at: str | None = None
    error_info: TaskError | None = None
    extra_info: TaskInfo | None = None


class Definition(Record, frozen=True):
    """How long a policy keeps backups, or where it replicates them to."""

    max_backups: int | None = None
    retention_duration_days: int | None = None
    day_backups: int | None = None
    week_backups: int | None = None
    month_backups: int | None = None
    year_backups: int | None = None
    timezone: str | None = None
    full_backup_interval: int | None = None
    destination_region: str | None = None
    destination_project_id: str | None = None


class TriggerProperties(Record, frozen=True):
    """When a policy runs: recurrence rules, in UTC."""

    pattern: list[str] | None = None
    start_time: str | None = None


class Trigger(Record, frozen=True):
    """What starts a policy."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    properties: TriggerProperties | None = None


class AppliedVault(Record, frozen=True):
    """A vault that a policy is applied to."""

    vault_id: str
    destination_vault_id: str | None = None


class Policy(Record, frozen=True):
    """A policy."""

    id: str
    name: str | None = None
    operation_type: str | None = None
    enabled: bool | None = None
    operation_definition: Definition | None = None
    trigger: Trigger | None = None
    associated_vaults: list[AppliedVault] | None = None

    def _repr_html_(self) -> str:
        properties = self.trigger.properties if self.trigger else None
        kept = self.operation_definition or Definition()
        days, most = kept.retention_duration_days, kept.max_backups
        return facts_html(
            f"Policy {self.name or self.id}",
            [
                ("Does", self.operation_type),
                ("Runs", self.enabled),
                ("When (UTC)", " | ".join((properties.pattern if properties else None) or ())),
                ("Keeps days", "for ever" if days == -1 else days),
                ("Keeps backups", "all" if most == -1 else most),
                ("Replicates to", kept.destination_region),
                ("Vaults", len(self.associated_vaults or ())),
                ("ID", self.id),
            ],
        )


class Protectability(Record, frozen=True):
    """Whether a resource can be backed up, and in which vault it is."""

    result: bool | None = None
    code: str | None = None
    reason: str | None = None
    vault: Vault | None = None


class Protectable(Record, frozen=True):
    """A server, disk or file system; ``size`` in GB."""

    id: str
    type: str | None = None
    name: str | None = None
    size: int | None = None
    status: str | None = None
    detail: dict[str, Any] | None = None
    children: list[Protectable] | None = None
    protectable: Protectability | None = None
    vault_id: str | None = None
    """Of a child: the vault that its disk is in, where the service tells it."""
    vault_name: str | None = None


class Member(Record, frozen=True):
    """A project that a backup is shared with."""

    id: str
    backup_id: str | None = None
    dest_project_id: str | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    image_id: str | None = None
    vault_id: str | None = None


class Page(Record, frozen=True):
    """A page of a list: ``count`` is the number of all rows that match, where it is told."""

    count: int | None = None
    offset: int | None = None
    limit: int | None = None


def _moment(written: str | None) -> str | None:
    """Return a time of the service as people read it; the service's is in UTC."""
    return f"{written[:19].replace('T', ' ')} UTC" if written else None
