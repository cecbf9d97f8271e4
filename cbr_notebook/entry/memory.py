"""The history that people hold: all that a lake knows, with its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbr_notebook.computed_once import computed_once
from cbr_notebook.extras import needed_for
from cbr_notebook.fleets.lake_answers import Past
from cbr_notebook.histories import memory

if TYPE_CHECKING:
    from cbr_notebook.plots import HistoryPlots


class History(memory.History):
    """What a lake knows; made by ``cbr.history(path)``."""

    _past = Past  # whose answers are computed, too

    @computed_once
    def plots(self) -> HistoryPlots:
        """Pictures: how vaults grew, how much changed on each day."""
        with needed_for("Pictures"):
            from cbr_notebook.plots import HistoryPlots

        return HistoryPlots(self)


def history(path: str | Path, *, storage_options: Mapping[str, Any] | None = None) -> History:
    """Open a lake that ``fleet.sync(path)`` or ``session.sync(path)`` wrote; it is only read.

    Args:
        path: a folder, or an address of fsspec: ``s3://bucket/lake``.
        storage_options: what the address's file system takes, such as keys.

    Returns:
        Its history, as it is now; later syncs show when it is opened anew.

    Raises:
        NotFound: nothing was synced there.
        InvalidRequest: the address cannot be used, or the extra ``[fleet]`` is not installed.

    Example:
        >>> synced = session.sync("lake", tables=["vaults"])
        >>> history = cbr.history("lake")
        >>> len(history.sql("select name from vaults where used_mb > 1000"))
        2
    """
    return History(path, storage_options)
