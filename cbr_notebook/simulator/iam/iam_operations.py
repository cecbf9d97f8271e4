"""IAM's operations over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol

import falcon
import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts, lifetimes, tokens
from cbr_notebook.simulator.iam.authenticator import Authenticator, read_body
from cbr_notebook.simulator.iam.iam_error import iam_error, invalid_body
from cbr_notebook.simulator.iam.lifetimes import SERVED
from cbr_notebook.simulator.iam.tokens import Door
from cbr_notebook.simulator.protocol.nulls import without_nulls
from cbr_notebook.simulator.protocol.request_context import Caller

SIGN_IN = "/v3/auth/tokens"
LARGEST_SIGN_IN = 64 * 1024
"""Bytes of the only body that is read before it is known who sends it."""
_HOST = re.compile(r"(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?")
_UPDATED = "2018-10-15T00:00:00Z"


def is_sign_in(path: str) -> bool:
    """Say whether a path is that of signing in, as it is routed: slashes around it do not count."""
    return f"/{path.strip('/')}" == SIGN_IN


CLOUD = "cbr.cloud"
"""Where the environment of a request holds its cloud: all clouds share their routes."""


class ServedCloud(Protocol):
    """What IAM needs of the cloud that is asked."""

    @property
    def engine(self) -> Engine:
        """The cloud's engine."""

    @property
    def authenticator(self) -> Authenticator:
        """Knows the cloud's users."""


def _cloud(request: falcon.Request) -> ServedCloud:
    cloud: ServedCloud = request.env[CLOUD]
    return cloud


def _caller(request: falcon.Request) -> Caller:
    cloud = _cloud(request)
    with cloud.engine.lock:
        cloud.engine.run_due_events()
        return cloud.authenticator.caller(request, {})[0]


class IamResource:
    """What all of IAM's resources share; their answers carry a trace ID."""


def door_of(request: falcon.Request) -> Door:
    """Return by which way a client came: through a proxy, by the name that it asked the proxy for.

    Only who asks is told, so a name that somebody makes up misleads nobody else.
    """
    scheme, host = request.forwarded_scheme, request.forwarded_host.partition(",")[0].strip()
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        scheme = request.scheme
        name = request.env["SERVER_NAME"]
        host = f"{f'[{name}]' if ':' in name else name}:{request.env['SERVER_PORT']}"
    return Door(f"{scheme}://{host}", bool(request.env.get(SERVED)))


