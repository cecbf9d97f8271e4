"""The handle of a cloud in another process: the same methods, carried out by the control API."""

from __future__ import annotations

import functools
import inspect
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from cbr_notebook import errors
from cbr_notebook.errors import CBRError, ConnectionFailed, InvalidRequest, ServiceError
from cbr_notebook.simulator.classroom.control_operations import (
    PREFIX,
    Operation,
    operations,
    to_json,
)
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Disk, Server
from cbr_notebook.simulator.control.scenarios.scenario_runner import to_table
from cbr_notebook.simulator.core.cloud_options import Options
from cbr_notebook.simulator.core.state import StateFileError

if TYPE_CHECKING:
    import pandas as pd

_BUILT_IN: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (KeyError, TypeError, ValueError)
}
_WRITING_TIMEOUT_S = 300.0
"""How long a month may take to pass in the cloud."""


class Control:
    """Asks the control API of one seat."""

    def __init__(self, http: httpx.Client, base_url: str, key: str, seat: str | None = None):
        """Create the way to a seat.

        Args:
            http: sends the requests.
            base_url: where the clouds are served.
            key: the control key of the seat, or of the instructor, with
            seat: the seat's number, or ``all``.
        """
        self.base_url = base_url
        self._http = http
        self._key = key
        self._seat = seat

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send one request; return the answer of a request that succeeded.

        Raises:
            CBRError: the cloud refused; of the kind that it has in the cloud's own process.
            ConnectionFailed: no answer came.
        """
        content = None if body is None else msgspec.json.encode(body, enc_hook=to_json)
        try:
            answer = self._http.request(
                method,
                f"{self.base_url}{path}",
                content=content,
                params=None if self._seat is None else {"seat": self._seat},
                headers={"X-Control-Key": self._key, "Content-Type": "application/json"},
                timeout=_WRITING_TIMEOUT_S,
                auth=None,
            )
        except httpx.HTTPError as problem:
            raise ConnectionFailed(
                f"The control of the cloud at {self.base_url} does not answer: {problem}.",
                advice="Is the cloud still served, and this computer in its network?",
            ) from None
        if answer.status_code >= 400:
            raise _problem(answer)
        return answer

    def call(self, operation: Operation, key: str | None, arguments: dict[str, Any]) -> Any:
        """Carry out an operation; return its result as the method's own would be."""
        path = operation.path if key is None else operation.path.replace("{id}", key)
        answer = self.ask(operation.method, path, None if operation.reads else arguments)

        def handle(kind: type[Any], given: Any) -> Any:
            if kind is Server:
                return RemoteServer(self, given["id"])
            if kind is Disk:
                return RemoteDisk(self, given["id"])
            raise TypeError(kind.__name__)

        hint = operation.hints.get("return", type(None))
        try:
            return msgspec.convert(json.loads(answer.content), hint, dec_hook=handle)
        except (ValueError, TypeError) as problem:
            raise ServiceError(f"The control API's answer cannot be read: {problem}.") from None


