"""What answers about a large estate cost, against the list of its backups alone.

Run: python -m tests.benchmarks.bench_answers

Seconds that this process computes, the simulated cloud included, so that others on the machine
count little; each answer is at most three times the list.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.forms.testing import FormPage

ANSWERS: dict[str, Callable[[Session], object]] = {
    "unprotected": lambda s: s.unprotected(),
    "capacity": lambda s: s.capacity(),
    "recovery_points": lambda s: s.recovery_points(),
    "gaps": lambda s: s.gaps(),
    "retention_preview": lambda s: s.retention_preview(days=7),
    "audit": lambda s: s.audit(),
    "orphans": lambda s: s.orphans(),
    "replication": lambda s: s.replication(),
    "restore_points": lambda s: s.restore_points(),
    "failures": lambda s: s.failures(),
    "cost": lambda s: s.cost(0.1, currency="EUR"),
    "overview (form)": lambda s: FormPage(s.forms.overview()).wait(),
}


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that a call computes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Print a line an answer."""
    with cbr.simulate("large") as session:
        session.backups()
        for name, ask in ANSWERS.items():
            alone = seconds(session.backups)
            before = session.client.transport.requests
            took = seconds(lambda ask=ask: ask(session))  # type: ignore[misc]
            asked = session.client.transport.requests - before
            print(f"{name}: {took / alone:.2f} of backups() (at most 3), {asked} requests")


if __name__ == "__main__":
    main()
