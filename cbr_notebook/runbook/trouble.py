"""What an error says about the request: refused, not heard, or nobody knows.

Judged by what came over the wire rather than by the kind of exception: a gateway may give a
code of its own, known or not, with any status.
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

_NOT_DONE = (429, 503)


def surely_not_done(problem: CBRError) -> bool:
    """Whether a request has certainly not been carried out, and may be made again later."""
    if isinstance(problem, ConnectionFailed):
        return not problem.may_have_happened
    if problem.http_status in _NOT_DONE:
        return True
    return isinstance(problem, AuthenticationError | PermissionDenied) and not _server_side(problem)


def perhaps_done(problem: CBRError) -> bool:
    """Whether the service may have begun the work although it did not say so."""
    if surely_not_done(problem):
        return False
    if isinstance(problem, ConnectionFailed) or _server_side(problem):
        return True
    # An answer that cannot be read has no status that counts.
    return isinstance(problem, ServiceError) and problem.http_status is None


def passing(problem: CBRError) -> bool:
    """Whether the same question may be answered well in a while."""
    return (
        isinstance(problem, ConnectionFailed | RateLimited | ServiceError)
        or problem.http_status in _NOT_DONE
        or _server_side(problem)
    )


def _server_side(problem: CBRError) -> bool:
    return problem.http_status is not None and problem.http_status >= 500
