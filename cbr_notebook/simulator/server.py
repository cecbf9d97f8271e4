"""A cloud behind a TCP port, for any client that reaches it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

import uvicorn

from cbr_notebook.simulator.http.asgi import Application, Bridge
from cbr_notebook.simulator.http.client_connection import Connection

_SETTLE_EVERY_S = 1.0
_IDLE_S = 75
"""How long a connection on which nothing is asked is kept."""
_STOPPING_S = 2
"""How long those who are being answered may take to read it when the server stops."""
_THREADS = 64
_BACKLOG = 512
_FILES = 4096
"""Connections and files that may be open at once, if the system lets us choose."""


class Served(Protocol):
    """What a server serves: one cloud, or the clouds of a class."""

    @property
    def wsgi(self) -> Application:
        """What answers the requests."""

    def run_due_events(self) -> None:
        """Carry out what is due by now."""

    def close(self) -> None:
        """Close what it keeps open."""


class CloudServer:
    """Serves a cloud over HTTP, until it is stopped.

    One event loop holds all connections; the cloud's work is done on a pool of threads.
    """

    def __init__(
        self,
        served: Served,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        application: Application | None = None,
    ) -> None:
        """Bind the port; see :meth:`serve`.

        Args:
            served: the cloud to serve.
            host: the address to listen on.
            port: the port; 0 lets the system choose.
            tls: has the certificate to show; plain HTTP if left out.
            application: answers in the place of the cloud, or before it.

        Raises:
            OSError: the address or port cannot be used.
        """
        self._served = served
        self._scheme = "http" if tls is None else "https"
        self._socket = _listen(host, port)
        self.host, self.port = self._socket.getsockname()[:2]
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="cloud")
        config = uvicorn.Config(
            Bridge(application or served.wsgi, self._executor),
            http=Connection,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_STOPPING_S,
            ssl_context_factory=None if tls is None else lambda _config, _make: tls,
        )
        self._server = uvicorn.Server(config)
        self._stop = threading.Event()
        self.stopped = threading.Event()
        """Set once port and state are closed."""

    @property
    def base_url(self) -> str:
        """Where clients find the cloud."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._scheme}://{host}:{self.port}"

    def serve(self) -> None:
        """Answer requests until :meth:`stop` is called; then close port and state."""
        _allow_many_files()
        ticking = threading.Thread(target=self._tick, name="cloud clock", daemon=True)
        ticking.start()
        try:
            asyncio.run(self._server.serve([self._socket]))
        finally:
            self._stop.set()
            ticking.join()
            self._socket.close()
            self._executor.shutdown(cancel_futures=True)
            self._served.close()
            self.stopped.set()

    def stop(self) -> None:
        """Stop answering; may be called from any thread, and from a signal's handler."""
        self._stop.set()
        self._server.should_exit = True

    def _tick(self) -> None:
        """Carry out what is due also while no request comes."""
        while not self._stop.wait(_SETTLE_EVERY_S):
            self._served.run_due_events()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that clients can connect to already; on ``::`` those with IPv4, too."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)


def _allow_many_files() -> None:
    """Raise this process's own limit of open files: on macOS it is 256, less than a class needs."""
    if sys.platform == "win32":
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(ValueError, OSError):  # the system knows a lower one
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