def _problem(answer: httpx.Response) -> Exception:
    """Return the exception that a refusal was in the cloud's own process."""
    try:
        told = json.loads(answer.content)
        name, message = str(told["error"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        return ServiceError(
            f"The control API answered HTTP {answer.status_code}.", http_status=answer.status_code
        )
    if name in _BUILT_IN:
        return _BUILT_IN[name](message)
    kind = StateFileError if name == "StateFileError" else getattr(errors, name, CBRError)
    if not (isinstance(kind, type) and issubclass(kind, CBRError)):
        kind = CBRError
    return kind(message, advice=told.get("advice"), code=told.get("code"))


class RemoteOptions(Options):
    """Quotas and switches of a cloud in another process."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def all(self) -> dict[str, int]:
        """Return all options with their values."""
        values: dict[str, int] = json.loads(
            self._control.ask("GET", f"{PREFIX}/cloud/options").content
        )
        return values

    def __getitem__(self, name: str) -> int:
        """Return the value of an option."""
        return self.all()[name]

    def set(self, values: Mapping[str, int]) -> None:
        """Set some options, all of them or none."""
        self._control.ask("PUT", f"{PREFIX}/cloud/options", dict(values))


class RemoteCloud(Cloud):
    """A cloud in another process, in the hands of the person who has its control key."""

    def __init__(self, control: Control) -> None:
        """Create a handle of a cloud; nothing is asked yet."""
        self._control = control

    def __repr__(self) -> str:
        return f"<Cloud at {self._control.base_url}>"

    @property
    def state_file(self) -> Path | None:
        """The file that everything is kept in, where it is not known on this computer."""
        return None

    @property
    def options(self) -> Options:
        """Quotas and switches of the cloud."""
        return RemoteOptions(self._control)

    def scenarios(self) -> pd.DataFrame:
        """Return all scenarios, one row each; see :meth:`Cloud.scenarios`."""
        answer = self._control.ask("GET", f"{PREFIX}/cloud/scenarios").content
        return to_table(json.loads(answer))

    def run_due_events(self) -> None:
        """Do nothing: a served cloud carries out what is due by itself."""

    def transport(self) -> httpx.BaseTransport:
        """Refuse: the cloud is not in this process.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest(
            "This cloud is in another process, and reached over the network.",
            advice=f"Use an httpx client on {self._control.base_url}.",
        )

    def snapshot(self, path: str | Path) -> None:
        """Write a copy of everything to a new file on this computer.

        Raises:
            StateFileError: the file exists, or cannot be written.
        """
        content = self._control.ask("GET", f"{PREFIX}/cloud/snapshot").content
        try:
            with Path(path).open("xb") as file:
                file.write(content)
        except FileExistsError:
            raise StateFileError(
                f"{path} exists already.", advice="Choose a new name; nothing was written."
            ) from None
        except OSError as problem:
            raise StateFileError(f"{path} cannot be written: {problem}.") from None

    def copy(self, state: str | Path | None = None, *, speed: float = 0.0) -> Cloud:
        """Return a cloud in this process that is like this one at this moment."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.state")
            self.snapshot(path)
            return Cloud.open(state=state, template=path, speed=speed)

    def tell_progress(self, progress: dict[str, Any]) -> None:
        """Report to the instructor's board how far the learner at this seat is."""
        self._control.ask("PUT", f"{PREFIX}/progress", progress)

    def close(self) -> None:
        """Do nothing: the cloud goes on where it is served."""


class RemoteServer(Server):
    """A server of a cloud in another process."""

    def __init__(self, control: Control, server_id: str) -> None:
        self._control = control
        self.id = server_id


class RemoteDisk(Disk):
    """A disk of a cloud in another process."""

    def __init__(self, control: Control, disk_id: str) -> None:
        self._control = control
        self.id = disk_id


def _remote(operation: Operation) -> Callable[..., Any]:
    """Return the function that has an operation carried out where its cloud is."""
    signature = inspect.signature(operation.function)

    @functools.wraps(operation.function)
    def carry_out(self: Any, *values: Any, **named: Any) -> Any:
        arguments = dict(signature.bind(self, *values, **named).arguments)
        del arguments["self"]
        arguments |= arguments.pop(operation.extra, {}) if operation.extra else {}
        return self._control.call(operation, getattr(self, "id", None), arguments)

    return carry_out


def _own_address(self: RemoteCloud, found: Any) -> Any:
    """Put the address by which this client came in the place of the cloud's own."""
    return replace(found, base_url=self._control.base_url)


def _at_our_address(inner: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(inner)
    def with_address(self: RemoteCloud, **named: Any) -> Any:
        return _own_address(self, inner(self, **named))

    return with_address


def _take_over() -> None:
    """Replace every method that needs the cloud in this process by one that asks for it."""
    kinds: dict[type[Any], type[Any]] = {
        Cloud: RemoteCloud,
        Server: RemoteServer,
        Disk: RemoteDisk,
    }
    for operation in operations():
        function = _remote(operation)
        if operation.name.startswith("credentials"):
            function = _at_our_address(function)
        member = property(function) if operation.reads else function
        setattr(kinds[operation.kind], operation.name, member)


_take_over()
