"""Names that a session read, for completion: few, and asked of nobody.

They are kept as long as the session lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd

from cbr_notebook.session.context import Context

MOST_NAMES = 500
"""Names of a kind that are kept."""

_SCANNED = 2000
"""Rows of a table that are looked at."""

_SOURCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vault": {
        "vaults": ("name",),
        "capacity": ("name",),
        "": ("vault_name",),
    },
    "resource": {
        "resources": ("name",),
        "unprotected": ("name",),
        "recovery_points": ("name",),
        "": ("resource_name",),
    },
    "policy": {"policies": ("name",), "": ("policy_name",)},
    "backup": {"backups": ("name",), "": ("backup_name",)},
}
"""What is a name of what: by table, and in any table."""

_seen: WeakKeyDictionary[Any, dict[str, dict[str, None]]] = WeakKeyDictionary()


def note(session: Context, resource: str, frame: pd.DataFrame) -> None:
    """Keep the names that stand in a table.

    Args:
        session: who read it.
        resource: the name of the table's schema.
        frame: the table.
    """
    kept = _seen.setdefault(session.poller, {})
    for kind, sources in _SOURCES.items():
        for column in (*sources.get(resource, ()), *sources[""]):
            if column in frame.columns:
                names = kept.setdefault(kind, {})
                found = frame[column].head(_SCANNED).dropna().unique()
                names.update((str(each), None) for each in found[: MOST_NAMES - len(names)])


def names(session: Context, kind: str) -> list[str]:
    """Return the names that were read of a kind, sorted; at most 500.

    Args:
        session: who read them.
        kind: ``vault``, ``resource``, ``policy`` or ``backup``.
    """
    return sorted(_seen.get(session.poller, {}).get(kind, ()))
