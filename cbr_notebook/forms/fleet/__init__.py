"""Forms that look at all projects of a fleet: ``fleet.forms``; they change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cbr_notebook.forms.kit.form import Form, PageForm

if TYPE_CHECKING:
    from cbr_notebook.fleets import Fleet
    from cbr_notebook.runbook.guided_session import GuidedSession


class FleetForms:
    """The forms of a fleet."""

    def __init__(self, fleet: Fleet, *, by_cell: bool = True) -> None:
        """Keep the fleet.

        Args:
            fleet: what the forms look at.
            by_cell: as of the forms of a session; nothing is filled in here.
        """
        self._fleet = fleet
        self._by_cell = by_cell

    def __repr__(self) -> str:
        return "<FleetForms: overview>"

    def overview(self) -> Form:
        """Show which projects need attention, and which did not answer; go on from there."""
        from cbr_notebook.forms.fleet.overview import FleetOverview

        fleet = cast("GuidedSession", self._fleet)
        return (PageForm if self._by_cell else Form)(FleetOverview(), fleet)

    def project(self, path: str) -> Form:
        """Show the overview of one project.

        Args:
            path: such as ``prod/eu-west-0/web``.
        """
        session = cast("Any", self._fleet[path])
        opened: Form = type(session.forms)(session, by_cell=self._by_cell).overview()
        return opened
