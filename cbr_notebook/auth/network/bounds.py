"""Bounds for whatever a server answers: one total time, and a size after unpacking.

httpx bounds each single read, so an answer that drips never ends, and it unpacks whatever comes,
so that a few kilobytes can become gigabytes. Both happen below the client, so that requests to IAM
and to the service are bounded alike.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from cbr_notebook.auth.network.name_lookup import NameLookupTooSlow, addresses_of

LARGEST_ANSWER = 32 * 2**20
"""Bytes of an answer at most, unpacked; the largest honest page has a tenth of it."""
_READ_AT_ONCE = 1 << 18
"""Bytes; a page of a long list has a million of them, and each step of reading it costs time."""
_PIECE = 2**16
_FIRST_BYTES = 64
_MOST_LAYERS = 3
_NO_TIME_LEFT = 0.001
_CONNECTING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Errors that say by themselves that nothing was sent."""
_PACKED = {"gzip": 47, "x-gzip": 47, "deflate": 47}
"""What is unpacked, by its window for zlib (with a header of gzip or zlib)."""


class AnswerTooSlow(httpx.ReadTimeout):
    """An answer had begun, and was not complete in time."""


class AnswerTooLarge(httpx.ReadError):
    """An answer unpacks to more than any honest one."""


class AnswerNotUnpacked(httpx.ReadError):
    """An answer is packed in a broken or an unknown way."""


class RequestNeverLeft(httpx.ConnectError):
    """A connection broke before the request was written, such as in a proxy or in TLS."""


