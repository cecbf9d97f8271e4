"""The guided restore: choose, check, confirm, watch, verify; nothing happens by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest
from cbr_notebook.forms import plan_view
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.steps import Steps
from cbr_notebook.forms.planning import fits
from cbr_notebook.forms.watching import BACKUP, CHECK, CONFIRM, SERVER, WATCH, Watching
from cbr_notebook.runbook.plan.targets import Targets
from cbr_notebook.runbook.run.submit import Stopped
from cbr_notebook.runbook.verify.manifest import read_manifest

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.restore_plan import RestorePlan
    from cbr_notebook.runbook.run.run import RestoreRun

_SAFETY = "safety backup"
_NOUNS = {"server": "Server", "disk": "Disk", "turbo": "File system"}


class Restore(Watching):
    """Restore a server, disk or file system in five steps; ``result`` is the run."""

    name = "restore"
    title = "Restore"
    intro = "Nothing changes before the button of step 4. Times are in UTC."
    action = "Restore"
    busy_label = "Restoring…"
    destroys = True

    def _build(self) -> Sequence[Field]:
        self._agreed: RestorePlan | None = None
        """The plan that was shown when the button was pressed."""
        self._which = self._region(name="which")
        self._will = self._region(name="will")
        self._will.on_act = lambda _, of: self._guarded(lambda: self._steps.walk(int(of)))
        return (
            *super()._build(),
            field.choices("acknowledge", "Warnings that you accept"),
            field.check(
                "safety_backup",
                "Back up the present state first",
                value=True,
                help="The only way back. It is waited for before anything is overwritten.",
            ),
            field.text("rto", "Recovery time target", placeholder="4h", rule=_target("rto")),
            field.text("rpo", "Recovery point target", placeholder="24h", rule=_target("rpo")),
            field.text(
                "manifest",
                "Manifest file",
                rule=read_manifest,
                help="JSON of session.take_manifest(...): every checksum is compared afterwards.",
            ),
            field.text("confirm", "Type the name to confirm", required=True),
        )

    def _layout(self) -> Sequence[Any]:
        fields = self._fields
        targets = widgets.Box([fields["rto"], fields["rpo"], fields["manifest"]])
        targets.add_class("cbr-columns")
        self._steps = Steps(
            [
                ("Choose server", [fields["resource"]]),
                ("Choose backup", [fields["before"], self._times]),
                (
                    "Check",
                    [
                        self._which,
                        self._verdict,
                        self._checks,
                        fields["target"],
                        self._mapping,
                        fields["power_on"],
                    ],
                ),
                (
                    "Confirm",
                    [
                        self._will,
                        fields["acknowledge"],
                        fields["safety_backup"],
                        targets,
                        fields["confirm"],
                        self._outline,
                    ],
                ),
                ("Watch and verify", [self._course, self._told]),
            ],
            last=self._button,
            guarded=self._guarded,
        )
        self._steps.may_move = lambda: not self._busy
        self._steps.on_leave = self._may_leave
        self._steps.on_enter = lambda: self._guarded(self._entered_step)
        return [
            self._head, self._pending, self._again_name, self._steps,
            self._wrong, self._said, self._source, self._next,
        ]  # fmt: skip

    # -- asking for what can be chosen ------------------------------------------------------------

    def _fill(self, values: Mapping[str, Any]) -> None:
        plain = {key: value for key, value in values.items() if key not in _TO_CONFIRM}
        super()._fill(plain)
        if len(plain) < len(values) and self._fields["backup"].value:
            self._plan_now()  # it says which warnings there are to accept
        super()._fill({key: value for key, value in values.items() if key in _TO_CONFIRM})

    def _fill_given(self) -> None:
        super()._fill_given()
        fields = self._fields
        if fields["resource"].value and not fields["resource"].check():
            chosen = fields["backup"].value and not fields["backup"].check()
            self._steps.move(CHECK if chosen else BACKUP)

    def _forget_target(self) -> None:
        super()._forget_target()
        for name in ("confirm", "acknowledge"):
            self._fields[name].clear()

    def _take_plan(
        self,
        wanted: Mapping[str, Any],
        plan: RestorePlan | None,
        trouble: CBRError | None,
        others: Sequence[Option],
    ) -> None:
        super()._take_plan(wanted, plan, trouble, others)
        if plan is None:
            return
        warned = {each.name: each.seen for each in plan.verdicts if each.name in plan.warnings}
        self._fields["acknowledge"].offer(Option(name, name, seen) for name, seen in warned.items())
        name = self._target_name()
        self._fields["confirm"].label = f"Type {name} to confirm"
        self.action = f"Restore {name} to {plan.backup.created_at:%Y-%m-%d %H:%M} UTC"

    def _to_accept(self, *, all_of_them: bool = False) -> list[str]:
        """Give the warnings that are not accepted yet; the safety backup takes care of its own."""
        plan = self._plan
        if plan is None:
            return []
        accepted = () if all_of_them else self._fields["acknowledge"].value
        made = self._fields["safety_backup"].value
        return [
            name
            for name in plan.warnings
            if name not in accepted and not (made and name == _SAFETY)
        ]

    # -- the steps --------------------------------------------------------------------------------

    def _matters(self) -> bool:
        return self._steps.at in (CHECK, CONFIRM)

    def _entered_step(self) -> None:
        self._look_at_checks()
        self._show()

    def _may_leave(self, at: int) -> bool:
        """Say whether somebody may go on from a step; what is missing is told in it."""
        for each in {SERVER: ("resource",), BACKUP: ("before", "backup")}.get(at, ()):
            self._fields[each].touched = True
            if self._fields[each].check():
                self._show()
                return False
        if at == CHECK:
            self._show()
            if not self._may_go_on() and not self._mapping.check():
                self._verdict.focus()  # it says why
            return self._may_go_on()
        return True

    def _draw(self) -> None:
        if hasattr(self, "_steps"):
            self._fields["acknowledge"].hidden = not self._to_accept(all_of_them=True)
            self._show_what_is_chosen()
        super()._draw()

    def _show_what_is_chosen(self) -> None:
        """Say on the way what was chosen before."""
        resource, backup = self._fields["resource"], self._chosen_backup()
        kind, plan = self._kinds.get(resource.value), self._plan
        of = resource.label_of(resource.value)
        self._steps.set_chosen(SERVER, f"{_NOUNS[kind]}: {of}" if kind else "")
        self._steps.set_chosen(BACKUP, f"Backup: {backup.at:%Y-%m-%d %H:%M}" if backup else "")
        self._which.html = plan_view.from_which(of, backup.moment, backup.note) if backup else ""
        self._will.html = (
            plan_view.consequences(plan, safety_backup=self._fields["safety_backup"].value)
            if plan
            else ""
        )

    # -- the pattern of all forms -----------------------------------------------------------------

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field; looks at the checks first, which changes nothing."""
        self._wait_until_loaded()
        if self._steps.at < WATCH:
            with self._answering_itself():
                self._plan_now()
        return super().problems

    def kept(self) -> dict[str, Any]:
        """Give what was typed and not sent yet; a confirmation has to be given anew."""
        return {key: value for key, value in super().kept().items()
                if key not in ("confirm", "acknowledge")}  # fmt: skip

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        plan = self._plan_for(value)
        if plan is None:
            trouble = self._no_plan if self._plan is None else None
            return {"checks": trouble.message if trouble else "It has not been checked yet."}
        if not plan.possible:
            return {"checks": " ".join(plan.problems)}
        missing = self._to_accept()
        if missing:
            return {"acknowledge": f"Not accepted yet: {', '.join(missing)}."}
        if value["confirm"] != self._target_name():
            return {"confirm": f"That is not the name. Type {self._target_name()}."}
        return {}

    def _problems(self) -> dict[str, str]:
        found = super()._problems()
        if found.get("confirm") == "Fill this in." and len(found) == 1:
            # All but the name is there: what the checks say is said before it is typed.
            return {**self._check(self._values()), **found}
        return found

    def _summary(self, value: Mapping[str, Any]) -> str:
        plan = self._plan_for(value)
        if plan is None:
            return ""  # it has just gone; whoever let it go shows why
        first = "Back up the present state, then " if value["safety_backup"] else ""
        return (
            f"{first}{self.action[0].lower() if first else self.action[0]}{self.action[1:]}. "
            + (plan.describe().splitlines()[0])
        )

    def _code(self, value: Mapping[str, Any]) -> str:
        plan = markup.call(
            "session.plan_restore",
            value["backup"],
            target=value["target"] or None,
            disks=value["disks"],
            power_on=None if value["power_on"] else False,
        )
        executed = markup.call(
            "plan.execute",
            confirm=value["confirm"],
            acknowledge=value["acknowledge"] or None,
            safety_backup=None if value["safety_backup"] else False,
            **self._targets_of(value),
        )
        verified = markup.call("run.verify", manifest=value["manifest"] or None)
        return f"plan = {plan}\nrun = {executed}\nrun.wait()\n{verified}"

    def _targets_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "rto": value["rto"] or None,
            "rpo": value["rpo"] or None,
            "incident_at": value["before"] or None,
        }

    def _begin(self, values: Mapping[str, Any] | None = None) -> bool:
        """Take the right to act on the plan as it is now, which no look replaces from then on."""
        begun = super()._begin(values)
        if begun:
            with self._lock:  # what a look has begun to show, it shows to the end
                self._agreed = self._plan_for(self._values())
        return begun

    def _act(self, value: Mapping[str, Any]) -> RestoreRun:
        plan = self._agreed
        if plan is None or not fits(plan, value):
            raise Conflict(
                "What was checked is not what is chosen any more.",
                advice="Read what the checks say now, then confirm again.",
            )
        # A run that has not ended stays in view, until there is another one.
        self.result = self._run_id = None
        self._begin_to_watch(self.action, safety_backup=value["safety_backup"])
        try:
            return plan.execute(
                confirm=value["confirm"],
                acknowledge=value["acknowledge"],
                safety_backup=value["safety_backup"],
                on_progress=self._tell_course,
                **self._targets_of(value),
            )
        except BaseException:
            self._let_go(CONFIRM)
            raise

    def _card(self, result: RestoreRun) -> str:
        return ""

    def _clicked(self) -> None:
        self._guarded(self._press)

    def _press(self) -> None:
        if self._loaded.is_set() and not self._may_go_on():
            # What the checks say has changed meanwhile; there it is to be read.
            self._steps.walk(CHECK)
            return
        super()._clicked()
        if self._busy:
            self._steps.focus_rail()  # the button that was pressed is gone

    def _tell(self, problem: BaseException) -> None:
        if isinstance(problem, Stopped):
            # What was confirmed was another moment: it is looked at, and confirmed, anew.
            self._fields["confirm"].clear()
            self._attempted = False
            if self._looked_at:
                self._check_again()
        super()._tell(problem)

    def again(self) -> None:
        """Begin with another restore, once this one is at rest."""
        if self._busy:
            raise self._at_it()
        self.action = "Restore"
        for each in self._fields.values():
            if each.name not in ("power_on", "safety_backup"):
                each.clear()
        self._forget_target()
        super().again()


_TO_CONFIRM = ("acknowledge", "safety_backup", "rto", "rpo", "manifest", "confirm")


def _target(name: str) -> Callable[[str], Any]:
    """Give the rule of a recovery target."""

    def rule(value: str) -> None:
        try:
            Targets.of(datetime.now().astimezone(), **{name: value})
        except InvalidRequest:
            raise InvalidRequest("That is no length of time.", advice="Write 4h, 30m.") from None

    return rule
