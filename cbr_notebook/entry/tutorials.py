"""Open the session of a tutorial notebook."""

from __future__ import annotations

from typing import Literal

from cbr_notebook.auth.sources.environment import from_environment
from cbr_notebook.entry.connection import connect
from cbr_notebook.entry.session import Session
from cbr_notebook.entry.simulation import simulate


def tutorial(estate: Literal["demo", "documented", "empty"] = "documented") -> Session:
    """Open the session of a tutorial notebook: simulated, unless the environment says otherwise.

    If the environment names credentials (``HUAWEICLOUD_SDK_AK`` or ``OS_USERNAME``), the
    notebook runs on that account. A profile file alone does not count, so that nobody works
    on a real account by accident.

    Args:
        estate: what is in the simulated cloud.
    """
    if from_environment().complete:
        return connect()
    return simulate(estate)