class _Leaving:
    """Watches whether a request is written; what a proxy is asked first does not count."""

    def __init__(self) -> None:
        self._seen = self._begun = False

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Handle an event of the connection."""
        self._seen = True
        if event.endswith(".send_request_headers.started"):
            self._begun = self._begun or info["request"].method != b"CONNECT"

    @property
    def never_left(self) -> bool:
        """Whether it is certain that nothing of the request was written."""
        return self._seen and not self._begun


def bound_client(client: httpx.Client, *, largest: int | None = None) -> httpx.Client:
    """Bound all answers that a client gets from the network, through proxies as well.

    Args:
        client: its transports are wrapped; those that do not use the network are left alone.
        largest: bytes of an answer at most; ``LARGEST_ANSWER`` if left out.

    Returns:
        The client itself.
    """
    client._transport = _bounded(client._transport, largest)
    client._mounts = {
        pattern: transport and _bounded(transport, largest)
        for pattern, transport in client._mounts.items()
    }
    # No cookie is kept: the service knows a request by its token or signature alone.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    client.headers["Accept-Encoding"] = "gzip, deflate"  # no more than is unpacked here
    return client


def _bounded(transport: httpx.BaseTransport, largest: int | None) -> httpx.BaseTransport:
    if type(transport) is not httpx.HTTPTransport:
        return transport
    return BoundedTransport(transport, largest)


class BoundedTransport(httpx.BaseTransport):
    """A transport whose answers come in time and in size, or are an error of httpx."""

    def __init__(self, inner: httpx.HTTPTransport, largest: int | None = None) -> None:
        """Wrap the transport that sends; its connections read against the clock from now on."""
        self._inner = inner
        self._largest = largest
        # httpx offers no way to name the backend of its pool: this is where it keeps it.
        pool: Any = inner._pool
        if not isinstance(pool._network_backend, _Backend):
            pool._network_backend = _Backend(pool._network_backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is bounded while it is read."""
        timeouts = request.extensions.get("timeout", {})
        _request.begin(timeouts.get("read"))
        response = self._send(request)
        packed = [
            each.strip().lower()
            for each in response.headers.get("Content-Encoding", "").split(",")
            if each.strip().lower() not in ("", "identity")
        ]
        headers = [
            (name, value)
            for name, value in response.headers.raw
            if not packed or name.lower() not in (b"content-encoding", b"content-length")
        ]
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=_BoundedStream(response, packed, _request.deadline, self._largest),
            extensions=response.extensions,
        )

    def _send(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and tell apart whether it has left this computer."""
        leaving = _Leaving()
        request.extensions = {**request.extensions, "trace": leaving}
        try:
            return self._inner.handle_request(request)
        except httpx.TransportError as problem:
            if leaving.never_left and not isinstance(problem, _CONNECTING):
                raise RequestNeverLeft(f"{type(problem).__name__}: {problem}") from problem
            raise
        except KeyboardInterrupt:
            # The frames below hold the bytes that were being sent, and a verbose traceback
            # shows them.
            raise KeyboardInterrupt from None

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class _BoundedStream(httpx.SyncByteStream):
    def __init__(
        self,
        response: httpx.Response,
        packed: list[str],
        deadline: float | None,
        largest: int | None,
    ) -> None:
        self._largest = LARGEST_ANSWER if largest is None else largest
        self._response = response
        self._packed = packed
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._response.stream, httpx.SyncByteStream)
        pieces: Iterable[bytes] = self._response.stream
        if len(self._packed) > _MOST_LAYERS or not _PACKED.keys() >= set(self._packed):
            raise AnswerNotUnpacked(f"The answer is packed as {', '.join(self._packed)}.")
        for _ in self._packed:
            pieces = _unpacked(pieces)
        # In one piece: many small ones leave holes in the memory of the thread that asks.
        came: list[bytes] = []
        size = 0
        for piece in pieces:
            came.append(piece)
            size += len(piece)
            if size > self._largest:
                raise AnswerTooLarge(f"The answer has more than {self._largest >> 20} MB.")
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise AnswerTooSlow("The answer was not complete in time.")
        yield b"".join(came)

    def close(self) -> None:
        self._response.close()


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Return what is packed in pieces, in pieces of a bounded size."""
    unpacker, begun, window = zlib.decompressobj(47), False, 47
    for piece in pieces:
        left = piece
        while left:
            try:
                unpacked = unpacker.decompress(left, _PIECE)
            except zlib.error:
                if begun or window == -15:
                    raise AnswerNotUnpacked("The answer is packed in a broken way.") from None
                unpacker, window = zlib.decompressobj(-15), -15  # deflate without its header
                continue
            begun = begun or bool(unpacked)
            left = unpacker.unconsumed_tail
            if unpacked:
                yield unpacked
            if unpacker.eof:
                left = unpacker.unused_data
                unpacker = zlib.decompressobj(47)
                if left and not left.startswith(b"\x1f\x8b"):
                    return  # what comes behind the end is none of it
    if not unpacker.eof and begun:
        rest = unpacker.flush(_PIECE)
        if rest:
            yield rest


class _Request(threading.local):
    """The request that a thread is waiting for."""

    deadline: float | None = None
    began_with = b""

    def begin(self, seconds: float | None) -> None:
        """Begin a request that may take so many seconds in all."""
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.began_with = b""

    def left(self, timeout: float | None) -> float | None:
        """Return how long one step may take."""
        if self.deadline is None:
            return timeout
        left = max(_NO_TIME_LEFT, self.deadline - time.monotonic())
        return left if timeout is None else min(timeout, left)


_request = _Request()


def forget_last_answer() -> None:
    """Forget what came for this thread's last request; a client without bounds would not."""
    _request.began_with = b""


def answer_began_with() -> bytes:
    """Return the first bytes that came after this thread's last request; none if nothing came."""
    return _request.began_with


class _Stream(httpcore.NetworkStream):
    """A connection that ends with its request's time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes next."""
        came = self._inner.read(max(max_bytes, _READ_AT_ONCE), _request.left(timeout))
        _request.began_with = _request.began_with or came[:_FIRST_BYTES]
        if _request.deadline is not None and time.monotonic() > _request.deadline:
            raise httpcore.ReadTimeout("The answer was not complete in time.")
        return came

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send something."""
        self._inner.write(buffer, _request.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Secure the connection."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _request.left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Return a fact of the connection."""
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opener of connections that end with their request's time."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host and port; the look-up of its name counts as well."""
        try:
            addresses = addresses_of(host, port, _request.left(timeout)) or [host]
        except NameLookupTooSlow as problem:
            raise httpcore.ConnectTimeout(str(problem)) from problem
        except (OSError, UnicodeError) as problem:
            raise httpcore.ConnectError(str(problem)) from problem

        def connected(address: str) -> httpcore.NetworkStream:
            left = _request.left(timeout)
            return _Stream(
                self._inner.connect_tcp(address, port, left, local_address, socket_options)
            )

        for address in addresses[:-1]:
            try:
                return connected(address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the next one may be reached
        return connected(addresses[-1])

    def connect_unix_socket(self, *arguments: Any, **more: Any) -> httpcore.NetworkStream:
        """Connect to a socket of this computer."""
        return _Stream(self._inner.connect_unix_socket(*arguments, **more))

    def sleep(self, seconds: float) -> None:
        """Wait some seconds, as httpcore asks for."""
        self._inner.sleep(seconds)
