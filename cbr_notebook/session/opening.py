"""How sessions begin: on a real service, or on a cloud of one's own."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.api.transport import Transport
from cbr_notebook.auth import credentials as found_credentials
from cbr_notebook.auth import endpoints
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.projects import find_project_id
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.auth.signature import SignatureAuth
from cbr_notebook.auth.token import ReadyTokenAuth, TokenAuth
from cbr_notebook.auth.token_cache import TokenCache
from cbr_notebook.errors import AuthenticationError, InvalidRequest
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
    secret_key: str | None = None,
    security_token: str | None = None,
    user_name: str | None = None,
    password: str | None = None,
    domain_name: str | None = None,
    token: str | None = None,
    endpoint: str | None = None,
    iam_endpoint: str | None = None,
    verify: bool | str | ssl.SSLContext = True,
    timeout: float = _TIMEOUT,
    cache_token: bool = False,
) -> Session:
    """Open a session on a real service.

    What is not given is taken from the named profile; without one from the environment, then
    from the profile ``basic`` of the vendor's profile file.

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
        endpoint: the full URL of the service; the region's if left out. Plain ``http://`` only
            to this computer.
        iam_endpoint: the full URL of IAM; the region's if left out.
        verify: ``False`` is for tests only; or a file of certificates, or an SSL context.
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
    given = Credentials(
        access_key=access_key,
        secret_key=as_secret(secret_key),
        security_token=as_secret(security_token),
        user_name=user_name,
        password=as_secret(password),
        domain_name=domain_name,
        token=as_secret(token),
        project_id=project_id,
        project_name=project_name,
        region=region,
        endpoint=endpoint,
        iam_endpoint=iam_endpoint,
    )
    who = found_credentials.find(given, profile)
    who.refuse_strange()
    where = who.region
    if not where and not who.endpoint:
        raise AuthenticationError(
            "No region was found.",
            advice='Name it: cbr.connect(region="eu-west-0"), or set HUAWEICLOUD_SDK_REGION.',
        )
    base = endpoints.checked(who.endpoint or endpoints.cbr_endpoint(where or ""), "endpoint")
    iam = who.iam_endpoint or (who.endpoint if not where else endpoints.iam_endpoint(where))
    iam = endpoints.checked(iam or base, "iam_endpoint")
    http = httpx.Client(verify=_trusted(verify), timeout=timeout)
    return _open(
        http,
        who,
        base,
        iam,
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
    if found_credentials.from_environment().complete:
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
        account.base_url,
        account.base_url,
        sleep=cloud.sleep,
        clock=lambda: cloud.now,
        cloud=cloud,
    )


def _trusted(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:
    """Read the certificates that are trusted, if a file of them was named."""
    if not isinstance(verify, str):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ValueError) as problem:  # a file without a certificate is an OSError, too
        raise InvalidRequest(
            f"The certificates cannot be read from {verify}: {problem}.",
            advice="Name a file in PEM form, or leave verify out.",
            field="verify",
        ) from problem


def _open(
    http: httpx.Client,
    who: Credentials,
    base: str,
    iam: str,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime],
    cloud: Cloud | None,
    cache_token: bool = False,
) -> Session:
    auth, project_id = _authentication(http, who, iam, clock, cache_token)
    http.auth = auth
    transport = Transport(http, base, project_id, sleep=sleep, clock=clock)
    identity = Identity(
        who=who.user_name or who.access_key or "token holder",
        how=who.way,
        region=who.region or "",
        project_id=project_id,
        endpoint=base,
        source=who.source,
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


def _authentication(
    http: httpx.Client,
    who: Credentials,
    iam: str,
    clock: Callable[[], datetime],
    cache_token: bool,
) -> tuple[httpx.Auth, str]:
    """Give the way to authenticate, and the project's ID."""
    name = who.project_name or who.region or ""
    if who.token:
        ready = ReadyTokenAuth(who.token)
        return ready, who.project_id or find_project_id(http, ready, iam, name)
    if who.access_key and who.secret_key:
        signed = SignatureAuth(
            who.access_key, who.secret_key, security_token=who.security_token, clock=clock
        )
        project_id = who.project_id or find_project_id(http, signed, iam, name)
        return signed.for_project(project_id), project_id
    assert who.user_name and who.password and who.domain_name
    identity = (iam, who.domain_name, who.user_name, who.project_id or name)
    by_token = TokenAuth(
        iam_endpoint=iam,
        user_name=who.user_name,
        password=who.password,
        domain_name=who.domain_name,
        project_id=who.project_id,
        project_name=name,
        clock=lambda: clock().timestamp(),
        cache=TokenCache(identity) if cache_token else None,
    )
    return by_token, who.project_id or find_project_id(http, by_token, iam, name)
