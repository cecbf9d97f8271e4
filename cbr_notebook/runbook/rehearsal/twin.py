"""A twin: a simulated cloud made from what a real account's service tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cbr_notebook import openers
from cbr_notebook.session import Session


def make_twin(
    session: Session,
    restore_seconds: Mapping[str, float] | None = None,
    backup_ids: Iterable[str] = (),
) -> Any:
    """Return a session on a new twin.

    Args:
        session: whose project is read.
        restore_seconds: how long restores of resources are expected to take, by their ID.
        backup_ids: backups whose disks must be known.
    """
    from cbr_notebook.runbook.rehearsal.estate_reader import EstateReader
    from cbr_notebook.simulator import Cloud
    from cbr_notebook.simulator.estates.twin_estate import build

    return openers.entry().on_cloud(
        Cloud(build(EstateReader(session).read(restore_seconds, backup_ids)))
    )
