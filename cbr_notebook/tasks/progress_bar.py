"""A progress bar for waits in a cell or terminal."""

from __future__ import annotations

import sys

_BAR = "{desc}: {percentage:3.0f}%|{bar:30}|"


class ProgressBar:
    """A bar of tqdm that shows no wall-clock time, so that notebooks stay the same."""

    def __init__(self, what: str) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0
        # A notebook paints what goes to standard error red, as if it were a failure.
        where = sys.stdout if "ipykernel" in sys.modules else sys.stderr
        self._bar = tqdm(
            total=100, desc=what, bar_format=_BAR, file=where, mininterval=0, ascii=False
        )

    def show(self, percent: int) -> None:
        """Move the bar."""
        if percent > self._bar.n:
            self._bar.update(percent - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
