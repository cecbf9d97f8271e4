"""The statuses that the service tells, and what each allows.

A service that is newer than this file may tell others: they are shown as they came, and are none of
these.
"""

from __future__ import annotations

from typing import Final

# -- vaults ----------------------------------------------------------------------------------------

VAULT_AVAILABLE: Final = "available"
VAULT_LOCKED: Final = "lock"
"""A resize is in progress."""
VAULT_STATUSES = (VAULT_AVAILABLE, VAULT_LOCKED, "frozen", "deleting", "error")
VAULT_ALLOWS_RESTORE = (VAULT_AVAILABLE, VAULT_LOCKED)

# -- resources in a vault --------------------------------------------------------------------------

RESOURCE_PROTECTING: Final = "protecting"
RESOURCE_RESTORING: Final = "restoring"
RESOURCE_REMOVING: Final = "removing"
PROTECT_STATUSES = (
    "available", "error", RESOURCE_PROTECTING, RESOURCE_RESTORING, RESOURCE_REMOVING,
)  # fmt: skip

# -- backups ---------------------------------------------------------------------------------------

BACKUP_AVAILABLE: Final = "available"
"""A good backup: only such are restored, and shared."""
BACKUP_RESTORING: Final = "restoring"
BACKUP_DELETING: Final = "deleting"
BACKUP_ERROR: Final = "error"
BACKUP_STATUSES = (
    BACKUP_AVAILABLE, "protecting", BACKUP_DELETING, BACKUP_RESTORING, BACKUP_ERROR,
    "waiting_protect", "waiting_delete", "waiting_restore",
)  # fmt: skip
BACKUP_BEING_MADE = ("protecting", "waiting_protect")
BACKUP_COMPLETE = (BACKUP_AVAILABLE, BACKUP_RESTORING)
"""All of its content is there."""
BACKUP_AT_REST = (BACKUP_AVAILABLE, BACKUP_ERROR)
"""The statuses in which a backup stays until somebody does something."""

# -- replicas of a backup --------------------------------------------------------------------------

REPLICATION_SUCCESS: Final = "success"
REPLICATION_FAILED: Final = "fail"

# -- projects that a backup is shared with ---------------------------------------------------------

MEMBER_PENDING: Final = "pending"
MEMBER_ACCEPTED: Final = "accepted"
MEMBER_REJECTED: Final = "rejected"
MEMBER_STATUSES = (MEMBER_PENDING, MEMBER_ACCEPTED, MEMBER_REJECTED)

# -- tasks -----------------------------------------------------------------------------------------

TASK_WAITING: Final = "waiting"
TASK_RUNNING: Final = "running"
TASK_SUCCESS: Final = "success"
TASK_FAILED: Final = "failed"
TASK_SKIPPED: Final = "skipped"
TASK_TIMEOUT: Final = "timeout"
UNFINISHED = (TASK_WAITING, TASK_RUNNING)
"""The statuses of tasks that have not ended."""
UNSUCCESSFUL = (TASK_FAILED, TASK_TIMEOUT)
"""The statuses of tasks that went wrong."""
NOT_DONE = (*UNSUCCESSFUL, TASK_SKIPPED)
"""The statuses of tasks that ended without having done their work."""
ENDED = (TASK_SUCCESS, TASK_FAILED, TASK_SKIPPED, TASK_TIMEOUT)
"""The statuses in which a task stays."""
TASK_STATUSES = (*UNFINISHED, *ENDED)

# -- what is backed up, as its own service tells it ------------------------------------------------

SERVER_ACTIVE: Final = "ACTIVE"
SERVER_STOPPED: Final = "SHUTOFF"
SERVER_IN_USE = (SERVER_ACTIVE, SERVER_STOPPED)
"""The statuses in which a server can be backed up and restored."""
SERVER_GONE = ("DELETED", "SOFT_DELETED", "TERMINATED")
DISK_AVAILABLE: Final = "available"
"""Attached to no server."""
DISK_IN_USE: Final = "in-use"
FILE_SYSTEM_AVAILABLE: Final = "available"
FILE_SYSTEM_READY = (FILE_SYSTEM_AVAILABLE, "200")
"""In words, and as the number that SFS Turbo tells."""
RESTORING: Final = "restoring"
"""What the status of a disk contains while a restore writes to it, such as ``restoring-backup``."""
