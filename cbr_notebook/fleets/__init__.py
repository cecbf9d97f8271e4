"""Many projects at once: ``cbr.fleet()``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.fleets.budget import PARALLEL, Budget, Rate
from cbr_notebook.fleets.fleet_places import Chosen, find_places
from cbr_notebook.fleets.fleet_progress import OnProgress, Progress
from cbr_notebook.fleets.profiles import read_profiles
from cbr_notebook.fleets.questions import Fleet
from cbr_notebook.text.timeparse import parse_duration

__all__ = ["Fleet", "Progress", "fleet"]

_RATE = re.compile(r"\s*(\d{1,9})\s*(?:/|in|per)\s*(.+?)\s*")
_MOST_PARALLEL = 256


def fleet(
    profiles: str | Mapping[str, Any] | Iterable[Any],
    *,
    regions: Chosen = None,
    projects: Chosen = None,
    executor: Executor | None = None,
    parallel: int = PARALLEL,
    rate: str | None = None,
    on_progress: OnProgress | None = None,
) -> Fleet:
    """Open a fleet: the questions of a session, of many projects at once.

    Each profile signs in once, now; IAM tells the projects that it may use, and the catalogue
    the regions. Where projects may not be listed, the one that it signs in to counts, and
    ``fleet.problems()`` says so. Other sessions are opened when they are first asked. A project
    that several profiles reach is asked once, through the first of them.

    Args:
        profiles: names of profiles, and dictionaries of ``connect``'s arguments with a ``name``:
            ``["prod", {"name": "lab", "profile": "basic", "region": "eu-west-0"}]``. A session
            that is open is taken by ``{"name": "lab", "session": session}``.
        regions: their names, or ``"all"``; each profile's own if left out.
        projects: their names or IDs, or ``"all"``; the one that a profile signs in to, and in
            other regions the one that bears the region's name, if left out.
        executor: where projects are asked: any ``concurrent.futures.Executor``. Threads of this
            process if left out. In another process a profile signs in anew, by its name: secrets
            do not travel, so a profile that holds one, or an open session, is refused there.
        parallel: requests of an account under way at the same time, at most; on other computers,
            of each worker.
        rate: what the service allows an account, such as ``"200/5m"``, if you know it; it is
            learned from the first request that is turned away, if left out.
        on_progress: is called with a ``Progress`` while a question lasts, instead of a bar.

    Returns:
        A fleet; ``fleet.card`` says who signs in where.

    Raises:
        InvalidRequest: an argument makes no sense.

    API: IAM, "Querying the Projects Accessible to a User" (GET /v3/auth/projects).

    Example:
        >>> fleet = cbr.fleet(["prod", "dev"])
        >>> sorted(set(fleet.vaults()["profile"]))
        ['dev', 'prod']
    """
    known = read_profiles(profiles)
    allowed = None if rate is None else _rate(rate)
    if (
        isinstance(parallel, bool)
        or not isinstance(parallel, int)
        or not (1 <= parallel <= _MOST_PARALLEL)
    ):
        raise InvalidRequest(
            f"parallel must be a whole number from 1 to {_MOST_PARALLEL}, not {parallel!r}.",
            field="parallel",
        )
    return Fleet(
        find_places(known, regions, projects),
        executor=executor,
        budgets=lambda: Budget(parallel=parallel, rate=allowed),
        on_progress=on_progress,
    )


def _rate(text: str) -> Rate:
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[1]) < 1:
        raise InvalidRequest(
            f"rate {text!r} is no number of requests in a length of time.",
            advice='Write it like "200/5m".',
            field="rate",
        )
    length = found[2] if found[2][0].isdigit() else f"1{found[2]}"
    return Rate(int(found[1]), parse_duration(length, "rate").total_seconds())
