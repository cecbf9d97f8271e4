"""Signing in: from an identity with its place to who, in which project, at which addresses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from cbr_notebook.auth import endpoints
from cbr_notebook.auth.catalog import service_address
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.iam import Iam
from cbr_notebook.auth.iam_messages import Token
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.signature import SignatureAuth
from cbr_notebook.auth.token import ReadyTokenAuth, TokenAuth
from cbr_notebook.auth.token_cache import TokenCache
from cbr_notebook.errors import AuthenticationError, InvalidRequest, NotFound, PermissionDenied


@dataclass(frozen=True, slots=True)
class Place:
    """The addresses of an identity, as far as they are known before anybody is asked.

    Attributes:
        iam: where one signs in.
        service: where the service is, if it was named.
        derived: where it is by the rule of the operator, if the catalogue does not say.
    """

    iam: str | None
    service: str | None
    derived: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The outcome: what a session needs to ask the service."""

    auth: httpx.Auth
    who: str
    project_id: str
    region: str
    endpoint: str
    iam_endpoint: str | None


def place_of(who: Credentials) -> Place:
    """Return the addresses of an identity; they are derived for one operator only.

    Raises:
        InvalidRequest: an address cannot be used.
        AuthenticationError: nothing says where the service is.
    """
    service = endpoints.checked_service(who.endpoint) if who.endpoint else None
    iam = endpoints.checked_iam(who.iam_endpoint) if who.iam_endpoint else None
    may_derive = who.derivable and not who.elsewhere and who.region is not None
    if iam is None and service is not None and endpoints.is_loopback(service):
        iam = service  # a cloud on this computer is all in one place
    if iam is None and may_derive:
        iam = endpoints.iam_endpoint(who.region or "")
    derived = endpoints.cbr_endpoint(who.region or "") if may_derive else None
    if iam is None and service is None:
        raise _no_place(who)
    return Place(iam, service, derived)


def sign_in(
    http: httpx.Client,
    who: Credentials,
    place: Place,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], datetime],
    cache_token: bool = False,
) -> SignedIn:
    """Sign in as far as it is needed to know the project and the service's address.

    Args:
        http: sends the requests.
        who: the identity.
        place: its addresses.
        sleep: waits some seconds before IAM is asked again.
        clock: returns the present moment.
        cache_token: keep the token of a user on disk.

    Raises:
        AuthenticationError: the identity is not accepted, or something that is needed to sign
            in is named nowhere.
        CBRError: IAM cannot be asked, or its answer makes no sense.
    """
    iam = Iam(http, place.iam, sleep=sleep) if place.iam else None
    if who.token:
        return _by_token(who, place, iam, clock)
    if who.access_key:
        return _by_access_key(who, place, iam, clock)
    return _by_password(who, place, _needed(iam, who), clock, cache_token)


def _by_password(
    who: Credentials,
    place: Place,
    iam: Iam,
    clock: Callable[[], datetime],
    cache_token: bool,
) -> SignedIn:
    identity = (
        iam.address, who.domain_id or who.domain_name or "", who.user_id or who.user_name or "",
        who.project_id or who.project_name or who.region or "", who.agency_name or "",
        who.agency_domain_id or who.agency_domain_name or "",
    )  # fmt: skip
    cache = TokenCache(identity, password=who.password) if cache_token else None
    auth = TokenAuth(iam, who, clock=lambda: clock().timestamp(), cache=cache)
    if place.service and who.project_id:
        return _signed_in(auth, who, who.project_id, who.region, place.service, place.iam)
    token = auth.sign_in(catalog=place.service is None)
    return _by_issued_token(auth, token, who, place, iam)


def _by_issued_token(
    auth: httpx.Auth, token: Token, who: Credentials, place: Place, iam: Iam
) -> SignedIn:
    """Return project and address from what IAM says about a token.

    Raises:
        AuthenticationError: the token is for another project than the one that is named.
    """
    _refuse_another_project(token, who, iam.address)
    project_id = who.project_id or token.project_id
    name = who.project_name or who.region
    if project_id is None and name:
        project_id = iam.project_id(auth, name)
    if project_id is None:
        raise _no_project(who)
    service, region = _service(who, place, token, iam)
    return _signed_in(auth, who, project_id, region, service, iam.address, token.user_name)


def _refuse_another_project(token: Token, who: Credentials, iam: str) -> None:
    wanted, got = who.project_id, token.project_id
    if not wanted:
        wanted, got = who.project_name, token.project_name
    if wanted and got and wanted != got:
        raise AuthenticationError(
            f"IAM at {iam} signed in to the project {got!r}, where {wanted!r} was asked for.",
            advice="Nothing is done in a project that nobody named. Check the project's name or "
            "ID; a token can be for one project only.",
            field="project_id" if who.project_id else "project_name",
        )


def _service(who: Credentials, place: Place, token: Token, iam: Iam) -> tuple[str, str]:
    if place.service:
        return place.service, who.region or ""
    if place.derived and all(each.region != who.region for each in token.addresses):
        return place.derived, who.region or ""
    found = service_address(
        token.addresses, region=who.region, interface=who.interface, iam=iam.address
    )
    if found is not None:
        return found
    if place.derived:
        return place.derived, who.region or ""
    raise _no_service(who, iam.address)


