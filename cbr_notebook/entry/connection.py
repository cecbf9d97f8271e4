"""Open a session on a real service."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.network.http_client import (
    Verify,
    described,
    open_client,
    verifies,
    warn_if_unchecked,
)
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.auth.sign_in import place_of
from cbr_notebook.auth.sources import identity_lookup
from cbr_notebook.auth.throttling import PATIENCE_S
from cbr_notebook.entry.cloud_time import follow
from cbr_notebook.entry.joining import join_cloud
from cbr_notebook.entry.open_session import open_session
from cbr_notebook.entry.session import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.timeparse import check_seconds

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
    patience: float = PATIENCE_S,
    cache_token: bool = False,
    join: str | Secret | None = None,
) -> Session:
    """Open a session on a real service, or at a seat of a class.

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
        timeout: seconds that a request may take in all, its answer included.
        patience: seconds that the pauses of a request may take together where the service
            throttles and says for how long.
        cache_token: keep the token of a user and password on disk, readable by you only, so
            that the next notebook need not sign in; ``session.sign_out()`` deletes it.
        join: a line from the join sheet of a class (``cbr-notebook simulate --seats``): it names
            the address, the certificate and the key of a seat, and nothing else is needed.

    Returns:
        A session.

    Raises:
        AuthenticationError: no credentials were found, or they are not accepted.
        InvalidRequest: an endpoint, a key or a name cannot be used, or a file that is needed
            cannot be read.
        ConnectionFailed: IAM cannot be reached, when the project must be found by name.

    Example:
        >>> session = cbr.connect("prod")
        >>> session.simulated
        False
    """
    # Wrapped before anything can fail: a verbose traceback shows the variables of each frame.
    secret_key, security_token = as_secret(secret_key), as_secret(security_token)
    password, token = as_secret(password), as_secret(token)
    join = as_secret(join)
    check_seconds(timeout, "timeout", least=0.001)
    check_seconds(patience, "patience")
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
    if join is not None:
        if profile is not None or given != Credentials():
            raise InvalidRequest(
                "A join line names who signs in and where; nothing else can be given with it.",
                advice="Leave the other arguments out: cbr.connect(join=line).",
                field="join",
            )
        return join_cloud(join, timeout=timeout)
    who = identity_lookup.find(given, profile)
    who.validate()
    place = place_of(who)
    trusted = who.verify if verify is None else verify
    http = open_client(trusted, timeout, *filter(None, (place.iam, place.service)))
    warn_if_unchecked(trusted, who.source if verify is None else "the call")
    try:
        return open_session(
            http,
            who,
            place,
            tls=described(trusted),
            tls_verified=verifies(trusted),
            sleep=time.sleep,
            clock=lambda: datetime.now(UTC),
            cloud=None,
            cache_token=cache_token,
            patience=patience,
            follow=follow,
        )
    except BaseException:
        http.close()
        raise
