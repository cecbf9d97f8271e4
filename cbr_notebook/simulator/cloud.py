"""A whole simulated cloud, in the hands of the person who runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx

from cbr_notebook.errors import InvalidRequest, NotFound, error_for
from cbr_notebook.simulator.backups import members, restores
from cbr_notebook.simulator.control import credentials
from cbr_notebook.simulator.control.credentials import CloudCredentials
from cbr_notebook.simulator.control.resource_handles import Disk, Server, pick
from cbr_notebook.simulator.control.scenarios.scenario_runner import Scenarios, ScenarioStatus
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.cloud_options import Options
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State, StateFileError
from cbr_notebook.simulator.estates import snapshots, twin_estate
from cbr_notebook.simulator.estates.initial_state import open_state
from cbr_notebook.simulator.http import kept_faults
from cbr_notebook.simulator.http.app import App
from cbr_notebook.simulator.http.faults import Faults
from cbr_notebook.simulator.http.local_transport import CloudTransport
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.inventory import ransomware, resources
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.error_translation import refused
from cbr_notebook.simulator.services import EVENTS
from cbr_notebook.simulator.vaults import orders, vaults

if TYPE_CHECKING:
    import pandas as pd

BASE_URL = "https://cloud.simulated"
"""The address of a cloud in this process; nothing listens there."""

_CENTURY = timedelta(days=36_500)

EstateName = Literal["demo", "documented", "empty", "large"] | str | Path


class Cloud:
    """A cloud of one's own: Cloud Backup and Recovery, IAM, servers, disks, and a clock.

    Time stands still until a client waits, or :meth:`advance` is called. The same seed and
    the same calls give the same IDs, times and bytes.
    """

    def __init__(self, state: State, *, speed: float = 0.0) -> None:
        """Create a cloud on its state; see :meth:`open` for making one."""
        self._engine = Engine(state, EVENTS, speed=speed)
        self._faults = Faults(None if speed else self.sleep)
        self._app = App(self._engine, self._faults)
        self._scenarios = Scenarios(self._engine, self._faults, self._app.forget)
        kept_faults.keep(self._engine, self._faults)

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
        template: str | Path | None = None,
    ) -> Cloud:
        """Create a cloud, or continue one from its state file.

        An estate is built once in a process; further clouds of the same estate, seed and
        start are copies of it.

        Args:
            estate: ``demo``, ``documented``, ``empty``, ``large``, or a YAML file.
            seed: another seed gives other IDs.
            state: a file to keep everything in; an existing one is continued, and estate,
                seed and start do not count then.
            start: the clock's first moment (ISO 8601, UTC).
            speed: simulated seconds in a real second; 0 stands still.
            backups: for ``large``: how many backups.
            template: a snapshot of another cloud to begin with, instead of an estate; it is
                read, never changed.

        Raises:
            StateFileError: a file is damaged, newer, foreign, missing, or in use.
            InvalidRequest: there is no such estate, or the start is not a time.
        """
        kept = open_state(estate, seed, state, start, backups=backups, template=template)
        try:
            return cls(kept, speed=speed)
        except BaseException:
            kept.close()
            raise

    @property
    def unknown(self) -> list[tuple[str, str]]:
        """What a twin does not know of the estate that it was told, and what that means."""
        return twin_estate.unknown_in(self._engine)

    def __repr__(self) -> str:
        return f"<Cloud at {self.now:%Y-%m-%d %H:%M:%S} UTC>"

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything in the cloud: clock, IDs, bytes, what was drawn.

        Two clouds with the same one answer the same to whatever comes.
        """
        with self._engine.settled() as state:
            return state.fingerprint()

    @property
    def state_file(self) -> Path | None:
        """The file that everything is kept in; ``None``: in memory only."""
        return self._engine.state.path

    # -- time -------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The cloud's present moment, in UTC."""
        with self._engine.lock:
            self._engine.run_due_events()
            return clock.to_datetime(self._engine.now())

    def advance(self, **duration: float) -> datetime:
        """Advance the clock: policies fire, retention expires, tasks finish.

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
        """Wait as a client does: the clock jumps."""
        self.advance(seconds=max(0.0, seconds))

    # -- machines ------------------------------------------------------------------------------

    def server(self, wanted: str) -> Server:
        """Return a server by name or ID.

        Raises:
            NotFound: there is none, or more than one; the message lists the candidates.
        """
        with self._engine.lock:
            rows = resources.servers(self._engine)
        return Server(self._engine, pick(rows, wanted, "server").id)

    def disk(self, wanted: str) -> Disk:
        """Return a disk or file system by name or ID.

        Raises:
            NotFound: there is none, or more than one; the message lists the candidates.
        """
        with self._engine.lock:
            rows = resources.disks(self._engine)
        return Disk(self._engine, pick(rows, wanted, "disk").id)

    def create_server(
        self,
        name: str,
        *,
        disks: tuple[tuple[str, int], ...] = (("vda", 40),),
        project_id: str | None = None,
        tags: dict[str, str] | None = None,
        **traits: str,
    ) -> Server:
        """Create a server.

        Args:
            name: its name.
            disks: device and size in GB of each disk, the system disk first.
            project_id: its project; the default one if left out.
            tags: its tags.
            traits: ``architecture``, ``os_type``, ``os_version``, ``kind``.
        """
        with self._engine.work():
            server_id = resources.create_server(
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
        backup: str | None = None,
    ) -> Disk:
        """Create a disk that is attached to nothing; with the ID of a disk's backup, from that.

        Raises:
            InvalidRequest: a disk cannot be made of the backup; the code says why.
        """
        traits = {"encrypted": encrypted, "shareable": shareable}
        return self._create_disk(name, size_gb, project_id, backup, **traits)

    def create_file_system(self, name: str, size_gb: int, *, project_id: str | None = None) -> Disk:
        """Create an SFS Turbo file system."""
        return self._create_disk(name, size_gb, project_id, None, kind=resources.FILE_SYSTEM)

    def _create_disk(
        self, name: str, size_gb: int, project_id: str | None, backup: str | None, **traits: Any
    ) -> Disk:
        project_id = project_id or self.credentials.project_id
        with self._engine.work(), refused():
            disk_id = resources.create_disk(self._engine, project_id, name, size_gb, **traits)
            if backup is not None:
                restores.fill_new_disk(self._engine, backup, disk_id)
        return Disk(self._engine, disk_id)

    def delete_server(self, wanted: str) -> None:
        """Delete a server with its disks; its backups stay."""
        server_id = self.server(wanted).id
        with self._engine.work():
            resources.delete_server(self._engine, server_id)

    def delete_disk(self, wanted: str) -> None:
        """Delete a disk; its backups stay."""
        disk_id = self.disk(wanted).id
        with self._engine.work():
            resources.delete_disk(self._engine, disk_id)

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
            return ransomware.begin(self._engine, victim.id)

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
        except ApiError as error:
            raise error_for(error.code, error.message, http_status=error.status) from None

    def freeze(self, vault_id: str, *, status: str = "frozen") -> None:
        """Freeze a vault, as the service does when a bill is not paid.

        Args:
            vault_id: the vault.
            status: another status that the vault shall have; ``available`` ends it.

        Raises:
            NotFound: there is no such vault.
        """
        with self._engine.work():
            if not vaults.freeze(self._engine, vault_id, status):
                raise NotFound(f"There is no vault {vault_id}.", code="BackupService.6105")

    def register_image(self, backup_id: str, project_id: str | None = None) -> str:
        """Create an image of a server's backup, as an image service would.

        Args:
            backup_id: the backup; shared with the project and accepted, or its own.
            project_id: where the image is made; in the default project if left out.

        Returns:
            The image's ID; while it exists, the backup cannot be deleted nor unshared.

        Raises:
            InvalidRequest: no image can be made of it; the code says why.
        """
        project_id = project_id or self.credentials.project_id
        with self._engine.work(), refused():
            return members.register_image(self._engine, backup_id, project_id)

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
        """Make the next requests of an operation fail.

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
            self._app.check_operation(operation)
            self._faults.add(operation, what, times=times, delay=delay, retry_after=retry_after)
        except ValueError as problem:
            raise InvalidRequest(f"{problem}") from None

    def heal(self) -> None:
        """Stop all failures of requests; of scenarios, this ends those that refuse them."""
        self._faults.clear()
        self._scenarios.forget_refusals()

    def scenarios(self) -> pd.DataFrame:
        """Return all scenarios, one row each.

        Columns: ``name``, ``what`` happens, ``codes`` of errors, ``target_type``, ``target`` and
        ``undo`` (string), ``running`` (bool).
        """
        return self._scenarios.table()

    def scenario(self, name: str, target: str | None = None) -> ScenarioStatus:
        """Start a bad day, by one of the names in :meth:`scenarios`.

        Args:
            name: the scenario.
            target: the server or vault; if left out, the one with the most backups.

        Raises:
            InvalidRequest: there is no such scenario, or it cannot happen here.
            NotFound: there is no such target.
            Conflict: it is running already.
        """
        return self._scenarios.begin(name, target)

    def undo_scenario(self, name: str) -> ScenarioStatus:
        """Undo a scenario; what was done since stays.

        Raises:
            Conflict: it is not running.
            InvalidRequest: what it happened to is gone.
        """
        return self._scenarios.undo(name)

    @property
    def options(self) -> Options:
        """Quotas and switches of the cloud."""
        return self._engine.options

    @property
    def credentials(self) -> CloudCredentials:
        """How to sign in as the cloud's first user, in its first project."""
        return credentials.of_first_user(self._engine)

    def credentials_for(
        self, *, user_name: str | None = None, project: str | None = None
    ) -> CloudCredentials:
        """Return the credentials of another user, or in another project; made if need be.

        Args:
            user_name: a user of the account; a new one is made.
            project: name or ID of a project.

        Raises:
            NotFound: there is no such project.
        """
        return credentials.of_user(self._engine, user_name=user_name, project=project)

    def create_project(self, name: str, region: str | None = None) -> str:
        """Create a project in a region of the cloud; return its ID."""
        account = self.credentials
        with self._engine.work():
            return accounts.create_project(
                self._engine, account.domain_id, name, region or account.region
            )

    @property
    def wsgi(self) -> App:
        """The WSGI application that is the cloud."""
        return self._app

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for an httpx client that reaches the cloud without a network."""
        return CloudTransport(self._app)

    def run_due_events(self) -> None:
        """Carry out what is due by now; a served cloud does so by itself."""
        with self._engine.lock:
            self._engine.run_due_events()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold all requests off while this lasts."""
        with self._engine.lock:
            yield

    # -- copies -------------------------------------------------------------------------------

    def copy(self, state: str | Path | None = None, *, speed: float = 0.0) -> Cloud:
        """Return another cloud that is like this one at this moment.

        From then on neither sees what happens in the other. Troubles that wait for requests
        (:meth:`fail`) are not copied.

        Args:
            state: a new file to keep the copy in; in memory if left out.
            speed: simulated seconds in a real second; 0 stands still.

        Raises:
            StateFileError: there is a cloud in the file already, or it cannot be written.
        """
        kept = State(state)
        try:
            if kept.meta("now") is not None:
                raise StateFileError(
                    f"{state} holds a cloud already.",
                    advice="Choose a new name; nothing was written.",
                )
            with self._engine.settled() as own:
                own.copy_to(kept)
            kept_faults.forget(kept)
            return type(self)(kept, speed=speed)
        except BaseException:
            kept.close()
            raise

    def snapshot(self, path: str | Path) -> None:
        """Write a copy of everything to a new file.

        ``cbr.simulate(template=path)`` begins with it and leaves it as it is, any number of
        times; ``cbr.simulate(state=path)`` continues it in that file.

        Raises:
            StateFileError: the file exists, or cannot be written.
        """
        with self._engine.settled() as state:
            state.save_as(path)

    def reset(self) -> None:
        """Reset everything to the start: to the estate as it was built, or to the template.

        Clock, IDs and bytes are as they were then; troubles and their switches are gone.
        Sessions stay usable: a token of the time since is renewed at the next request.

        Raises:
            StateFileError: what the cloud began as is not known, or the template is gone or
                not usable any more; nothing was changed.
        """
        self._engine.start_over(snapshots.load_start)
        self._app.forget()
        self._faults.clear()
        self._scenarios.resume()

    def close(self) -> None:
        """Close the state file."""
        with self._engine.lock:
            self._engine.state.close()
