"""Answers as they came, written without anything that tells whose account it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from cbr_notebook.api.http.permissions import operation_of
from cbr_notebook.diagnosis.anonymize import Anonymizer, is_route
from cbr_notebook.diagnosis.rows import Row
from cbr_notebook.errors import InvalidRequest

_HEADERS = ("Content-Type", "Date", "Retry-After", "Content-Encoding")
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they were."""

    method: str
    path: str
    query: list[tuple[str, str]]
    status: int
    headers: dict[str, str]
    content: bytes

    def document(self) -> Any:
        """Return the answer decoded; ``None`` where it is no JSON."""
        try:
            return json.loads(self.content) if len(self.content) <= _LARGEST else None
        except (ValueError, RecursionError):
            return None


class Recorder:
    """Remembers what was asked and answered; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.exchanges: list[Exchange] = []

    def __call__(self, request: httpx.Request, response: httpx.Response) -> None:
        """Remember one answer."""
        headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        exchange = Exchange(
            request.method,
            request.url.path,
            request.url.params.multi_items(),
            response.status_code,
            headers,
            response.content,
        )
        with self._lock:
            self.exchanges.append(exchange)


def prepare(folder: Path) -> None:
    """Make the folder of a record, or see that it is there and empty.

    Raises:
        InvalidRequest: the folder holds something, or cannot be written.
    """
    trouble = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            trouble = "it is not empty"
    except OSError as problem:
        trouble = problem.strerror or type(problem).__name__
    if trouble:
        raise InvalidRequest(
            f"The folder {folder} cannot take the record: {trouble}.",
            advice="Name a new or an empty folder.",
            field="record",
        )


def write_record(folder: Path, exchanges: Sequence[Exchange], rows: Sequence[Row]) -> list[Path]:
    """Write one file an answer, and one with the outcomes of the checks.

    Args:
        folder: a new or empty folder.
        exchanges: what was asked and answered.
        rows: the checks; only their names and outcomes are written.

    Returns:
        The files.

    Raises:
        InvalidRequest: the folder holds something, or cannot be written.
    """
    prepare(folder)
    anonymizer = Anonymizer()
    files = []
    counts: dict[str, int] = {}
    for exchange in exchanges:
        document = _anonymous(exchange, anonymizer)
        stem = _stem(document["method"], document["path"])
        counts[stem] = counts.get(stem, 0) + 1
        files.append(folder / f"{stem}_{counts[stem]:02d}.json")
        files[-1].write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    checks = [{"check": _check_name(row, anonymizer), "outcome": row.outcome} for row in rows]
    files.append(folder / "checks.json")
    files[-1].write_text(json.dumps(checks, indent=1) + "\n", "utf-8")
    return files


def _anonymous(exchange: Exchange, anonymizer: Anonymizer) -> dict[str, Any]:
    body = exchange.document()
    operation = operation_of(exchange.method, exchange.path)
    path = anonymizer.path(exchange.path)
    if operation and operation.path.startswith("/v3/{project_id}/"):
        path = f"/v3/{{project_id}}/{path.split('/', 3)[3]}"
    document = {
        "service": "cbr",
        "method": exchange.method,
        "path": path,
        "query": urlencode(anonymizer.query(exchange.query)),
        "request": None,
        "status": exchange.status,
        "headers": exchange.headers,
        "body": anonymizer.value(body),
    }
    if body is None and exchange.content.strip() not in (b"", b"null"):
        document["not_json"] = f"{len(exchange.content)} bytes, which are not kept"
    return document


def _stem(method: str, path: str) -> str:
    routes = [part for part in path.split("/") if is_route(part) and part not in ("", "v3")]
    return "_".join([method.lower(), *(part for part in routes if "{" not in part)])


def _check_name(row: Row, anonymizer: Anonymizer) -> str:
    """Return the name of a check without the names of members that may be somebody's own."""
    kind, _, rest = row.check.partition(": ")
    if kind != "members" or not rest:
        return row.check
    return f"{kind}: {'.'.join(anonymizer.key(part) for part in rest.split('.'))}"
