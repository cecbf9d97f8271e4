"""A cloud behind a TCP port, for any client on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from cheroot import wsgi

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.http.faults import ConnectionCut

_SETTLE_EVERY = 1.0


class CloudServer:
    """Serves a cloud over HTTP on a thread pool, until it is stopped."""

    def __init__(self, cloud: Cloud, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the port; see :meth:`serve`.

        Args:
            cloud: the cloud to serve.
            host: the address to listen on.
            port: the port; 0 lets the system choose.

        Raises:
            OSError: the address or port cannot be used.
        """
        self._cloud = cloud
        self._server = wsgi.Server(
            (host, port), _cutting(cloud.wsgi), numthreads=8, server_name="api-gateway"
        )
        self._server.nodelay = True
        self._stop = threading.Event()
        self._server.prepare()
        self.host, self.port = self._server.bind_addr[:2]

    @property
    def base_url(self) -> str:
        """Where clients find the cloud."""
        return f"http://{self.host}:{self.port}"

    def serve(self) -> None:
        """Answer requests until :meth:`stop` is called; then close port and state."""
        ticking = threading.Thread(target=self._tick, name="cloud clock", daemon=True)
        ticking.start()
        try:
            self._server.serve()
        finally:
            self._stop.set()
            ticking.join()
            self._cloud.close()

    def stop(self) -> None:
        """Stop answering, from another thread than the one that serves."""
        self._stop.set()
        self._server.stop()

    def _tick(self) -> None:
        """Let what is due happen also while no request comes."""
        while not self._stop.wait(_SETTLE_EVERY):
            self._cloud.run_due_events()


def _cutting(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Create a broken connection out of the exception that asks for one."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except ConnectionCut:
            connection = environ.get("cheroot.connection")
            if connection is not None:
                with contextlib.suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)
            raise

    return wrapped
