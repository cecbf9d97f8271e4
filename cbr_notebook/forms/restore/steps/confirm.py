"""The fourth step: what will be lost, what has to be accepted, and the name to type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms.kit import field
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.widget import Box
from cbr_notebook.forms.restore import plan_view
from cbr_notebook.forms.restore.planner import Planner
from cbr_notebook.forms.restore.restore_fields import Acknowledgements, ApprovalFile
from cbr_notebook.forms.restore.steps.choose_backup import ChooseBackup
from cbr_notebook.forms.restore.steps.step import Step
from cbr_notebook.runbook.plan.recovery_targets import Targets
from cbr_notebook.runbook.run.approval import is_required
from cbr_notebook.runbook.run.execute import taken_care_of
from cbr_notebook.runbook.run.safety import PARTIAL, SafetyBackup, can_be_partial
from cbr_notebook.runbook.verify.checksum_manifest import read_manifest
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.restore_plan import RestorePlan

TO_CONFIRM = (
    "acknowledge", "safety_backup", "only_what_can_come_back", "rto", "rpo", "manifest",
    "approval", "confirm",
)  # fmt: skip
"""The fields that are filled in once there is a plan."""
SUSPICION = "backup not quiet"
"""What is accepted with a backup that jumps, was made after one, or cannot be judged."""
_ONLY_THE_ID = "Several things bear this name; only the ID says which one is meant."


class Confirm(Step):
    """Asks for all that has to be accepted, one by one, and for the target's name."""

    title = "Confirm"

    def __init__(self, form: Form, planner: Planner, backup: ChooseBackup) -> None:
        super().__init__(form)
        self._planner, self._backup = planner, backup

    def build(self) -> Sequence[Field]:
        """Create the fields."""
        self._will = self.form.panel("will")
        self._plan: RestorePlan | None = None
        """The plan whose warnings are offered."""
        self._warned: dict[str, str] = {}
        """What the plan warns of: what was seen, by the name of the check."""
        self.acknowledge = Acknowledgements(
            "acknowledge",
            "Warnings that you accept",
            help="Each of them has to be accepted before anything is overwritten.",
        )
        self.safety_backup = field.check(
            "safety_backup",
            "Back up the present state first",
            value=True,
            help="The only way back. It is waited for before anything is overwritten.",
        )
        self.partly = field.check(
            "only_what_can_come_back",
            "Only the disks that can come back",
            hidden=True,
            help="A grown disk has no way back, and a backup that holds one is refused as a whole.",
        )
        self.targets = (
            field.text("rto", "Recovery time target", placeholder="4h", rule=_target("rto")),
            field.text("rpo", "Recovery point target", placeholder="24h", rule=_target("rpo")),
            field.text(
                "manifest",
                "Manifest file",
                rule=read_manifest,
                help="JSON of session.take_manifest(...): every checksum is compared afterwards.",
            ),
        )
        self.approval = ApprovalFile(
            "approval",
            "Approved plan file",
            help="A second person approves the plan: cbr-notebook approve PLAN. Name the file "
            "that comes back.",
        )
        self._exporting = self.form.panel("export_plan")
        self.name = field.text("confirm", "Type the name to confirm", required=True)
        safety = (self.safety_backup, self.partly)
        return self.acknowledge, *safety, *self.targets, self.approval, self.name

    def widgets(self) -> Sequence[widgets.Widget]:
        """List what is lost, the fields, and the summary."""
        beside = Box(self.targets, look="cbr-columns")
        summary = self.form.panels.summary
        second = (self._exporting, self.approval)
        safety = (self.safety_backup, self.partly)
        return self._will, self.acknowledge, *safety, beside, *second, self.name, summary

    def follow_plan(self, plan: RestorePlan) -> None:
        """Ask for what a new plan warns of, and for the name of its target."""
        self._plan = plan
        self._warned = {e.name: e.seen for e in plan.verdicts if e.name in plan.warnings}
        if self._backup.warning:
            self._warned[SUSPICION] = self._backup.warning
        self._offer()
        self._offer_part()
        if is_required(plan):
            self.approval.need(True)
        name = plan.target.name if plan.target else "it"
        self.name.label = f"Type {plan.confirm_with if plan.target else name} to confirm"
        self.name.help = _ONLY_THE_ID if plan.facts.namesakes else ""
        moment = f"{plan.backup.created_at:%Y-%m-%d %H:%M} UTC"
        self.form.definition.action = f"Restore {name} to {moment}"

    def changed(self, changed: Field) -> None:
        """Ask for what is not taken care of by a safety backup."""
        if changed is self.safety_backup:
            self._offer()
            self._offer_part()

    def forget(self) -> None:
        """Drop what was confirmed of another backup."""
        self._plan, self._warned = None, {}
        self.name.clear()
        self.acknowledge.clear()
        self.partly.clear()
        self._offer_part()

    def draw(self) -> None:
        """Show what would be overwritten, and the warnings that there are."""
        plan = self._planner.plan
        self.acknowledge.hidden = plan is None or not self.acknowledge.options
        self._will.html = plan_view.consequences(plan, safety_backup=self.safety) if plan else ""
        wanted = plan is not None and plan.possible and not self.approval.hidden
        self._exporting.html = plan_view.EXPORT if wanted else ""

    def handle(self, act: str, of: str) -> bool:
        """Send the plan to the browser, which saves it, for a second person to approve."""
        plan = self._planner.plan
        if act != "export_plan" or plan is None:
            return False
        with TemporaryDirectory() as folder:
            path = plan.export(
                Path(folder) / f"plan-{plan.made_at:%Y%m%d-%H%M%S}.json",
                safety_backup=self.safety,
            )
            self._exporting.send_file(path.name, path.read_text(encoding="utf-8"))
        return True

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Return which warning is not accepted, or that it is not the target's name."""
        plan = self._planner.plan
        if value["safety_backup"] and plan is not None and (room := plan.no_safety_backup):
            return {"safety_backup": f"{room.seen} Put it right and check again, or untick this."}
        accepted = value["acknowledge"]
        missing = [name for name in self._to_accept() if name not in accepted]
        if missing:
            return {"acknowledge": f"Not accepted yet: {', '.join(missing)}."}
        name = self._wanted_name()
        if value["confirm"] != name:
            what = "name" if not plan or not plan.facts.namesakes else "ID"
            return {"confirm": f"That is not the {what}. Type {name}."}
        return {}

    def clear(self) -> None:
        """Clear what was confirmed, for another restore."""
        for each in (self.acknowledge, self.partly, *self.targets, self.approval, self.name):
            each.clear()

    @property
    def safety(self) -> SafetyBackup:
        """What is backed up first: the present state, what of it can come back, or nothing."""
        return self.safety_of(self.form.values())

    def safety_of(self, value: Mapping[str, Any]) -> SafetyBackup:
        """Return what is backed up first by what was filled in."""
        part = value[self.partly.name] and not self.partly.hidden
        if not value["safety_backup"]:
            return False
        return PARTIAL if part else True

    @property
    def approved(self) -> str | None:
        """The file of the approved plan; that one is needed, where none is filled in."""
        return self.approval.value or (TWO_PEOPLE if self.approval.required else None)

    def _wanted_name(self) -> str:
        plan = self._planner.plan
        return plan.confirm_with if plan and plan.target else "it"

    def _to_accept(self) -> list[str]:
        """List the warnings to accept; the safety backup takes care of its own."""
        made = self.safety_backup.value
        aside = taken_care_of(self._plan, made) if self._plan is not None else ()
        return [name for name in self._warned if name not in aside]

    def _offer_part(self) -> None:
        """Offer a part where only a part can come back."""
        grown = self._plan is not None and can_be_partial(self._plan.facts)
        self.partly.hidden = not (grown and self.safety_backup.value)

    def _offer(self) -> None:
        self.acknowledge.offer(Option(name, name, self._warned[name]) for name in self._to_accept())


def _target(name: str) -> Callable[[str], Any]:
    """Return the rule of a recovery target."""

    def rule(value: str) -> None:
        try:
            Targets.of(datetime.now().astimezone(), **{name: value})
        except InvalidRequest:
            raise InvalidRequest("That is no length of time.", advice="Write 4h, 30m.") from None

    return rule
