"""Open a session on a simulated cloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.sign_in import Place
from cbr_notebook.entry.open_session import open_session
from cbr_notebook.entry.session import Session

if TYPE_CHECKING:
    from cbr_notebook.simulator import Cloud
    from cbr_notebook.simulator.control.credentials import CloudCredentials


def simulate(
    estate: Literal["demo", "documented", "empty", "large"] | str | Path = "demo",
    *,
    seed: int = 7,
    state: str | Path | None = None,
    start: str = "2020-08-17T03:51:24Z",
    template: str | Path | None = None,
) -> Session:
    """Open a session on a cloud of its own, in this process: no network, no account.

    Args:
        estate: what is in the cloud: ``demo`` (a small company), ``documented`` (the
            reference's cases), ``empty``, ``large`` (for measuring); or a YAML file that
            describes it (``estate.yaml``, see docs/simulator.md).
        seed: another seed gives other IDs.
        state: a file to keep the cloud in, and to continue it from.
        start: the cloud's first moment (ISO 8601, UTC).
        template: a snapshot of another cloud (``session.cloud.snapshot(path)``) to begin
            with, instead of an estate; it is read, never changed.

    Returns:
        A session; its ``cloud`` is the handle of the cloud.

    Raises:
        StateFileError: the file cannot be used.
        InvalidRequest: there is no such estate, its file has mistakes (each with its line), or
            the start is not a time.

    Example:
        >>> session = cbr.simulate("empty", seed=8)
        >>> len(session.vaults())
        0
    """
    from cbr_notebook.simulator import Cloud

    cloud = Cloud.open(estate, seed, state, start, template=template)
    try:
        return on_cloud(cloud)
    except BaseException:
        cloud.close()
        raise


def as_user(account: CloudCredentials, source: str) -> Credentials:
    """Return the credentials by which a session signs in as a user of a simulated cloud."""
    return Credentials(
        access_key=account.access_key,
        secret_key=Secret(account.secret_key),
        user_name=account.user_name,
        project_id=account.project_id,
        region=account.region,
        source=source,
    )


def on_cloud(cloud: Cloud, *, user_name: str | None = None, project: str | None = None) -> Session:
    """Open a session on a simulated cloud, as one of its users in one of its projects."""
    account = cloud.credentials_for(user_name=user_name, project=project)
    who = as_user(account, "simulated cloud")
    http = httpx.Client(transport=cloud.transport())
    return open_session(
        http,
        who,
        Place(account.base_url, account.base_url, None),
        tls="none: within this process",
        tls_verified=True,
        sleep=cloud.sleep,
        clock=lambda: cloud.now,
        cloud=cloud,
        reopen=on_cloud,
    )
