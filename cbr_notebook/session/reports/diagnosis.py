"""Whether an account works as it should: a read-only look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import httpx
import pandas as pd

from cbr_notebook.api.client import Client
from cbr_notebook.diagnosis.diagnose import Subject
from cbr_notebook.diagnosis.diagnose import diagnose as all_checks
from cbr_notebook.diagnosis.recorder import Recorder, prepare, write_record
from cbr_notebook.diagnosis.rows import as_table
from cbr_notebook.session.context import Context
from cbr_notebook.text import arguments


class Diagnosable(Context, Protocol):
    """A session of which an account can be looked at: one can watch its answers."""

    @property
    def _http(self) -> httpx.Client:
        """The connections."""

    def with_client(self, client: Client) -> Any:
        """Return the same session with another client."""


def diagnose(self: Diagnosable, *, record: str | Path | None = None) -> pd.DataFrame:
    """Return one row a check of the account; nothing is changed.

    Looked at are name resolution, proxy, TLS and clock of each host; the sign-in; each permission
    to read by its action's name (those to change something stay ``unknown``, since only trying
    would show); each list, read whole; and members of answers that are unknown or of another
    type than documented.

    Args:
        record: a new or empty folder, into which the answers are written for a report: IDs,
            names, addresses and tags are replaced, the same by the same; types, nulls and order
            stay.

    Returns:
        ``check``, ``outcome`` (``ok``, ``warning``, ``failed``, ``unknown``), ``seen``, ``to_do``
        (text).

    Raises:
        InvalidRequest: the folder holds something, or cannot be written.

    Example:
        >>> checks = session.diagnose()
        >>> checks[checks["check"] == "sign-in"]["outcome"].tolist()
        ['ok']
    """
    folder = None if record is None else arguments.path(record, "record")
    if folder is not None:
        prepare(folder)
    recorder = Recorder()
    watched = self.with_client(Client(self.client.transport.watched(recorder)))
    who = self.identity
    hosts = {"service": who.endpoint, "IAM": who.iam_endpoint}
    subject = Subject(
        client=watched.client,
        http=self._http,
        hosts={}
        if self.simulated
        else {name: each for name, each in hosts.items() if each.startswith("http")},
        who=who.who,
        now=self.now,
        lists=_lists(watched),
        exchanges=recorder.exchanges,
    )
    rows = list(all_checks(subject))
    if folder is not None:
        write_record(folder, recorder.exchanges, rows)
    return as_table(rows)


def _lists(session: Any) -> dict[str, Callable[[], Any]]:
    return {
        "vaults": session.vaults,
        "backups": session.backups,
        "policies": session.policies,
        "tasks": session.tasks,
        "servers": lambda: session.resources("server"),
        "disks": lambda: session.resources("disk"),
    }
