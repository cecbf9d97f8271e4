"""The bytes of disks and of their backups, where sizes change, disks go and zeros are written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Disk
from cbr_notebook.simulator.inventory.disks import BLOCK, GIB
from tests.simulator.http_client import Client, Refused

VOLUME = "OS::Cinder::Volume"


def vault_of(ask: Client, *disks: Disk) -> str:
    vault = ask.create_vault(object_type="disk")
    for disk in disks:
        ask.add(vault, disk.id, kind=VOLUME)
    return vault


def newest(ask: Client, vault: str) -> Any:
    return ask("GET", "backups", vault_id=vault)["backups"][0]


def restore(ask: Client, backup: str, disk: Disk) -> None:
    ask("POST", f"backups/{backup}/restore", {"restore": {"volume_id": disk.id}})
    ask.wait()


def entries(cloud: Cloud) -> int:
    return int(cloud._engine.state.value("SELECT count(*) FROM stored_block"))


def test_what_a_shrunken_disk_lost_is_not_in_its_next_incremental_backup(
    cloud: Cloud, ask: Client
) -> None:
    disk = cloud.create_disk("data", 1)
    disk.write(0, b"small")
    vault = vault_of(ask, disk)
    ask.back_up(vault)
    small = newest(ask, vault)["id"]
    disk.resize(2)
    disk.write(GIB, b"beyond")
    ask.back_up(vault)
    restore(ask, small, disk)
    assert disk.size_gb == 1
    disk.resize(2)
    assert disk.read(GIB, 6) == bytes(6)
    ask.back_up(vault)
    again = newest(ask, vault)
    assert again["incremental"]
    restore(ask, again["id"], disk)
    assert disk.read(GIB, 6) == bytes(6)
    assert disk.read(0, 5) == b"small"


def test_a_new_disk_does_not_go_on_with_the_backups_of_a_deleted_one(
    cloud: Cloud, ask: Client
) -> None:
    gone = cloud.create_disk("gone", 1)
    gone.write(0, b"old secret")
    vault = vault_of(ask, gone)
    ask.back_up(vault)
    cloud.delete_disk("gone")
    fresh = cloud.create_disk("fresh", 1)
    fresh.write(BLOCK, b"new")
    ask.add(vault, fresh.id, kind=VOLUME)
    ask.back_up(vault, resources=[fresh.id])
    backup = newest(ask, vault)
    assert not backup["incremental"]
    restore(ask, backup["id"], fresh)
    assert fresh.read(0, 10) == bytes(10)


def test_zeros_written_where_nothing_was_cost_nothing(cloud: Cloud, ask: Client) -> None:
    disk = cloud.create_disk("data", 1)
    disk.write(0, b"something")
    vault = vault_of(ask, disk)
    ask.back_up(vault)
    before = entries(cloud)
    disk.write(5 * BLOCK, bytes(3 * BLOCK))
    ask.back_up(vault)
    assert newest(ask, vault)["incremental"]
    assert entries(cloud) == before


def test_zeros_written_over_something_are_backed_up(cloud: Cloud, ask: Client) -> None:
    disk = cloud.create_disk("data", 1)
    disk.write(0, b"something")
    vault = vault_of(ask, disk)
    ask.back_up(vault)
    disk.write(0, bytes(BLOCK))
    ask.back_up(vault)
    empty = newest(ask, vault)["id"]
    disk.write(0, b"other")
    restore(ask, empty, disk)
    assert disk.read(0, 9) == bytes(9)


class DiskLife(RuleBasedStateMachine):
    """One disk written, grown, backed up, restored; the model is a dictionary of blocks."""

    @initialize()
    def open(self) -> None:
        self.cloud = Cloud.open(estate="empty")
        self.ask = Client(self.cloud)
        self.disk = self.cloud.create_disk("data", 1)
        self.vault = vault_of(self.ask, self.disk)
        self.blocks: dict[int, bytes] = {}
        self.size = 1
        self.kept: dict[str, tuple[int, dict[int, bytes]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "cloud"):
            self.cloud.close()

    @rule(place=st.integers(0, 2), gb=st.integers(0, 2), value=st.integers(0, 3))
    def write(self, place: int, gb: int, value: int) -> None:
        if gb >= self.size:
            return
        position = gb * (GIB // BLOCK) + place
        self.blocks[position] = bytes([value]) * BLOCK
        self.disk.write(position * BLOCK, self.blocks[position])

    @rule()
    def grow(self) -> None:
        if self.size < 3:
            self.size += 1
            self.disk.resize(self.size)

    @rule(incremental=st.booleans())
    def back_up(self, incremental: bool) -> None:
        self.ask.back_up(self.vault, incremental=incremental)
        self.kept[newest(self.ask, self.vault)["id"]] = (self.size, dict(self.blocks))

    @rule(fails=st.just("0002"))
    def fail_to_back_up(self, fails: str) -> None:
        self.disk.set_trait("backup_fails", fails)
        self.ask.back_up(self.vault)
        self.disk.set_trait("backup_fails", None)

    @rule(number=st.integers(0, 9))
    def restore(self, number: int) -> None:
        if not self.kept:
            return
        backup = list(self.kept)[number % len(self.kept)]
        size, blocks = self.kept[backup]
        if size > self.size:
            with pytest.raises(Refused, match="2001"):
                restore(self.ask, backup, self.disk)
            return
        restore(self.ask, backup, self.disk)
        self.size, self.blocks = size, dict(blocks)

    @invariant()
    def every_byte_is_as_in_the_model(self) -> None:
        if not hasattr(self, "disk"):
            return
        assert self.disk.size_gb == self.size
        for gb in range(self.size):
            first = gb * (GIB // BLOCK)
            found = self.disk.read(first * BLOCK, 3 * BLOCK)
            wanted = (self.blocks.get(first + place, bytes(BLOCK)) for place in range(3))
            assert found == b"".join(wanted)


TestDiskLife = DiskLife.TestCase
TestDiskLife.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_an_unknown_trait_is_refused(cloud: Cloud) -> None:
    server = cloud.create_server("web-01")
    for thing in (server, server.disk("vda")):
        with pytest.raises(InvalidRequest, match="backup_fial"):
            thing.set_trait("backup_fial", "BackupService.7203")
