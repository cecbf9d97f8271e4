"""What an error says about the request: refused, not heard, or nobody knows.

A status of 429 is always ``RateLimited``. One of 5xx may be another kind by its code, but
counts as not known here: of a restore, what is not known is never asked for again unseen.
"""

from __future__ import annotations

from collections.abc import Callable

from cbr_notebook import catalogue
from cbr_notebook.errors import (
    CBRError,
    ConnectionFailed,
    NotFound,
    RateLimited,
    ServiceError,
)
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.tasks.poller import MAX_OUTAGE_S


def is_refusal(problem: CBRError) -> bool:
    """Return whether the service itself, not something on the way, says that it will not do it.

    A gateway or proxy may answer anything after the service has begun the work, so only the
    service's own documented codes count, and not even those of 429 and 5xx.
    """
    entry = catalogue.lookup(problem.code) if problem.code else None
    own = entry is not None and entry.code.startswith("BackupService.")
    return own and entry is not None and problem.http_status == entry.http_status in range(400, 429)


def never_began(problem: CBRError) -> bool:
    """Return whether work that was asked for has certainly not begun.

    It was refused before it was sent, never left this computer, or the service itself refused it.
    """
    if problem.http_status is None:
        return not problem.may_have_happened
    return is_refusal(problem)


def is_transient(problem: CBRError) -> bool:
    """Return whether the same question may be answered well in a while."""
    temporary = isinstance(problem, ConnectionFailed | RateLimited | ServiceError)
    return temporary or _server_side(problem)


def is_outage(problem: CBRError) -> bool:
    """Return whether a look at work that is known to go on may be made again.

    A proxy that asks to sign in, or a list that does not show the task yet, says nothing of it.
    """
    if is_transient(problem) or isinstance(problem, NotFound):
        return True
    return problem.http_status is not None and not is_refusal(problem)


class OutageTolerance:
    """Bears looks that fail while work goes on, until it has lasted too long."""

    def __init__(self, run: RunRecord, elapsed: Callable[[], float]) -> None:
        """Begin without trouble.

        Args:
            run: whose looks.
            elapsed: tells the seconds since some moment.
        """
        self._run = run
        self._elapsed = elapsed
        self._since: float | None = None

    @property
    def silent(self) -> bool:
        """Whether the last look failed."""
        return self._since is not None

    def answered(self) -> None:
        """Note that a look was answered."""
        self._since = None

    def failed(self, problem: CBRError) -> None:
        """Note that a look failed.

        Raises:
            CBRError: the problem itself, where it says more than that nobody answers.
            ConnectionFailed: nobody has been answering for half an hour.
        """
        if not is_outage(problem):
            raise problem
        if self._since is None:
            self._since = self._elapsed()
            self._run.note("trouble", message=problem.message, request_id=problem.request_id)
        if self._elapsed() - self._since >= MAX_OUTAGE_S:
            raise _outage(problem, self._run) from None


def _outage(problem: CBRError, run: RunRecord) -> ConnectionFailed:
    """Return the error for a service that has not been answering for long.

    It says what is known of the restore: "nothing was changed" would be said of the last look.
    """
    error = ConnectionFailed(
        f"The service has not been answering for {MAX_OUTAGE_S / 60:.0f} minutes (at last: "
        f"{type(problem).__name__}). {run.state_in_words()}",
        code=problem.code,
        request_id=problem.request_id,
        advice=f"Take it up when the service answers: session.resume_restore({run.run_id!r}).",
    )
    error.may_have_happened = run.state != run_state.NOT_ASKED
    return error


def _server_side(problem: CBRError) -> bool:
    return problem.http_status is not None and problem.http_status >= 500
