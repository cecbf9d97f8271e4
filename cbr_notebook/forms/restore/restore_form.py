"""The guided restore: choose, check, confirm, watch, verify; nothing happens by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets

from cbr_notebook.errors import Conflict
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.threads.worker import Worker
from cbr_notebook.forms.restore.pending_runs import PendingRuns
from cbr_notebook.forms.restore.plan_view import in_form
from cbr_notebook.forms.restore.planner import POWER, Planner, Wanted
from cbr_notebook.forms.restore.rail import Steps
from cbr_notebook.forms.restore.steps.check_plan import CheckPlan
from cbr_notebook.forms.restore.steps.choose_backup import ChooseBackup
from cbr_notebook.forms.restore.steps.choose_resource import ChooseResource
from cbr_notebook.forms.restore.steps.confirm import SUSPICION, TO_CONFIRM, Confirm
from cbr_notebook.forms.restore.steps.step import BACKUP, CHECK, CONFIRM, WATCH, Step
from cbr_notebook.forms.restore.steps.watch_run import WatchRun
from cbr_notebook.forms.restore.way_back import WayBack
from cbr_notebook.runbook.run.safety import PARTIAL
from cbr_notebook.runbook.run.submit import Stopped

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.restore_plan import RestorePlan
    from cbr_notebook.runbook.run.run import RestoreRun


class Restore(FormDefinition):
    """Restore a server, disk or file system in five steps; ``result`` is the run."""

    form: Form
    name = "restore"
    title = "Restore"
    intro = "Nothing changes before the button of step 4. Times are in UTC."
    action = "Restore"
    busy_label = "Restoring…"
    destroys = True
    leading = ("resource",)
    given_anew = ("confirm", "acknowledge", "approval")

    def __init__(self, way_back: WayBack | None = None) -> None:
        """Define a form to restore anything, or to go back on a restore.

        Args:
            way_back: the restore to go back on.
        """
        self._way_back = way_back
        if way_back is not None:
            self.title = "Go back"
            self.intro = f"To the state before run {way_back.run.run_id}. {self.intro}"

    def build(self) -> Sequence[Field]:
        """Create the steps, and the fields of all of them."""
        form = self.form
        self._agreed: RestorePlan | None = None
        """The plan that was shown when the button was pressed."""
        self._pending = PendingRuns(form)
        self._resource = ChooseResource(form)
        self._backup = ChooseBackup(form, self._resource)
        self.planner = Planner(form, lambda: self._resource.kind)
        self._checks = CheckPlan(form, self._resource, self._backup, self.planner)
        self._confirm = Confirm(form, self.planner, self._backup)
        self._watch = WatchRun(form, self._pending)
        self._checks.on_plan = self._confirm.follow_plan
        self._checks.on_forgotten = self._confirm.forget
        self._each: tuple[Step, ...] = (
            self._resource, self._backup, self._checks, self._confirm, self._watch,
        )  # fmt: skip
        fields = [field for step in self._each for field in step.build()]
        for field in fields:
            if field.name in _NO_TARGETS:
                field.hidden = self._way_back is not None
        return fields

    def layout(self, widgets: list[ipywidgets.Widget]) -> list[ipywidgets.Widget]:
        """Put the steps between the head and what came of it."""
        head, _, _, _, *said = widgets
        self.steps = Steps(
            [(step.title, list(step.widgets())) for step in self._each],
            last=self.form.button,
            guarded=self.form.guarded,
            note=_SIMULATED if self.session.simulated else "",
        )
        self.steps.may_move = lambda: not self.form.busy
        self.steps.on_leave = lambda at: self._each[at].may_leave()
        self.steps.on_enter = lambda: self.form.guarded(self._entered)
        self._watch.steps = self.steps
        return [head, *self._pending.widgets(), self.steps, *said]

    def load(self) -> None:
        """Ask for the restores that have not ended, and for all that has a backup."""
        self._pending.show()
        for step in self._each:
            step.load()

    def loaded(self) -> None:
        """Open the step where something is left to do."""
        self._checks.ready = True
        resource, backup = self._resource.resource, self._backup.backup
        if resource.value and not resource.check():
            self.steps.move(CHECK if backup.value and not backup.check() else BACKUP)

    def fill(self, accept: Callable[[Mapping[str, Any]], None], values: Mapping[str, Any]) -> None:
        """Fill in what is chosen, then what confirms it: the plan says what there is to accept."""
        given = {key: value for key, value in values.items() if key not in TO_CONFIRM}
        if isinstance(power := given.get("power_on", ""), bool | None):
            given["power_on"] = next(name for name, means in POWER.items() if means is power)
        accept(given)
        confirming = {key: value for key, value in values.items() if key in TO_CONFIRM}
        if confirming:
            self.planner.plan_now()
            accept(confirming)

    def changed(self, field: Field) -> None:
        """Update each step."""
        for step in self._each:
            step.changed(field)

    def draw(self) -> None:
        """Show each step, and what was chosen in it."""
        for number, step in enumerate(self._each):
            step.draw()
            if number < CHECK:
                self.steps.set_chosen(number, step.chosen())

    # -- what is wrong, and what would be done -----------------------------------------------------

    def look(self) -> None:
        """Look at the checks, which changes nothing."""
        if self.steps.at < WATCH:
            with self.form.inlined():
                self.planner.plan_now()

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Return what the checks say, and what is not confirmed yet."""
        plan = self.planner.plan_for(Wanted.of(value))
        if plan is None:
            problem = self.planner.error
            return {"checks": problem.message if problem else "It has not been checked yet."}
        if not plan.possible:
            return {"checks": " ".join(plan.problems)}
        if self._way_back is not None and (wrong := self._leads_elsewhere(value)):
            return wrong
        return self._confirm.check(value)

    def problems(self, found: dict[str, str]) -> dict[str, str]:
        """Return what is wrong; what the checks say is said before the name is typed."""
        for step in self._each:
            found = step.problems(found)
        if found.get("confirm") == "Fill this in." and len(found) == 1:
            found = {**self.check(self.form.values()), **found}
        return {name: in_form(wrong) for name, wrong in found.items()}

    def in_form(self, advice: str) -> str:
        """Return advice with buttons and fields in place of calls of Python."""
        return in_form(advice)

    def _leads_elsewhere(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Return what is chosen otherwise than the way back goes."""
        assert self._way_back is not None
        run, backup = self._way_back.run, self._way_back.values["backup"]
        told = f"This is the way back of run {run.run_id}: "
        if value["backup"] != backup:
            return {"backup": f"{told}choose {backup}, or open session.forms.restore()."}
        if value["target"] not in (None, "", run.target["id"]):
            return {"target": f"{told}choose {run.target['name']}."}
        if value["disks"] is not None:
            return {"disks": f"{told}each disk goes where it came from."}
        return {}

    def summary(self, value: Mapping[str, Any]) -> str:
        """Return what will happen."""
        plan = self.planner.plan_for(Wanted.of(value))
        if plan is None:
            return ""  # it has just gone; whoever let it go shows why
        safety = self._confirm.safety_of(value)
        what = "what can come back" if safety == PARTIAL else "the present state"
        first = f"Back up {what}, then " if safety else ""
        does = f"{first}{self.action[0].lower() if first else self.action[0]}{self.action[1:]}"
        return f"{does}. {plan.describe().splitlines()[0]}"

    def code(self, value: Mapping[str, Any]) -> str:
        """Return the Python lines that do the same."""
        plan = markup.call(
            "session.plan_restore",
            value["backup"],
            target=value["target"] or None,
            disks=value["disks"],
            power_on=POWER[value["power_on"]],
        )
        if value["contract"]:
            plan += f".under({markup.call('cbr.recovery_contract', value['contract'])})"
        safety = self._confirm.safety_of(value)
        confirmed = {
            "confirm": value["confirm"],
            "acknowledge": _of_checks(value) or None,
            "safety_backup": None if safety is True else safety,
            "approval": value["approval"] or None,
        }
        verified = markup.call("run.verify", manifest=value["manifest"] or None)
        executed = markup.call("plan.execute", **confirmed, **_targets(value))
        if self._way_back is not None:
            of = markup.call("session.resume_restore", self._way_back.run.run_id)
            executed = markup.call(f"{of}.roll_back", **confirmed, plan=_Name("plan"))
        return f"plan = {plan}\nrun = {executed}\nrun.wait()\n{verified}"

    # -- what it does ------------------------------------------------------------------------------

    def pressed(self) -> bool:
        """Open the checks again if they have changed meanwhile; there it is to be read."""
        if self.form.loader.idle.is_set() and not self._checks.may_go_on:
            self.steps.walk(CHECK)
            return True
        self.form.press()
        if self.form.busy:
            self.steps.focus_rail()  # the button that was pressed is gone
        return True

    def acquired(self) -> None:
        """Agree on the plan as it is now, which no look replaces from then on."""
        with self.form.machine.lock:  # what a look has begun to show, it shows to the end
            self._agreed = self.planner.plan_for(Wanted.of(self.form.values()))

    def act(self, value: Mapping[str, Any]) -> RestoreRun:
        """Carry out the plan that was agreed on."""
        plan = self._agreed
        if plan is None or not Wanted.of(value).fits(plan):
            raise Conflict(
                "What was checked is not what is chosen any more.",
                advice="Read what the checks say now, then confirm again.",
            )
        # A run that has not ended stays in view, until there is another one.
        self.form.result = self._watch.run_id = None
        self._watch.begin(self.action, safety_backup=value["safety_backup"])
        confirmed = {
            "confirm": value["confirm"],
            "acknowledge": _of_checks(value),
            "safety_backup": self._confirm.safety_of(value),
            "on_progress": self._watch.tell,
            "approval": self._confirm.approved,
        }
        try:
            if self._way_back is not None:
                return self._way_back.run.roll_back(**confirmed, plan=plan)
            return plan.execute(**confirmed, **_targets(value))
        except BaseException:
            self._watch.let_go(CONFIRM)
            raise

    def card(self, result: RestoreRun) -> str:
        """Return nothing: how the restore goes is shown by the last step."""
        return ""

    def follow(self, result: RestoreRun, worker: Worker | None) -> None:
        """Watch it, and verify it."""
        try:
            self._watch.follow(result, worker)
        finally:
            if self._way_back is not None:
                self._way_back.ended()

    def handle(self, act: str, of: str) -> bool:
        """Handle a button of one of the panels."""
        if act == "go":
            self.steps.walk(int(of))
        elif act == "take_up":
            mine = of == self._watch.run_id
            self._pending.go_on(of, typed=self.fields["confirm"].value if mine else "")
        elif act == "again":
            if not self.form.busy:
                self.form.again()
                self.steps.focus_rail()
        else:
            return any(step.handle(act, of) for step in self._each)
        return True

    def again(self) -> None:
        """Begin with another restore, once this one is at rest."""
        self._way_back, self.action = None, "Restore"
        self.steps.set_chosen(WATCH, "")
        for name in ("resource", "before", "backup", "target", "disks"):
            self.fields[name].clear()
        for name in _NO_TARGETS:
            self.fields[name].hidden = False
        self._confirm.clear()
        self._checks.forget_target()
        self._watch.clear()
        self.form.reload()

    def failed(self, problem: BaseException) -> bool:
        """Say what went wrong, and how the restore stands."""
        if isinstance(problem, Stopped):
            # What was confirmed was another moment: it is looked at, and confirmed, anew.
            self.fields["confirm"].clear()
            self.form.forget_attempt()
            self._checks.check_if_seen()
        return self._watch.failed(problem)

    def out_of_sight(self, problem: Exception) -> bool:
        """Say that it goes on, whatever happened to who watched it."""
        if not self._watch.failed(problem):
            self.form.tell_failure(problem)
        return True

    def _entered(self) -> None:
        self._checks.see(self.steps.at in (CHECK, CONFIRM))
        self.form.show()


_NO_TARGETS = ("before", "rto", "rpo")
"""The fields that a way back has no use for: the targets are those of the restore itself."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in Python lines that are shown, in place of a value."""

    name: str

    def __repr__(self) -> str:
        return self.name


_SIMULATED = "simulated: this is a simulated cloud, and nothing real is touched"


def _of_checks(value: Mapping[str, Any]) -> list[str]:
    """Return the checks whose warnings are accepted; that of the choice is the form's own."""
    return [name for name in value["acknowledge"] if name != SUSPICION]


def _targets(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rto": value["rto"] or None,
        "rpo": value["rpo"] or None,
        "incident_at": value["before"] or None,
    }
