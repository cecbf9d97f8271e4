"""Random histories restored through the runbook: the disks equal a model's, byte by byte.

The model knows nothing of blocks, chains or tasks: a disk is a size and what was written where,
a backup is a copy of that, and a restore puts the copy back. It has its own short list of what
makes a restore impossible, against which every plan is held.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import cbr_notebook as cbr
from cbr_notebook.errors import Conflict, NotFound
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun

SERVER = "web-01"
SYSTEM = "web-01"
"""The server's system disk, which stays with it."""
ATTACHED = (SYSTEM, "web-01-vdb")
"""The disks that the server begins with."""
LOOSE = ("alpha", "beta")
"""Disks in a vault of their own."""
DISKS = (*ATTACHED, *LOOSE)
WANDERING = DISKS[1:]

UNIT = 16 * 1024
"""Bytes that the model keeps apart: less than what the cloud stores at a time."""
GB = 1024**3 // UNIT
STARTS = (0, 1, 3, GB - 2, GB, 2 * GB - 1)
"""Where writes begin: near the edges of what is stored at a time, and of each GB."""
MOST_UNITS = 5
LOOKED_AT = ((0, 8), (GB - 2, GB + 5), (2 * GB - 1, 2 * GB + 4))
"""Every unit that a write may reach; the checksum says that there is nothing elsewhere."""

disks = st.sampled_from(DISKS)
Units = dict[int, int]
"""The stamp in each unit that is not zeros."""


@dataclass(frozen=True)
class Copy:
    """What was on a disk when it was backed up."""

    backup_id: str
    size_gb: int
    units: Units


@dataclass(frozen=True)
class Backup:
    """A backup of the server, or of a disk; ``copies`` is by the name of the disk."""

    id: str
    copies: Mapping[str, Copy]
    of_server: bool


@dataclass
class Disk:
    """A disk as it should be."""

    id: str
    size_gb: int
    attached: bool
    units: Units = field(default_factory=dict)

    def become(self, size_gb: int, units: Units) -> None:
        self.size_gb = size_gb
        self.units = {unit: stamp for unit, stamp in units.items() if unit < size_gb * GB}


