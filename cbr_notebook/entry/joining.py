"""Join a class: open a session on a simulated cloud that is served elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from cbr_notebook.auth.network.bounds import bound_client
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.auth.sign_in import Place
from cbr_notebook.entry.cloud_time import CloudTime
from cbr_notebook.entry.open_session import open_session
from cbr_notebook.entry.session import Session
from cbr_notebook.entry.simulation import as_user

if TYPE_CHECKING:
    from cbr_notebook.simulator.classroom.join import Join

_LARGEST_SNAPSHOT = 512 * 2**20
"""Bytes; a copy of a whole cloud, with its disks, comes in one answer."""


def join_cloud(line: str | Secret, *, timeout: float) -> Session:
    """Open a session at a seat of a class.

    A wait costs nothing there, as in a cloud of one's own: the seat's clock jumps.

    Args:
        line: from the join sheet.
        timeout: seconds to wait for an answer.

    Raises:
        InvalidRequest: it is no join line.
        ConnectionFailed: the class is not served, or shows another certificate.
        AuthenticationError: the line's key is not known there any more.
    """
    from cbr_notebook.simulator.classroom import join

    secret = line if isinstance(line, Secret) else as_secret(line)
    return _seat(join.read(secret.reveal() if secret is not None else ""), timeout)


def _seat(
    found: Join, timeout: float, *, user_name: str | None = None, project: str | None = None
) -> Session:
    from cbr_notebook.simulator.classroom.remote import Control, RemoteCloud

    tls = found.tls()
    # Without the environment's proxies: the class is in the room.
    http = bound_client(
        httpx.Client(verify=True if tls is None else tls, timeout=timeout, trust_env=False),
        largest=_LARGEST_SNAPSHOT,
    )
    cloud = RemoteCloud(Control(http, found.base_url, found.control_key, found.seat))
    account = cloud.credentials_for(user_name=user_name, project=project)
    who = as_user(account, "join line")

    def reopen(*, user_name: str | None = None, project: str | None = None) -> Session:
        return _seat(found, timeout, user_name=user_name, project=project)

    return open_session(
        http,
        who,
        Place(account.base_url, account.base_url, None),
        tls="none: on this computer" if tls is None else "the certificate of the join line",
        sleep=cloud.sleep,
        clock=lambda: datetime.now(UTC),
        cloud=cloud,
        reopen=reopen,
        follow=lambda client, endpoint: CloudTime(client, f"{endpoint}/"),
    )
