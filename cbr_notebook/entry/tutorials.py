"""Open the session of a tutorial notebook."""

from __future__ import annotations

import os
import warnings
from typing import Literal

from cbr_notebook.auth.sources.environment import from_environment
from cbr_notebook.entry.connection import connect
from cbr_notebook.entry.session import Session
from cbr_notebook.entry.simulation import simulate
from cbr_notebook.errors import AuthenticationError


def tutorial(estate: Literal["demo", "documented", "empty"] = "documented") -> Session:
    """Open the session of a tutorial notebook: simulated, unless a real account is asked for.

    With ``CBR_TUTORIAL_ACCOUNT=1`` in the environment the notebook runs on the account that the
    environment names (``HUAWEICLOUD_SDK_AK``, ``OS_USERNAME``, …). Credentials alone do not
    count, so that nobody works on a real account by accident. It says where it is.

    Args:
        estate: what is in the simulated cloud.

    Raises:
        AuthenticationError: a real account is asked for, and the environment names none.

    Example:
        >>> session = cbr.tutorial("documented")
        >>> session.simulated
        True
    """
    if os.environ.get("CBR_TUTORIAL_ACCOUNT", "") not in ("", "0"):
        if not from_environment().complete:
            raise AuthenticationError(
                "CBR_TUTORIAL_ACCOUNT asks for a real account, but the environment names none.",
                advice="Set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or the OS_ names, or take "
                "CBR_TUTORIAL_ACCOUNT away to work on a simulated cloud.",
            )
        session = connect()
        who = session.identity
        warnings.warn(
            f"This tutorial works on a REAL account: {who.who} in {who.region or who.endpoint}, "
            f"project {who.project_id}.",
            UserWarning,
            stacklevel=2,
        )
        return session
    return simulate(estate)
