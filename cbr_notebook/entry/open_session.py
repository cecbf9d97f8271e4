"""Put a session together: connections, authentication, project, client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.sign_in import Place, sign_in
from cbr_notebook.auth.throttling import PATIENCE_S
from cbr_notebook.entry.session import Session
from cbr_notebook.session.context import Identity

if TYPE_CHECKING:
    from cbr_notebook.simulator import Cloud


def open_session(
    http: httpx.Client,
    who: Credentials,
    place: Place,
    *,
    tls: str,
    tls_verified: bool = True,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime],
    cloud: Cloud | None,
    cache_token: bool = False,
    patience: float = PATIENCE_S,
    reopen: Callable[..., Session] | None = None,
    follow: Callable[[httpx.Client, str], Callable[[], datetime]] | None = None,
) -> Session:
    """Return a session of an identity: authenticated, in its project, on its connections.

    Args:
        http: the connections.
        who: the identity.
        place: the service and its IAM.
        tls: how the connections are secured, in words.
        tls_verified: whether they are verified at all.
        sleep: how the session waits.
        clock: the time by which requests are signed and tokens end.
        cloud: the simulated cloud that the session talks to.
        cache_token: whether a token is kept on disk.
        patience: seconds that the pauses of a throttled request may take together.
        reopen: opens a session as another user, or in another project, of the same cloud.
        follow: makes the session's own clock out of the connections and the service's address;
            ``clock`` if left out.
    """
    signed_in = sign_in(http, who, place, sleep=sleep, clock=clock, cache_token=cache_token)
    http.auth = signed_in.auth
    transport = Transport(
        http,
        signed_in.endpoint,
        signed_in.project_id,
        sleep=sleep,
        clock=clock,
        patience=patience,
    )
    identity = Identity(
        who=signed_in.who,
        how=who.way,
        region=signed_in.region,
        project_id=signed_in.project_id,
        endpoint=signed_in.endpoint,
        source=who.source,
        iam_endpoint=signed_in.iam_endpoint or "not needed",
        tls=tls,
        tls_verified=tls_verified,
    )
    return Session(
        Client(transport),
        identity,
        http,
        sleep=sleep,
        clock=clock if follow is None else follow(http, signed_in.endpoint),
        cloud=cloud,
        reopen=reopen,
    )
