"""An estate that was told: a simulated cloud like a real account, as far as its service tells."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec

from cbr_notebook.simulator.backups.seeding.recorded_backups import (
    BLOCKS_IN_MB,
    ToldBackup,
    insert_told,
)
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import ORIGIN, State
from cbr_notebook.simulator.estates import account, estate_requests
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.services import EVENTS
from cbr_notebook.simulator.vaults import vault_creation, vault_resources, vaults

UNKNOWN = "unknown"
"""In the state's meta: what the cloud does not know, as JSON."""


class DiskTold(msgspec.Struct, frozen=True):
    """A disk or file system."""

    id: str
    name: str
    size_gb: int
    status: str
    type: str = resources.DISK
    device: str | None = None
    system_disk: bool = False
    tags: dict[str, str] = {}
    traits: dict[str, Any] = {}


class ServerTold(msgspec.Struct, frozen=True):
    """A server with its disks."""

    id: str
    name: str
    type: str
    status: str
    disks: tuple[DiskTold, ...]
    architecture: str | None = None
    os_type: str | None = None
    tags: dict[str, str] = {}
    traits: dict[str, Any] = {}
    """``unseen_mb``: what each of its backups takes; ``backup_seconds``, ``restore_seconds``."""


class PolicyTold(msgspec.Struct, frozen=True):
    """A policy with its schedule and retention."""

    id: str
    name: str
    operation_type: str
    enabled: bool
    patterns: list[str]
    definition: dict[str, Any]


class VaultTold(msgspec.Struct, frozen=True):
    """A vault with its resources and policy."""

    id: str
    name: str
    size_gb: int
    used_mb: int
    status: str
    object_type: str
    protect_type: str
    consistent_level: str
    resources: tuple[str, ...]
    policy_ids: tuple[str, ...] = ()
    auto_expand: bool = False
    tags: dict[str, str] = {}
    choices: dict[str, dict[str, Any]] = {}
    """By the ID of a server: which of its disks are backed up, as the service writes it."""
    locked: bool = False
    charging_mode: str = "post_paid"
    order_id: str | None = None


class EstateTold(msgspec.Struct, frozen=True):
    """All that a twin is made from."""

    project_id: str
    now: int
    """Microseconds since 1970."""
    servers: tuple[ServerTold, ...]
    disks: tuple[DiskTold, ...]
    policies: tuple[PolicyTold, ...]
    vaults: tuple[VaultTold, ...]
    backups: tuple[ToldBackup, ...]
    unknown: tuple[tuple[str, str], ...]
    """What the twin cannot know, and what that means."""


def build(told: EstateTold) -> State:
    """Return the state of a cloud like an estate that was told.

    What the simulated cloud does not take is noted among what is unknown.
    """
    state = State()
    for key, value in (("seed", 1), ("draws", 0), ("now", told.now)):
        state.set_meta(key, value)
    engine = Engine(state, EVENTS)
    with engine.work():
        unknown = [*told.unknown, *_Builder(engine, told).build()]
        state.set_meta(UNKNOWN, json.dumps(unknown))
        state.set_meta(ORIGIN, json.dumps({"twin": told.project_id}))
    return state


def unknown_in(engine: Engine) -> list[tuple[str, str]]:
    """Return what a cloud does not know of the estate that it was told; nothing of others."""
    with engine.lock:
        found = json.loads(engine.state.meta(UNKNOWN, "[]"))
    return [(what, why) for what, why in found]


class _Builder:
    def __init__(self, engine: Engine, told: EstateTold) -> None:
        self._engine, self._told = engine, told
        self._left_out: list[tuple[str, str]] = []

    def build(self) -> list[tuple[str, str]]:
        self._user, self._project, _ = account.build(
            self._engine, project_id=self._told.project_id, domain_name="twin"
        )
        for server in self._told.servers:
            self._server(server)
        for disk in self._told.disks:
            self._disk(disk)
        for policy in self._told.policies:
            self._try(f"policy {policy.name}", self._policy, policy)
        for vault in self._told.vaults:
            self._try(f"vault {vault.name}", self._vault, vault)
        for backup in self._told.backups:
            row = vaults.by_id(self._engine, backup.vault_id)
            if row is not None:
                insert_told(self._engine, row, backup)
        return self._left_out

    def _try(self, what: str, make: Any, told: Any) -> None:
        try:
            make(told)
        except (ApiError, msgspec.ValidationError) as problem:
            why = getattr(problem, "message", None) or str(problem)
            self._left_out.append((what, f"It is not in the twin: {why}"))

    def _server(self, told: ServerTold) -> None:
        resources.create_server(
            self._engine,
            self._project,
            told.name,
            server_id=told.id,
            disks=(),
            kind=told.type,
            status=told.status,
            tags=told.tags,
            properties=told.traits,
            architecture=told.architecture or "x86_64",
            os_type=told.os_type or "Linux",
        )
        for disk in told.disks:
            self._disk(disk, attached=True)
            device = disk.device and disk.device.removeprefix("/dev/")
            resources.attach(self._engine, told.id, disk.id, device)
            resources.set_disk_status(self._engine, disk.id, disk.status)

    def _disk(self, told: DiskTold, *, attached: bool = False) -> None:
        resources.create_disk(
            self._engine,
            self._project,
            told.name,
            told.size_gb,
            disk_id=told.id,
            kind=told.type,
            bootable=told.system_disk,
            tags=told.tags,
            properties=told.traits,
        )
        if not attached:
            resources.set_disk_status(self._engine, told.id, told.status)

    def _policy(self, told: PolicyTold) -> None:
        wanted = estate_requests.policy(
            told.name,
            told.patterns,
            told.definition,
            operation_type=told.operation_type,
            enabled=told.enabled,
        )
        self._engine.state.reserve("policy", told.id)
        policies.create(self._engine, self._project, wanted)

    def _vault(self, told: VaultTold) -> None:
        engine = self._engine
        wanted = estate_requests.vault(
            told.name,
            max(told.size_gb, vaults.SMALLEST),
            object_type=told.object_type,
            protect_type=told.protect_type,
            consistent_level=told.consistent_level,
            tags=told.tags,
            auto_expand=told.auto_expand,
            locked=told.locked,
        )
        vault = vault_creation.create(
            engine,
            project_id=self._project,
            user_id=self._user,
            wanted=wanted,
            vault_id=told.id,
        )
        vaults.resize(engine, told.id, told.size_gb)
        vaults.add_used(engine, told.id, told.used_mb * BLOCKS_IN_MB)
        for resource_id in told.resources:
            with suppress(ApiError):  # the vault names a resource that is gone
                resource = resources.find_resource(engine, self._project, resource_id)
                choice = told.choices.get(resource_id, {})
                vault_resources.place(engine, told.id, resource, choice)
        for policy_id in told.policy_ids:
            policy = policies.by_id(engine, policy_id)
            if policy is not None:
                policies.apply(engine, vault, policy, None)
        vaults.set_payment(engine, told.id, told.charging_mode, told.order_id)
        if told.status != "available":
            vaults.set_status(engine, told.id, told.status)
