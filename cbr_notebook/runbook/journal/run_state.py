"""How far a run is, as its journal tells it."""

from __future__ import annotations

from typing import Literal

from cbr_notebook.runbook.journal.journal import Entry

State = Literal["not asked", "asked", "running", "success", "failed", "stopped", "given up"]
"""How far a run is.

``not asked``: the service does not know of it; ``asked``: it may or may not have been heard;
``running``; ``success`` and ``failed``: as the service's task ended; ``stopped``: ended before
anything was asked, or the service refused; ``given up``: nobody looks for its task any more.
"""

ENDED = ("success", "failed", "stopped", "given up")
_GOOD = ("success",)


def state_of(entries: list[Entry]) -> State:
    """Return how far a run is, by its journal."""
    state: State = "not asked"
    for entry in entries:
        match entry.kind:
            case "restore_intended":
                state = "asked"
            case "restore_not_done":
                state = "not asked"
            case "restore_answered" | "task_found":
                state = "running"
            case "task_ended":
                state = "success" if entry.facts["status"] in _GOOD else "failed"
            case "stopped":
                state = "stopped"
            case "given_up":
                state = "given up"
    return state
