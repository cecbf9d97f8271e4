"""``cbr-notebook doctor``: a read-only look at an account, also where signing in fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.network.http_client import open_client
from cbr_notebook.auth.sign_in import place_of
from cbr_notebook.auth.sources import identity_lookup
from cbr_notebook.diagnosis.diagnose import check_hosts
from cbr_notebook.diagnosis.recorder import prepare, write_record
from cbr_notebook.diagnosis.rows import Row, as_table, from_error
from cbr_notebook.entry.connection import connect
from cbr_notebook.errors import CBRError
from cbr_notebook.text import arguments

_TIMEOUT_S = 20.0


def examine(profile: str | None = None, record: str | Path | None = None) -> pd.DataFrame:
    """Return one row a check of an account, as ``session.diagnose()`` does.

    Where signing in fails, the rows say how far one came.

    Args:
        profile: the name of a profile; without one, as ``cbr.connect()`` finds it.
        record: a new or empty folder for the answers, without anything that tells whose they
            are.

    Returns:
        ``check``, ``outcome``, ``seen``, ``to_do`` (text).

    Raises:
        InvalidRequest: the folder holds something, or cannot be written.
    """
    folder = None if record is None else arguments.path(record, "record")
    if folder is not None:
        prepare(folder)
    try:
        session = connect(profile)
    except CBRError as problem:
        rows = [*_way_to(profile), from_error("sign-in", problem)]
        if folder is not None:
            write_record(folder, [], rows)
        return as_table(rows)
    with session:
        return session.diagnose(record=record)


def _way_to(profile: str | None) -> list[Row]:
    """Return the rows of what can be looked at without a sign-in."""
    try:
        who = identity_lookup.find(Credentials(), profile)
        who.validate()
        place = place_of(who)
        hosts = {"service": place.service or place.derived, "IAM": place.iam}
        known = {name: address for name, address in hosts.items() if address}
        with open_client(who.verify, _TIMEOUT_S, *known.values()) as http:
            found = Row("credentials", "ok", f"{who.way}, from {who.source}")
            return [found, *check_hosts(http, known, datetime.now(UTC))]
    except CBRError as problem:
        return [from_error("credentials", problem)]
