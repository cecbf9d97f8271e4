"""Where a fleet is: found once, by asking IAM, before anything long begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from cbr_notebook.auth.endpoints import belongs_to_operator, host_of
from cbr_notebook.auth.iam import Project
from cbr_notebook.errors import CBRError, InvalidRequest, NoSuchProject, PermissionDenied
from cbr_notebook.fleets.problems import Problem, problem_of
from cbr_notebook.fleets.profiles import Profile
from cbr_notebook.session import Session, places
from cbr_notebook.text.suggestions import did_you_mean

T = TypeVar("T")
Chosen = Literal["all"] | str | Iterable[str] | None
Names = Literal["all"] | frozenset[str] | None
_REGION = re.compile(r"[a-z]{2,}-[a-z]+-\d+")
"""How the operator names regions: ``eu-west-0``, ``cn-north-4``, ``ap-southeast-1``."""
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a region, for one who signs in.

    Attributes:
        profile: who.
        region: where.
        project: its name.
        project_id: its ID.
        account: what requests are counted by.
    """

    profile: str
    region: str
    project: str
    project_id: str
    account: str

    @property
    def where(self) -> tuple[str, str, str]:
        """Profile, region and project, as they stand in front of rows."""
        return self.profile, self.region, self.project

    @property
    def path(self) -> str:
        """What it is called: ``prod/eu-west-0/web``."""
        return "/".join(self.where)

    @property
    def service(self) -> str:
        """What its requests to the service are counted by."""
        return f"{self.account}, {self.region}"

    @property
    def iam(self) -> str:
        """What its requests to IAM are counted by."""
        return f"{self.account}, IAM"

    @property
    def project_names(self) -> tuple[str, ...]:
        """All that one may call its project: by name, without the region, or by ID."""
        short = self.project.removeprefix(f"{self.region}_")
        return tuple(dict.fromkeys((self.project, short, self.project_id)))

    @property
    def paths(self) -> tuple[str, ...]:
        """All that one may call it."""
        return tuple(f"{self.profile}/{self.region}/{each}" for each in self.project_names)


@dataclass(slots=True)
class Found:
    """What was found of a profile.

    Attributes:
        profile: who.
        first: the session that signed in, if one could.
        places: where there is something to ask.
        others: places that are not wanted.
        doubles: places that another profile reaches, too, and is asked for: by which that is.
        problems: what could not be found out.
    """

    profile: Profile
    first: Session | None = None
    places: list[Place] = field(default_factory=list)
    others: list[Place] = field(default_factory=list)
    doubles: dict[Place, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def find_places(profiles: Sequence[Profile], regions: Chosen, projects: Chosen) -> list[Found]:
    """Sign in once a profile, and ask IAM for projects and regions.

    Args:
        profiles: who signs in.
        regions: their names; ``all``; each profile's own if left out.
        projects: their names or IDs; ``all``; the one that a profile signs in to, or a region's
            own, if left out.

    Raises:
        InvalidRequest: none of the profiles has a region or a project of a name.
    """
    wanted_regions, wanted_projects = _names(regions, "regions"), _names(projects, "projects")
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="cbr-fleet") as pool:
        found = list(pool.map(lambda each: _look(each, wanted_regions, wanted_projects), profiles))
    _take_each_once(found)
    every = [place for each in found for place in (*each.places, *each.doubles, *each.others)]
    if not any(each.problems for each in found):
        _reject_unknown(wanted_regions, {each.region for each in every}, "regions")
        _reject_unknown(
            wanted_projects, {name for each in every for name in each.project_names}, "projects"
        )
    return found


def no_project(path: object, fitting: Sequence[Place], places: Sequence[Place]) -> NoSuchProject:
    """Return that a name is that of no project, or of several.

    Args:
        path: the name.
        fitting: the projects that it names.
        places: all projects.
    """
    if fitting:
        ids = ", ".join(f"{each.profile}/{each.region}/{each.project_id}" for each in fitting)
        return NoSuchProject(
            f"{path!r} names several projects.", advice=f"Name one by its ID: {ids}."
        )
    names = [each for place in places for each in place.paths[:2]]
    near = did_you_mean(path, names) if isinstance(path, str) else ""
    shown = ", ".join(place.path for place in places[:10]) + (" …" if len(places) > 10 else "")
    shown = shown or "none; fleet.problems() says why"
    return NoSuchProject(
        f"There is no project {path!r} in this fleet.", advice=f"{near}There are: {shown}."
    )


