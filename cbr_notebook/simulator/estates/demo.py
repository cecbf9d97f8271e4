"""A small company's cloud: a dozen servers and disks, and ninety days of history.

The history is lived: servers are made, policies fire day after day, some backups fail, data
changes. What the clock has done before the start is as true as what it does after it.
"""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.backups import backup_orders, restore_points
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import account, estate_requests
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.file_area import Files
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.vaults import vault_creation, vault_resources, vaults

_DAY = 24 * 3600 * clock.MICROSECONDS
_HISTORY_DAYS = 90
_UPGRADE_DAY = 76
_MB = 16
"""Blocks in a MB."""


def build(engine: Engine) -> None:
    """Create the cloud, and let it live for ninety days."""
    end = engine.now()
    engine.clock.current = end - _HISTORY_DAYS * _DAY
    builder = _Builder(engine)
    builder.servers()
    builder.vaults_and_policies()
    for day in range(_HISTORY_DAYS):
        builder.change_data(day)
        if day == _UPGRADE_DAY:
            builder.back_up_before_upgrade()
        engine.scheduler.run_until(end - (_HISTORY_DAYS - 1 - day) * _DAY)
    engine.clock.current = end
    builder.leave_todays_marks()


class _Builder:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._user, self._project, self._elsewhere = account.build(
            engine, domain_name="northwind", user_name="ada"
        )
        self._staging = str(engine.state.value("SELECT id FROM project WHERE name LIKE '%staging'"))
        self._ids: dict[str, str] = {}

    def servers(self) -> None:
        """Create the machines and what is on them."""
        for name, disks, written_mb, tags in (
            ("web-01", (("vda", 40),), 120, {"tier": "web", "env": "prod"}),
            ("web-02", (("vda", 40),), 110, {"tier": "web", "env": "prod"}),
            ("db-01", (("vda", 40), ("vdb", 200)), 300, {"tier": "db", "env": "prod"}),
            ("db-02", (("vda", 40), ("vdb", 200)), 240, {"tier": "db", "env": "prod"}),
            ("app-01", (("vda", 40),), 90, {"tier": "app", "env": "prod"}),
            ("app-02", (("vda", 40),), 80, {"tier": "app", "env": "prod"}),
            ("mail-01", (("vda", 60),), 150, {"tier": "mail", "env": "prod"}),
            ("build-01", (("vda", 100),), 100, {"tier": "ci", "env": "dev"}),
            ("legacy-01", (("vda", 40),), 60, {"tier": "app", "env": "old"}),
            ("files-01", (("vda", 40), ("vdb", 100)), 1250, {"tier": "files", "env": "prod"}),
        ):
            self._server(self._project, name, disks, written_mb, tags)
        self._server(
            self._project, "metal-01", (("vda", 50),), 80, {"tier": "db", "env": "prod"},
            kind=resources.BARE_METAL,
        )  # fmt: skip
        self._server(self._staging, "stage-web-01", (("vda", 40),), 60, {"env": "stage"})
        self._server(self._staging, "stage-db-01", (("vda", 40), ("vdb", 100)), 80, {})
        self._server(self._elsewhere, "dr-web-01", (("vda", 40),), 60, {})
        for name, size, written_mb in (("archive", 100, 120), ("scratch", 20, 20)):
            disk = resources.create_disk(self._engine, self._project, name, size)
            self._ids[name] = disk
            row = resources.disk(self._engine, disk)
            Disks(self._engine).fill(row.store, 64 * _MB, written_mb * _MB, seed=len(name))
        name, size = "shared-docs", 500
        self._ids[name] = resources.create_disk(
            self._engine, self._project, name, size, kind=resources.FILE_SYSTEM
        )
        store = resources.disk(self._engine, self._ids[name]).store
        Files(Disks(self._engine), store, size).write("/handbook.txt", b"Read me first.\n" * 200)

    def _server(
        self,
        project: str,
        name: str,
        disks: tuple[tuple[str, int], ...],
        written_mb: int,
        tags: dict[str, str],
        *,
        kind: str = resources.SERVER,
    ) -> None:
        server_id = resources.create_server(
            self._engine, project, name, disks=disks, tags=tags, kind=kind
        )
        self._ids[name] = server_id
        for number, (disk, _, _) in enumerate(resources.disks_of(self._engine, server_id)):
            files = Files(Disks(self._engine), disk.store, disk.size_gb)
            if number == 0:
                files.write("/etc/motd", f"Welcome to {name}\n".encode())
                files.write("/etc/hostname", f"{name}\n".encode())
            if name.startswith("web") and number == 0:
                files.write("/var/www/index.html", b"<h1>Northwind</h1>\n" * 40)
            if name.startswith("db") and number == 1:
                files.write("/data/orders.db", f"{name} orders\n".encode() * 4000)
            share = written_mb // len(disks)
            Disks(self._engine).fill(disk.store, 64 * _MB, share * _MB, seed=number)

    def vaults_and_policies(self) -> None:
        """Create the vaults and the policies that fill them."""
        daily = self._policy(
            "daily-0300", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=3;BYMINUTE=00",
            {"retention_duration_days": 30},
        )  # fmt: skip
        long_term = self._policy(
            "daily-long-term", "FREQ=DAILY;INTERVAL=1;BYHOUR=1;BYMINUTE=30",
            {"max_backups": 14, "week_backups": 8, "month_backups": 12, "timezone": "UTC+01:00"},
        )  # fmt: skip
        weekly = self._policy(
            "weekly-sunday", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=4;BYMINUTE=00", {"max_backups": 8}
        )
        paused = self._policy(
            "paused-nightly", "FREQ=DAILY;INTERVAL=1;BYHOUR=2;BYMINUTE=00",
            {"retention_duration_days": 7}, enabled=False,
        )  # fmt: skip
        self._vault("vault-web", 200, ("web-01", "web-02", "app-01", "app-02"), daily, "web")
        self._vault("vault-db", 500, ("db-01", "db-02"), long_term, "db")
        self._vault("vault-office", 100, ("mail-01", "metal-01"), weekly, "office")
        self._vault("vault-files", 10, ("files-01",), weekly, "files")
        self._vault("vault-dev", 100, ("build-01",), paused, "dev")
        self._vault("vault-disks", 100, ("archive",), weekly, "disks", object_type="disk")
        self._vault("vault-nas", 1000, ("shared-docs",), weekly, "office", object_type="turbo")
        self._vault(
            "vault-replica", 500, (), None, "dr", protect_type="replication",
            project=self._elsewhere,
        )  # fmt: skip
        self._vault("vault-stage", 100, ("stage-web-01",), None, "stage", project=self._staging)

    def _policy(
        self, name: str, pattern: str, definition: dict[str, Any], *, enabled: bool = True
    ) -> str:
        wanted = estate_requests.policy(name, [pattern], definition, enabled=enabled)
        return policies.create(self._engine, self._project, wanted).id

    def _vault(
        self,
        name: str,
        size: int,
        members: tuple[str, ...],
        policy_id: str | None,
        team: str,
        *,
        object_type: str = "server",
        protect_type: str = "backup",
        project: str | None = None,
    ) -> None:
        engine, project = self._engine, project or self._project
        wanted = estate_requests.vault(
            name, size, object_type=object_type, protect_type=protect_type, tags={"team": team}
        )
        vault = vault_creation.create(engine, project_id=project, user_id=self._user, wanted=wanted)
        self._ids[name] = vault.id
        for each in members:
            resource = resources.find_resource(engine, project, self._ids[each])
            vault_resources.place(engine, vault.id, resource, {})
        if policy_id is not None:
            policies.apply(engine, vault, policies.find(engine, project, policy_id), None)

    def change_data(self, day: int) -> None:
        """Change the disks as a day's work does, and make some machines misbehave."""
        engine = self._engine
        for name, changed_mb, every in (
            ("web-01", 1, 1), ("web-02", 1, 1), ("db-01", 6, 1), ("db-02", 4, 1),
            ("app-01", 1, 1), ("app-02", 1, 1), ("mail-01", 20, 7), ("files-01", 80, 7),
        ):  # fmt: skip
            if day % every:
                continue
            disk = resources.disks_of(engine, self._ids[name])[-1].disk
            first = (64 + (day * 13) % 100) * _MB
            Disks(engine).fill(disk.store, first, changed_mb * _MB, seed=100 + day)
        self._trouble("app-02", day, {30: "7203", 31: "7203", 62: "7203"})
        self._trouble("db-02", day, {86: "8300", 88: "8300"})

    def _trouble(self, name: str, day: int, codes: dict[int, str]) -> None:
        code = f"BackupService.{codes[day]}" if day in codes else None
        resources.set_server_traits(
            self._engine, self._ids[name], {"backup_fails": code} if code else {}
        )

    def back_up_before_upgrade(self) -> None:
        """Create the backup that someone makes by hand before a risky day."""
        vault = vaults.find(self._engine, self._project, self._ids["vault-web"])
        order = backup_orders.Order(
            resource_ids=[self._ids["web-01"]],
            name="before-upgrade",
            description="Before the new shop goes live",
        )
        restore_points.start(self._engine, vault, order)

    def leave_todays_marks(self) -> None:
        """End the history: nothing fails by itself any more, and one vault is nearly full."""
        vaults.resize(self._engine, self._ids["vault-files"], 2)
        for name in ("app-02", "db-02"):
            resources.set_server_traits(self._engine, self._ids[name], {})
