"""The ways to open a session, for a form that signs in: it stands below them.

What opens a session knows forms, so that ``session.forms`` exists; a form that opens a session
must not import that in turn, nor must a fleet. The package's ``__init__`` says here where the ways
are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class OverviewForms(Protocol):
    """The forms of a fleet."""

    def overview(self) -> Any:
        """Show which projects need attention, and which did not answer; go on from there."""

    def project(self, path: str) -> Any:
        """Show the overview of one project.

        Args:
            path: such as ``prod/eu-west-0/web``.
        """


class Entry(Protocol):
    """Where sessions are opened."""

    @property
    def connect(self) -> Callable[..., Any]:
        """What opens a session on a real service."""

    @property
    def on_cloud(self) -> Callable[..., Any]:
        """What opens a session on a simulated cloud that there is."""

    @property
    def simulate(self) -> Callable[..., Any]:
        """What opens a session on a cloud of its own."""

    @property
    def fleet_forms(self) -> Callable[[Any], OverviewForms]:
        """What opens the forms of a fleet."""


_load: list[Callable[[], Entry]] = []


def register(load: Callable[[], Entry]) -> None:
    """Say what loads the ways to open a session."""
    _load[:] = [load]


def entry() -> Entry:
    """Return the ways to open a session; they are loaded now, if they were not yet."""
    return _load[0]()