def _look(profile: Profile, regions: Names, projects: Names) -> Found:
    found = Found(profile)
    try:
        session = found.first = profile.open()
    except CBRError as error:
        where = (profile.name, profile.region or "", "")
        found.problems.append(Problem(*where, *problem_of("sign in", error)))
        return found
    own = session.identity
    listed = _asked(found, "projects", lambda: places.projects(session)) or ()
    known = {each.id: each for each in listed}
    known.setdefault(own.project_id, Project(own.project_id, own.project_id, ""))
    account = f"{known[own.project_id].domain_id or own.who} at {own.iam_endpoint}"
    served = _regions(found, session, {each.name for each in known.values()}, regions)
    for project in known.values():
        of_name = project.name.partition("_")[0]
        for region in [of_name] if of_name in served else served:
            place = Place(profile.name, region, project.name, project.id, account)
            mine = project.id == own.project_id and (region == own.region or of_name != region)
            wanted = _is_wanted(region, regions, own.region) and _is_chosen(place, projects, mine)
            (found.places if wanted else found.others).append(place)
    found.places.sort(key=lambda each: (each.region, each.project, each.project_id))
    return found


def _take_each_once(found: Iterable[Found]) -> None:
    """Leave each project to the first profile that reaches it: no row is there twice."""
    known: dict[tuple[object, str, str], Place] = {}
    for each in found:
        for place in list(each.places):
            assert each.first is not None
            first = known.setdefault((_cloud(each.first), place.region, place.project_id), place)
            if first is not place:
                each.places.remove(place)
                each.doubles[place] = first


def _cloud(session: Session) -> object:
    """Return what makes projects with the same ID the same: the simulated cloud, or the IAM."""
    if session.simulated:
        return id(session.cloud)
    own = session.identity
    address = own.iam_endpoint if "://" in own.iam_endpoint else own.endpoint
    return "the operator" if belongs_to_operator(address) else host_of(address)


def _regions(found: Found, session: Session, names: set[str], wanted: Names) -> list[str]:
    """Return the regions of a profile: its own, the catalogue's, and those that projects tell.

    The default project of a region bears the region's name, where the operator does so.
    """
    own = session.identity.region
    if wanted is None:
        others = {each for each in names if own in names and _REGION.fullmatch(each)}
        return sorted({own} | others)
    told = _asked(found, "regions", lambda: places.regions(session)) or ()
    return sorted(
        {own, *told} | {each for each in names if own in names and _REGION.fullmatch(each)}
    )


def _is_chosen(place: Place, projects: Names, mine: bool) -> bool:
    if projects is None:
        return mine or (place.project == place.region)
    return projects == "all" or not projects.isdisjoint(place.project_names)


def _is_wanted(region: str, regions: Names, own: str) -> bool:
    if regions is None:
        return region == own
    return regions == "all" or region in regions


def _names(chosen: Chosen, name: str) -> Names:
    if chosen is None or chosen == "all":
        return chosen  # type: ignore[return-value]
    found = [chosen] if isinstance(chosen, str) else list(chosen)
    if not found or not all(isinstance(each, str) and each.strip() for each in found):
        raise InvalidRequest(
            f'{name} must be names, or "all", not {chosen!r}.',
            advice="Leave it out to stay where each profile signs in.",
            field=name,
        )
    return frozenset(each.strip() for each in found)


def _reject_unknown(wanted: Names, known: set[str], name: str) -> None:
    if wanted is None or wanted == "all":
        return
    for each in sorted(wanted - known):
        raise InvalidRequest(
            f"No profile has {each!r} among its {name}.",
            advice=f'{did_you_mean(each, sorted(known))}{name}="all" shows what there is.',
            field=name,
        )


def _asked(found: Found, what: str, ask: Callable[[], Sequence[T]]) -> Sequence[T] | None:
    """Return what IAM says; where it says nothing, note that as a problem."""
    try:
        return ask()
    except PermissionDenied as error:
        advice = (
            "Only the project to which the profile signs in was looked at. To find the others it "
            "needs iam:projects:listProjects."
            if what == "projects"
            else "Name the regions: regions=[…]."
        )
        said = problem_of(what, error)._replace(advice=advice)
        found.problems.append(Problem(found.profile.name, "", "", *said))
    except CBRError as error:
        found.problems.append(Problem(found.profile.name, "", "", *problem_of(what, error)))
    return None