def _by_token(
    who: Credentials, place: Place, iam: Iam | None, clock: Callable[[], datetime]
) -> SignedIn:
    assert who.token
    ready: httpx.Auth = ReadyTokenAuth(who.token)
    if place.service and who.project_id:
        return _signed_in(ready, who, who.project_id, who.region, place.service, place.iam)
    iam = _needed(iam, who)
    token = _read(iam, who.token)
    if token is not None and _fits(token, who):
        return _by_issued_token(ready, token, replace(who, project_id=token.project_id), place, iam)
    renewed = TokenAuth(iam, who, clock=lambda: clock().timestamp())
    return _by_issued_token(renewed, renewed.sign_in(), who, place, iam)


def _read(iam: Iam, token: Secret) -> Token | None:
    """Return what IAM says about a token; ``None`` where one may not ask."""
    try:
        return iam.read(token)
    except (PermissionDenied, NotFound, InvalidRequest):
        return None


def _fits(token: Token, who: Credentials) -> bool:
    """Return whether a token is for the project that is wanted, if one is named."""
    if token.project_id is None:
        return False
    if who.project_id:
        return token.project_id == who.project_id
    return who.project_name in (None, token.project_name)


def _by_access_key(
    who: Credentials, place: Place, iam: Iam | None, clock: Callable[[], datetime]
) -> SignedIn:
    assert who.access_key and who.secret_key
    signed = SignatureAuth(
        who.access_key, who.secret_key, security_token=who.security_token, clock=clock
    )
    project_id = who.project_id
    if project_id is None:
        name = who.project_name or who.region
        if not name:
            raise _no_project(who)
        project_id = _project_by_name(_needed(iam, who, "project_id"), signed, name)
    auth = signed.for_project(project_id)
    service, region = place.service or place.derived, who.region or ""
    if service is None:
        asked = _needed(iam, who)
        found = service_address(
            asked.addresses(auth), region=who.region, interface=who.interface, iam=asked.address
        )
        if found is None:
            raise _no_service(who, asked.address)
        service, region = found
    return _signed_in(auth, who, project_id, region, service, place.iam)


def _project_by_name(iam: Iam, auth: httpx.Auth, name: str) -> str:
    try:
        return iam.project_id(auth, name)
    except PermissionDenied as problem:
        said = problem.message
        code, status, request_id = problem.code, problem.http_status, problem.request_id
    raise PermissionDenied(
        said,
        code=code,
        advice=f"These keys may not list projects, so the project {name!r} cannot be found by its "
        "name. Name its ID: cbr.connect(project_id=…); the console shows it under My Credentials. "
        "The action that is missing is iam:projects:listProjects.",
        http_status=status,
        request_id=request_id,
    )


def _signed_in(
    auth: httpx.Auth,
    who: Credentials,
    project_id: str,
    region: str | None,
    service: str,
    iam: str | None,
    user_name: str | None = None,
) -> SignedIn:
    name = who.user_name or user_name or who.user_id or who.access_key or "token holder"
    return SignedIn(auth, name, project_id, region or who.region or "", service, iam)


def _needed(iam: Iam | None, who: Credentials, instead: str | None = None) -> Iam:
    """Return IAM, which is needed here.

    Raises:
        AuthenticationError: nothing says where it is; it is not guessed.
    """
    if iam is not None:
        return iam
    or_project = " Or name project_id, with which keys need no IAM." if instead else ""
    raise AuthenticationError(
        f"It is not known where {who.whose or 'the token'} signs in: IAM's address is missing "
        f"(from {who.source}).",
        advice="Name it where the identity comes from: iam_endpoint in the call or the profile, "
        "OS_AUTH_URL in an openrc file, auth_url in clouds.yaml. It is not guessed, since "
        f"credentials would be sent there.{or_project}",
        field="iam_endpoint",
    )


def _no_place(who: Credentials) -> AuthenticationError:
    if who.derivable:
        return AuthenticationError(
            "No region was found.",
            advice='Name it: cbr.connect(region="eu-west-0"), or set HUAWEICLOUD_SDK_REGION. At '
            "another operator, name iam_endpoint or endpoint.",
            field="region",
        )
    return AuthenticationError(
        f"It is not known where {who.whose or 'the token'} signs in: the address of IAM is "
        f"missing in the {who.source}.",
        advice="Add OS_AUTH_URL to the environment, or auth_url to the cloud of clouds.yaml; or "
        "name iam_endpoint in the call. It is not guessed from the region, since other operators "
        "have regions, too.",
        field="iam_endpoint",
    )


def _no_project(who: Credentials) -> AuthenticationError:
    return AuthenticationError(
        f"No project is named, and none is known for {who.whose or 'the token'}.",
        advice="Name region, project_name or project_id; in an openrc file OS_PROJECT_NAME.",
        field="project_id",
    )


def _no_service(who: Credentials, iam: str) -> AuthenticationError:
    return AuthenticationError(
        f"The address of the backup service is not known: the catalogue of IAM at {iam} has none "
        f"of the kind {who.interface!r}.",
        advice="Name it by endpoint=, in clouds.yaml by cbr_endpoint_override, in the environment "
        "by CBR_ENDPOINT. It is not guessed, since your token would be sent there.",
        field="endpoint",
    )
