"""Planning a restore: where to, which disks, and what the checks say; a step of a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from cbr_notebook.errors import CBRError, NotFound
from cbr_notebook.forms import plan_view
from cbr_notebook.forms.choosing_backup import ChoosingBackup
from cbr_notebook.forms.disk_mapping import DiskMapping
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.worker import Worker

if TYPE_CHECKING:
    from cbr_notebook.runbook.plan.facts import BackupFacts
    from cbr_notebook.runbook.run.restore_plan import RestorePlan
    from cbr_notebook.session.lookup import ResourceKind

_PLANNED = ("backup", "target", "disks", "power_on")
"""The fields that a plan is made from."""
_FIRST_LOOK, _RAREST_LOOK = 10.0, 60.0
"""Seconds between looks at the checks while somebody reads them."""


class Planning(ChoosingBackup):
    """The part of a form that plans a restore and shows its checks."""

    def _build(self) -> Sequence[Field]:
        self._plan: RestorePlan | None = None
        self._planned: dict[str, Any] = {}
        """What the plan was asked for with."""
        self._no_plan: CBRError | None = None
        self._checking: Worker | None = None
        self._looked_at = False
        """Whether somebody is where the checks matter."""
        self._verdict = self._region(name="verdict", live="status")
        """Told when it changes; the checks themselves are looked at now and then, in silence."""
        self._checks = self._region(name="checks", look="cbr-checks", _view_count=0)
        self._checks.observe(lambda _: self._guarded(self._keep_looking), "_view_count")
        self._mapping = DiskMapping("disks", "Which disk goes where", hidden=True)
        return (
            *super()._build(),
            field.choice("target", "Restore to"),
            self._mapping,
            field.check("power_on", "Start the server afterwards", value=True),
        )

    def _changed(self, changed: Field) -> None:
        super()._changed(changed)
        if changed.name not in _PLANNED:
            return
        with self._lock, self._answering_itself():  # nothing is asked or drawn within the lock
            self._plan = None
            if changed.name == "backup":
                self._forget_target()
            elif changed.name == "target":
                self._mapping.forget()
        if self._looked_at and not self._questions.inline:
            self._check_again()

    def _forget_target(self) -> None:
        """Let go what was chosen for another backup."""
        self._plan = None
        self._fields["target"].offer([])
        self._mapping.forget()

    def _wanted(self) -> dict[str, Any]:
        return {name: self._fields[name].value for name in _PLANNED}

    def _plan_for(self, value: Mapping[str, Any]) -> RestorePlan | None:
        """Give the plan, if it is the one for these values."""
        plan = self._plan
        if plan is None or any(self._planned[name] != value[name] for name in _PLANNED):
            return None
        return plan if fits(plan, value) else None

    def _plan_now(self) -> None:
        """Make the plan for what is chosen, unless it is there."""
        wanted = self._wanted()
        if wanted["backup"] and self._plan_for(wanted) is None:
            self._ask_for_plan(wanted)()

    def _ask_for_plan(
        self, wanted: dict[str, Any], *, in_passing: bool = False
    ) -> Callable[[], None]:
        """Ask for a plan and what else can be overwritten; gives what shows them.

        Args:
            wanted: what is chosen.
            in_passing: nobody asked for it, so that trouble on the way changes nothing. That
                something exists no more is an answer, though.
        """
        plan, trouble = None, None
        others: list[Option] = []
        try:
            plan = self.session.plan_restore(
                wanted["backup"],
                wanted["target"] or None,
                wanted["disks"],
                power_on=wanted["power_on"],
            )
            if kind := self._kinds.get(self._fields["resource"].value):
                others = self._targets(kind, plan.backup)
        except CBRError as problem:
            if in_passing and not isinstance(problem, NotFound):
                return _nothing
            trouble = problem

        def fill() -> None:
            with self._lock, self._answering_itself():
                if wanted == self._wanted() and not (in_passing and self._busy):
                    self._take_plan(wanted, plan, trouble, others)

        return fill

    def _targets(self, kind: ResourceKind, backup: BackupFacts) -> list[Option]:
        found = list(self.session.client.protectables.list_all(kind))
        others = [
            Option(each.id, each.name or each.id, each.status or "")
            for each in sorted(found, key=lambda each: each.name or "")
            if each.id != backup.resource_id and each.type == backup.resource_type
        ]
        gone = all(each.id != backup.resource_id for each in found)
        fate = "exists no more" if gone else "overwritten"
        return [Option("", f"{backup.resource_name} itself", fate), *others]

    def _take_plan(
        self,
        wanted: Mapping[str, Any],
        plan: RestorePlan | None,
        trouble: CBRError | None,
        others: Sequence[Option],
    ) -> None:
        """Show the plan that was made for what is wanted; the lock is held meanwhile."""
        target = self._fields["target"]
        offered = [(each["value"], each["note"]) for each in target.options]
        if others and offered != [(each.value, each.note) for each in others]:
            target.offer(others)
            # What is offered now changes nothing that was chosen before, perhaps by its name.
            named = wanted["target"] and plan is not None and plan.target
            target.value = named.id if named else wanted["target"] or ""
            self._mapping.value = wanted["disks"]
            wanted = {**wanted, "target": target.value}
        self._plan = None
        self._no_plan, self._planned = trouble, dict(wanted)
        self._plan = plan  # at last: whoever sees it sees what it was asked for with
        if plan is None:
            self._verdict.html = markup.error_card(
                cast("CBRError", trouble), "It cannot be checked"
            )
            self._checks.html = plan_view.ASK_AGAIN
            return
        of_server = self._kinds.get(self._fields["resource"].value) == "server"
        self._fields["power_on"].hidden = not of_server
        self._mapping.hidden = not of_server or len(plan.backup.disks) == 0
        self._mapping.offer_from(plan.facts)
        self._verdict.html = plan_view.verdict(plan)
        self._checks.html = plan_view.checked(plan)

    def _target_name(self) -> str:
        plan = self._plan
        target = plan.target if plan else None
        return target.name if target else "it"

    def _check_again(self) -> None:
        """Look at everything anew, beside the main thread."""
        self._plan = None
        self._verdict.html = '<p class="cbr-summary">Checking, nothing is changed…</p>'
        self._checks.html = plan_view.ASK_AGAIN
        wanted = self._wanted()
        self._ask(lambda: self._ask_for_plan(wanted))

    def _keep_checking(self, work: Worker) -> None:
        """Look again now and then, the more rarely the longer."""
        pause = _FIRST_LOOK
        while work.rest(pause):
            pause = min(pause * 1.5, _RAREST_LOOK)
            self._guarded(lambda: self._look(work))

    def _look(self, work: Worker) -> None:
        """Look at the checks in passing."""
        wanted = self._wanted()
        if self._busy or not self._loaded.is_set() or not wanted["backup"]:
            return
        fill = self._ask_for_plan(wanted, in_passing=True)
        if not work.stopped and not self._busy:
            fill()
            self._show()

    def _matters(self) -> bool:
        """Say whether somebody is where the checks matter."""
        return False

    def _look_at_checks(self) -> None:
        """Hear that somebody is elsewhere; checks that matter there are made, and kept fresh."""
        with self._lock:
            self._looked_at = self._matters() and not self._closed
        if self._looked_at and self._plan_for(self._wanted()) is None and self._filled:
            self._check_again()
        self._keep_looking()

    def _may_go_on(self) -> bool:
        """Say whether the plan is there, and nothing is against it."""
        plan = self._plan_for(self._wanted())
        return plan is not None and plan.possible and not self._mapping.check()

    def _keep_looking(self) -> None:
        """Begin to look at the checks now and then while they matter and are on a page."""
        with self._lock:
            if self._checking is not None:
                self._checking.stop()
                self._checking = None
            if self._checks._view_count and self._looked_at:
                self._checking = self._start("checks", self._keep_checking)

    def _act_on(self, act: str, of: str) -> None:
        if act == "check_again":
            if not self._busy:
                self._check_again()
        else:
            super()._act_on(act, of)


def fits(plan: RestorePlan, value: Mapping[str, Any]) -> bool:
    """Say whether a plan restores what the values say to where they say."""
    target = value["target"] or plan.backup.resource_id
    return (
        plan.backup.id == value["backup"]
        and (plan.target is None or plan.target.id == target)
        and plan.disks == value["disks"]
        and plan.power_on == value["power_on"]
    )


def _nothing() -> None:
    """Change nothing."""