class Versions(IamResource):
    """GET /: which versions there are; GET /v3: the one there is."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer that there is a choice, of one."""
        response.status = 300
        response.media = {"versions": {"values": [_version(request)]}}

    def on_get_one(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with the version."""
        response.media = {"version": _version(request)}


def _version(request: falcon.Request) -> dict[str, Any]:
    return {
        "id": "v3.8",
        "status": "stable",
        "updated": _UPDATED,
        "links": [{"rel": "self", "href": f"{door_of(request).base_url}/v3/"}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ],
    }


class Tokens(IamResource):
    """POST and GET /v3/auth/tokens."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Issue a token."""
        body = read_body(request, LARGEST_SIGN_IN)
        cloud = _cloud(request)
        with cloud.engine.work():
            token, document = tokens.issue(
                cloud.authenticator,
                cloud.engine,
                body,
                door_of(request),
                catalog=_wants_catalog(request),
            )
        response.status = 201
        response.set_header("X-Subject-Token", token)
        response.media = document

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Describe the token in X-Subject-Token."""
        caller = _caller(request)
        subject = request.get_header("X-Subject-Token") or ""
        cloud = _cloud(request)
        with cloud.engine.lock:
            row = cloud.authenticator.token_row(subject)
            if row is None or row.domain_id != caller.domain_id:
                raise iam_error(404, "X-Subject-Token is invalid in the request", "Not Found")
            response.media = tokens.describe(
                cloud.engine, subject, row, door_of(request), catalog=_wants_catalog(request)
            )
        response.set_header("X-Subject-Token", subject)

    on_head = on_get


def _wants_catalog(request: falcon.Request) -> bool:
    """Say whether the catalogue is wanted; ``?nocatalog`` without a value declines it, too."""
    return request.get_param("nocatalog") not in ("true", "")


class Catalog(IamResource):
    """GET /v3/auth/catalog: the catalogue of the caller's own token."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        caller = _caller(request)
        base_url = door_of(request).base_url
        response.media = {
            "catalog": tokens.services(caller.region, caller.project_id, base_url)
            if caller.project_id
            else [],
            "links": {"self": f"{base_url}/v3/auth/catalog"},
        }


class Domains(IamResource):
    """GET /v3/auth/domains: the account of the caller."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        caller = _caller(request)
        base_url = door_of(request).base_url
        response.media = {
            "domains": [
                {
                    "description": "",
                    "enabled": True,
                    "id": caller.domain_id,
                    "links": {"self": f"{base_url}/v3/domains/{caller.domain_id}"},
                    "name": caller.domain_name,
                }
            ],
            "links": {"self": f"{base_url}/v3/auth/domains"},
        }


class Projects(IamResource):
    """GET /v3/projects, and GET /v3/auth/projects: those that the caller may use."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        caller = _caller(request)
        engine = _cloud(request).engine
        with engine.lock:
            rows = accounts.projects_of(engine.state, caller.domain_id)
        name = request.get_param("name")
        base_url = door_of(request).base_url
        response.media = {
            "links": {"self": f"{base_url}{request.path}", "next": None, "previous": None},
            "projects": [
                accounts.project_document(row, base_url) for row in rows if name in (None, row.name)
            ],
        }


class Project(IamResource):
    """GET /v3/projects/{project_id}."""

    def on_get(self, request: falcon.Request, response: falcon.Response, at_3: str) -> None:
        """Answer the request."""
        caller = _caller(request)
        engine = _cloud(request).engine
        with engine.lock:
            row = accounts.find_project(engine.state, at_3)
        if row is None or row.domain_id != caller.domain_id:
            raise iam_error(404, f"Could not find project: {at_3}.", "Not Found")
        response.media = {"project": accounts.project_document(row, door_of(request).base_url)}


class SecurityTokens(IamResource):
    """POST /v3.0/OS-CREDENTIAL/securitytokens: temporary access keys."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        cloud = _cloud(request)
        engine = cloud.engine
        with engine.work():
            caller, body = cloud.authenticator.caller(request, {})
            try:
                identity = without_nulls(msgspec.json.decode(body))["auth"]["identity"]
                seconds = int(identity.get("token", {}).get("duration_seconds", 900))
            except (
                msgspec.DecodeError, RecursionError, LookupError, TypeError, ValueError,
                AttributeError, OverflowError,
            ):  # fmt: skip
                raise invalid_body() from None
            if not 900 <= seconds <= 86400:
                raise invalid_body()
            duration = seconds * clock.MICROSECONDS
            now = engine.now()
            lifetime = lifetimes.begin(now, duration, served=door_of(request).served)
            new_secret = accounts.secret_source(engine, served=door_of(request).served)
            security_token = lifetime.mark + new_secret("security_token", 32) * 4
            access, secret = accounts.create_access_key(
                engine,
                caller.user_id,
                security_token=security_token,
                expires_at=now + duration,
                new_secret=new_secret,
            )
        response.status = 201
        response.media = {
            "credential": {
                "access": access,
                "secret": secret,
                "securitytoken": security_token,
                "expires_at": lifetime.expires_at,
            }
        }


def routes() -> Iterable[tuple[str, IamResource, str | None]]:
    """Return IAM's paths, each with its resource and Falcon's suffix for it."""
    projects, versions = Projects(), Versions()
    return (
        ("/", versions, None),
        ("/v3", versions, "one"),
        (SIGN_IN, Tokens(), None),
        ("/v3/auth/catalog", Catalog(), None),
        ("/v3/auth/domains", Domains(), None),
        ("/v3/auth/projects", projects, None),
        ("/v3/projects", projects, None),
        ("/v3/projects/{at_3}", Project(), None),
        ("/v3.0/OS-CREDENTIAL/securitytokens", SecurityTokens(), None),
    )
