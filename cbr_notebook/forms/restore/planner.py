"""The plan of a restore form: asked for with what is chosen, and kept as long as it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError, NotFound
from cbr_notebook.forms.kit.form import Form

if TYPE_CHECKING:
    from cbr_notebook.api.messages.constants import ResourceKind
    from cbr_notebook.api.messages.records import Protectable
    from cbr_notebook.runbook.run.restore_plan import RestorePlan
    from cbr_notebook.runbook.verify.contract import RecoveryContract

PLANNED = ("backup", "target", "disks", "power_on", "contract")
"""The fields that a plan is made from."""
POWER: Mapping[str, bool | None] = MappingProxyType({"keep": None, "start": True, "off": False})
"""Whether the server runs afterwards, by what is chosen; ``None``: as it does now."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan is asked for with.

    Attributes:
        backup: its ID; ``None`` if none is chosen.
        target: the ID or name of what is overwritten; empty: where the backup came from.
        disks: from the ID of a disk's backup to the ID of a disk; ``None``: each to its own.
        power_on: whether the server runs afterwards; ``None``: if it does now.
        contract: the file of a recovery contract, or its name; empty: none.
    """

    backup: str | None
    target: str | None
    disks: Mapping[str, str] | None
    power_on: bool | None
    contract: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Wanted:
        """Read it from what is filled in."""
        power_on = POWER.get(value["power_on"])
        return cls(value["backup"], value["target"], value["disks"], power_on, value["contract"])

    def fits(self, plan: RestorePlan) -> bool:
        """Return whether a plan restores this to where this says."""
        target = self.target or plan.backup.resource_id
        return (
            plan.backup.id == self.backup
            and (plan.target is None or plan.target.id == target)
            and plan.disks == self.disks
            and self.power_on in (None, plan.power_on)
            and bool(self.contract) == (plan.contract is not None)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What came of asking for a plan.

    Attributes:
        wanted: what it was asked for with.
        plan: the plan, unless there is none.
        error: why there is none.
        targets: the disks that could be overwritten; empty unless a disk is restored: the
            service restores nothing else to another target.
    """

    wanted: Wanted
    plan: RestorePlan | None = None
    error: CBRError | None = None
    targets: tuple[Protectable, ...] = ()


class Planner:
    """Asks for a plan, and says whether the one that is there fits what is filled in now."""

    def __init__(self, form: Form, kind: Callable[[], ResourceKind | None]) -> None:
        """Begin without a plan.

        Args:
            form: has the fields that a plan is made from.
            kind: returns of which kind the resource is that is restored.
        """
        self._form = form
        self._kind = kind
        self._found: Found | None = None
        self._targets: dict[ResourceKind, tuple[Protectable, ...]] = {}
        """What could be overwritten, by kind, as it was when the checks were last asked for."""
        self.show: Callable[[Found], Wanted] = lambda found: found.wanted
        """Shows what was found; returns what is filled in then, if it fills in more."""
        self.read_contract: Callable[[str], RecoveryContract]
        """Reads the recovery contract that is filled in."""

    def wanted(self) -> Wanted:
        """Return what is filled in now."""
        return Wanted.of({name: self._form.fields[name].value for name in PLANNED})

    @property
    def plan(self) -> RestorePlan | None:
        """The newest plan, whether it fits or not."""
        return self._found.plan if self._found else None

    @property
    def error(self) -> CBRError | None:
        """Why there is no plan; ``None`` if there is one, or nobody has asked."""
        return self._found.error if self._found else None

    def plan_for(self, wanted: Wanted) -> RestorePlan | None:
        """Return the plan, if it is the one for what is wanted."""
        found = self._found
        if found is None or found.plan is None or found.wanted != wanted:
            return None
        return found.plan if wanted.fits(found.plan) else None

    def forget(self) -> None:
        """Drop the plan."""
        self._found = None

    def forget_targets(self) -> None:
        """Ask anew what could be overwritten, the next time."""
        self._targets = {}

    def plan_now(self) -> None:
        """Make the plan for what is filled in, unless it is there."""
        wanted = self.wanted()
        if wanted.backup and self.plan_for(wanted) is None:
            self.ask(wanted)()

    def ask(self, wanted: Wanted, *, in_passing: bool = False) -> Callable[[], None]:
        """Ask for a plan and for what could be overwritten; return what shows them.

        Args:
            wanted: what is chosen.
            in_passing: nobody asked for it, so that trouble on the way changes nothing. That
                something exists no more is an answer, though.
        """
        try:
            plan = self._form.session.plan_restore(
                wanted.backup,
                wanted.target or None,
                wanted.disks,
                power_on=wanted.power_on,
            )
            if wanted.contract:
                plan = plan.under(self.read_contract(wanted.contract))
            found = Found(wanted, plan, targets=self._possible_targets())
        except CBRError as problem:
            if in_passing and not isinstance(problem, NotFound):
                return _nothing
            found = Found(wanted, error=problem)

        def show() -> None:
            with self._form.machine.lock, self._form.inlined():
                if wanted == self.wanted() and not (in_passing and self._form.busy):
                    self._take(found)

        return show

    def _possible_targets(self) -> tuple[Protectable, ...]:
        kind = self._kind()
        if kind != "disk":
            return ()
        if kind not in self._targets:
            self._targets[kind] = tuple(self._form.session.records.resources(kind))
        return self._targets[kind]

    def _take(self, found: Found) -> None:
        """Store what was found, at last: whoever sees it sees what it was asked for with."""
        self._found = None
        shown = self.show(found)
        self._found = Found(shown, found.plan, found.error, found.targets)


def _nothing() -> None:
    """Change nothing."""
