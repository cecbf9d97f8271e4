"""Random lives of vaults: whatever happens, the books balance and bytes come back."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.inventory.disks import Disks
from tests.simulator.http_client import Client, Refused

SERVERS = ("web-01", "web-02", "db-01")
MEGABYTE = 1024 * 1024

servers = st.sampled_from(SERVERS)
numbers = st.integers(0, 2)


class VaultLife(RuleBasedStateMachine):
    """Three servers, one disk that wanders between them, and up to three vaults."""

    @initialize()
    def open(self) -> None:
        self.cloud = Cloud.open(estate="empty")
        self.ask = Client(self.cloud)
        self.machines = {name: self.cloud.create_server(name) for name in SERVERS}
        self.wanderer = self.cloud.create_disk("wanderer", 10)
        self.holder: str | None = None
        self.members: dict[str, list[str]] = {}
        """What should be in each vault: the model."""
        self.truth: dict[tuple[str, str], str] = {}
        """The checksum of each disk when a backup of it was made."""

    def teardown(self) -> None:
        if hasattr(self, "cloud"):
            self.cloud.close()

    def vault(self, number: int) -> str | None:
        return list(self.members)[number] if number < len(self.members) else None

    def home(self, server: str) -> str | None:
        return next((vault for vault, names in self.members.items() if server in names), None)

    # -- what may happen -------------------------------------------------------------------

    @rule()
    def create(self) -> None:
        if len(self.members) < 3:
            self.members[self.ask.create_vault()] = []

    @rule(server=servers, number=numbers)
    def add(self, server: str, number: int) -> None:
        vault = self.vault(number)
        if vault is None:
            return
        home = self.home(server)
        if home not in (None, vault):
            with pytest.raises(Refused, match="6103"):
                self.ask.add(vault, self.machines[server].id)
            return
        self.ask.add(vault, self.machines[server].id)
        if home is None:
            self.members[vault].append(server)

    @rule(server=servers)
    def remove(self, server: str) -> None:
        if vault := self.home(server):
            body = {"resource_ids": [self.machines[server].id]}
            self.ask("POST", f"vaults/{vault}/removeresources", body)
            self.ask.wait()
            self.members[vault].remove(server)

    @rule(server=servers, number=numbers)
    def move(self, server: str, number: int) -> None:
        source, target = self.home(server), self.vault(number)
        if source and target and source != target:
            body = {
                "destination_vault_id": target,
                "resource_ids": [self.machines[server].id],
            }
            self.ask("POST", f"vaults/{source}/migrateresources", body)
            self.members[source].remove(server)
            self.members[target].append(server)

    @rule(server=servers, megabyte=st.integers(0, 30), byte=st.integers(0, 255))
    def write(self, server: str, megabyte: int, byte: int) -> None:
        for disk in self.machines[server].disks:
            disk.write(megabyte * MEGABYTE, bytes([byte]) * (MEGABYTE // 4))

    @rule(server=servers)
    def wander(self, server: str) -> None:
        if self.holder:
            self.machines[self.holder].detach(self.wanderer)
        self.machines[server].attach(self.wanderer)
        self.holder = server

    @rule(server=servers, incremental=st.booleans())
    def back_up(self, server: str, incremental: bool) -> None:
        vault = self.home(server)
        if vault is None:
            return
        machine = self.machines[server]
        point = self.ask.back_up(vault, resources=[machine.id], incremental=incremental)
        (backup,) = self.ask("GET", "backups", checkpoint_id=point)["backups"]
        children = self.ask("GET", f"backups/{backup['id']}")["backup"]["children"]
        sums = {disk.id: disk.checksum() for disk in machine.disks}
        for child in children:
            self.truth[child["id"], child["resource_id"]] = sums[child["resource_id"]]

    @rule(number=st.integers(0, 20))
    def delete_backup(self, number: int) -> None:
        backups = self.ask("GET", "backups")["backups"]
        if number < len(backups):
            self.ask("DELETE", f"backups/{backups[number]['id']}")
            self.ask.wait()

    @rule(number=numbers)
    def delete_vault(self, number: int) -> None:
        if vault := self.vault(number):
            self.ask("DELETE", f"vaults/{vault}")
            self.ask.wait()
            del self.members[vault]

    # -- what must always hold ---------------------------------------------------------------

    @invariant()
    def every_server_is_where_the_model_says(self) -> None:
        if not hasattr(self, "cloud"):
            return
        shown = {
            vault["id"]: sorted(each["name"] for each in vault["resources"])
            for vault in self.ask("GET", "vaults")["vaults"]
        }
        assert shown == {vault: sorted(names) for vault, names in self.members.items()}

    @invariant()
    def what_is_used_is_what_is_stored(self) -> None:
        if not hasattr(self, "cloud"):
            return
        state = self.cloud._engine.state
        used = {row["id"]: row["used_blocks"] for row in state.all("SELECT * FROM vault")}
        counted = {
            row["vault_id"]: row["blocks"]
            for row in state.all(
                "SELECT vault_id, sum(stored_blocks) AS blocks FROM backup "
                "WHERE parent_id IS NULL GROUP BY vault_id"
            )
        }
        assert used == {vault: counted.get(vault, 0) for vault in used}
        assert sum(used.values()) == state.value("SELECT count(*) FROM stored_block")

    @invariant()
    def every_backup_holds_what_was_on_its_disk(self) -> None:
        if not hasattr(self, "cloud"):
            return
        state, disks = self.cloud._engine.state, Disks(self.cloud._engine)
        for row in state.all("SELECT * FROM backup WHERE chain IS NOT NULL"):
            held = disks.contents(row["chain"], row["sequence"])
            assert checksum(held) == self.truth[row["id"], row["resource_id"]]


def checksum(blocks: dict[int, bytes]) -> str:
    """Return the checksum of a disk with these blocks, as the disk itself would."""
    whole = hashlib.sha256()
    for position in sorted(blocks):
        whole.update(position.to_bytes(8, "big"))
        whole.update(blocks[position])
    return whole.hexdigest()


TestVaultLife: Any = VaultLife.TestCase
TestVaultLife.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
