"""The second half of the workshop ``basics``: data that has to come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pandas as pd

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE, TASK_SUCCESS
from cbr_notebook.entry import Session
from cbr_notebook.workshops.exercise import Exercise, Facts, Finding, nothing_to_prepare

_ORDERS = "/srv/orders.csv"
_LEDGER = "/ledger.csv"
_RECOVERY_TIME = timedelta(hours=1)


def _back_up(session: Session, resource: str, vault: str, name: str) -> None:
    session.back_up(vault, resources=resource, name=f"before-{name}").wait(progress=False)


def _start_deleted_file(session: Session) -> Facts:
    disk = session.cloud.server("web-01").disk("vda")
    disk.write_file(_ORDERS, b"order,amount\n1,20\n2,35\n")
    checksum = disk.checksum()
    _back_up(session, "web-01", "vault-web", "web-01")
    session.cloud.advance(hours=5)
    disk.delete_file(_ORDERS)
    return nothing_to_prepare(session) | {"checksum": checksum}


def _check_deleted_file(session: Session, facts: Facts) -> list[Finding]:
    disk = session.cloud.server("web-01").disk("vda")
    there = _ORDERS in disk.files()
    same = disk.checksum() == facts["checksum"]
    return [
        Finding(there, f"{_ORDERS} is {'on' if there else 'not on'} the disk of web-01."),
        Finding(same, f"The disk is {'as' if same else 'not as'} it was in the backup."),
    ]


def _check_elsewhere(session: Session, facts: Facts) -> list[Finding]:
    backups = session.backups(resource="db-01", status=BACKUP_AVAILABLE, limit=10)
    shared = [
        str(row["name"]) for _, row in backups.iterrows() if not session.members(row["id"]).empty
    ]
    replicas = int((session.backups(limit=50)["image_type"] == "replication").sum())
    vaults = session.vaults()
    replicated = int((vaults["protect_type"] == "replication").sum())
    if shared or replicas:
        return [Finding(True, f"Offered to others: {', '.join(shared) or f'{replicas} copies'}.")]
    return [
        Finding(
            False,
            f"The newest {len(backups)} backups of db-01 are in this project only; vaults that "
            f"receive copies: {replicated}.",
        )
    ]


def _start_deleted_server(session: Session) -> Facts:
    cloud = session.cloud
    server, disk = cloud.create_server("tally-01"), cloud.create_disk("ledger", 10)
    server.attach(disk)
    disk.write_file(_LEDGER, b"date,amount\n2020-08-01,20\n")
    checksum = disk.checksum()
    session.create_vault("vault-ledger", size_gb=20, object_type="disk", resources=disk.id)
    _back_up(session, disk.id, "vault-ledger", "ledger")
    cloud.advance(hours=2)
    cloud.delete_server("tally-01")
    return nothing_to_prepare(session) | {"checksum": checksum}


def _check_deleted_server(session: Session, facts: Facts) -> list[Finding]:
    disks = session.resources("disk")
    like_it = disks[disks["size_gb"] == 10]
    same = [
        str(row["name"])
        for _, row in like_it.iterrows()
        if session.cloud.disk(row["id"]).checksum() == facts["checksum"]
    ]
    seen = f"Of {len(disks)} disks, {', '.join(same) or 'none'} holds what ledger held."
    return [Finding(bool(same), seen)]


def _start_ransomware(session: Session) -> Facts:
    cloud = session.cloud
    server = cloud.server("web-01")
    server.disk("vda").write_file(_ORDERS, b"order,amount\n1,20\n")
    checksums = [disk.checksum() for disk in server.disks]
    _back_up(session, "web-01", "vault-web", "web-01")
    cloud.advance(hours=4)
    cloud.ransomware("web-01")
    cloud.advance(days=1)  # the policy has backed the damage up
    return nothing_to_prepare(session) | {"checksums": checksums}


def _check_ransomware(session: Session, facts: Facts) -> list[Finding]:
    server = session.cloud.server("web-01")
    locked = sum(name.endswith(".locked") for disk in server.disks for name in disk.files())
    same = [disk.checksum() for disk in server.disks] == facts["checksums"]
    return [
        Finding(not locked, f"{locked} files of web-01 are encrypted."),
        Finding(same, f"Its disks are {'as' if same else 'not as'} before the attack."),
        in_time(session, facts, "first", _RECOVERY_TIME),
    ]


def in_time(
    session: Session, facts: Facts, which: Literal["first", "last"], within: timedelta
) -> Finding:
    """Return whether the first or the last restore since the alarm has ended early enough."""
    began = pd.Timestamp(facts["began"])
    tasks = session.tasks(operation_type="restore", status=TASK_SUCCESS)
    ended = tasks[tasks["started_at"] >= began]["ended_at"]
    if ended.empty:
        return Finding(False, "No restore has ended since the alarm.")
    took = (ended.min() if which == "first" else ended.max()) - began
    minutes = round(took.total_seconds() / 60)
    return Finding(took <= within, f"The {which} restore ended {minutes} minutes on.")


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "A deleted file",
        f"Somebody deleted {_ORDERS} on web-01 and noticed hours later. It is in today's backup. "
        "Bring the disk back as it was then.",
        _start_deleted_file,
        _check_deleted_file,
        (
            "A backup is of whole disks: the disk comes back, and the file with it.",
            "Which backup of web-01 was made last, by hand?",
            "session.plan_restore(backup) shows what would be overwritten before anything is; "
            "or use session.forms.restore().",
        ),
    ),
    Exercise(
        "Share or replicate",
        "If the account is locked, its backups are, too. See to it that one of the ten newest "
        "backups of db-01 can be used elsewhere: shared with another project, or replicated to "
        "the other region.",
        nothing_to_prepare,
        _check_elsewhere,
        (
            "A backup can be offered to another project of the account.",
            "Which projects are there? session.cloud.credentials_for(project=...) knows their IDs.",
            "Look at session.forms.share() or session.share.",
        ),
    ),
    Exercise(
        "A deleted server",
        "tally-01 was deleted, and its disk ledger with it. Their backups were not: vaults keep "
        "them. Bring back what was on ledger, on a new disk of 10 GB.",
        _start_deleted_server,
        _check_deleted_server,
        (
            "Deleting a server or a disk deletes no backup.",
            "The backup of a disk can be restored to another disk that is as large.",
            "Have a disk made with session.cloud.create_disk, then name it as the target of the "
            "plan.",
        ),
    ),
    Exercise(
        "Ransomware at 03:10",
        "web-01 was encrypted, and the nightly policy has backed the damage up since. Find the "
        "newest backup from before the attack, restore it, and be back within an hour of the "
        "cloud's time.",
        _start_ransomware,
        _check_ransomware,
        (
            "The newest backup is not the best one: how much changed in each?",
            "A backup in which nearly everything changed at once is the first after the attack.",
            "Compare session.changed_data or session.suspicion over the backups of web-01, and "
            "restore the one before the jump.",
        ),
    ),
)
