"""What IAM is sent and what it answers: tokens, and errors in its own words.

Requests are built here, so that the frames that may fail hold no secret.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cbr_notebook.auth.catalog import CatalogEndpoint, endpoints_in
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.network.connection_errors import PAGE_ADVICE, page_instead_of_answer
from cbr_notebook.auth.redaction import without_what_was_sent
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.throttling import in_words, told_window
from cbr_notebook.errors import (
    AuthenticationError,
    CBRError,
    ConnectionFailed,
    RateLimited,
    ServiceError,
    error_for,
)

_SIGN_IN_REFUSED = (400, 401, 403, 404)
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


def token_request(address: str, who: Credentials, *, catalog: bool) -> httpx.Request:
    """Return the request for a token of a user, for the project that is named."""
    return _request_for(address, _identity(who), _scope(who), catalog)


def account_token_request(address: str, who: Credentials) -> httpx.Request:
    """Return the request for a token of a user for the whole account, to take up an agency."""
    return _request_for(address, _identity(who), _domain_scope(who), False)


def agency_token_request(address: str, who: Credentials, *, catalog: bool) -> httpx.Request:
    """Return the request for a token of an agency; it is signed by the token of a user."""
    return _request_for(address, _agency(who), _scope(who), catalog)


def description_request(address: str, token: Secret) -> httpx.Request:
    """Return the request for what IAM says about a token."""
    headers = {"X-Auth-Token": token.reveal(), "X-Subject-Token": token.reveal()}
    return httpx.Request("GET", f"{address}/v3/auth/tokens", headers=headers)


def _request_for(
    address: str, identity: dict[str, Any], scope: dict[str, Any] | None, catalog: bool
) -> httpx.Request:
    auth = {"identity": _revealed(identity)}
    if scope:
        auth["scope"] = scope
    query = "" if catalog else "?nocatalog=true"
    return httpx.Request("POST", f"{address}/v3/auth/tokens{query}", json={"auth": auth})


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


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {key: _revealed(each) for key, each in value.items()}
    return value


def described(response: httpx.Response, value: Secret, address: str) -> Token:
    """Return a token with what an answer says about it."""
    document = document_in(response, address).get("token")
    if not isinstance(document, dict):
        raise unreadable_answer(address, "it does not describe the token", response)
    project = document.get("project")
    project = project if isinstance(project, dict) else {}
    given = project.get("id")
    return Token(
        value,
        _lifetime(document),
        checked_project_id(given, address) if project else None,
        text_or_none(project.get("name")),
        text_or_none(_member(document, "user", "name")),
        endpoints_in(document.get("catalog")),
    )


def token_in(response: httpx.Response) -> Secret | None:
    """Return the token that an answer brings, if it can be one."""
    value = response.headers.get("X-Subject-Token", "")
    return Secret(value) if value and all("!" <= each <= "~" for each in value) else None


def document_in(response: httpx.Response, address: str) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        ServiceError: it holds none, or is too large.
    """
    reason: str | None = None
    try:
        document = response.json() if len(response.content) <= _LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        document, reason = None, "it is not JSON"
    if not isinstance(document, dict):
        raise unreadable_answer(address, reason or "it is not what IAM answers", response)
    return document


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


def text_or_none(value: Any) -> str | None:
    """Return a value if it is a text that is not empty."""
    return value if isinstance(value, str) and value else None


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


def refusal(response: httpx.Response, address: str, *, to_check: str | None) -> CBRError:
    """Return the error for an answer that is none, with IAM's own words where it has some.

    ``to_check`` says what to look at where signing in was refused.
    """
    if page := page_instead_of_answer(response):
        error: CBRError = ConnectionFailed(page, advice=PAGE_ADVICE)
        error.http_status = response.status_code
        return error
    code, message = words_in(response)
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
        error.retry_after = window_of(response)
        if error.retry_after is not None:
            error.advice = (
                f"IAM turns requests away for {in_words(error.retry_after)}. Try again then."
            )
    return error


def words_in(response: httpx.Response) -> tuple[str | None, str | None]:
    """Return the code and the message of an error in any of the shapes that it may have."""
    try:
        document = response.json() if len(response.content) <= _LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        return None, None
    inner = document.get("error", document) if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return None, None
    code = inner.get("error_code") or inner.get("code")
    message = text_or_none(inner.get("error_msg") or inner.get("message"))
    return text_or_none(code), message and without_what_was_sent(message, response.request)


def window_of(response: httpx.Response) -> float | None:
    """Return the seconds for which IAM says that it turns requests away, if it does."""
    return told_window(response, words_in(response)[1] or "", datetime.now(UTC))


def _request_id(response: httpx.Response) -> str | None:
    found: Iterable[str | None] = (
        response.headers.get(name) for name in ("X-IAM-Trace-Id", "X-Request-Id")
    )
    return next((each for each in found if each), None)
