"""A server with a clean backup and spoilt disks, and what a test asks about its restore."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.entry import on_cloud
from cbr_notebook.runbook.run.run import RestoreRun

GOOD = {"vda": ("/etc/motd", b"good"), "vdb": ("/data", b"orders")}

CONTRACT = """\
application: shop
members:
  - server: db-01
    backup: clean-db-01
    probes: [{ssh_checksum: root@db-01, manifest: db-01.json}]
  - server: web-01
    backup: clean-web-01
    probes: [{ssh_checksum: root@web-01, manifest: web-01.json}]
"""
"""A recovery contract of two servers, each with the backup that :func:`spoilt` makes."""


def spoilt(
    session: Session, name: str = "web-01", sizes: tuple[int, int] = (2, 1)
) -> dict[str, Any]:
    """Make a server with the backup ``clean-<name>``, spoil its disks; return the manifest."""
    server = session.cloud.create_server(name, disks=(("vda", sizes[0]), ("vdb", sizes[1])))
    for device, (path, data) in GOOD.items():
        server.disk(device).write_file(path, data)
    session.create_vault(f"vault-{name}", size_gb=1000, resources=name)
    session.back_up(f"vault-{name}", name=f"clean-{name}").wait(progress=False)
    manifest = session.take_manifest(name)
    session.cloud.advance(hours=3)
    session.cloud.ransomware(name)
    return manifest


def two_disks(session: Session) -> Any:
    """Make the disk spare, with the file /a and the backup clean-spare; return other, an empty one.

    The other one is in no vault.
    """
    session.cloud.create_disk("spare", 2).write_file("/a", b"one")
    session.create_vault("disks", size_gb=100, object_type="disk", resources="spare")
    session.back_up("disks", name="clean-spare").wait(progress=False)
    return session.cloud.create_disk("other", 2)


def after_the_attack(sizes: tuple[int, int] = (2, 1)) -> tuple[Session, dict[str, Any]]:
    """Open a session on a cloud with the server web-01, spoilt as :func:`spoilt` does it.

    It is spoilt once a process, and each test gets a copy of that cloud.

    Returns:
        The session and the manifest.
    """
    before, manifest = _spoilt_once(sizes)
    return on_cloud(before.cloud.copy()), deepcopy(manifest)


@cache
def _spoilt_once(sizes: tuple[int, int]) -> tuple[Session, dict[str, Any]]:
    session = cbr.simulate("empty")
    return session, spoilt(session, sizes=sizes)


def is_back(session: Session, name: str = "web-01") -> bool:
    """Return whether the server's files are as in the backup."""
    server = session.cloud.server(name)
    return all(
        path in server.disk(device).files() and server.disk(device).read_file(path) == data
        for device, (path, data) in GOOD.items()
    )


def restores(session: Session) -> int:
    """Return how many restores the cloud has carried out or is carrying out."""
    session.cloud.options["task_list_lag_seconds"] = 0
    return len(session.tasks(operation_type="restore"))


def execute(session: Session, name: str = "web-01", **options: Any) -> RestoreRun:
    """Plan and carry out without a safety backup, unless the test says otherwise."""
    if not options.setdefault("safety_backup", False):
        options.setdefault("acknowledge", ["safety backup"])
    return session.plan_restore(f"clean-{name}").execute(confirm=name, **options)


def resumed(session: Session, run_id: str, **options: Any) -> RestoreRun:
    run = session.resume_restore(run_id, **options)
    assert isinstance(run, RestoreRun)
    return run


def only_run(session: Session) -> str:
    """Return the ID of the only run there is."""
    (run_id,) = session.restores()["run_id"]
    return str(run_id)


def kinds(run: RestoreRun) -> list[str]:
    return [entry.kind for entry in run.journal.entries if entry.kind != "request"]
