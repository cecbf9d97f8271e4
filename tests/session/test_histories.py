"""Random histories through the session, against a small model of what must be true.

The session is the product's own client; the cloud is the simulator; the model in this file is
a third reading of the same promises: a backup restores to exactly what was on the disk, a vault
uses exactly what its backups store, a backup lives as long as it shall and no longer, and no
resource is in two vaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import cbr_notebook as cbr
from cbr_notebook.errors import ConfirmationNeeded, Conflict

MIB = 1024 * 1024  # what is written at a time, so that sizes in MB are exact
SERVERS = ("web-01", "db-01")
VAULTS = ("north", "south")
KEEP_AUTOMATIC = 2
SLACK = timedelta(hours=2)  # the service cleans up on the hour


@dataclass
class DiskModel:
    """A disk: what is in each MiB, and when (in changes of the disk) it last changed."""

    blocks: dict[int, int] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    changes: int = 0

    def put(self, new: dict[int, int]) -> None:
        """Write something else to the disk."""
        self.changes += 1
        for position in self.blocks.keys() | new.keys():
            if self.blocks.get(position) != new.get(position):
                self.changed[position] = self.changes
        self.blocks = dict(new)


@dataclass
class BackupModel:
    """A backup: what it holds, what it had to store, and until when it must live."""

    id: str
    server: str
    vault: str
    holds: dict[int, int]
    checksum: str
    stored: set[int]
    changes: int
    made: datetime
    chain: int
    automatic: bool
    expires: datetime | None = None


class Histories(RuleBasedStateMachine):
    """A small company with two servers and two vaults, and nobody who thinks ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.session = cbr.simulate("empty")
        self.cloud = self.session.cloud
        self.disks = {name: DiskModel() for name in SERVERS}
        self.home: dict[str, str] = {}
        self.backups: list[BackupModel] = []
        self.ever: set[str] = set()
        self.counter = 0
        self.chains = 0
        for name in SERVERS:
            self.cloud.create_server(name)
        self.vaults = {self.session.create_vault(name, size_gb=100).id: name for name in VAULTS}
        policy = self.session.create_policy(
            "nightly", days="daily", times="02:00", max_backups=KEEP_AUTOMATIC
        )
        self.session.apply_policy(policy, "north")
        for name in SERVERS:
            self.session.add_resources("north", name)
            self.home[name] = "north"
            self._write(name, {0, 1, 2})

    def disk(self, server: str):  # type: ignore[no-untyped-def]
        return self.cloud.server(server).disk("vda")

    # -- what people do --------------------------------------------------------------------------

    @rule(server=st.sampled_from(SERVERS), places=st.sets(st.integers(0, 9), min_size=1))
    def write(self, server: str, places: set[int]) -> None:
        """Write new bytes to some places."""
        self._write(server, places)

    @rule(server=st.sampled_from(SERVERS), vault=st.sampled_from(VAULTS))
    def add(self, server: str, vault: str) -> None:
        """Put a server into a vault; it can be in one only."""
        if self.home.get(server, vault) != vault:
            with pytest.raises(Conflict) as caught:
                self.session.add_resources(vault, server)
            assert caught.value.code == "BackupService.6103"
            return
        self.session.add_resources(vault, server)
        self.home[server] = vault

    @precondition(lambda self: self.home)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove a server from its vault, with its backups."""
        self._wait_for_the_policy()
        server = data.draw(st.sampled_from(sorted(self.home)))
        vault = self.home[server]
        lost = [each for each in self.backups if (each.server, each.vault) == (server, vault)]
        with pytest.raises(ConfirmationNeeded, match=f"{len(lost)} backup"):
            self.session.remove_resources(vault, server)
        self.session.remove_resources(vault, server, confirm=vault).wait(progress=False)
        del self.home[server]
        self.backups = [each for each in self.backups if each not in lost]

    @precondition(lambda self: self.home)
    @rule(data=st.data(), incremental=st.booleans(), keep=st.sampled_from([None, 1, 3]))
    def back_up(self, data: st.DataObject, incremental: bool, keep: int | None) -> None:
        """Back a server up by hand."""
        self._wait_for_the_policy()
        server = data.draw(st.sampled_from(sorted(self.home)))
        vault = self.home[server]
        begun = self.session.now
        self.session.back_up(vault, resources=server, incremental=incremental, keep_days=keep).wait(
            progress=False
        )
        self._learn()
        newest = self.backups[-1]
        assert (newest.server, newest.automatic) == (server, False)
        if keep is not None:
            newest.expires = begun + timedelta(days=keep)
        if not incremental:
            assert newest.stored == set(newest.holds)

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete any backup."""
        self._wait_for_the_policy()
        backup = data.draw(st.sampled_from(self.backups))
        name = self.session.find_backup(backup.id).name
        self.session.delete_backup(backup.id, confirm=name).wait(progress=False)
        self._forget(backup)

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Restore any backup: the disk is what it was, to the byte."""
        self._wait_for_the_policy()
        backup = data.draw(st.sampled_from(self.backups))
        self.session.restore(backup.id, confirm=backup.server).wait(progress=False)
        self.disks[backup.server].put(backup.holds)
        assert self.disk(backup.server).checksum() == backup.checksum

    @rule(hours=st.sampled_from([1, 7, 30, 80]))
    def wait(self, hours: int) -> None:
        """Advance time: the policy runs, and old backups go."""
        self.cloud.advance(hours=hours)
        self._wait_for_the_policy()
        self._learn()

    def _wait_for_the_policy(self) -> None:
        """Do nothing while the policy may be at work, at two in the morning."""
        if self._policy_at_work:
            self.cloud.advance(hours=2)
            self._learn()

    @property
    def _policy_at_work(self) -> bool:
        """Whether the policy may just be making or deleting backups."""
        return (self.session.now + timedelta(minutes=30)).hour in (2, 3)

    def _write(self, server: str, places: set[int]) -> None:
        model = self.disks[server]
        wanted = dict(model.blocks)
        for place in sorted(places):
            self.counter += 1
            wanted[place] = self.counter
            self.disk(server).write(place * MIB, self.counter.to_bytes(8, "big") * (MIB // 8))
        model.put(wanted)

    # -- what the model learns ---------------------------------------------------------------------

    def _learn(self) -> pd.DataFrame:
        """Note what the policy made and deleted, or a backup by hand; return the list."""
        listed = self.session.backups(sort="created_at:asc")
        for row in listed.itertuples():
            if row.id in self.ever:
                continue
            self._made(row)
        present = set(listed["id"])
        for backup in [each for each in self.backups if each.id not in present]:
            self._may_be_gone(backup)
            self._forget(backup)
        return listed

    def _made(self, row) -> None:  # type: ignore[no-untyped-def]
        self.ever.add(row.id)
        disk = self.disks[row.resource_name]
        vault = self.vaults[row.vault_id]
        mine = [b for b in self.backups if (b.server, b.vault) == (row.resource_name, vault)]
        base = mine[-1] if mine and row.incremental else None
        if base is None:
            self.chains += 1
            stored = set(disk.blocks)
        else:
            stored = {place for place, when in disk.changed.items() if when > base.changes}
        self.backups.append(
            BackupModel(
                id=row.id,
                server=row.resource_name,
                vault=vault,
                holds=dict(disk.blocks),
                checksum=self.disk(row.resource_name).checksum(),
                stored=stored,
                changes=disk.changes,
                made=row.created_at.to_pydatetime(),
                chain=base.chain if base else self.chains,
                automatic=bool(row.auto_trigger),
            )
        )

    def _forget(self, backup: BackupModel) -> None:
        """Remove a backup from its chain: what the next one stands on stays stored."""
        self.backups.remove(backup)
        heirs = [each for each in self.backups if each.chain == backup.chain]
        later = [each for each in heirs if each.made > backup.made]
        if later:
            later[0].stored |= backup.stored

    def _may_be_gone(self, backup: BackupModel) -> None:
        """Hold a backup that is gone against what was promised."""
        if backup.expires is not None:
            assert self.session.now >= backup.expires, "it went before its time"
            return
        assert backup.automatic, "a backup by hand went by itself"
        newer = [
            each
            for each in self.backups
            if each.automatic and each.server == backup.server and each.made > backup.made
        ]
        assert len(newer) >= KEEP_AUTOMATIC, "the policy deleted one that it should keep"

    # -- what is always true -----------------------------------------------------------------------

    @invariant()
    def the_list_is_what_the_model_knows(self) -> None:
        """Nothing is lost, and nothing appears."""
        listed = self._learn()
        assert set(listed["id"]) == {each.id for each in self.backups}
        assert not (listed["status"] != "available").any()

    @invariant()
    def no_resource_is_in_two_vaults(self) -> None:
        """And each is where it was put."""
        where = self.session.vault_resources()
        assert not where["id"].duplicated().any()
        assert dict(zip(where["name"], where["vault_name"], strict=True)) == self.home

    @invariant()
    def a_vault_uses_what_its_backups_store(self) -> None:
        """In MB."""
        used = self.session.vaults().set_index("name")["used_mb"]
        for vault in VAULTS:
            stored = sum(len(each.stored) for each in self.backups if each.vault == vault)
            assert used[vault] == stored, vault

    @invariant()
    def no_backup_outlives_its_time(self) -> None:
        """The service cleans up on the hour."""
        for backup in self.backups:
            assert backup.expires is None or self.session.now <= backup.expires + SLACK
        for server in SERVERS:
            automatic = [b for b in self.backups if b.automatic and b.server == server]
            assert len(automatic) <= KEEP_AUTOMATIC

    def teardown(self) -> None:
        """Close the cloud."""
        self.session.close()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),  # shrinking a history takes longer than reading it
)
