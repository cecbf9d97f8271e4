"""IAM: tokens, projects and the catalogue of addresses, with repetition and typed errors."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cbr_notebook.auth.catalog import CatalogEndpoint, endpoints_in
from cbr_notebook.auth.connection_errors import (
    PAGE_ADVICE,
    Trouble,
    page_instead_of_answer,
    trouble_of,
)
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.redaction import without_what_was_sent
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.throttling import (
    PATIENCE_S,
    WORTH_A_LINE_S,
    asked_pause,
    gate_of_iam,
    in_words,
    limit_in,
    told_window,
    window_in,
    write_line,
)
from cbr_notebook.errors import (
    AuthenticationError,
    CBRError,
    ConnectionFailed,
    RateLimited,
    ServiceError,
    error_for,
)

_ATTEMPTS = 5
_CONNECTION_ATTEMPTS = 2
_THROTTLED = 429
_BUSY = (_THROTTLED, 502, 503, 504)
_SIGN_IN_REFUSED = (400, 401, 403, 404)
_CHECK_USER = (
    "Check the user, the password, the account (domain) and the project. The password was not "
    "stored anywhere."
)
_RENEW = (
    "A token is valid for a day at most, and for its own place and project: get a new one, or sign "
    "in with a user and a password."
)
_CHECK_AGENCY = "Check the agency's name, its account (domain), and whether you may take it up."
_LARGEST_ANSWER = 4 * 1024 * 1024
_DEFAULT_LIFETIME = 3600.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and what IAM says about it.

    Attributes:
        value: the token itself.
        lifetime: seconds from its issue to its end.
        project_id: the project that it is for, if it is for one.
        project_name: this project's name.
        user_name: whose it is.
        addresses: the service's addresses in IAM's catalogue.
    """

    value: Secret
    lifetime: float = _DEFAULT_LIFETIME
    project_id: str | None = None
    project_name: str | None = None
    user_name: str | None = None
    addresses: tuple[CatalogEndpoint, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Project:
    """A project that one may use."""

    id: str
    name: str
    domain_id: str


class Iam:
    """IAM at one address."""

    def __init__(
        self,
        http: httpx.Client,
        address: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a client of IAM at an address.

        Args:
            http: sends the requests.
            address: IAM's address, without a version.
            sleep: waits some seconds before a request is repeated.
        """
        self._http = http
        self.address = address.rstrip("/")
        self._sleep = sleep

    def issue(self, who: Credentials, *, catalog: bool) -> Token:
        """Return a new token for a user, or for an agency that the user takes up.

        Args:
            who: a user with a password, or a token to be had for another project.
            catalog: whether the catalogue of addresses is wanted, too.

        Raises:
            AuthenticationError: IAM does not accept the user, the agency or the project.
            ConnectionFailed: IAM cannot be reached, or something else answers.
            RateLimited: IAM is asked too often.
            ServiceError: IAM fails, or its answer cannot be read.
        """
        to_check = _RENEW if who.token else _CHECK_USER
        if not who.agency_name:
            request = _token_request(self, who, _identity(who), _scope(who), catalog)
            return self._issued(request, to_check)
        request = _token_request(self, who, _identity(who), _domain_scope(who), False)
        own = self._issued(request, to_check)
        request = _token_request(self, who, _agency(who), _scope(who), catalog)
        request.headers["X-Auth-Token"] = own.value.reveal()
        return self._issued(request, _CHECK_AGENCY)

    def read(self, token: Secret) -> Token:
        """Return what IAM says about a token that one has.

        Raises:
            AuthenticationError: IAM does not accept it.
            CBRError: as in :meth:`issue`.
        """
        try:
            answer = self._send(_request_with_token(self, token), (200,))
        except AuthenticationError as problem:
            problem.advice = f"IAM at {self.address} refused the token. {_RENEW}"
            raise
        return _described(answer, token, self.address)

    def project_id(self, auth: httpx.Auth, name: str) -> str:
        """Return the ID of a project by its name.

        Args:
            auth: signs the request.
            name: the project's name; the default project of a region bears the region's.

        Raises:
            AuthenticationError: there is no such project; the message lists those there are.
            PermissionDenied: one may not list projects.
            CBRError: as in :meth:`issue`.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/projects")
        rows = _document(self._send(request, (200,), auth=auth), self.address).get("projects")
        projects: dict[str, list[Any]] = {}
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("name"):
                projects.setdefault(str(row["name"]), []).append(row.get("id"))
        if len(projects.get(name, ())) > 1:
            raise AuthenticationError(
                f"There are several projects {name!r}.",
                advice=f"Name one by project_id: {', '.join(map(str, projects[name]))}.",
                field="project_id",
            )
        if name not in projects:
            raise AuthenticationError(
                f"There is no project {name!r} in this account.",
                advice=f"There are: {', '.join(sorted(projects)) or 'none'}. "
                "Name one by project_name or project_id.",
            )
        return checked_project_id(projects[name][0], self.address)

    def projects(self, auth: httpx.Auth | None) -> tuple[Project, ...]:
        """Return the projects that one may use; those that are switched off are left out.

        Args:
            auth: signs the request.

        Raises:
            PermissionDenied: one may not list projects.
            CBRError: as in :meth:`issue`.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/auth/projects")
        rows = _document(self._send(request, (200,), auth=auth), self.address).get("projects")
        return tuple(
            Project(
                checked_project_id(row.get("id"), self.address),
                _text(row.get("name")) or str(row.get("id")),
                _text(row.get("domain_id")) or "",
            )
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("enabled") is not False
        )

    def addresses(self, auth: httpx.Auth | None) -> tuple[CatalogEndpoint, ...]:
        """Return the service's addresses in the catalogue, for one who signs requests.

        Raises:
            CBRError: as in :meth:`issue`, or one may not read the catalogue.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/auth/catalog")
        document = _document(self._send(request, (200,), auth=auth), self.address)
        return endpoints_in(document.get("catalog"))

    def _issued(self, request: httpx.Request, to_check: str) -> Token:
        response = self._send(request, (200, 201), to_check=to_check)
        value = _token_in(response)
        if value is None:
            raise unreadable_answer(self.address, "it holds no usable token", response)
        return _described(response, value, self.address)

    def _send(
        self,
        request: httpx.Request,
        good: tuple[int, ...],
        *,
        auth: httpx.Auth | None = None,
        to_check: str | None = None,
    ) -> httpx.Response:
        """Send a request, again after a pause where IAM is busy; nothing is changed by it.

        Where IAM says for how long it turns requests away, that is respected, within the patience
        that questions have by default.
        """
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._attempt(request, auth)
            if isinstance(answer, Trouble):
                if attempt >= _CONNECTION_ATTEMPTS or not answer.passing:
                    raise _unreachable(answer)
                self._sleep(_pause(attempt))
                continue
            if answer.status_code in good:
                if page := page_instead_of_answer(answer):
                    raise ConnectionFailed(page, advice=PAGE_ADVICE)
                return answer
            pause = _window(answer) or _pause(attempt)
            goes_on = attempt < _ATTEMPTS and waited + pause <= PATIENCE_S
            if answer.status_code not in _BUSY or not goes_on:
                raise _refusal(answer, self.address, to_check=to_check)
            if pause >= WORTH_A_LINE_S:
                write_line(f"IAM is throttling: {in_words(pause)} until the next attempt.")
            self._sleep(pause)
            waited += pause
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response | Trouble:
        fresh = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content
        )
        gate = gate_of_iam()
        if gate is not None:
            gate.enter()
        try:
            answer = self._http.send(fresh, auth=auth, follow_redirects=False)
            if gate is not None and answer.status_code == _THROTTLED:
                words = _words(answer)[1] or ""
                asked = asked_pause(answer, datetime.now(UTC))
                gate.refused(asked, window_in(words), limit_in(words))
            return answer
        except httpx.TransportError as problem:
            return trouble_of(problem, request.url)
        except httpx.DecodingError as problem:
            why = type(problem).__name__
        finally:
            if gate is not None:
                gate.leave()
        raise unreadable_answer(self.address, why, None)


def _unreachable(trouble: Trouble) -> ConnectionFailed:
    return ConnectionFailed(
        f"Signing in: {trouble.message}",
        advice=f"Nothing was changed. {trouble.advice}",
    )


def checked_project_id(value: Any, address: str) -> str:
    """Return the ID of a project, if it can be one.

    Raises:
        ServiceError: it is null, empty or not a text.
    """
    if isinstance(value, str) and value and all(each.isalnum() or each in "._~-" for each in value):
        return value
    raise unreadable_answer(address, f"the ID of the project is {value!r}", None)


def unreadable_answer(address: str, why: str, response: httpx.Response | None) -> ServiceError:
    """Return the error for an answer of IAM that makes no sense."""
    return ServiceError(
        f"The answer of IAM at {address} cannot be read: {why}.",
        advice="Check iam_endpoint: something else may answer there, such as a proxy.",
        http_status=response.status_code if response is not None else None,
        request_id=_request_id(response) if response is not None else None,
    )


# -- requests: built here, so that the frames that may fail hold no secret ---------------------


def _identity(who: Credentials) -> dict[str, Any]:
    if who.token:
        return {"methods": ["token"], "token": {"id": who.token}}
    user: dict[str, Any] = {"password": who.password}
    if who.user_id:
        user["id"] = who.user_id
    else:
        user["name"] = who.user_name
        user["domain"] = {"id": who.domain_id} if who.domain_id else {"name": who.domain_name}
    return {"methods": ["password"], "password": {"user": user}}


def _agency(who: Credentials) -> dict[str, Any]:
    role = {"agency_name": who.agency_name}
    if who.agency_domain_id:
        role["domain_id"] = who.agency_domain_id
    else:
        role["domain_name"] = who.agency_domain_name
    return {"methods": ["assume_role"], "assume_role": role}


def _scope(who: Credentials) -> dict[str, Any] | None:
    if who.project_id:
        return {"project": {"id": who.project_id}}
    name = who.project_name or who.region
    if not name:
        return None
    project: dict[str, Any] = {"name": name}
    if who.project_name and who.project_domain_id:
        project["domain"] = {"id": who.project_domain_id}
    elif who.project_name and who.project_domain_name:
        project["domain"] = {"name": who.project_domain_name}
    return {"project": project}


def _domain_scope(who: Credentials) -> dict[str, Any] | None:
    if who.domain_id or who.domain_name:
        return {"domain": {"id": who.domain_id} if who.domain_id else {"name": who.domain_name}}
    return None


def _token_request(
    iam: Iam,
    who: Credentials,
    identity: dict[str, Any],
    scope: dict[str, Any] | None,
    catalog: bool,
) -> httpx.Request:
    auth = {"identity": _revealed(identity)}
    if scope:
        auth["scope"] = scope
    query = "" if catalog else "?nocatalog=true"
    return httpx.Request("POST", f"{iam.address}/v3/auth/tokens{query}", json={"auth": auth})


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {key: _revealed(each) for key, each in value.items()}
    return value


def _request_with_token(iam: Iam, token: Secret) -> httpx.Request:
    headers = {"X-Auth-Token": token.reveal(), "X-Subject-Token": token.reveal()}
    return httpx.Request("GET", f"{iam.address}/v3/auth/tokens", headers=headers)


# -- answers -----------------------------------------------------------------------------------


def _document(response: httpx.Response, address: str) -> dict[str, Any]:
    reason: str | None = None
    try:
        document = response.json() if len(response.content) <= _LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        document, reason = None, "it is not JSON"
    if not isinstance(document, dict):
        raise unreadable_answer(address, reason or "it is not what IAM answers", response)
    return document


def _described(response: httpx.Response, value: Secret, address: str) -> Token:
    document = _document(response, address).get("token")
    if not isinstance(document, dict):
        raise unreadable_answer(address, "it does not describe the token", response)
    project = document.get("project")
    project = project if isinstance(project, dict) else {}
    given = project.get("id")
    return Token(
        value,
        _lifetime(document),
        checked_project_id(given, address) if project else None,
        _text(project.get("name")),
        _text(_member(document, "user", "name")),
        endpoints_in(document.get("catalog")),
    )


def _lifetime(document: dict[str, Any]) -> float:
    try:
        seconds = (
            datetime.fromisoformat(document["expires_at"])
            - datetime.fromisoformat(document["issued_at"])
        ).total_seconds()
    except (ValueError, KeyError, TypeError, OverflowError):
        return _DEFAULT_LIFETIME
    return seconds if math.isfinite(seconds) and seconds > 0 else _DEFAULT_LIFETIME


def _member(document: dict[str, Any], *names: str) -> Any:
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _token_in(response: httpx.Response) -> Secret | None:
    value = response.headers.get("X-Subject-Token", "")
    return Secret(value) if value and all("!" <= each <= "~" for each in value) else None


def _refusal(response: httpx.Response, address: str, *, to_check: str | None) -> CBRError:
    """Return the error for an answer that is none, with IAM's own words where it has some.

    ``to_check`` says what to look at where signing in was refused.
    """
    if page := page_instead_of_answer(response):
        error: CBRError = ConnectionFailed(page, advice=PAGE_ADVICE)
        error.http_status = response.status_code
        return error
    code, message = _words(response)
    status, request_id = response.status_code, _request_id(response)
    if to_check and status in _SIGN_IN_REFUSED:
        return AuthenticationError(
            message or f"Signing in failed: IAM answered HTTP {status}.",
            code=code,
            advice=f"IAM at {address} refused it. {to_check}",
            http_status=status,
            request_id=request_id,
        )
    if status == 401:
        code = code or "APIGW.0301"
    error = error_for(code, message, status, request_id)
    if isinstance(error, RateLimited):
        error.retry_after = _window(response)
        if error.retry_after is not None:
            error.advice = (
                f"IAM turns requests away for {in_words(error.retry_after)}. Try again then."
            )
    return error


def _words(response: httpx.Response) -> tuple[str | None, str | None]:
    """Return the code and the message of an error in any of the shapes that it may have."""
    try:
        document = response.json() if len(response.content) <= _LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        return None, None
    inner = document.get("error", document) if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return None, None
    code = inner.get("error_code") or inner.get("code")
    message = _text(inner.get("error_msg") or inner.get("message"))
    return _text(code), message and without_what_was_sent(message, response.request)


def _request_id(response: httpx.Response) -> str | None:
    found: Iterable[str | None] = (
        response.headers.get(name) for name in ("X-IAM-Trace-Id", "X-Request-Id")
    )
    return next((each for each in found if each), None)


def _pause(attempt: int) -> float:
    return float(2 ** (attempt - 1))


def _window(response: httpx.Response) -> float | None:
    """Return the seconds for which IAM says that it turns requests away, if it does."""
    return told_window(response, _words(response)[1] or "", datetime.now(UTC))
