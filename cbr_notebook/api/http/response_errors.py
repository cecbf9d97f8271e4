"""From failed requests and refusing answers to errors that say what happened and what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from cbr_notebook import catalogue
from cbr_notebook.api.http.permissions import missing_permission, operation_of
from cbr_notebook.auth.network.bounds import (
    AnswerNotUnpacked,
    AnswerTooLarge,
    AnswerTooSlow,
    answer_began_with,
)
from cbr_notebook.auth.network.connection_errors import (
    NEVER_SENT,
    PAGE_ADVICE,
    page_instead_of_answer,
    trouble_of,
)
from cbr_notebook.auth.redaction import without_what_was_sent
from cbr_notebook.errors import (
    AuthenticationError,
    CBRError,
    ConnectionFailed,
    NotFound,
    NotOffered,
    PermissionDenied,
    ServiceError,
    error_for,
)

LOOK_FIRST = (
    "It may have been carried out; it was not sent again. "
    "Look at session.tasks() or the list concerned before you repeat it."
)
_GAVE_UP_WAITING = (408, 499)
_SKEW = timedelta(minutes=15)
_WHAT_GATEWAY_SAYS = (
    (
        "failed to reach the limit",
        "The access key is barred for five minutes after too many wrong signatures. Wait five "
        "minutes; meanwhile every further attempt, also from another program with the wrong "
        "secret key, is refused. Then check the secret key.",
    ),
    (
        "signature expired",
        "The clock of this computer and the service's differ by more than 15 minutes. Set the "
        "clock, or wait until it is set, and try again.",
    ),
    (
        "verify aksk signature fail",
        "The secret key does not belong to this access key, or a proxy changes the request. Copy "
        "the secret key once more; after several wrong ones the key is barred for five minutes.",
    ),
    (
        "not exist",
        "This access key does not exist at this operator: it was deleted, or belongs to another "
        "one. Check the key, and iam_endpoint and endpoint.",
    ),
    (
        "security token",
        "Temporary keys work only with their security token, and end with it. Get new ones.",
    ),
    (
        "token expires",
        "The token has ended. One that you named cannot be renewed: get a new one and connect "
        "again, or sign in by user and password or by keys, which renews by itself.",
    ),
    (
        "decrypt token fail",
        "The token is not one of this operator and region, or is incomplete. Copy it once more, "
        "and check the endpoint.",
    ),
)


def connection_error(
    request: httpx.Request, problem: httpx.RequestError | httpx.InvalidURL, *, safe: bool
) -> tuple[CBRError, bool]:
    """Return the error for a request without an answer, and whether it may be sent again.

    Args:
        request: what was asked.
        problem: what the HTTP library raised.
        safe: whether the request changes nothing.
    """
    what = f"{request.method} {request.url.path}"
    if not isinstance(problem, httpx.TransportError):
        return unreadable(str(problem), safe=safe), False
    if isinstance(problem, (AnswerTooLarge, AnswerNotUnpacked)):
        return unreadable(str(problem).rstrip("."), safe=safe), False
    trouble = trouble_of(problem, request.url)
    slow = isinstance(problem, httpx.TimeoutException) and answer_began_with()
    if safe and trouble.kind != "peer" and (slow or isinstance(problem, AnswerTooSlow)):
        error = ConnectionFailed(
            f"The answer to {what} began, and was not complete in time.",
            advice="Nothing was changed. Ask for less, or connect with a longer timeout.",
        )
        return error, False
    never_sent = (
        isinstance(problem, NEVER_SENT)
        or trouble.kind in ("certificate", "proxy")
        or (trouble.kind == "peer" and not answer_began_with())
    )
    if safe or never_sent:
        error = ConnectionFailed(
            f"{trouble.message} The request was {what}.",
            advice=f"Nothing was changed. {trouble.advice}",
        )
        return error, trouble.passing
    peer = trouble.kind == "peer"
    error = ConnectionFailed(
        f"No answer came to {what} ({type(problem).__name__})."
        + (f" {trouble.message}" if peer else ""),
        advice=f"{LOOK_FIRST} {trouble.advice}" if peer else LOOK_FIRST,
    )
    error.may_have_happened = True
    return error, False


def page_error(request: httpx.Request, response: httpx.Response, *, safe: bool) -> CBRError | None:
    """Return the error for a page or redirect in the place of an answer; ``None`` without one."""
    page = page_instead_of_answer(response)
    if page is None and response.is_redirect:
        page = f"HTTP {response.status_code} came, with which no operation of the service answers."
    if page is None:
        return None
    if safe:
        return ServiceError(
            f"The service's answer cannot be read. {page}",
            advice=PAGE_ADVICE,
            http_status=response.status_code,
        )
    error = ConnectionFailed(
        f"No answer of the service came to {request.method} {request.url.path}. {page}",
        advice=f"{LOOK_FIRST} {PAGE_ADVICE}",
        http_status=response.status_code,
    )
    error.may_have_happened = True
    return error


def unreadable(why: str, *, safe: bool) -> ServiceError:
    """Return the error for an answer that cannot be read.

    Args:
        why: what is wrong with it.
        safe: whether the request changes nothing.
    """
    error = ServiceError(
        f"The service's answer cannot be read: {why}.",
        advice="Ask again; if it stays so, something between you and the service changes its "
        "answers, such as a proxy."
        if safe
        else LOOK_FIRST,
    )
    error.may_have_happened = not safe
    return error


def maybe_executed(response: httpx.Response, error: CBRError) -> bool:
    """Return whether a change may have been carried out although the answer is an error.

    A 4xx refuses before the work, a throttling 429 and an unaccepted identity as well. Of the
    fives, only a documented code of the service with its own status is a refusal: gateways and
    proxies answer 502, 503 and 504 also when the service has begun and the connection to it broke.
    """
    if response.status_code in _GAVE_UP_WAITING:
        return True
    if response.status_code < 500:
        return False
    entry = catalogue.lookup(error.code) if error.code else None
    own = entry is not None and entry.http_status == response.status_code
    return not own or isinstance(error, ServiceError)


def refusal(request: httpx.Request, response: httpx.Response, *, now: datetime) -> CBRError:
    """Return the error for an answer that refuses, in any of the shapes that it may have.

    Args:
        request: what was asked.
        response: of the gateway, IAM, the middleware before the service, or the service.
        now: this computer's time, to compare with the service's.
    """
    error = _error(response, request_id_of(response))
    path = request.url.path
    if isinstance(error, PermissionDenied):
        missing = missing_permission(request.method, path, error.message)
        error.advice = f"{missing} {error.advice}" if missing else error.advice
    elif isinstance(error, AuthenticationError):
        error.advice = _gateway_advice(error, response, now) or error.advice
    elif response.status_code == 404 and _lacks_operation(error, response):
        operation = operation_of(request.method, path)
        what = f"{operation.section}: {operation.id}" if operation else f"{request.method} {path}"
        error = NotOffered(
            error.message,
            code=error.code,
            advice=f"{request.url.host} does not offer this operation ({what}). Not every operator "
            "and region has all of them; the others work without it. If nothing works, check the "
            "endpoint.",
            request_id=error.request_id,
            http_status=error.http_status,
        )
    return error


def request_id_of(response: httpx.Response) -> str | None:
    """Return the ID of a request, as the answer names it."""
    for name in ("X-Request-Id", "X-IAM-Trace-Id"):
        if value := response.headers.get(name):
            return str(value)
    return None


def _lacks_operation(error: CBRError, response: httpx.Response) -> bool:
    """Return whether a 404 is of the gateway, which knows no such path, not of the service."""
    return error.code == "APIGW.0101" or (
        error.code is None and b'"unauthorized"' not in response.content
    )


def _gateway_advice(error: CBRError, response: httpx.Response, now: datetime) -> str | None:
    said = error.message.lower()
    for words, advice in _WHAT_GATEWAY_SAYS:
        if words in said:
            return advice
    skew = _skew(response, now)
    if skew is not None and abs(skew) > _SKEW:
        minutes = round(abs(skew).total_seconds() / 60)
        return f"The clock of this computer is {minutes} minutes off the service's. Set it first."
    return None


def _skew(response: httpx.Response, now: datetime) -> timedelta | None:
    if "X-Cloud-Time" in response.headers:
        return None  # a simulated cloud, with a time of its own
    try:
        return now - parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _error(response: httpx.Response, request_id: str | None) -> CBRError:
    """Read an error in any of the shapes that gateway, IAM, middleware and service have."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return error_for(None, None, response.status_code, request_id)
    if not isinstance(document, dict):
        return error_for(None, None, response.status_code, request_id)
    if "unauthorized" in document:
        return NotFound(
            "The service knows no such project or ID.",
            advice="Check the region, the project and the ID; this is not a sign-in problem.",
            http_status=response.status_code,
            request_id=request_id,
        )
    inner = document.get("error")
    if isinstance(inner, dict):
        document = inner
    code = document.get("error_code") or document.get("errorCode") or document.get("code")
    message = document.get("error_msg") or document.get("errorMsg") or document.get("message")
    request_id = request_id or document.get("request_id")
    return error_for(
        code if isinstance(code, str) else None,
        without_what_was_sent(message, response.request) if isinstance(message, str) else None,
        response.status_code,
        request_id,
    )
