"""A cloud as a file describes it, with a history that is lived day by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import account, estate_file, estate_requests
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.file_area import Files
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.vaults import vault_creation, vault_resources

_DAY = 24 * 3600 * clock.MICROSECONDS
_MB = 16
"""Blocks in a MB."""
_FILE_AREA_MB = 64
_EVERY_DAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CODE = "BackupService.7203"
_KINDS = {"virtual": resources.SERVER, "bare metal": resources.BARE_METAL}


def build(engine: Engine, text: str) -> None:
    """Create the cloud that a file describes, and let its history happen.

    Raises:
        InvalidRequest: the file is no estate.
    """
    plan = estate_file.read(text)
    history = plan.get("history", {"days": 0})
    end = engine.now()
    engine.clock.current = end - history["days"] * _DAY
    builder = _Builder(engine)
    for server in plan.get("servers", ()):
        builder.server(server)
    for group, kind in (("disks", resources.DISK), ("file_systems", resources.FILE_SYSTEM)):
        for volume in plan.get(group, ()):
            builder.volume(volume, kind)
    for policy in plan.get("policies", ()):
        builder.policy(policy)
    for vault in plan.get("vaults", ()):
        builder.vault(vault)
    for day in range(history["days"], 0, -1):
        builder.live(day, history)
        engine.scheduler.run_until(end - (day - 1) * _DAY)
    engine.clock.current = end
    builder.recover()


class _Builder:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._user, self._project, _ = account.build(engine)
        self._ids: dict[str, str] = {}
        self._stores: dict[str, int] = {}
        """The store of each resource's last disk, which changes day by day."""
        self._policies: dict[str, str] = {}
        self._failing: set[str] = set()

    def server(self, wanted: Mapping[str, Any]) -> None:
        """Create a server with what is on its disks."""
        disks = wanted.get("disks") or [{"device": "vda", "size_gb": 40}]
        self._ids[wanted["name"]] = server_id = resources.create_server(
            self._engine,
            self._project,
            wanted["name"],
            disks=tuple((disk["device"], disk["size_gb"]) for disk in disks),
            tags=wanted.get("tags"),
            os_type=wanted.get("os_type", "Linux"),
            kind=_KINDS[wanted.get("kind", "virtual")],
            status=wanted.get("status", "ACTIVE"),
        )
        made = {each.device: each.disk for each in resources.disks_of(self._engine, server_id)}
        for disk in disks:
            row = made[disk["device"]]
            self._write(row.store, row.size_gb, disk)
            self._stores[wanted["name"]] = row.store

    def volume(self, wanted: Mapping[str, Any], kind: str) -> None:
        """Create a disk or file system with what is on it."""
        self._ids[wanted["name"]] = disk_id = resources.create_disk(
            self._engine, self._project, wanted["name"], wanted["size_gb"], kind=kind
        )
        store = resources.disk(self._engine, disk_id).store
        self._write(store, wanted["size_gb"], wanted)
        self._stores[wanted["name"]] = store

    def _write(self, store: int, size_gb: int, wanted: Mapping[str, Any]) -> None:
        disks = Disks(self._engine)
        for path, content in wanted.get("files", {}).items():
            Files(disks, store, size_gb).write(path, content.encode())
        if wanted.get("written_mb"):
            room = size_gb * 1024 - _FILE_AREA_MB
            disks.fill(
                store, _FILE_AREA_MB * _MB, min(wanted["written_mb"], room) * _MB, seed=store
            )

    def policy(self, wanted: Mapping[str, Any]) -> None:
        """Create a policy."""
        hour, minute = wanted["at"].split(":")
        days = ",".join(wanted.get("days") or _EVERY_DAY)
        keep = {"retention_duration_days": wanted.get("keep_days", -1)}
        if "keep_backups" in wanted:
            keep = {"max_backups": wanted["keep_backups"]}
        pattern = f"FREQ=WEEKLY;BYDAY={days};BYHOUR={hour};BYMINUTE={minute}"
        asked = estate_requests.policy(
            wanted["name"], [pattern], keep, enabled=wanted.get("enabled", True)
        )
        made = policies.create(self._engine, self._project, asked)
        self._policies[wanted["name"]] = made.id

    def vault(self, wanted: Mapping[str, Any]) -> None:
        """Create a vault, with its resources and its policy."""
        asked = estate_requests.vault(
            wanted["name"],
            wanted["size_gb"],
            object_type=wanted.get("takes", "server"),
            protect_type=wanted.get("protects_by", "backup"),
            tags=wanted.get("tags"),
        )
        vault = vault_creation.create(
            self._engine, project_id=self._project, user_id=self._user, wanted=asked
        )
        for name in wanted.get("resources", ()):
            found = resources.find_resource(self._engine, self._project, self._ids[name])
            vault_resources.place(self._engine, vault.id, found, {})
        if "policy" in wanted:
            policy_id = self._policies[wanted["policy"]]
            policy = policies.find(self._engine, self._project, policy_id)
            policies.apply(self._engine, vault, policy, None)

    def live(self, days_ago: int, history: Mapping[str, Any]) -> None:
        """Change the disks as a day's work does, and make some machines misbehave."""
        changed = history.get("changed_mb_a_day", 1)
        for store in self._stores.values() if changed else ():
            first = (_FILE_AREA_MB + (days_ago * 13) % 100) * _MB
            Disks(self._engine).fill(store, first, changed * _MB, seed=1000 + days_ago)
        self.recover()
        for each in history.get("failures", ()):
            if each["days_ago"] == days_ago:
                self._set(each["resource"], {"backup_fails": each.get("code", _CODE)})
                self._failing.add(each["resource"])

    def recover(self) -> None:
        """Remove all failures."""
        for name in self._failing:
            self._set(name, {})
        self._failing.clear()

    def _set(self, name: str, traits: Mapping[str, Any]) -> None:
        key = self._ids[name]
        if resources.find_server(self._engine, key) is not None:
            resources.set_server_traits(self._engine, key, traits)
        else:
            resources.set_disk_traits(self._engine, key, traits)
