"""A session that answers from a lake what a project was like when it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
import pandas as pd

from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import QueryValue, Transport
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.errors import NotFound
from cbr_notebook.session.context import Identity
from cbr_notebook.tasks.poller import TaskPoller

T = TypeVar("T")
_PROJECT = "/v3/{project_id}/"
_PAGING = ("limit", "offset", "show_replication")
_OF_BACKUP = (
    "id", "name", "status", "image_type", "checkpoint_id", "parent_id", "vault_id", "resource_id",
    "resource_name", "resource_type", "created_at", "expired_at", "incremental",
)  # fmt: skip
"""What a table of backups keeps as the service tells it."""


class LakeSession:
    """What reports need of a session, from a lake; it asks nobody and changes nothing."""

    simulated: bool

    def __init__(
        self,
        place: tuple[str, str, str],
        records: pd.DataFrame,
        backups: pd.DataFrame,
        at: datetime,
    ) -> None:
        """Put it together.

        Args:
            place: profile, region and project.
            records: the table ``records`` of the project.
            backups: its table ``backups``.
            at: when they were read: its present moment.
        """
        documents: dict[str, list[Any]] = {}
        for kind, text in zip(records["kind"], records["document"], strict=True):
            documents.setdefault(kind, []).append(msgspec.json.decode(text))
        (about,) = documents.pop("session")
        profile, region, _ = place
        self.simulated = bool(about["simulated"])
        self.identity = Identity(profile, "nothing", region, about["project_id"], "", "a lake")
        self.client = Client(_Kept(about["project_id"], documents, backups))
        self.now = at
        self.poller = TaskPoller(lambda: at)
        self.good_backups = _good(backups, self.identity)


class _Kept(Transport):
    """Answers the lists that were kept; refuses everything else."""

    def __init__(
        self, project_id: str, documents: Mapping[str, list[Any]], backups: pd.DataFrame
    ) -> None:
        self.project_id = project_id
        self.requests = 0
        self._documents = documents
        self._backups = backups

    def get(self, path: str, answer: type[T], query: Mapping[str, QueryValue] | None = None) -> T:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        name, rows = self._rows(path.removeprefix(_PROJECT), asked)
        begin = int(cast("int", asked.get("offset", 0)))
        page = rows[begin : begin + int(cast("int", asked.get("limit", len(rows) or 1)))]
        return msgspec.convert({name: page, "count": len(rows)}, answer)

    def get_bytes(self, path: str, query: Mapping[str, QueryValue] | None = None) -> NoReturn:
        raise _not_kept(path)

    def send(self, method: str, path: str, *_: Any, **__: Any) -> NoReturn:
        raise _not_kept(path)

    def _rows(self, path: str, asked: Mapping[str, QueryValue]) -> tuple[str, Sequence[Any]]:
        """Return the name of a list in an answer, and its rows that fit.

        Raises:
            NotFound: the list, or a filter, is none that can be answered from a lake.
        """
        further = {name: value for name, value in asked.items() if name not in _PAGING}
        part, _, kind = path.partition("/")
        if part == "backups" and not kind:
            return part, _documents(self._backups, further)
        if part == "policies" and not kind and set(further) <= {"operation_type"}:
            rows = self._documents.get("policy", [])
            wanted = further.get("operation_type")
            return part, [each for each in rows if wanted in (None, each.get("operation_type"))]
        if part == "vaults" and not kind and not further:
            return part, self._documents.get("vault", [])
        if part == "protectables" and kind.endswith("/instances") and not further:
            return "instances", self._documents.get(kind.removesuffix("/instances"), [])
        raise _not_kept(path)


def _documents(backups: pd.DataFrame, wanted: Mapping[str, QueryValue]) -> list[dict[str, Any]]:
    """Return backups as the service tells them; what a table does not keep is not there."""
    fitting = backups
    for name, value in wanted.items():
        if name not in fitting.columns:
            raise _not_kept(f"backups?{name}")
        fitting = fitting[fitting[name] == value]
    columns = {
        name: [None if pd.isna(cell) else _api_value(cell) for cell in fitting[name]]
        for name in (*_OF_BACKUP, "encrypted")
    }
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    for row in rows:
        row["extend_info"] = {"encrypted": row.pop("encrypted")}
    return rows


def _good(backups: pd.DataFrame, identity: Identity) -> pd.DataFrame:
    """Return the good backups, as ``session.backups(status="available")`` gives them."""
    found = backups[backups["status"] == BACKUP_AVAILABLE]
    found = found.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)
    found.attrs = {
        "resource": "backups", "filters": {"status": BACKUP_AVAILABLE},
        "region": identity.region, "project_id": identity.project_id,
    }  # fmt: skip
    return found


def _api_value(cell: Any) -> Any:
    """Return a value as the service writes it."""
    if isinstance(cell, pd.Timestamp):
        return cell.tz_convert("UTC").tz_localize(None).isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def _not_kept(path: str) -> NotFound:
    return NotFound(
        f"A lake does not keep {urlsplit(path).path}.",
        advice="Ask the session of the project, about the present.",
    )
