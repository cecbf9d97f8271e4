"""What every part of a session stands on: the client, the clock, and how to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.auth.token import SignedOut, TokenAuth
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.watching import Watcher

if TYPE_CHECKING:
    from cbr_notebook.simulator import Cloud


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
    """Whether certificates are checked, in words."""


class Context:
    """The ground of a session."""

    def __init__(
        self,
        client: Client,
        identity: Identity,
        http: httpx.Client,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
        cloud: Cloud | None = None,
        reopen: Callable[..., Any] | None = None,
    ) -> None:
        self.client = client
        self.identity = identity
        self._http = http
        self._sleep = sleep
        self._clock = clock
        self._watcher = Watcher(clock)
        self._cloud = cloud
        self._reopen = reopen

    @property
    def simulated(self) -> bool:
        """Whether this session talks to a cloud of its own in this process."""
        return self._cloud is not None

    @property
    def cloud(self) -> Cloud:
        """The simulated cloud: its clock, servers and disks.

        Raises:
            InvalidRequest: the session talks to a real service.
        """
        if self._cloud is None:
            raise InvalidRequest(
                "This session talks to a real service, which has no handle.",
                advice="cbr.simulate() gives a session with a cloud of its own.",
            )
        return self._cloud

    @property
    def now(self) -> datetime:
        """The present moment in UTC: the simulated cloud's, or this computer's."""
        return self._clock().astimezone(UTC)

    def sign_out(self) -> None:
        """Forget who you are: the token in memory and on disk, and the keys.

        The session answers nothing any more; a simulated cloud stays as it is.
        """
        auth = self._http.auth
        if isinstance(auth, TokenAuth):
            auth.forget()
        self._http.auth = SignedOut()

    def close(self) -> None:
        """Close the connections; a simulated cloud lets go of its state file."""
        self._http.close()
        if self._cloud is not None:
            self._cloud.close()
