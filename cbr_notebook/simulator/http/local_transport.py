"""The way from an httpx client to a cloud in the same process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import httpx

from cbr_notebook.simulator.http.faults import ConnectionCut

_Environ = dict[str, Any]


class CloudTransport(httpx.BaseTransport):
    """Hands requests to a WSGI application, and breaks connections where it says so."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]]) -> None:
        def application(environ: _Environ, start_response: Any) -> Iterable[bytes]:
            # httpx hands over decoded text; WSGI wants its UTF-8 bytes as Latin-1.
            environ["PATH_INFO"] = environ["PATH_INFO"].encode("utf-8").decode("latin-1")
            return wsgi(environ, start_response)

        self._inner = httpx.WSGITransport(app=application)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request to the cloud and its answer back."""
        try:
            return self._inner.handle_request(request)
        except ConnectionCut:
            raise httpx.ReadError("The connection broke.", request=request) from None
