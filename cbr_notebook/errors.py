"""What can go wrong, as exceptions that say what happened, why, and what to do next.

Every exception of this package is a :class:`CBRError`; the subclass says which kind of
trouble it is, ``code`` which of the service's documented codes caused it, ``advice`` what to
do, and ``request_id`` what to tell the operator of the cloud.
"""

from __future__ import annotations

from typing import Any

from cbr_notebook import catalogue


class AnswerWarning(UserWarning):
    """Something in an answer of the service could not be used; the rest of it was."""


class CBRError(Exception):
    """Any trouble that this package reports.

    Attributes:
        message: what happened, in one or two sentences.
        code: the service's error code, such as ``BackupService.6105``, if it gave one.
        advice: what it means for you and what to do next.
        request_id: the service's ID of the request, for a support ticket.
        http_status: the HTTP status of the service's answer.
        field: the name of the argument or form field concerned, if there is one.
        may_have_happened: of an act: whether it may have been carried out. ``False`` means that
            it certainly was not: the request was not sent, or was refused.
        passing: whether the same request may go through in a while: nobody answered, or the
            service was busy or throttled it.
    """

    may_have_happened: bool = False
    passing: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        advice: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        field: str | None = None,
    ) -> None:
        """Describe the trouble; only ``message`` is mandatory."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.advice = advice
        self.request_id = request_id
        self.http_status = http_status
        self.field = field

    def __str__(self) -> str:
        """Say everything a person needs, one thing a line."""
        lines = [self.message]
        if self.advice:
            lines.append(f"What to do: {self.advice}")
        facts = [
            f"{name} {value}"
            for name, value in (
                ("code", self.code),
                ("HTTP status", self.http_status),
                ("request ID", self.request_id),
            )
            if value
        ]
        if facts:
            lines.append(f"({', '.join(facts)})")
        return "\n".join(lines)


class AuthenticationError(CBRError):
    """The service does not accept who you say you are, or nobody said who you are."""


class PermissionDenied(CBRError):
    """You are known, but may not do this."""


class NotFound(CBRError):
    """What you named does not exist, or not in this project."""


class NoSuchProject(NotFound, KeyError):
    """A fleet has no project of this name."""


class UnknownTag(NotFound):
    """Nothing has a tag of this key.

    Attributes:
        table: the answer all the same, for who asks many projects at once.
    """

    table: Any = None


class FleetOnlyAsks(CBRError, AttributeError):
    """A fleet asks, it does not change: this belongs to one session."""


class NotOffered(NotFound):
    """This operator or region of the service does not have the operation."""


class InvalidRequest(CBRError):
    """Something in the request is wrong; nothing was changed."""


class MissingExtra(InvalidRequest):
    """What was asked for needs a library that is not installed; the advice names its extra."""


class Conflict(CBRError):
    """The thing is not in a state that allows this now."""


class QuotaExceeded(CBRError):
    """A limit of the account, a vault or the service is reached."""


class RateLimited(CBRError):
    """Too many requests in too short a time.

    Attributes:
        retry_after: the seconds that the service asked to wait, if it said so.
    """

    retry_after: float | None = None


class ServiceError(CBRError):
    """The service itself failed, or gave an answer that cannot be read."""


class ConnectionFailed(CBRError):
    """No answer arrived; ``may_have_happened`` says what that means for an act."""


class TaskFailed(CBRError):
    """Work that was running on the service ended badly."""


class ContentDiffers(TaskFailed):
    """A restore ended, and what was looked at is not as it should be."""


class NotVerified(TaskFailed):
    """A restore ended, and nobody looked at all of its content: it is not proven."""


class TargetMissed(TaskFailed):
    """A restore is verified, and its recovery time or point is beyond the target, or unknown."""


class WaitTimeout(CBRError):
    """You stopped waiting before the work ended; the work goes on."""


class ConfirmationNeeded(CBRError):
    """This destroys something: say its name to confirm."""


class JournalFailed(CBRError):
    """The journal of a restore cannot be read or written; nothing irreversible is done without."""


def stopped_after(done: str, problem: CBRError, field: str) -> Conflict:
    """Return an error for an act of several steps of which a later one did not succeed.

    Args:
        done: what was done before, and what is known of the step that followed.
        problem: what stopped it; its reason, advice and verdict are those of the new error.
        field: the argument or form field that the step took its values from.
    """
    told = Conflict(
        f"{done}: {problem.message}",
        code=problem.code,
        request_id=problem.request_id,
        advice=problem.advice,
        field=field,
    )
    told.may_have_happened = problem.may_have_happened
    return told


_KINDS: dict[str, type[CBRError]] = {
    kind.__name__: kind
    for kind in (
        AuthenticationError,
        PermissionDenied,
        NotFound,
        InvalidRequest,
        Conflict,
        QuotaExceeded,
        RateLimited,
        ServiceError,
    )
}

_BY_STATUS: dict[int, type[CBRError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    429: RateLimited,
}

_BROKEN = (
    "Something between you and the service, or the service itself, failed; this says nothing about "
    "your request. Questions can simply be asked again. Of a change nobody knows whether it was "
    "carried out: look at session.tasks() or the list concerned before you repeat it."
)
_ADVICE_BY_STATUS: dict[int, str] = {
    401: "Who you say you are was not accepted. Check the keys or the password, the clock of this "
    "computer and the region.",
    403: "You are known, but may not do this. Ask whoever manages the account for the permission, "
    "and check that region and project are the ones you mean.",
    413: "A request may hold at most 12 MB: name fewer things at once.",
    429: "Too many requests. They are repeated by themselves after a pause; ask for fewer rows or "
    "less often.",
    503: "The service cannot be reached now, or is overloaded. Try again later; of a change, look "
    "first whether it was carried out.",
}


def _advice_for(http_status: int) -> str | None:
    """Return what a status alone asks of people, or ``None`` if it says too little."""
    return _ADVICE_BY_STATUS.get(http_status, _BROKEN if http_status >= 500 else None)


def error_for(
    code: str | None,
    message: str | None,
    http_status: int,
    request_id: str | None = None,
) -> CBRError:
    """Turn an error answer of the service into the exception that fits it.

    Args:
        code: the service's code, if the answer had one.
        message: the service's own words.
        http_status: the answer's HTTP status.
        request_id: the ID of the request.

    Returns:
        An exception, for the caller to raise: by its code if that is known, else by the
        HTTP status. A status wins over a code that comes with another one if it is 429 or 5xx,
        for then something on the way was too busy or broke, whatever it quotes; and always over
        a code of the gateway, which says little more than the status.
    """
    entry = catalogue.lookup(code) if code else None
    if entry is not None and http_status != entry.http_status:
        not_judged = http_status == 429 or http_status >= 500
        if not_judged or entry.code.startswith("APIGW."):
            entry = None
    if entry is not None:
        kind = _KINDS[entry.kind]
    else:
        kind = _BY_STATUS.get(http_status, ServiceError if http_status >= 500 else InvalidRequest)
    return kind(
        message or (entry.message if entry else f"The service answered HTTP {http_status}."),
        code=code,
        advice=entry.advice if entry else _advice_for(http_status),
        request_id=request_id,
        http_status=http_status,
    )
