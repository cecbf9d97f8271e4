"""How far a run is, as its journal tells it."""

from __future__ import annotations

from typing import Final, Literal

from cbr_notebook.api.messages.statuses import TASK_SUCCESS
from cbr_notebook.runbook.journal.journal import Entry

State = Literal["not asked", "asked", "running", "success", "failed", "stopped", "given up"]
"""How far a run is.

``not asked``: the service does not know of it; ``asked``: it may or may not have been heard;
``running``; ``success`` and ``failed``: as the service's task ended; ``stopped``: ended before
anything was asked, or the service refused; ``given up``: nobody looks for its task any more.
"""

NOT_ASKED: Final = "not asked"
ASKED: Final = "asked"
RUNNING: Final = "running"
SUCCESS: Final = "success"
FAILED: Final = "failed"
STOPPED: Final = "stopped"
GIVEN_UP: Final = "given up"

UNFINISHED = (NOT_ASKED, ASKED, RUNNING)
CARRIED_OUT = (SUCCESS, FAILED)
"""The service's task has ended: well, or with the target half written."""
ENDED = (SUCCESS, FAILED, STOPPED, GIVEN_UP)


def state_of(entries: list[Entry]) -> State:
    """Return how far a run is, by its journal."""
    state: State = NOT_ASKED
    for entry in entries:
        match entry.kind:
            case "restore_intended":
                state = ASKED
            case "restore_not_done":
                state = NOT_ASKED
            case "restore_answered" | "task_found":
                state = RUNNING
            case "task_ended":
                state = SUCCESS if entry.facts["status"] == TASK_SUCCESS else FAILED
            case "stopped":
                state = STOPPED
            case "given_up":
                state = GIVEN_UP
    return state
