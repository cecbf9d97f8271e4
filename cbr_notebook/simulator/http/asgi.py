"""The way from a network server (ASGI) to the cloud's application (WSGI).

A request's body is read here, on the server's event loop, so that a client that sends nothing, or
half of it, or reads nothing, holds no thread that another client needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from cbr_notebook.simulator.http.faults import ConnectionCut
from cbr_notebook.simulator.iam.lifetimes import SERVED

Environ = dict[str, Any]
_Scope = dict[str, Any]
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]
_Headers = list[tuple[str, str]]

BODY_TIMEOUT_S = 30.0
"""How long a client may pause while it sends a body."""
WHOLE_BODY_S = 600.0
"""How long all of a body may take."""
READER_S = 75.0
"""How long a client may leave earlier answers unread before the next one is given up."""
LINGER_S = 2.0
"""How long what still comes is thrown away after a refusal, so that the refusal is read."""
_TIMED_OUT = b'{"error_msg":"The request was not complete in time","error_code":"APIGW.0201"}'


class Application(Protocol):
    """What is served: a WSGI application that says how large a body it will look at."""

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""

    def largest_body(self, environ: Environ) -> int:
        """Return the bytes that a request's body may have; 0: its sender is not known."""


class Bridge:
    """An ASGI application in front of a WSGI application."""

    def __init__(self, application: Application, executor: Executor) -> None:
        """Create the bridge.

        Args:
            application: answers the requests.
            executor: its threads carry the application's work out.
        """
        self._application = application
        self._executor = executor

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        environ = _environ(scope)
        body, complete = b"", True
        try:
            if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
                async with asyncio.timeout(WHOLE_BODY_S):
                    body, complete = await self._body(environ, receive)
        except TimeoutError:
            await _send(send, 408, [("Connection", "close")], _TIMED_OUT)
            return
        except ConnectionError:
            return
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            status, headers, content = await self._in_thread(self._answer, environ)
        except ConnectionCut:
            scope["state"]["transport"].abort()
            return
        try:
            async with asyncio.timeout(READER_S):
                if complete:
                    await _send(send, status, headers, content)
                else:
                    await _refuse(send, receive, status, headers, content)
        except TimeoutError:
            scope["state"]["transport"].abort()

    async def _body(self, environ: Environ, receive: _Receive) -> tuple[bytes, bool]:
        """Read the body, if its sender is known and it is not too large; say if that is all."""
        declared = int(environ.get("CONTENT_LENGTH", 0))
        if "HTTP_TRANSFER_ENCODING" not in environ and not declared:
            return b"", True
        largest = await self._in_thread(self._application.largest_body, environ)
        if not largest or declared > largest:
            return b"", False  # the application refuses it by its headers
        parts, length = [], 0
        while True:
            # Not wait_for: in Python 3.11 that forgets the time for the whole body when a part
            # comes at the very moment at which it ends.
            async with asyncio.timeout(BODY_TIMEOUT_S):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            parts.append(message["body"])
            length += len(message["body"])
            if length > largest:
                environ["CONTENT_LENGTH"] = str(length)
                return b"", False
            if not message["more_body"]:
                environ["CONTENT_LENGTH"] = str(length)
                return b"".join(parts), True

    async def _in_thread(self, work: Callable[[Environ], Any], environ: Environ) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, environ)

    def _answer(self, environ: Environ) -> tuple[int, _Headers, bytes]:
        started: list[tuple[int, _Headers]] = []

        def start_response(status: str, headers: _Headers, exc_info: Any = None) -> None:
            started.append((int(status[:3]), list(headers)))

        content = b"".join(self._application(environ, start_response))
        status, headers = started[-1]
        return status, headers, content


def _environ(scope: _Scope) -> Environ:
    host, port = scope["server"] or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        SERVED: True,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1").strip(" \t")  # the parser leaves what stands behind
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    return environ


async def _send(
    send: _Send, status: int, headers: _Headers, content: bytes, *, more: bool = False
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in headers
            ],
        }
    )
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def _refuse(
    send: _Send, receive: _Receive, status: int, headers: _Headers, content: bytes
) -> None:
    """Answer a request whose body was not read to its end."""
    await _send(send, status, [*headers, ("Connection", "close")], content, more=True)
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(LINGER_S):
            await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: _Receive) -> None:
    while (await receive()).get("more_body"):
        pass
