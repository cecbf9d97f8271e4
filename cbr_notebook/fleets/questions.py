"""A fleet: the questions of a session, asked of many projects at once."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn, Self

import pandas as pd

from cbr_notebook.errors import AnswerWarning, FleetOnlyAsks, InvalidRequest
from cbr_notebook.fleets.broker import Broker
from cbr_notebook.fleets.budget import PARALLEL, Budget, BudgetLimiter
from cbr_notebook.fleets.fan_out import Gathered, gather, threads
from cbr_notebook.fleets.fleet_places import Found, Place, no_project
from cbr_notebook.fleets.fleet_progress import Bar, OnProgress
from cbr_notebook.fleets.fleet_sync import sync_fleet
from cbr_notebook.fleets.joined_tables import combine, notes_of, of_audits, part_of
from cbr_notebook.fleets.overview import Look, look, overview_table
from cbr_notebook.fleets.problems import Problem, Problems, Said
from cbr_notebook.fleets.process_worker import (
    Answer,
    Description,
    ask,
    ask_session,
    describe,
)
from cbr_notebook.fleets.sessions import Sessions
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories.project_read import TABLES
from cbr_notebook.histories.store import Store
from cbr_notebook.histories.sync import RESOURCES_EVERY, WHOLE, checked, checked_ages
from cbr_notebook.openers import OverviewForms, entry
from cbr_notebook.session import Session
from cbr_notebook.session.reports.audit import audit
from cbr_notebook.text.card import facts_html
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.suggestions import did_you_mean
from cbr_notebook.text.timeparse import DurationLike


def question(of_session: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Return a session's question for a fleet: the same parameters, the same description."""
    name = of_session.__name__
    signature = inspect.signature(of_session)
    own, *parameters = signature.parameters.values()
    known = [each for each in parameters if each.name != "proofs"]

    @functools.wraps(of_session)
    def asked(fleet: Fleet, /, *given: Any, **named: Any) -> pd.DataFrame:
        shape.bind(fleet, *given, **named)
        return fleet._ask(name, given, named)

    shape = signature.replace(parameters=[own.replace(name="self"), *known])
    asked.__signature__ = shape  # type: ignore[attr-defined]
    asked.__qualname__ = f"Fleet.{name}"
    said = (inspect.getdoc(of_session) or "").partition("\n\nExample:")[0]  # it is a session's
    asked.__doc__ = (
        f"{said}\n\nOf a fleet: {', '.join(PLACE)} stand in front; the parameters are a session's. "
        "Projects that fail are rows of ``fleet.problems()``."
    )
    return asked


