"""A whole simulated cloud, in the hands of the person who runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx

from cbr_notebook.errors import InvalidRequest, NotFound, error_for
from cbr_notebook.simulator import clock, estates, iam, incidents, machines, members, orders
from cbr_notebook.simulator.app import Front
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.faults import Faults
from cbr_notebook.simulator.handles import Disk, Server, pick
from cbr_notebook.simulator.options import Options
from cbr_notebook.simulator.routing import Refusal
from cbr_notebook.simulator.services import EVENTS
from cbr_notebook.simulator.state import State
from cbr_notebook.simulator.transport import CloudTransport

BASE_URL = "https://cloud.simulated"
"""The address of a cloud in this process; nothing listens there."""

_CENTURY = timedelta(days=36_500)

EstateName = Literal["demo", "documented", "empty", "large"]


@dataclass(frozen=True, slots=True)
class CloudCredentials:
    """How to sign in to a simulated cloud."""

    base_url: str
    region: str
    project_id: str
    domain_id: str
    domain_name: str
    user_name: str
    password: str = field(repr=False)
    access_key: str
    secret_key: str = field(repr=False)


class Cloud:
    """A cloud of one's own: Cloud Backup and Recovery, IAM, servers, disks, and a clock.

    Time stands still until a client waits, or :meth:`advance` is called. The same seed and
    the same calls give the same IDs, times and bytes.
    """

    def __init__(self, state: State, *, speed: float = 0.0) -> None:
        """Take up a cloud from its state; see :meth:`open` for making one."""
        self._engine = Engine(state, EVENTS, speed=speed)
        self._faults = Faults()
        self._front = Front(self._engine, self._faults)
        if not speed:
            self._faults.sleep = self.sleep

    @classmethod
    def open(
        cls,
        estate: EstateName = "demo",
        seed: int = 7,
        state: str | Path | None = None,
        start: str = "2020-08-17T03:51:24Z",
        *,
        speed: float = 0.0,
        backups: int | None = None,
    ) -> Cloud:
        """Make a cloud, or continue one from its state file.

        Args:
            estate: what is in it: ``demo``, ``documented``, ``empty`` or ``large``.
            seed: another seed gives other IDs.
            state: a file to keep everything in; an existing one is continued, and estate,
                seed and start do not count then.
            start: the clock's first moment (ISO 8601, UTC).
            speed: simulated seconds in a real second; 0 stands still.
            backups: for ``large``: how many backups.

        Raises:
            StateFileError: the file is damaged, newer, foreign, or in use.
            InvalidRequest: there is no such estate, or the start is not a time.
        """
        if estate not in estates.NAMES:
            raise InvalidRequest(
                f"There is no estate {estate!r}.", advice=f"Choose one of {estates.NAMES}."
            )
        try:
            begin = clock.parse(start)
        except ValueError:
            raise InvalidRequest(
                f"{start!r} is not a time.", advice="Write it like 2020-08-17T03:51:24Z."
            ) from None
        kept = State(state)
        if kept.fact("now") is None:
            with kept.transaction():
                for key, value in (("seed", seed), ("draws", 0), ("now", begin)):
                    kept.set_fact(key, value)
            builder = cls(kept)
            with builder._engine.work():
                estates.build(builder._engine, estate, backups=backups)
        return cls(kept, speed=speed)

    def __repr__(self) -> str:
        return f"<Cloud at {self.now:%Y-%m-%d %H:%M:%S} UTC>"

    @property
    def state_file(self) -> Path | None:
        """The file that everything is kept in; ``None``: in memory only."""
        return self._engine.state.path

    # -- time -------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The cloud's present moment, in UTC."""
        with self._engine.lock:
            self._engine.settle()
            return clock.to_datetime(self._engine.now())

    def advance(self, **duration: float) -> datetime:
        """Let time pass: policies fire, retention expires, tasks finish.

        Args:
            duration: as for :class:`datetime.timedelta`: ``days``, ``hours``, ``minutes``, …

        Returns:
            The moment then.

        Raises:
            InvalidRequest: time does not go back, nor on for more than a century.
        """
        try:
            step = timedelta(**duration)
        except OverflowError:
            step = timedelta.max
        if step > _CENTURY:
            raise InvalidRequest("The clock of a cloud goes on by at most 36500 days at once.")
        if step < timedelta():
            raise InvalidRequest("The clock of a cloud does not go back.")
        with self._engine.lock:
            self._engine.advance(step // timedelta(microseconds=1))
        return self.now

    def sleep(self, seconds: float) -> None:
        """Be a client that waits: the clock jumps."""
        self.advance(seconds=max(0.0, seconds))

    # -- machines ------------------------------------------------------------------------------

    def server(self, wanted: str) -> Server:
        """Give a server by name or ID.

        Raises:
            NotFound: there is none, or more than one; the message lists the candidates.
        """
        with self._engine.lock:
            rows = self._engine.state.all("SELECT id, name FROM server")
        return Server(self._engine, pick(rows, wanted, "server")["id"])

    def disk(self, wanted: str) -> Disk:
        """Give a disk or file system by name or ID.

        Raises:
            NotFound: there is none, or more than one; the message lists the candidates.
        """
        with self._engine.lock:
            rows = self._engine.state.all("SELECT id, name FROM disk")
        return Disk(self._engine, pick(rows, wanted, "disk")["id"])

    def create_server(
        self,
        name: str,
        *,
        disks: tuple[tuple[str, int], ...] = (("vda", 40),),
        project_id: str | None = None,
        tags: dict[str, str] | None = None,
        **traits: str,
    ) -> Server:
        """Make a server.

        Args:
            name: its name.
            disks: device and size in GB of each disk, the system disk first.
            project_id: its project; the default one if left out.
            tags: its tags.
            traits: ``architecture``, ``os_type``, ``os_version``, ``kind``.
        """
        with self._engine.work():
            server_id = machines.create_server(
                self._engine,
                project_id or self.credentials.project_id,
                name,
                disks=disks,
                tags=tags,
                **traits,  # type: ignore[arg-type]
            )
        return Server(self._engine, server_id)

    def create_disk(
        self,
        name: str,
        size_gb: int,
        *,
        project_id: str | None = None,
        encrypted: bool = False,
        shareable: bool = False,
    ) -> Disk:
        """Make a disk that is attached to nothing."""
        with self._engine.work():
            disk_id = machines.create_disk(
                self._engine,
                project_id or self.credentials.project_id,
                name,
                size_gb,
                encrypted=encrypted,
                shareable=shareable,
            )
        return Disk(self._engine, disk_id)

    def create_file_system(self, name: str, size_gb: int, *, project_id: str | None = None) -> Disk:
        """Make an SFS Turbo file system."""
        with self._engine.work():
            disk_id = machines.create_disk(
                self._engine,
                project_id or self.credentials.project_id,
                name,
                size_gb,
                kind=machines.FILE_SYSTEM,
            )
        return Disk(self._engine, disk_id)

    def delete_server(self, wanted: str) -> None:
        """Delete a server with its disks; its backups stay."""
        server_id = self.server(wanted).id
        with self._engine.work():
            machines.delete_server(self._engine, server_id)

    def delete_disk(self, wanted: str) -> None:
        """Delete a disk; its backups stay."""
        disk_id = self.disk(wanted).id
        with self._engine.work():
            machines.delete_disk(self._engine, disk_id)

    def tag(self, server: str, **tags: str) -> None:
        """Add tags to a server."""
        self.server(server).tag(**tags)

    def ransomware(self, server: str) -> list[str]:
        """Encrypt the files on a server's disks, and leave a note: an incident to recover from.

        Returns:
            The files that are lost, as ``device:path``.
        """
        victim = self.server(server)
        with self._engine.work():
            return incidents.ransomware(self._engine, victim.id)

    def pay(self, order_id: str) -> list[str]:
        """Pay an order of a pre-paid vault: what was ordered happens now, and only once.

        Args:
            order_id: as the answer to the order named it.

        Returns:
            The IDs of the order's vaults.

        Raises:
            CBRError: there is no such order, or what was ordered cannot be any more; the
                code says why, and the order stays unpaid.
        """
        try:
            with self._engine.work():
                return orders.pay(self._engine, order_id)
        except Refusal as refusal:
            raise error_for(refusal.code, refusal.message, http_status=refusal.status) from None

    def freeze(self, vault_id: str, *, status: str = "frozen") -> None:
        """Freeze a vault, as the service does when a bill is not paid.

        Args:
            vault_id: the vault.
            status: another status that the vault shall have; ``available`` ends it.

        Raises:
            NotFound: there is no such vault.
        """
        with self._engine.work():
            row = self._engine.state.one("SELECT id FROM vault WHERE id = ?", vault_id)
            if row is None:
                raise NotFound(f"There is no vault {vault_id}.", code="BackupService.6105")
            self._engine.state.update("vault", vault_id, status=status)

    def register_image(self, backup_id: str, project_id: str | None = None) -> str:
        """Make an image of a server's backup, as an image service would.

        Args:
            backup_id: the backup; shared with the project and accepted, or its own.
            project_id: where the image is made; in the default project if left out.

        Returns:
            The image's ID; while it exists, the backup cannot be deleted nor unshared.

        Raises:
            InvalidRequest: no image can be made of it; the code says why.
        """
        with self._engine.work():
            try:
                return members.register_image(
                    self._engine, backup_id, project_id or self.credentials.project_id
                )
            except Refusal as refusal:
                raise InvalidRequest(refusal.message, code=refusal.code) from None

    # -- trouble ----------------------------------------------------------------------------------

    def fail(
        self,
        operation: str,
        what: str | int | None = None,
        *,
        times: int = 1,
        delay: float = 0.0,
        retry_after: float | None = None,
    ) -> None:
        """Let the next requests of an operation go wrong.

        Args:
            operation: an operation's ID such as ``create_checkpoint``, or ``*`` for any.
            what: an error code, an HTTP status, ``"cut before"`` or ``"cut after"`` (the work
                is done, the answer lost), ``"html"``, ``"truncated"``, or nothing for a delay.
            times: for how many requests.
            delay: seconds that the answer takes longer.
            retry_after: seconds for a ``Retry-After`` header, with a status.

        Raises:
            InvalidRequest: there is no such operation or code.
        """
        try:
            self._front.check_operation(operation)
            self._faults.add(operation, what, times=times, delay=delay, retry_after=retry_after)
        except ValueError as problem:
            raise InvalidRequest(f"{problem}") from None

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self._faults.clear()

    @property
    def options(self) -> Options:
        """Quotas and switches of the cloud."""
        return self._engine.options

    # -- people -------------------------------------------------------------------------------

    @property
    def credentials(self) -> CloudCredentials:
        """How to sign in as the cloud's first user, in its first project."""
        return CloudCredentials(**json.loads(self._engine.state.fact("account")))

    def credentials_for(
        self, *, user_name: str | None = None, project: str | None = None
    ) -> CloudCredentials:
        """Give the credentials of another user, or in another project; made if need be.

        Args:
            user_name: a user of the account; a new one is made.
            project: name or ID of a project.

        Raises:
            NotFound: there is no such project.
        """
        account = json.loads(self._engine.state.fact("account"))
        state = self._engine.state
        with self._engine.work():
            if project is not None:
                row = state.one("SELECT * FROM project WHERE id = ?1 OR name = ?1", project)
                if row is None:
                    names = ", ".join(r["name"] for r in state.all("SELECT name FROM project"))
                    raise NotFound(
                        f"There is no project {project!r} in the simulated cloud.",
                        advice=f"There are: {names}.",
                    )
                account |= {"project_id": row["id"], "region": row["region"]}
            if user_name is not None and user_name != account["user_name"]:
                account |= self._user(user_name, account["domain_id"])
        return CloudCredentials(**account)

    def _user(self, name: str, domain_id: str) -> dict[str, str]:
        state = self._engine.state
        known = state.fact(f"user/{name}")
        if known is not None:
            found: dict[str, str] = json.loads(known)
            return found
        password = "Pw-" + state.new_hex("password", 16)
        user_id = iam.create_user(self._engine, domain_id, name, password)
        access, secret = iam.create_access_key(self._engine, user_id)
        made = {
            "user_name": name,
            "password": password,
            "access_key": access,
            "secret_key": secret,
        }
        state.set_fact(f"user/{name}", json.dumps(made))
        return made

    def create_project(self, name: str, region: str | None = None) -> str:
        """Make a project in a region of the cloud; give its ID."""
        account = self.credentials
        with self._engine.work():
            return iam.create_project(
                self._engine, account.domain_id, name, region or account.region
            )

    # -- doors --------------------------------------------------------------------------------

    @property
    def wsgi(self) -> Any:
        """The WSGI application that is the cloud."""
        return self._front.wsgi

    def transport(self) -> httpx.BaseTransport:
        """Give a transport for an httpx client that reaches the cloud without a network."""
        return CloudTransport(self._front.wsgi)

    def settle(self) -> None:
        """Carry out what is due by now; a served cloud does so by itself."""
        with self._engine.lock:
            self._engine.settle()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold all requests off while this lasts."""
        with self._engine.lock:
            yield

    def snapshot(self, path: str | Path) -> None:
        """Write a copy of everything to a new file; ``Cloud.open(state=path)`` continues it.

        Raises:
            StateFileError: the file exists, or cannot be written.
        """
        with self._engine.lock:
            self._engine.settle()
            self._engine.state.set_fact("now", self._engine.now())
            self._engine.state.save_as(path)

    def close(self) -> None:
        """Let go of the state file."""
        with self._engine.lock:
            self._engine.state.close()
