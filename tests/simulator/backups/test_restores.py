"""Restores really restore; and what may not be restored is refused by its code."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Server
from tests.simulator.http_client import Client, Refused

NOBODY = "00000000-0000-4000-8000-000000000000"


class Site:
    """A server with two disks in a vault, backed up once, and asked over HTTP."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ask = Client(cloud)
        self.server = cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10)))
        self.vda, self.vdb = self.server.disks
        self.vda.write_file("/etc/motd", b"good")
        self.vdb.write_file("/data/orders", b"many orders")
        self.vault = self.make_vault("films", "server", self.server.id, "OS::Nova::Server")
        self.backup = self.back_up()

    def make_vault(self, name: str, kind: str, resource: str, resource_type: str) -> str:
        billing = {
            "consistent_level": "crash_consistent",
            "object_type": kind,
            "protect_type": "backup",
            "size": 100,
        }
        items = [{"id": resource, "type": resource_type}]
        body = {"vault": {"name": name, "resources": items, "billing": billing}}
        return str(self.ask("POST", "vaults", body)["vault"]["id"])

    def back_up(self, vault: str | None = None) -> dict[str, Any]:
        self.ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault or self.vault}})
        self.cloud.advance(hours=1)
        newest = self.ask("GET", "backups", vault_id=vault or self.vault)["backups"][0]["id"]
        backup: dict[str, Any] = self.ask("GET", f"backups/{newest}")["backup"]
        return backup

    def mappings(self, backup: dict[str, Any]) -> list[dict[str, str]]:
        return [
            {"backup_id": child["id"], "volume_id": child["resource_id"]}
            for child in backup["children"]
        ]

    def restore(self, backup: dict[str, Any] | None = None, **changes: Any) -> Any:
        backup = backup or self.backup
        body = {"server_id": self.server.id, "mappings": self.mappings(backup)} | changes
        return self.ask("POST", f"backups/{backup['id']}/restore", {"restore": body})

    def refuses(self, code: str, backup: dict[str, Any] | None = None, **changes: Any) -> None:
        with pytest.raises(Refused) as caught:
            self.restore(backup, **changes)
        assert caught.value.code == code


@pytest.fixture
def site(cloud: Cloud) -> Site:
    return Site(cloud)


def test_a_restore_brings_every_byte_back(site: Site) -> None:
    before = [disk.checksum() for disk in site.server.disks]
    lost = site.cloud.ransomware("web-01")
    assert lost == ["vda:/etc/motd", "vdb:/data/orders"]
    assert [disk.checksum() for disk in site.server.disks] != before
    site.restore()
    site.cloud.advance(hours=1)
    assert [disk.checksum() for disk in site.server.disks] == before
    assert site.vda.read_file("/etc/motd") == b"good"


def test_the_server_is_stopped_and_started_again(site: Site) -> None:
    job = site.restore()["job_id"]
    assert site.server.status == "SHUTOFF"
    shown = site.ask("GET", f"backups/{site.backup['id']}")["backup"]
    assert {shown["status"], *(c["status"] for c in shown["children"])} == {"restoring"}
    site.cloud.advance(seconds=30)
    task = site.ask("GET", f"operation-logs/{job}")["operation_log"]
    assert task["status"] == "running"
    assert 0 < task["extra_info"]["common"]["progress"] < 100
    site.cloud.advance(hours=1)
    task = site.ask("GET", f"operation-logs/{job}")["operation_log"]
    assert (task["status"], task["extra_info"]["restore"]["target_resource_name"]) == (
        "success",
        "web-01",
    )
    assert site.server.status == "ACTIVE"
    assert {disk.status for disk in site.server.disks} == {"in-use"}


def test_a_server_that_shall_stay_off_stays_off(site: Site) -> None:
    site.restore(power_on=False)
    site.cloud.advance(hours=1)
    assert site.server.status == "SHUTOFF"


