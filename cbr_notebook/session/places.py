"""Where else the identity of a session may work: projects and regions, as IAM tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import httpx

from cbr_notebook.auth.iam import Iam, Project
from cbr_notebook.session.context import Identity


class SignedInSession(Protocol):
    """What is needed of a session to ask its IAM."""

    @property
    def identity(self) -> Identity:
        """Who the session is and where."""

    @property
    def connections(self) -> httpx.Client:
        """The connections, which authenticate."""

    @property
    def pause(self) -> Callable[[float], None]:
        """What waits some seconds."""


def projects(session: SignedInSession) -> tuple[Project, ...]:
    """Return the projects that the identity of a session may use.

    Raises:
        PermissionDenied: it may not list them.
        CBRError: IAM cannot be asked.
    """
    iam = _iam(session)
    return () if iam is None else iam.projects(session.connections.auth)


def regions(session: SignedInSession) -> tuple[str, ...]:
    """Return the regions in which IAM's catalogue has the service, sorted.

    Raises:
        CBRError: IAM cannot be asked, or does not show its catalogue.
    """
    iam = _iam(session)
    found = () if iam is None else iam.addresses(session.connections.auth)
    return tuple(sorted({each.region for each in found} - {"", "*"}))


def _iam(session: SignedInSession) -> Iam | None:
    address = session.identity.iam_endpoint
    known = address.startswith(("http://", "https://"))
    return Iam(session.connections, address, sleep=session.pause) if known else None
