"""The cloud of the reference's three application cases, with the very IDs and names.

The cases play on consecutive days: the first two begin on 2020-08-17, where the clock
starts, while the backups that the third lists were made on 2020-08-18. They are there from
the start, so that each of the documented requests works as it stands; the notebook of the
third case begins a day later.
"""

from __future__ import annotations

import json

from cbr_notebook.simulator.backups.backup_making import SERVER_INFO
from cbr_notebook.simulator.backups.seeding.server_history import PastBackup, insert_backups
from cbr_notebook.simulator.core.clock import parse_time as moment
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.estates import account, estate_requests
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.file_area import Files
from cbr_notebook.simulator.vaults import vault_creation, vault_resources

PROJECT = "0605767b5780d5762fc5c0118072a564"
USER = "aa2999fa5ae640f28926f8fd79188934"
SERVER = "e8cc6bfd-d324-4b88-9109-9fb0ba70676f"
_BUSY_SERVER = "d6bf7592-ca52-43a2-9979-e418d64b29bb"
_BUSY_VAULT = "1572bd27-e221-4f28-94ca-9777d232fcd7"
_ALL_BACKUPS = 1663
_HOUR = 3_600_000_000

_CONSISTENCY = {
    "app_consistency": "0",
    "app_consistency_status": "0",
    "app_consistency_error_code": "0",
    "app_consistency_error_message": "",
}


def build(engine: Engine) -> None:
    """Create the cloud."""
    state = engine.state
    engine.options["policies_without_creator"] = 1  # its samples are older than that member
    user, project, _ = account.build(engine, project_id=PROJECT, user_id=USER)
    resources.create_server(
        engine,
        project,
        "server-4690-0002",
        server_id=SERVER,
        created_at=moment("2020-07-01T08:00:00"),
    )
    _write_files(engine, SERVER)
    for number in range(1, 4):
        resources.create_server(
            engine,
            project,
            f"xzl_ecs-{number:04d}-0001",
            server_id=_BUSY_SERVER if number == 3 else None,
            created_at=moment("2020-05-01T08:00:00"),
        )
    _write_files(engine, _BUSY_SERVER)
    resources.create_disk(engine, project, "volume-4690", 10, created_at=engine.now())
    _history(engine, user, project)
    state.reserve("vault", "ea7b8717-2543-478a-a92d-3ca7ee448f67")
    state.reserve("checkpoint", "d9ce6924-d753-4132-bd16-a9f8838ea7d2")
    state.reserve("policy", "30d7cf2d-14fc-415b-b7da-858b37f47250")
    state.reserve("trigger", "7954175b-ef2c-432c-b936-f6c83df7a593")
    state.reserve("tick", 678_916)


def _write_files(engine: Engine, server_id: str) -> None:
    disk = resources.disks_of(engine, server_id)[0].disk
    files = Files(Disks(engine), disk.store, disk.size_gb)
    files.write("/etc/motd", f"Welcome to {disk.name}\n".encode())
    files.write("/var/www/index.html", b"<h1>It works</h1>\n" * 64)
    Disks(engine).fill(disk.store, 1024, 3200, seed=1)


def _history(engine: Engine, user: str, project: str) -> None:
    """Create the vault that the third case lists, with all its backups."""
    engine.state.reserve("vault", _BUSY_VAULT)
    wanted = estate_requests.vault("vault-xzl", 5000)
    vault = vault_creation.create(engine, project_id=project, user_id=user, wanted=wanted)
    server = resources.find_resource(engine, project, _BUSY_SERVER)
    vault_resources.place(engine, vault.id, server, {})
    insert_backups(engine, vault, _BUSY_SERVER, [*_earlier_backups(engine.state), *_LISTED])


def _earlier_backups(state: State) -> list[PastBackup]:
    """Return those that the reference counts and does not show, one an hour, the oldest first."""
    backups = []
    for hour in range(2, _ALL_BACKUPS):
        digits = state.new_hex("backup name", 4)
        created = _NEWEST - hour * _HOUR + state.random_bytes("jitter")[0] * 3907
        backups.append(
            PastBackup(
                id=state.new_id("backup"),
                restore_point_id=state.new_id("old checkpoint"),
                name=f"autobk_{digits}_0003",
                created_at=created,
            )
        )
    return backups[::-1]


_NEWEST = moment("2020-08-18T07:00:46.932061")
_LISTED = (
    PastBackup(
        id="62617971-839d-4d23-8dfd-4ca65c039bdf",
        restore_point_id="e6aec7a9-7b03-4c1d-8a07-5983b53c53f3",
        name="autobk_cf91_0003",
        created_at=moment("2020-08-18T06:00:45.375070"),
        protected_at=moment("2020-08-18T06:01:10.432117"),
        updated_at=moment("2020-08-18T06:06:44.928325"),
    ),
    PastBackup(
        id="c892ed58-3a18-47c2-9e31-a1d543dc490a",
        restore_point_id="e328d05e-4b28-4898-b8c1-2bfe6621ec03",
        name="autobk_7234_0003",
        created_at=_NEWEST,
        protected_at=moment("2020-08-18T07:01:12.675112"),
        updated_at=moment("2020-08-18T07:06:47.518054"),
        extend_info=json.dumps({"app_consistency": _CONSISTENCY, **SERVER_INFO}),
    ),
)
"""The two that the reference shows."""
