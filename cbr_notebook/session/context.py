"""What every operation, query and report asks of a session: the client, who it is, its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cbr_notebook.api.client import Client
from cbr_notebook.tasks.poller import TaskPoller


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session is and where, for its card; never a secret."""

    who: str
    how: str
    region: str
    project_id: str
    endpoint: str
    source: str
    iam_endpoint: str = ""
    tls: str = ""
    """Whether certificates are verified, in words."""
    tls_verified: bool = True

    def facts(self) -> list[tuple[str, str]]:
        """Return who, how and where, by name, as cards show it."""
        return [
            ("User", self.who),
            ("Signs in with", f"{self.how}, from {self.source}"),
            ("Region", self.region or "not named"),
            ("Project", self.project_id),
            ("Service", self.endpoint),
            ("IAM", self.iam_endpoint),
            ("TLS", self.tls),
        ]


class Context(Protocol):
    """What functions of a session need of it; :class:`session.Session` has all of it."""

    @property
    def client(self) -> Client:
        """The service, operation by operation."""

    @property
    def identity(self) -> Identity:
        """Return who the session is and where."""

    @property
    def poller(self) -> TaskPoller:
        """Looks at tasks, and waits."""

    @property
    def simulated(self) -> bool:
        """Whether the session talks to a cloud of its own in this process."""

    @property
    def now(self) -> datetime:
        """The present moment in UTC."""
