"""Answers as DataFrames: what is found out from several lists."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema
from cbr_notebook.frames.tasks import TASKS

REASONS = (
    "in no vault",
    "no backup policy",
    "policy is off",
    "suspended in its vault",
    "when its policy runs is not known",
    "no good backup",
    "last good backup is too old",
    "left out of its server's backups",
    "its policies could not be seen",
    "its backups could not be seen",
    "in no vault itself; its server could not be seen",
)


def _fact(name: str, kind: str, description: str, **more: object) -> Column:
    return Column(name, kind, name, description, **more)  # type: ignore[arg-type]


_TYPE = _fact("type", "category", "its type", values=RESOURCE_TYPES)

UNPROTECTED = Schema(
    "unprotected",
    "a resource that is not protected as it should be",
    (
        _fact("id", "text", "ID of the resource"),
        _fact("name", "text", "name of the resource"),
        _TYPE,
        _fact("size_gb", "integer", "its size", unit="GB"),
        _fact("reason", "category", "what is wrong", values=REASONS),
        _fact("vault_id", "text", "ID of the vault that it is in"),
        _fact("vault_name", "text", "name of the vault that it is in"),
        _fact("newest", "time", "the moment that its last good backup holds"),
        _fact("age_hours", "integer", "age of that backup", unit="hours"),
        _fact("tags", "mapping", "tags of the resource: value by key"),
    ),
)
"""One row a resource."""

CAPACITY = Schema(
    "capacity",
    "a vault",
    (
        _fact("id", "text", "ID of the vault"),
        _fact("name", "text", "name of the vault"),
        _fact("size_gb", "integer", "capacity", unit="GB"),
        _fact("used_mb", "integer", "what its backups take", unit="MB"),
        _fact("used_percent", "number", "share of the capacity that is used", unit="%"),
        _fact("threshold", "integer", "use at which the account is told", unit="%"),
        _fact("allocated_gb", "integer", "sizes of its resources together", unit="GB"),
        _fact("backups", "integer", "good backups in it"),
        _fact("made_a_day", "number", "backups made a day, in the days looked at"),
        _fact("leaving_a_day", "number", "backups that will be deleted a day, by the rules"),
        _fact("growth_mb_a_day", "number", "expected growth a day, by the data", unit="MB"),
        _fact("full_at", "time", "when it will be full, if it goes on like this"),
        _fact("full_at_earliest", "time", "the earlier end of its range"),
        _fact("full_at_latest", "time", "the later end; missing if it may never be full"),
        _fact("auto_expand", "flag", "grows by itself when full"),
        _fact("filling_up", "flag", "at its threshold, or full within 90 days; not if it grows"),
        _fact("tags", "mapping", "tags of the vault: value by key"),
    ),
)
"""One row a vault."""

GAPS = Schema(
    "gaps",
    "a run of a policy that left a resource without a good backup",
    (
        _fact("resource_id", "text", "ID of the resource"),
        _fact("resource_name", "text", "name of the resource"),
        _fact("missed_at", "time", "when the policy ran, or should have"),
        _fact("policy_id", "text", "ID of the policy"),
        _fact("policy_name", "text", "name of the policy"),
        _fact("vault_id", "text", "ID of the vault that it is in"),
        _fact("vault_name", "text", "name of the vault that it is in"),
    ),
)
"""One row a missed run of a resource."""

CHANGED_DATA = Schema(
    "changed_data",
    "a backup of a resource, with what it added",
    (
        _fact("backup_id", "text", "ID of the backup"),
        _fact("backup_name", "text", "name of the backup"),
        _fact("resource_id", "text", "ID of what was backed up"),
        _fact("vault_id", "text", "ID of the vault that it is in"),
        _fact("created_at", "time", "the moment that the backup holds"),
        _fact("incremental", "flag", "stores only what changed"),
        _fact("changed_mb", "integer", "what it added, less what was deleted since", unit="MB"),
        _fact("usual_mb", "number", "the median of the others, for as many days", unit="MB"),
        _fact("jump", "flag", "much more than usual: look before you trust it"),
    ),
)
"""One row a backup."""

SUSPICION = Schema(
    "suspicion",
    "a backup of a resource, judged by what it added",
    (
        _fact("backup_id", "text", "ID of the backup"),
        _fact("backup_name", "text", "name of the backup"),
        _fact("resource_id", "text", "ID of what was backed up"),
        _fact("vault_id", "text", "ID of the vault that it is in"),
        _fact("created_at", "time", "the moment that the backup holds"),
        _fact(
            "verdict",
            "category",
            "what its size says",
            values=("quiet", "jump", "after_jump", "unjudged", "safety"),
        ),
        _fact("changed_mb", "integer", "what it added, less what was deleted since", unit="MB"),
        _fact("usual_mb", "number", "what others added, for as many days", unit="MB"),
        _fact("reason", "text", "why it was judged so"),
    ),
)
"""One row a backup."""

RECOVERY_POINTS = Schema(
    "recovery_points",
    "a resource that is in a vault or has backups",
    (
        _fact("id", "text", "ID of the resource"),
        _fact("name", "text", "name of the resource"),
        _TYPE,
        _fact("vault_name", "text", "name of the vault that it is in"),
        _fact("backups", "integer", "good backups"),
        _fact("newest", "time", "the moment that the newest of them holds"),
        _fact("oldest", "time", "the moment that the oldest of them holds"),
        _fact("age_hours", "integer", "age of the newest", unit="hours"),
        _fact("target_hours", "integer", "age that the newest may have", unit="hours"),
        _fact("within_target", "flag", "whether the newest is young enough"),
        _fact("gaps", "integer", "runs of its policy that left no good backup"),
        _fact("exists", "flag", "whether there still is such a resource"),
        _fact("tags", "mapping", "tags of the resource: value by key"),
    ),
)
"""One row a resource."""

SCHEDULE = Schema(
    "schedule",
    "a run of a policy on a vault",
    (
        _fact("runs_at", "time", "when it runs"),
        _fact("runs_at_local", "text", "the same in local time, with its distance from UTC"),
        _fact("policy_id", "text", "ID of the policy"),
        _fact("policy_name", "text", "name of the policy"),
        _fact("operation_type", "category", "what it does", values=("backup", "replication")),
        _fact("vault_id", "text", "ID of the vault"),
        _fact("vault_name", "text", "name of the vault"),
        _fact("resources", "integer", "how many resources are in the vault"),
    ),
)
"""One row a run."""

_KEPT = (
    "id", "operation_type", "status", "resource_id", "resource_name", "resource_type",
    "vault_id", "vault_name", "started_at", "ended_at", "error_code", "error_message",
    "request_id",
)  # fmt: skip

FAILURES = Schema(
    "failures",
    "a task that failed or was skipped",
    (
        *(column for column in TASKS.columns if column.name in _KEPT),
        _fact("advice", "text", "what to do about it"),
    ),
)
"""One row a task."""