def test_only_the_mapped_disks_are_written(site: Site) -> None:
    site.vda.write_file("/etc/motd", b"changed")
    site.vdb.write_file("/data/orders", b"changed")
    site.restore(mappings=site.mappings(site.backup)[:1])
    site.cloud.advance(hours=1)
    contents = {site.vda.read_file("/etc/motd"), site.vdb.read_file("/data/orders")}
    assert len(contents & {b"changed"}) == 1


def test_a_disk_added_since_is_left_alone(site: Site) -> None:
    added = site.cloud.create_disk("new", 5)
    site.server.attach(added)
    added.write_file("/new", b"kept")
    site.restore()
    site.cloud.advance(hours=1)
    assert added.read_file("/new") == b"kept"


def test_a_grown_disk_shrinks_back(site: Site) -> None:
    site.vdb.resize(50)
    site.restore()
    site.cloud.advance(hours=1)
    assert site.vdb.size_gb == 10


def test_a_single_disk_is_restored_when_it_is_detached(site: Site) -> None:
    disk = site.cloud.create_disk("spare", 20)
    disk.write_file("/a", b"one")
    backup = site.back_up(site.make_vault("disks", "disk", disk.id, "OS::Cinder::Volume"))
    disk.write_file("/a", b"two")
    site.server.attach(disk)
    path = f"backups/{backup['id']}/restore"
    with pytest.raises(Refused) as caught:
        site.ask("POST", path, {"restore": {"volume_id": disk.id}})
    assert caught.value.code == "2011"
    site.server.detach(disk)
    site.ask("POST", path, {"restore": {"volume_id": disk.id}})
    site.cloud.advance(hours=1)
    assert disk.read_file("/a") == b"one"


def test_a_file_system_goes_back_only_to_itself(site: Site) -> None:
    files, other = (site.cloud.create_file_system(name, 500) for name in ("docs", "other"))
    files.write_file("/a", b"one")
    backup = site.back_up(site.make_vault("turbo", "turbo", files.id, "OS::Sfs::Turbo"))
    files.write_file("/a", b"two")
    path = f"backups/{backup['id']}/restore"
    with pytest.raises(Refused) as caught:
        site.ask("POST", path, {"restore": {"resource_id": other.id}})
    assert caught.value.code == "7510"
    site.ask("POST", path, {"restore": {"resource_id": files.id}})
    site.cloud.advance(hours=1)
    assert files.read_file("/a") == b"one"


def test_a_switch_gives_the_empty_answer_of_the_reference(site: Site) -> None:
    site.cloud.options["restore_answers_empty"] = 1
    body = {"restore": {"server_id": site.server.id, "mappings": site.mappings(site.backup)}}
    answer = site.ask.send("POST", f"backups/{site.backup['id']}/restore", body)
    assert (answer.status_code, answer.content) == (202, b"")


def test_a_restore_that_fails_says_why_and_can_be_tried_again(site: Site) -> None:
    site.vdb.set_trait("restore_fails", "BackupService.7203")
    job = site.restore()["job_id"]
    site.cloud.advance(hours=1)
    task = site.ask("GET", f"operation-logs/{job}")["operation_log"]
    assert (task["status"], task["error_info"]["code"]) == ("failed", "BackupService.7203")
    site.vdb.set_trait("restore_fails", None)
    site.restore()
    site.cloud.advance(hours=1)
    assert site.server.status == "ACTIVE"


def test_what_the_state_forbids_is_refused_by_its_code(site: Site) -> None:
    other = site.cloud.create_server("web-02")
    site.refuses("2003", server_id=other.id)
    site.refuses("7100", server_id=NOBODY)
    site.refuses("9900", mappings=[])
    site.refuses("9900", mappings=[{"backup_id": NOBODY, "volume_id": site.vda.id}])
    children = site.mappings(site.backup)
    site.refuses("7000", mappings=[children[0] | {"volume_id": NOBODY}])
    spare = site.cloud.create_disk("spare", 40)
    site.refuses("2012", mappings=[children[0] | {"volume_id": spare.id}])
    by_size = {child["resource_size"]: child["id"] for child in site.backup["children"]}
    site.refuses("2013", mappings=[{"backup_id": by_size[10], "volume_id": site.vda.id}])
    site.refuses("2001", mappings=[{"backup_id": by_size[40], "volume_id": site.vdb.id}])


