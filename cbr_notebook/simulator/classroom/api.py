"""The control API over HTTP: whoever has a seat's key drives its cloud, and no other."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import falcon
import msgspec

from cbr_notebook.errors import CBRError
from cbr_notebook.simulator.classroom import board_page, openapi
from cbr_notebook.simulator.classroom.control_operations import (
    PREFIX,
    Operation,
    handle_of,
    operations,
    to_json,
)
from cbr_notebook.simulator.classroom.seat_progress import Progress, ProgressBoard
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.http.headers import CLOUD_TIME

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request: a file that is written to a disk travels in it."""
BOARD = "/control/board"
_ONLY_ITSELF = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
)
_encode = msgspec.json.Encoder(enc_hook=to_json).encode
_log = logging.getLogger(__name__)
_STATUS = {"NotFound": "404 Not Found", "AuthenticationError": "401 Unauthorized"}
_STATUS |= {"PermissionDenied": "403 Forbidden"}


class Seat(Protocol):
    """One cloud of a class, as the control API needs it."""

    @property
    def name(self) -> str:
        """What it is called: its number."""

    @property
    def cloud(self) -> Cloud:
        """The cloud."""

    def about(self) -> dict[str, Any]:
        """Return what the holder of its key may know of it."""


class Seats(Protocol):
    """Finds seats by key."""

    def controlled_by(self, key: str) -> tuple[Seat, ...]:
        """Return the seats that a key controls; none if it is nobody's."""


class ControlApp:
    """Serves the control API of some seats, as a WSGI application."""

    def __init__(self, seats: Seats, board: ProgressBoard) -> None:
        """Create the application; the seats are looked up at each request."""
        self._seats = seats
        self.board = board
        self.wsgi = falcon.App()
        self.wsgi.add_error_handler(Exception, _refuse)
        self.wsgi.add_error_handler(falcon.HTTPError, _refuse)  # in the place of Falcon's own
        for path in dict.fromkeys(each.path for each in operations()):
            self.wsgi.add_route(path, _Operations(self, path))
        others = _Others(self)
        for path, suffix in _OTHERS.items():
            self.wsgi.add_route(path, others, suffix=suffix)

    def largest_body(self, key: str) -> int:
        """Return the bytes that the holder of a key may send; 0: the key is nobody's."""
        return LARGEST_BODY if self._seats.controlled_by(key) else 0

    def seats(self, request: falcon.Request) -> tuple[Seat, ...]:
        """Return the seats that a request is about.

        Raises:
            falcon.HTTPUnauthorized: the key is nobody's.
            falcon.HTTPForbidden: the key does not control the seat.
        """
        found = self._seats.controlled_by(request.get_header("X-Control-Key") or "")
        if not found:
            raise falcon.HTTPUnauthorized(description="The control key is missing or unknown.")
        wanted = request.get_param("seat")
        if wanted in (None, "all"):
            return found
        chosen = tuple(seat for seat in found if seat.name == wanted)
        if not chosen:
            raise falcon.HTTPForbidden(description=f"The key does not control seat {wanted}.")
        return chosen

    def seat(self, request: falcon.Request) -> Seat:
        """Return the one seat that a request is about; see :meth:`seats`.

        Raises:
            falcon.HTTPBadRequest: it is about several.
        """
        seats = self.seats(request)
        if len(seats) > 1:
            raise falcon.HTTPBadRequest(description="Name a seat: ?seat=1.")
        return seats[0]

    def each(
        self, request: falcon.Request, response: falcon.Response, do: Callable[[Cloud], Any]
    ) -> None:
        """Do something in each of a request's clouds and answer with what it gave.

        The answer for all seats is an object by the seat's number, also if there is only one.
        """
        seats = self.seats(request)
        if request.get_param("seat") == "all":
            _write(response, {seat.name: do(seat.cloud) for seat in seats})
            return
        if len(seats) > 1:
            raise falcon.HTTPBadRequest(description="Name a seat: ?seat=1, or ?seat=all.")
        _write(response, do(seats[0].cloud))
        response.set_header(CLOUD_TIME, seats[0].cloud.wsgi.time_header())


class _Operations:
    """The operation at one path."""

    def __init__(self, app: ControlApp, path: str) -> None:
        self._app = app
        for operation in operations():
            if operation.path == path:
                setattr(self, f"on_{operation.method.lower()}", self._serve(operation))

    def _serve(self, operation: Operation) -> Callable[..., None]:
        def serve(
            request: falcon.Request,
            response: falcon.Response,
            id: str | None = None,  # noqa: A002
        ) -> None:
            self._app.seats(request)  # before the body is read
            arguments = {} if operation.reads else _arguments(request)
            self._app.each(
                request,
                response,
                lambda cloud: operation.carry_out(
                    cloud, handle_of(cloud, operation.kind, id), arguments
                ),
            )

        return serve


