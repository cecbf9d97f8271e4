"""The members of a group of restores, in an order that their dependencies allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from cbr_notebook.api.messages import validate
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.run.restore_options import names_of
from cbr_notebook.runbook.run.restore_plan import RestorePlan, plan_restore
from cbr_notebook.session import Session


@dataclass(frozen=True, slots=True)
class Member:
    """One restore of a group, and the IDs of the targets that must be back before it."""

    plan: RestorePlan
    after: tuple[str, ...]

    @property
    def target_id(self) -> str:
        """What it overwrites."""
        assert self.plan.facts.target is not None
        return self.plan.facts.target.id

    @property
    def name(self) -> str:
        """Its target's name."""
        assert self.plan.facts.target is not None
        return self.plan.facts.target.name


def ordered_members(session: Session, wanted: Iterable[Any]) -> list[Member]:
    """Return the members of a group, each after those that it waits for.

    Args:
        session: where.
        wanted: for each a plan, or a mapping with the arguments of ``plan_restore`` (or
            ``plan``) and ``after``: names or IDs of targets that must be back before.

    Raises:
        InvalidRequest: nothing is wanted, a target appears twice, ``after`` names no target of
            the group, or the order goes in a circle.
        CBRError: as ``plan_restore``.
    """
    planned = [_planned(session, each) for each in validate.listed(wanted, "restores")]
    if not planned:
        raise InvalidRequest("No restore is named.", advice="Give a list of plans.")
    ids: dict[str, str] = {}
    named: dict[str, str] = {}
    """The ID by the name; empty where several bear it."""
    for plan, _ in planned:
        target = plan.facts.target
        if target is None:
            raise InvalidRequest(
                f"What {plan.facts.backup.name} was made of does not exist any more.",
                advice="Leave it out, or name another target.",
            )
        if target.id in ids:
            raise InvalidRequest(
                f"{target.name} appears twice.", advice="A target is restored from one backup."
            )
        ids[target.id] = target.id
        named[target.name] = "" if target.name in named else target.id
    ids = named | ids
    members = [Member(plan, tuple(_known(ids, each) for each in after)) for plan, after in planned]
    by_id = {each.target_id: each for each in members}
    try:
        order = list(
            TopologicalSorter({each.target_id: each.after for each in members}).static_order()
        )
    except CycleError as problem:
        circle = " waits for ".join(by_id[each].name for each in reversed(problem.args[1]))
        raise InvalidRequest(
            f"The order goes in a circle: {circle}.", advice="Leave one dependency out."
        ) from None
    return [by_id[each] for each in order]


def _planned(session: Session, each: Any) -> tuple[RestorePlan, tuple[str, ...]]:
    if not isinstance(each, Mapping):
        if not isinstance(each, RestorePlan):
            advice = "Give plans of session.plan_restore(), or mappings of its arguments."
            raise InvalidRequest(f"{each!r} is no restore.", advice=advice, field="restores")
        return each, ()
    arguments = dict(each)
    after = names_of(arguments.pop("after", ()), "after")
    plan = arguments.pop("plan", None)
    return plan if plan is not None else plan_restore(session, **arguments), after


def _known(ids: Mapping[str, str], name: str) -> str:
    if name not in ids:
        raise InvalidRequest(
            f"{name!r} is no target of this group.", advice="after= names other targets of it."
        )
    if not ids[name]:
        raise InvalidRequest(f"Several targets of this group are named {name}.",
                             advice="Name the one that is meant by its ID.")  # fmt: skip
    return ids[name]
