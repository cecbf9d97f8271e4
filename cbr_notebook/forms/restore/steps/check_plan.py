"""The third step: where to, which disks, and what the checks say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import ipywidgets as widgets

from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.threads.worker import Worker
from cbr_notebook.forms.restore import plan_view
from cbr_notebook.forms.restore.disk_mapping import DiskMapping
from cbr_notebook.forms.restore.planner import PLANNED, Found, Planner, Wanted
from cbr_notebook.forms.restore.restore_fields import ContractFile
from cbr_notebook.forms.restore.steps.choose_backup import ChooseBackup
from cbr_notebook.forms.restore.steps.choose_resource import ChooseResource
from cbr_notebook.forms.restore.steps.step import Step

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.restore_plan import RestorePlan

FIRST_LOOK_S, RAREST_LOOK_S = 10.0, 60.0
"""Seconds between looks at the checks while somebody reads them."""


class CheckPlan(Step):
    """Plans the restore and shows its checks; looks again now and then while they are seen."""

    title = "Check"

    def __init__(
        self, form: Form, resource: ChooseResource, backup: ChooseBackup, planner: Planner
    ) -> None:
        super().__init__(form)
        self._resource, self._backup, self._planner = resource, backup, planner
        planner.show = self._show
        self.on_plan: Callable[[RestorePlan], None] = lambda _: None
        """Is called with a new plan."""
        self.on_forgotten: Callable[[], None] = lambda: None
        """Is called when what was chosen for another backup is let go."""

    def build(self) -> Sequence[Field]:
        """Create the fields and panels."""
        form = self.form
        self._seen = False
        """Whether somebody is where the checks matter."""
        self.ready = False
        """Whether what was given at the beginning is filled in, so that it can be checked."""
        self._looking: Worker | None = None
        self._which = form.panel("which")
        self._verdict = form.panel("verdict", live="status")
        """Told when it changes; the checks themselves are looked at now and then, in silence."""
        self._checks = form.panel("checks", look="cbr-checks", _view_count=0)
        self._checks.observe(lambda _: form.guarded(self._keep_looking), "_view_count")
        self.target = field.choice("target", "Restore to")
        self.mapping = DiskMapping("disks", "Which disk goes where", hidden=True)
        self.power_on = field.choice(
            "power_on",
            "Afterwards",
            [
                Option("keep", "as now: running, or kept stopped"),
                Option("start", "start the server"),
                Option("off", "keep the server off"),
            ],
            help="A server that was stopped, such as to isolate it, is not started by accident.",
        )
        self.contract = ContractFile(
            "contract",
            "Recovery contract file",
            help="Its probes are tried now, and looked at after the restore; its targets count.",
        )
        self._planner.read_contract = self.contract.read
        return self.target, self.mapping, self.power_on, self.contract

    def widgets(self) -> Sequence[widgets.Widget]:
        """List the panels and fields."""
        fields = (self.target, self.mapping, self.power_on, self.contract)
        return self._which, self._verdict, self._checks, *fields

    def changed(self, changed: Field) -> None:
        """Drop a plan that was made for something else."""
        if changed.name not in PLANNED:
            return
        with self.form.machine.lock, self.form.inlined():  # nothing is asked or drawn within
            self._planner.forget()
            if changed.name == "backup":
                self.forget_target()
            elif changed is self.target:
                self.mapping.forget()
        if self._seen and not self.form.loader.inline:
            self.check_again()

    def draw(self) -> None:
        """Say which backup it is about."""
        choice = self._backup.choice
        self._which.html = (
            plan_view.from_which(self._resource.label, choice.moment, choice.note) if choice else ""
        )

    def may_leave(self) -> bool:
        """Return whether nothing is against the plan; if something is, the focus goes there."""
        self.form.show()
        if self.may_go_on:
            return True
        if not self.mapping.check():
            self._verdict.focus()  # it says why
        return False

    def handle(self, act: str, of: str) -> bool:
        """Check again when somebody wants it."""
        if act != "check_again":
            return False
        if not self.form.busy:
            self._planner.forget_targets()
            self.check_again()
        return True

    @property
    def may_go_on(self) -> bool:
        """Whether the plan is there, and nothing is against it."""
        plan = self._planner.plan_for(self._planner.wanted())
        return plan is not None and plan.possible and not self.mapping.check()

    def forget_target(self) -> None:
        """Drop what was chosen for another backup."""
        self._planner.forget()
        self.target.offer([])
        self.mapping.forget()
        self.on_forgotten()

    def check_again(self) -> None:
        """Look at everything anew, beside the main thread."""
        self._planner.forget()
        self._verdict.html = '<p class="cbr-summary">Checking, nothing is changed…</p>'
        self._checks.html = plan_view.ASK_AGAIN
        wanted = self._planner.wanted()
        self.form.ask(lambda: self._planner.ask(wanted))

    def check_if_seen(self) -> None:
        """Look at everything anew, if somebody is where the checks matter."""
        if self._seen:
            self.check_again()

    def see(self, seen: bool) -> None:
        """Note whether somebody is where the checks matter; there they are made, and kept fresh."""
        with self.form.machine.lock:
            self._seen = seen and not self.form.machine.closed
        missing = self._planner.plan_for(self._planner.wanted()) is None
        if self._seen and missing and self.ready:
            self.check_again()
        self._keep_looking()

    # -- what the planner has found ----------------------------------------------------------------

    def _show(self, found: Found) -> Wanted:
        """Show what was found; the lock is held meanwhile."""
        plan, wanted = found.plan, found.wanted
        if plan is None:
            problem = cast("BaseException", found.error)
            self._verdict.html = markup.error_card(
                problem, "It cannot be checked", in_form=plan_view.in_form
            )
            self._checks.html = plan_view.ASK_AGAIN
            return wanted
        wanted = self._offer_targets(found, plan)
        of_server = self._resource.kind == "server"
        self.power_on.hidden = not of_server
        self.mapping.hidden = not of_server or len(plan.backup.disks) == 0
        self.mapping.offer_from(plan.facts)
        self._verdict.html = plan_view.verdict(plan)
        self._checks.html = plan_view.checked(plan)
        self.on_plan(plan)
        return wanted

    def _offer_targets(self, found: Found, plan: RestorePlan) -> Wanted:
        """Offer what could be overwritten; that changes nothing that was chosen before."""
        wanted = found.wanted
        offered = [(each["value"], each["note"]) for each in self.target.options]
        targets = _targets(found, plan)
        if offered == [(each.value, each.note) for each in targets]:
            return wanted
        self.target.offer(targets)
        # Perhaps it was chosen by its name.
        named = wanted.target and plan.target
        self.target.value = named.id if named else wanted.target or ""
        self.mapping.value = wanted.disks
        return replace(wanted, target=self.target.value)

    # -- looking now and then ----------------------------------------------------------------------

    def _keep_looking(self) -> None:
        """Begin to look at the checks now and then while they matter and are on a page."""
        with self.form.machine.lock:
            if self._looking is not None:
                self._looking.stop()
                self._looking = None
            if self._checks._view_count and self._seen:
                self._looking = self.form.workers.start("checks", self._look_on)

    def _look_on(self, worker: Worker) -> None:
        """Look again now and then, the more rarely the longer."""
        pause = FIRST_LOOK_S
        while worker.rest(pause):
            pause = min(pause * 1.5, RAREST_LOOK_S)
            self.form.guarded(lambda: self._look(worker))

    def _look(self, worker: Worker) -> None:
        """Look at the checks in passing."""
        form, wanted = self.form, self._planner.wanted()
        if form.busy or not form.loader.idle.is_set() or not wanted.backup:
            return
        show = self._planner.ask(wanted, in_passing=True)
        if not worker.stopped and not form.busy:
            show()
            form.show()


def _targets(found: Found, plan: RestorePlan) -> list[Option]:
    """Return what the plan's backup could be restored to: itself first."""
    backup = plan.backup
    others = [
        Option(each.id, each.name or each.id, each.status or "")
        for each in sorted(found.targets, key=lambda each: each.name or "")
        if each.id != backup.resource_id and each.type == backup.resource_type
    ]
    target, known = plan.target, {backup.resource_id, *(each.value for each in others)}
    if target is not None and target.id not in known:
        others.append(Option(target.id, target.name, target.status))  # the checks say why not
    fate = "exists no more" if target is None and not found.wanted.target else "overwritten"
    return [Option("", f"{backup.resource_name} itself", fate), *others]
