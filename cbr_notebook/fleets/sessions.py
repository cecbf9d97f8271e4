"""The sessions of a fleet: opened when they are first asked, and shared."""

from __future__ import annotations

import threading
from typing import TypeVar, cast

from cbr_notebook.api.client import Client
from cbr_notebook.auth.throttling import RateLimiter
from cbr_notebook.fleets.fleet_places import Found, Place
from cbr_notebook.fleets.profiles import Profile
from cbr_notebook.session import Session

S = TypeVar("S", bound=Session)


def open_place(
    profile: Profile, first: Session | None, place: Place, region: str, iam: str
) -> Session:
    """Open the session of a project.

    Args:
        profile: who signs in.
        first: the session that the profile has open, if it is in this process.
        place: the project.
        region: of the profile's own session.
        iam: the profile's IAM.

    Raises:
        CBRError: one cannot sign in there.
    """
    here = first is not None and first.identity.project_id == place.project_id
    if first is not None and here and first.identity.region == place.region:
        return first
    if first is None and profile.simulates:
        first = profile.open()
        if first.identity.project_id == place.project_id:
            return first
    if first is not None and first.simulated:
        return first.in_project(place.project_id)
    given: dict[str, str | None] = {"region": place.region or None, "project_id": place.project_id}
    if place.region != region and profile.arguments.get("endpoint"):
        # The address that is named is the first region's; the catalogue has the others'.
        profile = Profile(
            profile.name, {k: v for k, v in profile.arguments.items() if k != "endpoint"}
        )
        given["iam_endpoint"] = iam
    return profile.open(**given)


def through(session: S, limiter: RateLimiter) -> S:
    """Return a session whose requests wait at a limiter."""
    return session.with_client(Client(session.client.transport.through(limiter)))


class Sessions:
    """Opens each session once, and shares it."""

    def __init__(self, found: dict[str, Found]) -> None:
        """Keep what was found of each profile."""
        self._found = found
        self._open: dict[tuple[str, str], Session] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def __call__(self, place: Place) -> Session:
        """Return the session of a project.

        Raises:
            CBRError: one cannot sign in there.
        """
        key = (place.path, place.project_id)
        with self._lock:
            mine = self._locks.setdefault(key, threading.Lock())
        with mine:
            if key not in self._open:
                found = self._found[place.profile]
                first = cast("Session", found.first)
                self._open[key] = open_place(
                    found.profile, first, place, first.identity.region, first.identity.iam_endpoint
                )
            return self._open[key]

    def close(self) -> None:
        """Close what was opened here; sessions that were handed in stay open."""
        for found in self._found.values():
            if found.first is not None and found.profile.session is None:
                found.first.close()
        for session in self._open.values():
            if not session.simulated:  # else it is closed with its cloud, or is not ours
                session.close()
        self._open.clear()
