"""Who signs in: profiles by name, or what `connect` would take, each with a name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cbr_notebook.auth.credentials import SECRETS
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.openers import entry
from cbr_notebook.session import Session
from cbr_notebook.text.suggestions import did_you_mean

_PLACE = ("region", "project_id", "project_name")
_SIMULATE = ("estate", "seed", "start", "template")


@dataclass(frozen=True, slots=True)
class Profile:
    """One who signs in.

    Attributes:
        name: what the fleet calls it.
        arguments: of ``connect``, or of ``simulate`` where there is an estate.
        session: one that is open already, instead of arguments.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    session: Session | None = field(default=None, repr=False)

    @property
    def simulates(self) -> bool:
        """Whether it has a cloud of its own in this process."""
        return "estate" in self.arguments

    @property
    def region(self) -> str | None:
        """The region that its arguments name."""
        return self.arguments.get("region")

    def open(self, **place: str | None) -> Session:
        """Open a session.

        Args:
            place: ``region`` and ``project_id``, ``endpoint`` and ``iam_endpoint`` instead of
                its own.

        Raises:
            CBRError: as of ``connect`` and ``simulate``.
        """
        if self.session is not None:
            return self.session
        if self.simulates:
            found: Session = entry().simulate(**self.arguments)
            return found
        arguments = dict(self.arguments)
        if place:
            for name in _PLACE:
                arguments.pop(name, None)
        given = {name: value for name, value in place.items() if value is not None}
        opened: Session = entry().connect(**{**arguments, **given})
        return opened

    def travels(self) -> bool:
        """Return whether another process can sign in by it: no secret, no open session."""
        return self.session is None and not any(
            self.arguments.get(name) for name in (*SECRETS, "join")
        )


def read_profiles(profiles: str | Mapping[str, Any] | Iterable[Any]) -> tuple[Profile, ...]:
    """Return the profiles of a fleet.

    Args:
        profiles: names of profiles, and dictionaries of ``connect``'s arguments with a
            ``name``; ``{"name": …, "session": …}`` takes a session that is open.

    Raises:
        InvalidRequest: one cannot be understood, or a name is there twice.
    """
    if not isinstance(profiles, str | Mapping | Iterable):
        raise _not_a_profile(f"a {type(profiles).__name__}")
    given = [profiles] if isinstance(profiles, str | Mapping) else list(profiles)
    found = [_profile(each) for each in given]
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not found or twice:
        raise InvalidRequest(
            f"The profile {twice[0]!r} is there twice." if twice else "A fleet needs a profile.",
            advice='Give each a name of its own: [{"name": "prod", "profile": "basic"}, "dev"].',
            field="profiles",
        )
    return tuple(found)


def _profile(given: Any) -> Profile:
    if isinstance(given, str) and _is_name(given):
        return Profile(given, {"profile": given})
    if not isinstance(given, Mapping):
        raise _not_a_profile(f"a {type(given).__name__}" if not isinstance(given, str) else given)
    arguments = dict(given)
    name = arguments.pop("name", None) or arguments.get("profile")
    if not isinstance(name, str) or not _is_name(name):
        raise _not_a_profile("a dictionary without a usable name")
    session = arguments.pop("session", None)
    if session is not None:
        if arguments or not isinstance(session, Session):
            raise _not_a_profile(f"{name!r}: a session stands alone, with its name")
        return Profile(name, {}, session)
    known = _known("estate" in arguments)
    unknown = [each for each in arguments if each not in known]
    if unknown:
        raise InvalidRequest(
            f"The profile {name!r} has {unknown[0]!r}, which is no argument of connect.",
            advice=f"{did_you_mean(unknown[0], known)}There are: {', '.join(known)}.",
            field="profiles",
        )
    return Profile(name, arguments)


def _known(simulates: bool) -> Sequence[str]:
    if simulates:
        return _SIMULATE
    return tuple(inspect.signature(entry().connect).parameters)


def _is_name(text: str) -> bool:
    return bool(text.strip()) and "/" not in text


def _not_a_profile(what: str) -> InvalidRequest:
    return InvalidRequest(
        f"This is no profile: {what}.",
        advice='Name profiles, such as ["prod", "dev"], or give dictionaries of connect\'s '
        'arguments with a name: {"name": "prod", "profile": "basic", "region": "eu-west-0"}. '
        "A name has no slash.",
        field="profiles",
    )
