"""For each code by which the service refuses a restore: the plan has said so before.

A row makes the situation, names the check that must see it, and how. Then the request is forced
past the plan, and the service gives exactly the code that the check is said to prevent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import CBRError, Conflict, InvalidRequest
from cbr_notebook.runbook.plan.checks import RULES

METAL = "OS::Ironic::BareMetalServer"


@dataclass
class Site:
    """A protected server, disk or file system, and what is asked for it."""

    session: Session
    backup: str = ""
    target: str | None = None
    disks: Mapping[str, str] | None = None
    force: dict[str, Any] = field(default_factory=dict)

    @property
    def cloud(self) -> Any:
        return self.session.cloud

    def server(self, name: str = "web-01", **more: Any) -> Any:
        server = self.cloud.create_server(name, disks=(("vda", 40), ("vdb", 10)), **more)
        for disk in server.disks:
            disk.write_file("/etc/motd", b"hello")
        return server

    def protect(self, resource: Any, kind: str = "server") -> Site:
        """Back a resource up, and mean this backup from now on."""
        vault = self.session.create_vault("films", size_gb=2000, object_type=kind)
        self.session.add_resources(vault, resource.id)
        self.session.back_up(vault).wait(progress=False)
        return self.choose(self.session.backups(vault_id=vault.id).id.item())

    def protected(self) -> Any:
        """Return a server, the newest of whose backups is meant."""
        server = self.server()
        self.protect(server)
        return server

    def choose(self, backup: str) -> Site:
        """Mean a backup, and restore it to where it came from."""
        self.backup = backup
        record = self.session.client.backups.show(backup)
        kind = record.resource_type
        if kind == "OS::Cinder::Volume":
            self.force = {"volume_id": record.resource_id}
        elif kind == "OS::Sfs::Turbo":
            self.force = {"resource_id": record.resource_id}
        else:
            pairs = {each.id: each.resource_id for each in record.children or ()}
            self.force = {"server_id": record.resource_id, "mappings": pairs}
        return self

    def onto(self, target: Any) -> None:
        """Mean another target."""
        self.target = target.id
        place = next(key for key in self.force if key.endswith("_id"))
        self.force[place] = target.id

    def child(self, size_gb: int) -> str:
        """Return the backup of the disk of a size."""
        children = self.session.client.backups.show(self.backup).children or ()
        return next(each.id for each in children if each.resource_size == size_gb)

    def map(self, backup_id: str, disk: Any) -> None:
        """Mean one disk only."""
        self.disks = self.force["mappings"] = {backup_id: disk.id}


Story = Callable[[Site], None]
ROWS: list[Any] = []


def row(code: str, check: str, outcome: str = "fail") -> Callable[[Story], Story]:
    """Keep a situation with the code that it leads to and the check that must see it."""

    def keep(story: Story) -> Story:
        ROWS.append(pytest.param(story, code, check, outcome, id=f"{code}-{story.__name__[1:]}"))
        return story

    return keep


@row("2001", "disk size")
def _a_large_disk_onto_a_small_one(site: Site) -> None:
    server = site.protected()
    site.map(site.child(40), server.disk("vdb"))


@row("2002", "being backed up")
def _a_backup_is_running(site: Site) -> None:
    site.protect(site.server())
    site.session.back_up("films")


@row("2003", "same target")
def _another_server(site: Site) -> None:
    site.protect(site.server())
    site.onto(site.server("web-02"))


@row("2003", "shared backup")
def _a_backup_of_another_project(site: Site) -> None:
    owner = site.session
    near = owner.in_project("eu-west-0_staging")
    site.protect(site.server())
    owner.share(site.backup, near.identity.project_id)
    near.create_vault("theirs", size_gb=100)
    near.accept_share(near.backups(own_type="shared"), vault="theirs")
    site.session = near


@row("2004", "replica")
def _a_replica(site: Site) -> None:
    owner = site.session
    site.protect(site.server())
    far = owner.in_project("eu-west-1")
    far.create_vault("replicas", size_gb=100, protect_type="replication")
    owner.replicate(site.backup, destination_region="eu-west-1", destination_vault="replicas").wait(
        progress=False
    )
    site.session = far
    site.choose(far.backups().id.item())
    site.force["mappings"] = {site.backup: site.backup}


@row("2005", "backup status")
def _a_failed_backup(site: Site) -> None:
    server = site.server()
    vault = site.session.create_vault("films", size_gb=100, resources="web-01")
    server.set_trait("backup_fails", "BackupService.7103")
    with pytest.raises(CBRError):
        site.session.back_up(vault).wait(progress=False)
    site.choose(site.session.backups(status="error").id.item())
    site.force["mappings"] = {site.backup: server.disk("vda").id}


@row("2006", "server type")
def _a_server_onto_bare_metal(site: Site) -> None:
    site.protect(site.server())
    site.onto(site.server("metal", kind=METAL))


@row("2007", "server status")
def _a_terminated_server(site: Site) -> None:
    site.protected().set_status("DELETED")


@row("2008", "server status")
def _a_broken_server(site: Site) -> None:
    site.protected().set_status("ERROR")


@row("2009", "disk type")
def _a_scsi_disk(site: Site) -> None:
    site.protected().disk("vdb").set_trait("scsi", True)


@row("2010", "being restored")
def _a_restore_is_running(site: Site) -> None:
    site.protect(site.server())
    site.session.client.backups.restore(site.backup, **site.force)


@row("2011", "disk status")
def _an_attached_disk(site: Site) -> None:
    disk = site.cloud.create_disk("spare", 20)
    site.protect(disk, "disk")
    site.server().attach(disk)


@row("2012", "missing disks")
def _a_disk_that_is_not_attached(site: Site) -> None:
    site.protected()
    site.map(site.child(10), site.cloud.create_disk("spare", 10))


@row("2012", "missing disks", "warn")
def _a_disk_that_was_taken_off(site: Site) -> None:
    server = site.protected()
    server.detach(server.disk("vdb"))


@row("2013", "system disk")
def _a_data_disk_onto_the_system_disk(site: Site) -> None:
    server = site.protected()
    site.map(site.child(10), server.disk("vda"))


@row("2014", "server type")
def _bare_metal_onto_a_server(site: Site) -> None:
    site.protect(site.server("metal", kind=METAL))
    site.onto(site.server())


@row("2015", "architecture")
def _another_architecture(site: Site) -> None:
    site.protected().rebuild(architecture="aarch64")


@row("6202", "vault status")
def _a_frozen_vault(site: Site) -> None:
    site.protect(site.server())
    site.cloud.freeze(site.session.find_vault("films").id)


@row("7000", "target exists")
def _a_deleted_disk(site: Site) -> None:
    disk = site.cloud.create_disk("spare", 20)
    site.protect(disk, "disk")
    site.cloud.delete_disk("spare")


@row("7004", "disk type")
def _a_disk_that_is_not_supported(site: Site) -> None:
    site.protected().disk("vdb").set_trait("unsupported", True)


@row("7008", "disaster recovery")
def _a_disk_at_the_other_site(site: Site) -> None:
    site.protected().disk("vdb").set_trait("dr_site", True)


@row("7100", "target exists")
def _a_deleted_server(site: Site) -> None:
    site.protect(site.server())
    site.cloud.delete_server("web-01")


@row("7114", "operating system")
def _another_operating_system(site: Site) -> None:
    site.protected().rebuild(os_type="Windows")


@row("7117", "disaster recovery")
def _a_server_at_the_other_site(site: Site) -> None:
    site.protected().set_trait("dr_site", True)


def _files(site: Site) -> Any:
    files = site.cloud.create_file_system("docs", 500)
    site.protect(files, "turbo")
    return files


@row("7500", "target exists")
def _a_deleted_file_system(site: Site) -> None:
    _files(site)
    site.cloud.delete_disk("docs")


@row("7507", "file system")
def _a_smaller_file_system(site: Site) -> None:
    _files(site).resize(400)


@row("7508", "preparation", "unknown")
def _a_file_system_that_cannot_be_prepared(site: Site) -> None:
    _files(site).set_trait("restore_refused", "7508")


@row("7509", "preparation", "unknown")
def _a_file_system_that_fails_midway(site: Site) -> None:
    _files(site).set_trait("restore_fails", "BackupService.7509")


@row("7510", "same target")
def _another_file_system(site: Site) -> None:
    _files(site)
    site.onto(site.cloud.create_file_system("other", 500))


@row("7511", "file system")
def _a_broken_file_system(site: Site) -> None:
    _files(site).set_status("error")


WITHOUT_A_ROW = {
    ("6114", "vault room"),  # of the safety backup, which the restore does not ask for
    ("7000", "missing disks"),  # its row is with the check of the target
    ("7115", "server type"),  # a plan does not get that far: see below
}
"""Codes without a situation of their own here, and why."""


@pytest.fixture
def site() -> Iterator[Site]:
    with cbr.simulate("empty") as session:
        yield Site(session)


@pytest.mark.parametrize(("story", "code", "check", "outcome"), ROWS)
def test_the_plan_foresees_it(
    site: Site, story: Story, code: str, check: str, outcome: str
) -> None:
    story(site)
    plan = site.session.plan_restore(site.backup, site.target, site.disks)
    checks = plan.checks.set_index("check")
    assert checks.loc[check, "outcome"] == outcome, checks.loc[check, "seen"]
    assert f"BackupService.{code}" in checks.loc[check, "error_code"].split(", ")
    assert checks.loc[check, "to_do"] or outcome == "unknown"
    assert _forced(site) == f"BackupService.{code}"
    if outcome == "fail":
        assert not plan.possible
        with pytest.raises(Conflict):
            plan.execute(confirm=plan.target.name if plan.target else "x")


def test_every_code_that_a_check_is_said_to_prevent_has_its_row() -> None:
    said = {
        (code.strip(), rule.name) for rule in RULES for code in rule.prevents.split(",") if code
    }
    shown = {(code, check) for _, code, check, _ in (each.values for each in ROWS)}
    assert said == shown | WITHOUT_A_ROW, (
        "A new check, or code of one, has a row here: a situation in which the service refuses."
    )


def _forced(site: Site) -> str | None:
    """Ask past the plan; return the code of the refusal, or of the task that fails."""
    client = site.session.client
    try:
        task_id = client.backups.restore(site.backup, **site.force)
    except CBRError as problem:
        return problem.code
    assert task_id is not None
    with pytest.raises(CBRError) as caught:
        site.session.task(task_id).wait(progress=False)
    return caught.value.code


def test_a_server_backup_is_not_planned_onto_a_disk(site: Site) -> None:
    """A plan does not get as far as 9900: a target of another kind is not found."""
    server = site.protected()
    site.force = {"volume_id": server.disk("vda").id}
    assert _forced(site) == "BackupService.9900"
    with pytest.raises(CBRError, match="no server"):
        site.session.plan_restore(site.backup, server.disk("vda").id)


def test_a_disk_backup_is_not_planned_onto_a_server(site: Site) -> None:
    """A plan does not get as far as 7115: a target of another kind is not found."""
    disk = site.cloud.create_disk("spare", 20)
    site.protect(disk, "disk")
    server = site.server()
    site.force = {"server_id": server.id, "mappings": {site.backup: server.disk("vda").id}}
    assert _forced(site) == "BackupService.7115"
    with pytest.raises(CBRError):
        site.session.plan_restore(site.backup, server.id)


def test_a_backup_that_is_not_there_has_no_plan(site: Site) -> None:
    with pytest.raises(CBRError) as caught:
        site.session.plan_restore("00000000-0000-4000-8000-000000000000")
    assert caught.value.code == "BackupService.6200"
    site.protect(site.server())
    site.backup = "00000000-0000-4000-8000-000000000000"
    assert _forced(site) == "BackupService.6200"


def test_disks_that_the_service_would_refuse_have_no_plan(site: Site) -> None:
    server = site.protected()
    site.disks = site.force["mappings"] = {
        site.child(40): server.disk("vda").id, "misspelt": server.disk("vdb").id
    }  # fmt: skip
    with pytest.raises(InvalidRequest, match="misspelt"):
        site.session.plan_restore(site.backup, disks=site.disks)
    assert _forced(site) == "BackupService.9900"


def test_what_the_service_does_not_tell_is_unknown(site: Site) -> None:
    site.protect(site.server())
    for operation in ("list_op_logs", "list_policies", "show_vault"):
        site.cloud.fail(operation, "BackupService.9910", times=9)
    checks = site.session.plan_restore(site.backup).checks.set_index("check")["outcome"]
    for name in ("being backed up", "being restored", "policy run", "vault status"):
        assert checks[name] == "unknown", name
