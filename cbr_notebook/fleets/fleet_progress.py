"""How far a fleet's question is: projects done, rows, requests, and who waits for what."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

_SHOWN_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a question is.

    Attributes:
        question: what is asked.
        done: projects that have answered or failed.
        projects: projects in all.
        rows: that came.
        requests: that were sent.
        waits_s: seconds until the next request may be sent; 0 if nothing waits.
    """

    question: str
    done: int
    projects: int
    rows: int
    requests: int
    waits_s: float

    def __str__(self) -> str:
        waits = f", waits {self.waits_s:.0f} s" if self.waits_s >= 1 else ""
        return f"{self.rows:,} rows, {self.requests:,} requests{waits}"


OnProgress = Callable[[Progress], None]


class Bar:
    """A bar of tqdm, shown for what lasts longer than two seconds."""

    def __init__(self, question: str, projects: int) -> None:
        from tqdm import tqdm

        where = sys.stdout if "ipykernel" in sys.modules else sys.stderr
        self._bar = tqdm(
            total=projects, desc=question, unit="project", file=where, delay=_SHOWN_AFTER_S,
            leave=False,
        )  # fmt: skip

    def show(self, now: Progress) -> None:
        """Move the bar."""
        self._bar.set_postfix_str(str(now), refresh=False)
        self._bar.update(now.done - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()
