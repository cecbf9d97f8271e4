"""The session that people hold: all of it, with guided restores, pictures and forms."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cbr_notebook.runbook.guided_session import GuidedSession

if TYPE_CHECKING:
    from cbr_notebook.forms import Forms
    from cbr_notebook.plots import Plots


class Session(GuidedSession):
    """Who you are and where, and everything you can ask and do there.

    Made by ``cbr.connect()`` on a real service, or by ``cbr.simulate()`` on a cloud of its own.
    """

    # Matplotlib and widgets are loaded when they are first asked for.

    @cached_property
    def plots(self) -> Plots:
        """Pictures: capacity, calendar, recovery points, durations."""
        from cbr_notebook.plots import Plots

        return Plots(self)

    @cached_property
    def forms(self) -> Forms:
        """Forms to fill in and click: create, back up, schedule, share, watch."""
        from cbr_notebook.forms import Forms

        return Forms(self)