@pytest.mark.parametrize(("status", "code"), [("ERROR", "2008"), ("DELETED", "2007")])
def test_a_server_in_trouble_is_not_restored(site: Site, status: str, code: str) -> None:
    site.server.set_status(status)
    site.refuses(code)


@pytest.mark.parametrize(
    ("trait", "code"),
    [("dr_site", "7008"), ("unsupported", "7004"), ("scsi", "2009")],
)
def test_a_special_disk_is_not_restored(site: Site, trait: str, code: str) -> None:
    site.vdb.set_trait(trait, True)
    site.refuses(code)


def test_a_rebuilt_or_moved_server_is_not_restored(site: Site) -> None:
    site.server.rebuild(os_type="Windows")
    site.refuses("7114")
    site.server.rebuild(os_type="Linux", architecture="aarch64")
    site.refuses("2015")
    site.server.rebuild(architecture="x86_64")
    site.server.set_trait("dr_site", True)
    site.refuses("7117")


def test_a_server_is_not_restored_while_it_is_backed_up_or_restored(site: Site) -> None:
    site.ask("POST", "checkpoints", {"checkpoint": {"vault_id": site.vault}})
    site.refuses("2002")
    site.cloud.advance(hours=1)
    second = site.back_up()
    site.restore()
    site.refuses("2010")
    site.refuses("2010", second)


def test_a_server_that_is_being_restored_is_not_backed_up(site: Site) -> None:
    site.restore()
    body = {"checkpoint": {"vault_id": site.vault, "parameters": {"resources": [site.server.id]}}}
    with pytest.raises(Refused) as caught:
        site.ask("POST", "checkpoints", body)
    assert caught.value.code == "2010"


def test_the_backup_of_an_ecs_does_not_fit_a_bare_metal_server(site: Site) -> None:
    metal = site.cloud.create_server("metal", kind="OS::Ironic::BareMetalServer")
    site.refuses("2006", server_id=metal.id)
    vault = site.make_vault("metals", "server", metal.id, "OS::Ironic::BareMetalServer")
    site.refuses("2014", site.back_up(vault))


class Histories(RuleBasedStateMachine):
    """Random histories: what a backup held is what a restore brings back, byte by byte."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud.open("empty")
        self.site = Site(self.cloud)
        self.kept: list[tuple[dict[str, Any], list[str], list[int]]] = []

    @property
    def server(self) -> Server:
        return self.site.server

    @rule(disk=st.integers(0, 1), place=st.integers(0, 200), data=st.binary(max_size=200_000))
    def write(self, disk: int, place: int, data: bytes) -> None:
        self.server.disks[disk].write(place * 40_000, data)

    @rule(size=st.integers(10, 30))
    def grow(self, size: int) -> None:
        disk = self.server.disks[1]
        disk.resize(max(size, disk.size_gb))

    @rule()
    def back_up(self) -> None:
        backup = self.site.back_up()
        disks = self.server.disks
        self.kept.append(
            (backup, [disk.checksum() for disk in disks], [disk.size_gb for disk in disks])
        )

    @precondition(lambda self: len(self.kept) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        backup, _, _ = self.kept.pop(data.draw(st.integers(0, len(self.kept) - 1)))
        self.site.ask.send("DELETE", f"backups/{backup['id']}")
        self.cloud.advance(minutes=1)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        backup, checksums, sizes = data.draw(st.sampled_from(self.kept))
        data_disk = self.server.disks[1]
        # A disk that an earlier restore made smaller must grow before it can take more.
        data_disk.resize(max(sizes[1], data_disk.size_gb))
        self.site.restore(backup)
        self.cloud.advance(hours=1)
        disks = self.server.disks
        assert [disk.checksum() for disk in disks] == checksums
        assert [disk.size_gb for disk in disks] == sizes


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
