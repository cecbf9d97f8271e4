"""How sessions begin: on a real service, or on a cloud of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.api.transport import Transport
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.http_client import Verify, described, open_client, warn_if_unchecked
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.auth.sign_in import Place, place_of, sign_in
from cbr_notebook.auth.sources import lookup
from cbr_notebook.auth.sources.environment import from_environment
from cbr_notebook.session.context import Identity
from cbr_notebook.session.session import Session

if TYPE_CHECKING:
    from cbr_notebook.simulator import Cloud

_TIMEOUT = 30.0


def connect(
    profile: str | None = None,
    *,
    region: str | None = None,
    project_id: str | None = None,
    project_name: str | None = None,
    access_key: str | None = None,
    secret_key: str | Secret | None = None,
    security_token: str | Secret | None = None,
    user_name: str | None = None,
    password: str | Secret | None = None,
    domain_name: str | None = None,
    token: str | Secret | None = None,
    endpoint: str | None = None,
    iam_endpoint: str | None = None,
    verify: Verify | None = None,
    timeout: float = _TIMEOUT,
    cache_token: bool = False,
) -> Session:
    """Open a session on a real service.

    Who signs in, and where, comes from one source: the arguments, the named profile, the
    environment (an openrc file or the vendor's SDK names), or the profile ``basic``. The
    service's address is the one in IAM's catalogue; it is derived from the region for Huawei
    Cloud only. Addresses that are named here win; what is missing is an error, not a guess.

    Args:
        profile: the name of a profile.
        region: such as ``eu-west-0``.
        project_id: the project; found by its name if left out.
        project_name: the project's name; the region's if left out.
        access_key: the access key ID, with
        secret_key: its secret.
        security_token: comes with temporary keys.
        user_name: an IAM user, with
        password: the password and
        domain_name: the account.
        token: a token that you have already; it cannot be renewed.
        endpoint: the full URL of the service; found by the rule above if left out. Plain
            ``http://`` only to this computer.
        iam_endpoint: the full URL of IAM, with or without ``/v3``.
        verify: a file of certificates that are trusted, or an SSL context; ``False`` checks
            nobody and is for tests only. If left out, what the identity's source says.
        timeout: seconds to wait for an answer.
        cache_token: keep the token of a user and password on disk, readable by you only, so
            that the next notebook need not sign in; ``session.sign_out()`` deletes it.

    Returns:
        A session.

    Raises:
        AuthenticationError: no credentials were found, or they are not accepted.
        InvalidRequest: an endpoint, a key or a name cannot be used, or a file that is needed
            cannot be read.
        ConnectionFailed: IAM cannot be reached, when the project must be found by name.
    """
    # Wrapped before anything can fail: a verbose traceback shows the variables of each frame.
    secret_key, security_token = as_secret(secret_key), as_secret(security_token)
    password, token = as_secret(password), as_secret(token)
    given = Credentials(
        access_key=access_key,
        secret_key=secret_key,
        security_token=security_token,
        user_name=user_name,
        password=password,
        domain_name=domain_name,
        token=token,
        project_id=project_id,
        project_name=project_name,
        region=region,
        endpoint=endpoint,
        iam_endpoint=iam_endpoint,
    )
    who = lookup.find(given, profile)
    who.validate()
    place = place_of(who)
    trusted = who.verify if verify is None else verify
    http = open_client(trusted, timeout, *filter(None, (place.iam, place.service)))
    warn_if_unchecked(trusted, who.source if verify is None else "the call")
    return _open(
        http,
        who,
        place,
        tls=described(trusted),
        sleep=time.sleep,
        clock=lambda: datetime.now(UTC),
        cloud=None,
        cache_token=cache_token,
    )


def simulate(
    estate: Literal["demo", "documented", "empty", "large"] = "demo",
    *,
    seed: int = 7,
    state: str | Path | None = None,
    start: str = "2020-08-17T03:51:24Z",
    template: str | Path | None = None,
) -> Session:
    """Open a session on a cloud of its own, in this process: no network, no account.

    Args:
        estate: what is in the cloud: ``demo`` (a small company), ``documented`` (the
            reference's cases), ``empty``, ``large`` (for measuring).
        seed: another seed gives other IDs.
        state: a file to keep the cloud in, and to continue it from.
        start: the cloud's first moment (ISO 8601, UTC).
        template: a snapshot of another cloud (``session.cloud.snapshot(path)``) to begin
            with, instead of an estate; it is read, never changed.

    Returns:
        A session; its ``cloud`` is the handle of the cloud.

    Raises:
        StateFileError: the file cannot be used.
        InvalidRequest: there is no such estate, or the start is not a time.
    """
    from cbr_notebook.simulator import Cloud

    return on_cloud(Cloud.open(estate, seed, state, start, template=template))


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


def on_cloud(cloud: Cloud, *, user_name: str | None = None, project: str | None = None) -> Session:
    """Open a session on a simulated cloud, as one of its users in one of its projects."""
    account = cloud.credentials_for(user_name=user_name, project=project)
    who = Credentials(
        access_key=account.access_key,
        secret_key=Secret(account.secret_key),
        user_name=account.user_name,
        project_id=account.project_id,
        region=account.region,
        source="simulated cloud",
    )
    http = httpx.Client(transport=cloud.transport())
    return _open(
        http,
        who,
        Place(account.base_url, account.base_url, None),
        tls="none: within this process",
        sleep=cloud.sleep,
        clock=lambda: cloud.now,
        cloud=cloud,
    )


def _open(
    http: httpx.Client,
    who: Credentials,
    place: Place,
    *,
    tls: str,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime],
    cloud: Cloud | None,
    cache_token: bool = False,
) -> Session:
    signed_in = sign_in(http, who, place, sleep=sleep, clock=clock, cache_token=cache_token)
    http.auth = signed_in.auth
    transport = Transport(http, signed_in.endpoint, signed_in.project_id, sleep=sleep, clock=clock)
    identity = Identity(
        who=signed_in.who,
        how=who.way,
        region=signed_in.region,
        project_id=signed_in.project_id,
        endpoint=signed_in.endpoint,
        source=who.source,
        iam_endpoint=signed_in.iam_endpoint or "not needed",
        tls=tls,
    )
    return Session(
        Client(transport),
        identity,
        http,
        sleep=sleep,
        clock=clock,
        cloud=cloud,
        reopen=on_cloud if cloud is not None else None,
    )