class Fleet:
    """Many projects, asked at once: ``fleet.backups()`` is every project's, in one table.

    A fleet asks, it does not change; ``fleet["prod/eu-west-0/web"]`` is the session that does.
    Made by ``cbr.fleet()``.
    """

    vaults = question(Session.vaults)
    backups = question(Session.backups)
    restore_points = question(Session.restore_points)
    tasks = question(Session.tasks)
    policies = question(Session.policies)
    policy_rules = question(Session.policy_rules)
    resources = question(Session.resources)
    vault_resources = question(Session.vault_resources)
    tags = question(Session.tags)
    usage = question(Session.usage)
    agents = question(Session.agents)
    features = question(Session.features)
    organization_policies = question(Session.organization_policies)
    unprotected = question(Session.unprotected)
    capacity = question(Session.capacity)
    recovery_points = question(Session.recovery_points)
    gaps = question(Session.gaps)
    failures = question(Session.failures)
    schedule = question(Session.schedule)
    vault_policies = question(Session.vault_policies)
    replication = question(Session.replication)
    retention_preview = question(Session.retention_preview)
    orphans = question(Session.orphans)
    cost = question(Session.cost)
    audit = question(audit)

    def __init__(
        self,
        found: Sequence[Found],
        *,
        executor: Executor | None,
        budgets: Callable[[], Budget],
        on_progress: OnProgress | None = None,
    ) -> None:
        """Keep what was found.

        Args:
            found: the profiles with their places.
            executor: where the projects are asked; threads of this process if left out.
            budgets: makes the budget of an account.
            on_progress: is told how far a question is.
        """
        self._found = {each.profile.name: each for each in found}
        self.places: tuple[Place, ...] = tuple(place for each in found for place in each.places)
        self._executor = executor
        self._sessions = Sessions(self._found)
        self._new_budget = budgets
        self._budgets: dict[str, Budget] = {}
        self._on_progress = on_progress
        self._problems = Problems()
        for each in found:
            self._problems.note(each.problems)

    # -- what there is ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the projects: ``prod/eu-west-0/web``."""
        return iter([place.path for place in self.places])

    def __contains__(self, path: object) -> bool:
        return any(path in place.paths for place in self.places)

    def __getitem__(self, path: str) -> Session:
        """Return the session of a project, also where another profile's is asked for it.

        Args:
            path: profile, region and project: ``prod/eu-west-0/web``; the project by its name,
                its name without the region, or its ID.

        Raises:
            NoSuchProject: there is none, or more than one.
        """
        doubles = [place for found in self._found.values() for place in found.doubles]
        fitting = [place for place in (*self.places, *doubles) if path in place.paths]
        if len(fitting) != 1:
            raise no_project(path, fitting, self.places)
        session = self._sessions(fitting[0])
        session.client.transport.limiter = self._limiter(fitting[0])
        return session

    def problems(self) -> pd.DataFrame:
        """Return what failed, and was not answered since.

        Returns:
            The columns of ``cbr.schema("problems")``, one row a project and question.
        """
        return self._problems.table()

    @property
    def card(self) -> pd.DataFrame:
        """Who signs in where, as it was found: one row a project.

        Returns:
            ``profile``, ``region``, ``project``, ``project_id``, ``user``, ``service`` (text).
        """
        rows = []
        for place in self.places:
            first = self._found[place.profile].first
            assert first is not None
            here = first.identity.region == place.region
            service = first.identity.endpoint if here else "by the catalogue, when it is asked"
            rows.append((*place.where, place.project_id, first.identity.who, service))
        columns = [*PLACE, "project_id", "user", "service"]
        return pd.DataFrame(rows, columns=columns, dtype=TEXT)

    def _facts(self) -> list[tuple[str, str]]:
        facts = []
        for name, found in self._found.items():
            if found.first is None:
                facts.append((name, f"cannot sign in: {found.problems[0].message}"))
                continue
            regions: dict[str, list[str]] = {}
            for place in found.places:
                regions.setdefault(place.region, []).append(place.project)
            where = "; ".join(f"{each}: {_some(names)}" for each, names in regions.items())
            fact = f"{found.first.identity.who} in {where or 'no other project'}"
            if found.doubles:
                through = sorted({place.profile for place in found.doubles.values()})
                names = [f"{place.region}/{place.project}" for place in found.doubles]
                fact += f"; asked through {', '.join(through)}: {_some(names)}"
            facts.append((name, fact))
        if self._problems:
            facts.append(("Problems", f"{len(self._problems)}; fleet.problems() lists them"))
        return facts

    def _title(self) -> str:
        return f"Fleet of {len(self)} project{'s' * (len(self) != 1)}"

    def __repr__(self) -> str:
        return "\n".join([self._title(), *(f"  {name}: {fact}" for name, fact in self._facts())])

    def _repr_html_(self) -> str:
        return facts_html(self._title(), self._facts())

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if not name.startswith("_")]

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what belongs to one session."""
        if not name.startswith("_") and hasattr(Session, name):
            example = next(iter(self), "profile/region/project")
            raise FleetOnlyAsks(
                f"A fleet has no {name}: it asks all projects, and changes nothing.",
                advice=f'Do it in one of them: fleet["{example}"].{name}(…).',
            )
        near = did_you_mean(name, [each for each in vars(Fleet) if not each.startswith("_")])
        raise AttributeError(f"A fleet has no {name}. {near}".strip())

    def close(self) -> None:
        """Close the sessions that the fleet has opened."""
        self._sessions.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- all at a glance --------------------------------------------------------------------------

    def overview(self, *, on_progress: OnProgress | None = None) -> pd.DataFrame:
        """Return one row a project: how many resources, tasks and vaults need attention.

        Each project is read once, on threads of this process. One that does not answer is a row,
        too: its numbers are missing, and ``unanswered`` says what was asked.
        ``fleet.forms.overview()`` shows it.

        Args:
            on_progress: is told how far it is, instead of the fleet's own.

        Returns:
            The columns of ``cbr.schema("overview")``, what nobody knows first, then the project
            with most that needs attention.

        API: Vault; Backup; Policy; Protectable; Task.
        """
        found = self._here("overview", lambda place: look, show=on_progress)
        self._remember("overview", found)
        looks = {p: a.table for p, a in found.answers.items() if isinstance(a.table, Look)}
        for place, seen in looks.items():
            self._problems.replace(place.where, "overview ", seen.unanswered)
        nowhere = [name for name, each in self._found.items() if each.first is None]
        frame = overview_table(self.places, looks, nowhere)
        frame.attrs.update(self._described("overview", found), rows=len(frame))
        return frame

    @property
    def forms(self) -> OverviewForms:
        """Forms that look at all projects: ``fleet.forms.overview()``."""
        return entry().fleet_forms(self)

    # -- memory -----------------------------------------------------------------------------------

    def sync(
        self,
        path: str | Path,
        *,
        tables: Sequence[str] = TABLES,
        whole: DurationLike = WHOLE,
        resources_every: DurationLike = RESOURCES_EVERY,
        storage_options: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Write what there is in every project into a lake, with the day; return one row a table.

        Of backups and tasks only what is new is read, and what was deleted. Projects count as
        they are done: a sync that is killed or interrupted leaves the lake whole, and the next
        one goes on. It runs on threads of this process, whatever the fleet's executor is.

        Args:
            path: a folder, or an address of fsspec: ``s3://bucket/lake``.
            tables: which tables; of the answers ``unprotected``, ``capacity``,
                ``recovery_points``, ``gaps`` and ``audit`` those that are named are kept, too.
            whole: how old the last reading of all backups may be before all are read again.
            resources_every: how old the last reading of all resources may be, while nothing
                shows that they changed; ``"0d"`` reads all of them each time.
            storage_options: what the address's file system takes, such as keys.

        Returns:
            The columns of ``cbr.schema("synced")``; what failed is in ``problems()`` as well.

        Raises:
            InvalidRequest: the lake cannot be opened or written, or there is no such table.
        """
        found = sync_fleet(
            Store(path, storage_options),
            checked(tables),
            checked_ages(whole, resources_every),
            lambda do, each: self._here("sync", lambda place: functools.partial(do, place), each),
        )
        self._remember("sync", found.gathered)
        for row in found.rows:
            said = Said(row.table, row.code, row.problem, row.advice, row.request_id)
            self._problems.replace(row[:3], "sync ", [said] if row.problem else [], row.table)
        frame = found.table()
        frame.attrs.update(self._described("synced", found.gathered), rows=len(frame))
        return frame

    # -- asking -----------------------------------------------------------------------------------

    def _ask(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> pd.DataFrame:
        """Ask every project, and put the tables together."""
        of_fleet = named.get("backups")
        if isinstance(of_fleet, pd.DataFrame) and not set(PLACE) <= set(of_fleet.columns):
            raise InvalidRequest(
                "These backups do not say of which project they are.",
                advice="Give fleet.backups(…), or leave them out.",
                field="backups",
            )

        def arguments(place: Place) -> dict[str, Any]:
            if not isinstance(of_fleet, pd.DataFrame):
                return named
            # Of a project that did not tell its backups nothing is known: it is asked again.
            missing = place.path in of_fleet.attrs.get("missing", ())
            return {**named, "backups": None if missing else part_of(of_fleet, place)}

        executor = self._executor
        if executor is None or isinstance(executor, ThreadPoolExecutor):
            found = self._here(
                name,
                lambda place: lambda session: getattr(session, name)(*given, **arguments(place)),
                executor=executor,
            )
        else:
            found = self._elsewhere(executor, name, lambda place: (name, given, arguments(place)))
        self._raise_if_refused(found)
        self._remember(name, found)
        parts = [
            (place, table)
            for place in self.places
            if place in found.answers and (table := found.answers[place].table) is not None
        ]
        frame = combine(name, parts)
        frame.attrs.update(self._described(name, found))
        if found.interrupted:
            warnings.warn(
                f"{name} was interrupted: {len(parts)} of {len(self)} projects have answered.",
                AnswerWarning,
                stacklevel=3,
            )
        return frame

    def _described(self, name: str, found: Gathered) -> dict[str, Any]:
        answered = {
            place: each.table for place, each in found.answers.items() if each.table is not None
        }
        tables = [each for each in answered.values() if isinstance(each, pd.DataFrame)]
        missing = [place.path for place in self.places if place not in answered]
        missing += [each for each, of in self._found.items() if of.first is None]
        return {
            "resource": name,
            "filters": tables[0].attrs.get("filters", {}) if tables else {},
            "asked_at": max((each.attrs.get("asked_at", "") for each in tables), default=""),
            "rows": sum(map(len, tables)),
            "requests": sum(each.requests for each in found.answers.values()),
            "projects": len(self),
            "missing": missing,
            "interrupted": bool(found.interrupted),
            **of_audits(tables),
            **notes_of(answered),
        }

    def _here(
        self,
        name: str,
        doing: Callable[[Place], Callable[[Session], Any]],
        each: Callable[[Answer], None] = lambda answer: None,
        executor: Executor | None = None,
        show: OnProgress | None = None,
    ) -> Gathered:
        """Ask every project on threads of this process."""
        limiters = {place: self._limiter(place) for place in self.places}
        of_iam = {place: self._limiter(place, of_iam=True) for place in self.places}

        def stop() -> None:
            for limiter in (*limiters.values(), *of_iam.values()):
                limiter.stop()

        with threads(self.places) if executor is None else nullcontext(executor) as pool:
            return self._gather(
                name,
                lambda place: pool.submit(
                    ask_session,
                    functools.partial(self._sessions, place),
                    limiters[place],
                    of_iam[place],
                    place,
                    name,
                    doing(place),
                ),
                requests=lambda: sum(limiter.requests for limiter in limiters.values()),
                stop=stop,
                each=each,
                show=show,
            )

    def _elsewhere(
        self, executor: Executor, name: str, calls: Callable[[Place], tuple[Any, ...]]
    ) -> Gathered:
        """Ask every project on somebody's executor, by what may travel."""
        for place in self.places:  # their budgets are there when a worker asks
            self._limiter(place), self._limiter(place, of_iam=True)
        with Broker(self._budgets.__getitem__) as broker:
            descriptions = {place: self._description(place, broker) for place in self.places}
            return self._gather(
                name,
                lambda place: executor.submit(ask, descriptions[place], *calls(place)),
                requests=lambda: broker.requests,
                stop=broker.close,
            )

    def _gather(
        self,
        name: str,
        submit: Callable[[Place], Any],
        *,
        requests: Callable[[], int] = lambda: 0,
        stop: Callable[[], None] = lambda: None,
        each: Callable[[Answer], None] = lambda answer: None,
        show: OnProgress | None = None,
    ) -> Gathered:
        shown = show or self._on_progress
        bar = None if shown else Bar(name, len(self))
        try:
            return gather(
                submit,
                self.places,
                name,
                show=shown or (lambda now: bar.show(now) if bar else None),
                requests=requests,
                waits=lambda: max((of.left() for of in self._budgets.values()), default=0),
                stop=stop,
                each=each,
            )
        finally:
            if bar is not None:
                bar.close()

    def _limiter(self, place: Place, *, of_iam: bool = False) -> BudgetLimiter:
        key = place.iam if of_iam else place.service
        if key not in self._budgets:
            self._budgets[key] = Budget(parallel=PARALLEL) if of_iam else self._new_budget()
        return BudgetLimiter(self._budgets[key], place.path)

    def _description(self, place: Place, broker: Broker | None = None) -> Description:
        mates = sum(each.account == place.account for each in self.places)
        where = broker.address if broker else None
        return describe(self._found[place.profile], place, self._new_budget(), mates, where)

    def _raise_if_refused(self, found: Gathered) -> None:
        """Raise what every project says of the question itself.

        Before anything was sent, or because none that answered has a tag that is asked for.
        """
        answers: list[Answer] = list(found.answers.values())
        refused = [each.refusal for each in answers if each.refusal and not each.requests]
        unknown = [each.unknown for each in answers if each.unknown]
        told = [each for each in answers if each.table is not None]
        for said, of in ((refused, answers), (unknown, told)):
            if of and len(said) == len(of):
                assert said[0] is not None
                raise said[0]

    def _remember(self, name: str, found: Gathered) -> None:
        for place in found.answers:
            for what in ("sign in", name):
                self._problems.forget(place.where, what)
        self._problems.note(each.problem for each in found.answers.values() if each.problem)
        said = Said(name, "", "It was interrupted before it answered.", "Ask again.", "")
        self._problems.note(Problem(*place.where, *said) for place in found.interrupted)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