class _Others:
    """What is no method of a handle, with its suffix in :data:`_OTHERS`."""

    def __init__(self, app: ControlApp) -> None:
        self._app = app

    def on_get_options(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with all quotas and switches."""
        self._app.each(request, response, lambda cloud: cloud.options.all())

    def on_put_options(self, request: falcon.Request, response: falcon.Response) -> None:
        """Set some of them."""
        self._app.seats(request)
        values = _arguments(request)

        def change(cloud: Cloud) -> dict[str, int]:
            cloud.options.set(values)
            return cloud.options.all()

        self._app.each(request, response, change)

    def on_get_scenarios(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with all scenarios, and whether they are running."""
        self._app.each(
            request, response, lambda cloud: json.loads(cloud.scenarios().to_json(orient="records"))
        )

    def on_get_snapshot(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with a state file: a copy of everything."""
        seat = self._app.seat(request)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.state")
            seat.cloud.snapshot(path)
            response.data = path.read_bytes()
        response.content_type = "application/vnd.sqlite3"

    def on_get_seats(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with how to sign in to each of the seats that a key controls."""
        _write(response, [seat.about() for seat in self._app.seats(request)])

    def on_get_progress(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with what each seat told last of how far it is with a workshop."""
        told = [
            {
                "seat": seat.name,
                "user_name": seat.cloud.credentials.user_name,
                "told": self._app.board.of(seat.name),
            }
            for seat in self._app.seats(request)
        ]
        _write(response, told)

    def on_put_progress(self, request: falcon.Request, response: falcon.Response) -> None:
        """Note how far a seat is."""
        seat = self._app.seat(request)
        try:
            progress = msgspec.json.decode(request.bounded_stream.read(), type=Progress)
        except (msgspec.DecodeError, RecursionError) as problem:
            raise falcon.HTTPBadRequest(description=f"This is no progress: {problem}.") from None
        self._app.board.tell(seat.name, progress)
        response.status = 204

    def on_get_openapi(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with the OpenAPI document; it holds no secret."""
        _write(response, openapi.document())

    def on_get_board(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with the instructor's page, which asks for the key."""
        response.content_type = "text/html; charset=utf-8"
        response.set_header("Content-Security-Policy", _ONLY_ITSELF)
        response.data = board_page.PAGE.encode()


_OTHERS = {
    f"{PREFIX}/cloud/options": "options",
    f"{PREFIX}/cloud/scenarios": "scenarios",
    f"{PREFIX}/cloud/snapshot": "snapshot",
    f"{PREFIX}/seats": "seats",
    f"{PREFIX}/progress": "progress",
    f"{PREFIX}/openapi.json": "openapi",
    BOARD: "board",
}


def _write(response: falcon.Response, document: Any) -> None:
    response.content_type = "application/json"
    response.data = _encode(document)


def _arguments(request: falcon.Request) -> dict[str, Any]:
    raw = request.bounded_stream.read()
    try:
        return msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.DecodeError, RecursionError):
        raise falcon.HTTPBadRequest(description="The body is no JSON object.") from None


def _refuse(
    request: falcon.Request, response: falcon.Response, problem: Exception, params: object
) -> None:
    """Answer with what went wrong, so that the handle can raise it on the other side."""
    told: dict[str, str | None]
    if isinstance(problem, falcon.HTTPError):
        name = {401: "AuthenticationError", 403: "PermissionDenied", 404: "NotFound"}.get(
            problem.status_code, "InvalidRequest"
        )
        response.status = problem.status
        told = {"error": name, "message": problem.description or problem.title}
    elif isinstance(problem, CBRError):
        name = type(problem).__name__
        response.status = _STATUS.get(name, "400 Bad Request")
        told = {
            "error": name,
            "message": problem.message,
            "advice": problem.advice,
            "code": problem.code,
        }
    elif isinstance(problem, KeyError | TypeError | ValueError | OverflowError):
        name = "ValueError" if isinstance(problem, OverflowError) else type(problem).__name__
        response.status = "400 Bad Request"
        told = {"error": name, "message": str(problem.args[0]) if problem.args else name}
    else:
        _log.error("%s %s failed", request.method, request.path, exc_info=problem)
        name, response.status = "ServiceError", "500 Internal Server Error"
        told = {
            "error": name,
            "message": "The computer that serves the class could not do it; its terminal says why.",
        }
    _write(response, told)
