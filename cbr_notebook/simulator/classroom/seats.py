"""The clouds of a class behind one application: a seat for everyone, told apart by their keys."""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.classroom.api import ControlApp
from cbr_notebook.simulator.classroom.join import Join
from cbr_notebook.simulator.classroom.registry import Registry, SeatKeys
from cbr_notebook.simulator.classroom.seat_progress import ProgressBoard
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core.state import State, StateFileError
from cbr_notebook.simulator.http.asgi import Application, Environ
from cbr_notebook.simulator.iam.iam_operations import is_sign_in

MOST_SEATS = 200
_CONTROL = "/control/"


@dataclass(slots=True)
class Seat:
    """One cloud, and the key that drives it."""

    name: str
    """Its number, from 1."""
    cloud: Cloud
    control_key: str = field(repr=False)
    base_url: str = ""
    certificate: str | None = None

    def about(self) -> dict[str, Any]:
        """Return what the holder of its key needs to enter it, as JSON has it."""
        account = replace(self.cloud.credentials, base_url=self.base_url)
        join = Join(self.base_url, self.control_key, self.certificate)
        return {
            **asdict(account),
            "seat": int(self.name),
            "control_key": self.control_key,
            "join": join.line,
        }


class Classroom:
    """Some clouds on one port: finds the seat that a request belongs to."""

    def __init__(
        self,
        seats: Iterable[Seat],
        instructor_key: str | None = None,
        temporary: tempfile.TemporaryDirectory[str] | None = None,
        board: ProgressBoard | None = None,
    ) -> None:
        """Put the seats together; see :meth:`open` for creating them.

        Args:
            seats: the seats.
            instructor_key: controls all of them.
            temporary: a folder to delete at the end.
            board: knows how far the seats are.
        """
        self._temporary = temporary
        self.seats = tuple(seats)
        self.instructor_key = instructor_key
        self._control = ControlApp(self, board or ProgressBoard())
        self._by_secret: dict[str, Seat] = {}

    @classmethod
    def of_one(cls, cloud: Cloud) -> Classroom:
        """Return the class of a cloud that is served alone."""
        return cls([Seat("1", cloud, secrets.token_urlsafe(18))])

    @classmethod
    def open(
        cls, template: Cloud, registry: Registry, folder: Path | None = None, *, speed: float = 0.0
    ) -> Classroom:
        """Create the seats of a class, or continue those that a folder keeps.

        Args:
            template: what each new seat begins as; it is not changed.
            registry: the keys of the seats.
            folder: where every seat has a state file; one that is deleted at the end if left out.
            speed: simulated seconds in a real second; 0 stands still.

        Raises:
            StateFileError: a state file cannot be used.
            InvalidRequest: there are too many seats.
        """
        if not 1 <= len(registry.seats) <= MOST_SEATS:
            raise InvalidRequest(f"A class has from 1 to {MOST_SEATS} seats.")
        temporary = None if folder is not None else tempfile.TemporaryDirectory(prefix="class-")
        place = Path(temporary.name) if temporary is not None else folder
        assert place is not None
        seats: list[Seat] = []
        try:
            new = _copy_to_new_seats(template, [_file_of(keys, place) for keys in registry.seats])
            for number, keys in enumerate(registry.seats, 1):
                path = _file_of(keys, place)
                if path in new:
                    cloud = Cloud(State(path, sound=True), speed=speed)
                else:
                    cloud = Cloud.open(state=path, speed=speed)
                seats.append(Seat(str(number), cloud, keys.control_key))
                # Not only of a new one: the computer may have gone down before it had its keys.
                if cloud.credentials.access_key != keys.access_key:
                    given = {name: getattr(keys, name) for name in _KEYS}
                    cloud.wsgi.authenticator.give_keys(given)
        except BaseException:
            for seat in seats:
                seat.cloud.close()
            if temporary is not None:
                temporary.cleanup()
            raise
        return cls(seats, registry.instructor_key, temporary, ProgressBoard(folder))

    def publish(self, base_url: str, certificate: str | None = None) -> None:
        """Note under which address, and with which certificate, the class is served."""
        for seat in self.seats:
            seat.base_url, seat.certificate = base_url, certificate

    # -- what a server needs ------------------------------------------------------------------

    @property
    def wsgi(self) -> Application:
        """What answers the requests."""
        return self

    def run_due_events(self) -> None:
        """Carry out what is due by now in all clouds."""
        for seat in self.seats:
            seat.cloud.run_due_events()

    def close(self) -> None:
        """Close all state files."""
        for seat in self.seats:
            seat.cloud.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request in the cloud that it belongs to."""
        if environ["PATH_INFO"].startswith(_CONTROL):
            answer: Iterable[bytes] = self._control.wsgi(environ, start_response)
            return answer
        return self._seat_of(environ).cloud.wsgi(environ, start_response)

    def largest_body(self, environ: Environ) -> int:
        """Return the bytes that a request's body may have; 0: its sender is not known."""
        if environ["PATH_INFO"].startswith(_CONTROL):
            return self._control.largest_body(environ.get("HTTP_X_CONTROL_KEY", ""))
        return self._seat_by_secret(environ).cloud.wsgi.largest_body(environ)

    # -- which seat ---------------------------------------------------------------------------

    def controlled_by(self, key: str) -> tuple[Seat, ...]:
        """Return the seats that a control key controls; none if it is nobody's."""
        if self.instructor_key and _same(key, self.instructor_key):
            return self.seats
        return tuple(seat for seat in self.seats if _same(key, seat.control_key))

    def _seat_of(self, environ: Environ) -> Seat:
        signs_in = environ["REQUEST_METHOD"] == "POST" and is_sign_in(environ["PATH_INFO"])
        if len(self.seats) == 1 or not signs_in:
            return self._seat_by_secret(environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        return self._seat_by_identity(body) or self._seat_by_secret(environ)

    def _seat_by_secret(self, environ: Environ) -> Seat:
        """Return the seat whose cloud knows the token or access key; the first if none does."""
        if len(self.seats) == 1:
            return self.seats[0]
        token = environ.get("HTTP_X_AUTH_TOKEN", "")
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        secret = token or authorization.partition("Access=")[2].partition(",")[0]
        seat = self._by_secret.get(secret)
        if seat is not None and seat.cloud.wsgi.authenticator.knows(secret):
            return seat
        for seat in self.seats if secret else ():
            if seat.cloud.wsgi.authenticator.knows(secret):
                self._by_secret[secret] = seat
                return seat
        return self.seats[0]

    def _seat_by_identity(self, body: bytes) -> Seat | None:
        """Return the seat in which a sign-in succeeds; ``None`` if nobody is who it says."""
        try:
            identity = msgspec.json.decode(body)["auth"]["identity"]
            token = identity["token"]["id"] if identity["methods"] == ["token"] else None
            user = None if token is not None else identity["password"]["user"]
        except (msgspec.DecodeError, RecursionError, LookupError, TypeError):
            return None
        for seat in self.seats:
            if token is not None:
                known = isinstance(token, str) and seat.cloud.wsgi.authenticator.knows(token)
            else:
                known = seat.cloud.wsgi.authenticator.accepts(user)
            if known:
                return seat
        return None


_KEYS = ("domain_name", "user_name", "password", "access_key", "secret_key")


def _same(given: str, key: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), key.encode())


def _file_of(keys: SeatKeys, folder: Path) -> Path:
    return folder / f"{keys.user_name}.state"


def _copy_to_new_seats(template: Cloud, files: list[Path]) -> set[Path]:
    """Copy a cloud to those of some files that are not there yet; return which these were."""
    first: Path | None = None
    new = set()
    for path in files:
        if path.exists():
            continue
        # Under another name until it is whole: the computer may go down at any moment.
        begun = path.with_suffix(".new")
        begun.unlink(missing_ok=True)
        try:
            if first is None:
                template.copy(begun).close()
            else:
                shutil.copyfile(first, begun)
            begun.rename(path)
        except OSError as problem:
            raise StateFileError(f"{path} cannot be written: {problem}.") from None
        first = path
        new.add(path)
    return new