def stamped(units: Iterable[int], stamps: Units) -> bytes:
    """Return the bytes of some units."""
    return b"".join(stamps.get(unit, 0).to_bytes(8, "big") * (UNIT // 8) for unit in units)


class Histories(RuleBasedStateMachine):
    """A server, two disks that wander, and somebody who restores a great deal."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="restores-")
        self.session = cbr.simulate("empty")
        self.cloud = self.session.cloud
        self.server = self.cloud.create_server(SERVER, disks=(("vda", 1), ("vdb", 2)))
        for name in LOOSE:
            self.cloud.create_disk(name, 2)
        self.mirror = self.cloud.create_disk("mirror", 3)
        """Becomes what a disk should be, one unit at a time, to tell its checksum."""
        self.mirrored: Units = {}
        self.checksums: dict[tuple[tuple[int, int], ...], str] = {}
        self.disks = {
            name: Disk(self.cloud.disk(name).id, self.cloud.disk(name).size_gb, name in ATTACHED)
            for name in DISKS
        }
        self.running = True
        self.backups: list[Backup] = []
        self.stamp = 0
        self.session.create_vault("servers", size_gb=1000, resources=SERVER)
        self.session.create_vault("disks", size_gb=1000, object_type="disk", resources=list(LOOSE))
        for name in DISKS:
            self.write(name, 0, 3, zeros=False)
        self.back_up_server(incremental=True)

    def teardown(self) -> None:
        """Put back the oldest backup that there still is, and let go of the cloud."""
        try:
            for oldest in self.backups[:1]:
                (self._restore_server if oldest.of_server else self._restore_disk)(oldest)
                self.every_disk_is_as_the_model_says()
                self.the_server_has_the_disks_and_the_status_of_the_model()
        finally:
            self.session.close()
            shutil.rmtree(self.folder)

    def _of(self, *, server: bool) -> list[Backup]:
        return [each for each in self.backups if each.of_server == server]

    @property
    def attached(self) -> list[str]:
        return [name for name, disk in self.disks.items() if disk.attached]

    # -- what people do ----------------------------------------------------------------------------

    @rule(
        name=disks,
        start=st.sampled_from(STARTS),
        count=st.integers(1, MOST_UNITS),
        zeros=st.sampled_from([False, False, True]),
    )
    def write(self, name: str, start: int, count: int, zeros: bool) -> None:
        """Write a run of new bytes, or of zeros, as far as the disk goes."""
        disk = self.disks[name]
        units = range(start, min(start + count, disk.size_gb * GB))
        if not units:
            return
        for unit in units:
            self.stamp += 1
            disk.units[unit] = 0 if zeros else self.stamp
        self.cloud.disk(disk.id).write(start * UNIT, stamped(units, disk.units))

    @rule(name=disks, size_gb=st.integers(1, 3))
    def resize(self, name: str, size_gb: int) -> None:
        """Resize a disk; what lies beyond a smaller one is lost."""
        disk = self.disks[name]
        self.cloud.disk(disk.id).resize(size_gb)
        disk.become(size_gb, disk.units)

    @rule(name=st.sampled_from(WANDERING))
    def attach_or_detach(self, name: str) -> None:
        """Carry a disk to the server, or away from it."""
        disk = self.disks[name]
        handle = self.cloud.disk(disk.id)
        (self.server.detach if disk.attached else self.server.attach)(handle)
        disk.attached = not disk.attached

    @rule()
    def start_or_stop(self) -> None:
        """Switch the server."""
        (self.server.stop if self.running else self.server.start)()
        self.running = not self.running

    @rule(incremental=st.booleans())
    def back_up_server(self, incremental: bool) -> None:
        """Back up the server with the disks that it has now."""
        self._back_up("servers", self.server.id, incremental)
        self._learn_server()

    @rule(name=st.sampled_from(LOOSE), incremental=st.booleans())
    def back_up_disk(self, name: str, incremental: bool) -> None:
        """Back up a single disk, attached or not."""
        self._back_up("disks", self.disks[name].id, incremental)
        self._learn_disk(name)

    def _back_up(self, vault: str, resource_id: str, incremental: bool) -> None:
        task = self.session.back_up(vault, resources=resource_id, incremental=incremental)
        self.cloud.advance(hours=1)  # so that a single look sees the end
        task.wait(progress=False)

    def _learn_server(self) -> None:
        self._learn(self.server.id, self.attached, of_server=True)

    def _learn_disk(self, name: str) -> None:
        self._learn(self.disks[name].id, [name], of_server=False)

    def _learn(self, resource_id: str, names: Iterable[str], *, of_server: bool) -> None:
        """Note the one backup that is new: it holds what the disks hold now."""
        known = {backup.id for backup in self.backups}
        listed = self.session.client.backups.list_all(resource_id=resource_id)
        (new,) = [backup.id for backup in listed if backup.id not in known]
        found = self.session.find_backup(new)
        parts = {part.resource_id: part.id for part in (found.children or [found])}
        assert parts.keys() == {self.disks[name].id for name in names}
        copies = {
            name: Copy(parts[disk.id], disk.size_gb, dict(disk.units))
            for name, disk in self.disks.items()
            if disk.id in parts
        }
        self.backups.append(Backup(new, copies, of_server))

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete any backup; those made after it still hold everything."""
        backup = data.draw(st.sampled_from(self.backups), "backup")
        name = self.session.find_backup(backup.id).name
        self.session.delete_backup(backup.id, confirm=name).wait(progress=False)
        self.backups.remove(backup)

    # -- and put back ------------------------------------------------------------------------------

    @precondition(lambda self: self._of(server=True))
    @rule(data=st.data(), power_on=st.booleans(), safety_backup=st.booleans())
    def restore_server(self, data: st.DataObject, power_on: bool, safety_backup: bool) -> None:
        """Restore the server: each of its disks to itself."""
        backup = data.draw(st.sampled_from(self._of(server=True)), "backup")
        self._restore_server(backup, power_on=power_on, safety_backup=safety_backup)

    @precondition(lambda self: self._of(server=True))
    @rule(data=st.data(), power_on=st.booleans(), safety_backup=st.booleans())
    def restore_named_disks(self, data: st.DataObject, power_on: bool, safety_backup: bool) -> None:
        """Restore some disks of the server's backup, to any disks."""
        backup = data.draw(st.sampled_from(self._of(server=True)), "backup")
        sources = data.draw(
            st.lists(st.sampled_from(sorted(backup.copies)), min_size=1, unique=True), "from"
        )
        likely = st.permutations(self.attached)
        goals = data.draw(st.one_of(likely, likely, st.permutations(DISKS)), "to")
        pairs = dict(zip(sources, goals, strict=False))
        self._restore_server(backup, pairs, power_on=power_on, safety_backup=safety_backup)

    @precondition(lambda self: self._of(server=False))
    @rule(data=st.data(), safety_backup=st.booleans())
    def restore_disk(self, data: st.DataObject, safety_backup: bool) -> None:
        """Restore a single disk to itself."""
        backup = data.draw(st.sampled_from(self._of(server=False)), "backup")
        self._restore_disk(backup, safety_backup=safety_backup)

    @precondition(lambda self: self._of(server=False))
    @rule(data=st.data(), goal=st.sampled_from(WANDERING), safety_backup=st.booleans())
    def restore_to_another_disk(self, data: st.DataObject, goal: str, safety_backup: bool) -> None:
        """Restore a single disk to any disk."""
        backup = data.draw(st.sampled_from(self._of(server=False)), "backup")
        self._restore_disk(backup, goal, safety_backup=safety_backup)

    def _restore_server(
        self,
        backup: Backup,
        named: Mapping[str, str] | None = None,
        *,
        power_on: bool = True,
        safety_backup: bool = False,
    ) -> None:
        pairs = named or {name: name for name in backup.copies if name in self.attached}
        chosen = {
            backup.copies[source].backup_id: self.disks[goal].id for source, goal in pairs.items()
        }
        plan = self.session.plan_restore(
            backup.id, disks=chosen if named else None, power_on=power_on
        )
        assert plan.possible == all(
            self.disks[goal].attached
            and self.disks[goal].size_gb >= backup.copies[source].size_gb
            and (goal != SYSTEM or source == SYSTEM)
            for source, goal in pairs.items()
        )
        if run := self._execute(plan, SERVER, safety_backup):
            if safety_backup:
                self._learn_server()
            self._finish(run, backup, pairs)
            self.running = power_on

    def _restore_disk(
        self, backup: Backup, goal: str | None = None, *, safety_backup: bool = False
    ) -> None:
        ((source, copy),) = backup.copies.items()
        goal = goal or source
        target = self.disks[goal]
        plan = self.session.plan_restore(backup.id, None if goal == source else target.id)
        assert plan.possible == (not target.attached and target.size_gb >= copy.size_gb)
        if plan.possible and safety_backup and goal not in LOOSE:
            with pytest.raises(NotFound, match="in no vault"):
                self._execute(plan, goal, safety_backup)
        elif run := self._execute(plan, goal, safety_backup):
            if safety_backup:
                self._learn_disk(goal)
            self._finish(run, backup, {source: goal})

    def _execute(self, plan: RestorePlan, confirm: str, safety_backup: bool) -> RestoreRun | None:
        """Carry out a plan; one that says that it cannot be must be refused."""
        execute = partial(
            plan.execute,
            confirm=confirm,
            acknowledge=plan.warnings,
            safety_backup=safety_backup,
            on_progress=lambda *_: None,
            folder=self.folder,
        )
        if plan.possible:
            return execute()
        with pytest.raises(Conflict):
            execute()
        return None

    def _finish(self, run: RestoreRun, backup: Backup, pairs: Mapping[str, str]) -> None:
        """Wait for the end, let the model's disks become what they were, and compare."""
        self.cloud.advance(hours=1)  # so that a single look sees the end
        run.wait()
        for source, goal in pairs.items():
            copy = backup.copies[source]
            self.disks[goal].become(copy.size_gb, copy.units)
        verified = run.verify()
        assert verified.outcome == "unknown", verified

    # -- what is always true -----------------------------------------------------------------------

    @invariant()
    def every_disk_is_as_the_model_says(self) -> None:
        """To the byte, and of its size."""
        for disk in self.disks.values():
            handle = self.cloud.disk(disk.id)
            assert handle.size_gb == disk.size_gb
            for first, last in LOOKED_AT:
                units = range(first, min(last, disk.size_gb * GB))
                if units:
                    held = handle.read(first * UNIT, len(units) * UNIT)
                    assert held == stamped(units, disk.units)
            assert handle.checksum() == self._checksum(disk.units)

    def _checksum(self, wanted: Units) -> str:
        key = tuple(sorted(wanted.items()))
        if key not in self.checksums:
            for unit in self.mirrored.keys() | wanted.keys():
                if self.mirrored.get(unit) != wanted.get(unit):
                    self.mirror.write(unit * UNIT, stamped([unit], wanted))
            self.mirrored = dict(wanted)
            self.checksums[key] = self.mirror.checksum()
        return self.checksums[key]

    @invariant()
    def the_server_has_the_disks_and_the_status_of_the_model(self) -> None:
        """A restore neither takes nor brings a disk, and starts the server only if told to."""
        assert {disk.id for disk in self.server.disks} == {
            self.disks[name].id for name in self.attached
        }
        assert self.server.status == ("ACTIVE" if self.running else "SHUTOFF")


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(os.environ.get("CBR_HISTORY_EXAMPLES", "60")),  # 200 before a release
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # shrinking a history takes longer than reading it
    suppress_health_check=[HealthCheck.too_slow],
)
