"""What an error says about the request: refused, not heard, or nobody knows.

A status of 429 is always ``RateLimited``. One of 5xx may be another kind by its code, but
counts as not known here: of a restore, what is not known is never asked for again unseen.
"""

from __future__ import annotations

from cbr_notebook.errors import (
    AuthenticationError,
    CBRError,
    ConnectionFailed,
    PermissionDenied,
    RateLimited,
    ServiceError,
)

_UNAVAILABLE = 503


def not_executed(problem: CBRError) -> bool:
    """Whether a request has certainly not been carried out, and may be made again later."""
    if isinstance(problem, ConnectionFailed):
        return not problem.may_have_happened
    if isinstance(problem, RateLimited) or problem.http_status == _UNAVAILABLE:
        return True
    return isinstance(problem, AuthenticationError | PermissionDenied) and not _server_side(problem)


def maybe_executed(problem: CBRError) -> bool:
    """Whether the service may have begun the work although it did not say so."""
    if not_executed(problem):
        return False
    if isinstance(problem, ConnectionFailed) or _server_side(problem):
        return True
    # An answer that cannot be read has no status that counts.
    return isinstance(problem, ServiceError) and problem.http_status is None


def is_transient(problem: CBRError) -> bool:
    """Whether the same question may be answered well in a while."""
    temporary = isinstance(problem, ConnectionFailed | RateLimited | ServiceError)
    return temporary or _server_side(problem)


def _server_side(problem: CBRError) -> bool:
    return problem.http_status is not None and problem.http_status >= 500
