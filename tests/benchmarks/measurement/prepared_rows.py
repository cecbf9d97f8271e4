"""A server of prepared rows, in a process of its own: so that clients are measured, not a cloud."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import msgspec

PAGE = 1000


class _Rows(msgspec.Struct):
    backups: list[msgspec.Raw]


def prepared(rows: int) -> list[bytes]:
    """Return the backups of the large simulated cloud, each as its JSON."""
    from cbr_notebook.simulator.cloud import Cloud
    from tests.simulator.http_client import Client

    ask = Client(Cloud.open("large", backups=rows))
    found: list[bytes] = []
    for offset in range(0, rows, PAGE):
        path = f"/v3/{ask.project_id}/backups?limit={PAGE}&offset={offset}"
        page = msgspec.json.decode(ask.http.get(path).content, type=_Rows)
        found += [bytes(each) for each in page.backups]
    return found


def page_of(rows: list[bytes], environ: dict[str, Any]) -> bytes:
    """Return the page of rows that a request asks for."""
    query = parse_qs(environ["QUERY_STRING"])
    offset, limit = (int(query.get(key, ["0"])[0]) for key in ("offset", "limit"))
    page = b",".join(rows[offset : offset + limit])
    return b'{"backups":[' + page + b'],"count":%d,"offset":0,"limit":0}' % len(rows)


def serve(body_of: Callable[[dict[str, Any]], bytes]) -> None:
    """Answer every request with a body, until the process is killed; print the port.

    Args:
        body_of: gives the JSON that answers a request.
    """
    from cbr_notebook.simulator.server import CloudServer

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = body_of(environ)
        length = str(len(body))
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", length)])
        return [body]

    class Rows:
        """What a server serves."""

        __call__ = staticmethod(answer)
        run_due_events = close = staticmethod(lambda: None)

        @property
        def wsgi(self) -> Any:
            return self

        def largest_body(self, environ: dict[str, Any]) -> int:
            return 0

    server = CloudServer(Rows())
    print(server.port, flush=True)
    server.serve()


@contextmanager
def local_server(module: str, *given: object) -> Iterator[str]:
    """Run a benchmark's own server; yield its address.

    Args:
        module: the benchmark, which serves when its first argument is ``serve``.
        given: its further arguments.
    """
    command = [sys.executable, "-m", module, "serve", *map(str, given)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
