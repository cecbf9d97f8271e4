"""Huawei Cloud Backup and Recovery in a notebook: explore, act, restore with care.

``cbr.connect()`` opens a session on a real service, ``cbr.simulate()`` on a cloud of your own
that needs no network and no account; ``session.vaults()`` and its kin answer with DataFrames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cbr_notebook import errors, openers
from cbr_notebook._version import __version__ as __version__
from cbr_notebook.errors import CBRError
from cbr_notebook.options import options as options
from cbr_notebook.showing import hooks

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook import forms as forms
    from cbr_notebook.entry import Session, connect, simulate, tutorial
    from cbr_notebook.entry.memory import history
    from cbr_notebook.exporting import export, to_text
    from cbr_notebook.fleets import fleet
    from cbr_notebook.runbook.journal.report import verify_report
    from cbr_notebook.runbook.run.approval import approve_plan
    from cbr_notebook.runbook.verify.contract_file import recovery_contract
    from cbr_notebook.sealing.keys import public_key
    from cbr_notebook.tasks.task import Task
    from cbr_notebook.workshops import workshop

__all__ = [
    "CBRError",
    "Session",
    "Task",
    "approve_plan",
    "connect",
    "error_codes",
    "errors",
    "export",
    "fleet",
    "history",
    "options",
    "profiles",
    "public_key",
    "recovery_contract",
    "schema",
    "simulate",
    "to_text",
    "tutorial",
    "verify_report",
    "workshop",
]

_LATER = {
    "Session": "entry",
    "Task": "tasks.task",
    "approve_plan": "runbook.run.approval",
    "connect": "entry",
    "export": "exporting",
    "fleet": "fleets",
    "history": "entry.memory",
    "public_key": "sealing.keys",
    "recovery_contract": "runbook.verify.contract_file",
    "simulate": "entry",
    "to_text": "exporting",
    "tutorial": "entry",
    "verify_report": "runbook.journal.report",
    "workshop": "workshops",
}
"""What is loaded when it is first asked for, and the module that it is in."""


hooks.complete_by(lambda *asked: import_module("cbr_notebook.cli.completion").match(*asked))
hooks.install()
openers.register(lambda: import_module("cbr_notebook.entry"))


def __getattr__(name: str) -> Any:
    """Load what costs time when it is first asked for."""
    if name in _LATER:
        from cbr_notebook.extras import needed_for

        with needed_for(f"cbr.{name}", "fleet" if name == "history" else None):
            module = import_module(f"cbr_notebook.{_LATER[name]}")
        return getattr(module, name)
    if name == "forms":  # cbr.forms.sign_in() needs no session
        from cbr_notebook.extras import FORMS, ensure

        ensure("Forms", *FORMS)
        return import_module("cbr_notebook.forms")
    raise AttributeError(f"module 'cbr_notebook' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "forms"])


def load_ipython_extension(ipython: Any) -> None:
    """Make ``%cbr`` known to IPython: ``%load_ext cbr_notebook``."""
    import_module("cbr_notebook.cli.magics").load_ipython_extension(ipython)


def error_codes() -> pd.DataFrame:
    """Return the documented error codes of the service.

    Returns:
        One row a code: ``code``, ``message``, ``kind`` (the exception), ``advice`` (text),
        ``http_status`` (int64).

    API: Appendix, "Error Codes".

    Example:
        >>> codes = cbr.error_codes().set_index("code")
        >>> codes.loc["BackupService.6113", "kind"]
        'Conflict'
    """
    import pandas as pd

    from cbr_notebook import catalogue
    from cbr_notebook.text.dtypes import TEXT

    entries = catalogue.entries()
    return pd.DataFrame(
        {
            "code": pd.Series([entry.code for entry in entries], dtype=TEXT),
            "http_status": [entry.http_status for entry in entries],
            "message": pd.Series([entry.message for entry in entries], dtype=TEXT),
            "kind": pd.Series([entry.kind for entry in entries], dtype=TEXT),
            "advice": pd.Series([entry.advice for entry in entries], dtype=TEXT),
        }
    )


def profiles() -> pd.DataFrame:
    """List what ``connect`` could sign in with, and where it was found; never a secret.

    Returns:
        One row a profile, and one without a name for the environment: ``name``, ``place``,
        ``way`` (access key, user name and password, or token), ``region`` (text),
        ``complete`` (bool: whether it is enough to sign in).

    Raises:
        InvalidRequest: a profile file or ``clouds.yaml`` cannot be read.

    Example:
        >>> cbr.profiles().columns.tolist()
        ['name', 'place', 'way', 'region', 'complete']
    """
    import pandas as pd

    from cbr_notebook.auth.sources import identity_lookup
    from cbr_notebook.text.dtypes import TEXT

    found = identity_lookup.profiles()
    texts = {
        name: pd.Series([getattr(each, name) for each in found], dtype=TEXT)
        for name in ("name", "place", "way", "region")
    }
    complete = pd.Series([each.complete for each in found], dtype="bool")
    return pd.DataFrame({**texts, "complete": complete})


def schema(name: str) -> pd.DataFrame:
    """Return the columns of a table: name, dtype, unit, source and meaning.

    Args:
        name: of a helper: ``vaults``, ``backups``, ``tasks``, ``policies``, ``resources``.

    Raises:
        InvalidRequest: there is no such table; the message lists them.

    Example:
        >>> cbr.schema("vaults").columns.tolist()
        ['column', 'dtype', 'unit', 'source', 'description']
    """
    from cbr_notebook.frames import SCHEMAS

    if name not in SCHEMAS:
        raise errors.InvalidRequest(
            f"There is no table {name!r}.", advice=f"There are: {', '.join(sorted(SCHEMAS))}."
        )
    return SCHEMAS[name].describe()
