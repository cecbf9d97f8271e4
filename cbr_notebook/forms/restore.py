"""The guided restore: choose, check, confirm, watch, verify; nothing happens by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as widgets

from cbr_notebook.errors import CBRError, InvalidRequest, TaskFailed, WaitTimeout
from cbr_notebook.forms import field, plan_view, region, run_view
from cbr_notebook.forms.field import Field, Option
from cbr_notebook.forms.planning import Planning
from cbr_notebook.forms.region import Region
from cbr_notebook.forms.steps import Steps
from cbr_notebook.forms.work import Work
from cbr_notebook.runbook.manifest import read_manifest
from cbr_notebook.runbook.targets import Targets

if TYPE_CHECKING:
    from cbr_notebook.runbook.plan import RestorePlan
    from cbr_notebook.runbook.record import Progress
    from cbr_notebook.runbook.run import RestoreRun

_SERVER, _BACKUP, _CHECK, _CONFIRM, _WATCH = range(5)
_SAFETY = "safety backup"
_OPEN = ("not asked", "asked", "running")


class Restore(Planning):
    """Restore a server, disk or file system in five steps; ``result`` is the run."""

    name = "restore"
    title = "Restore"
    intro = "Nothing changes before the button of step 4. Times are in UTC."
    action = "Restore"
    busy_label = "Restoring…"
    destroys = True

    def _build(self) -> Sequence[Field]:
        self._pending = Region(live="status")
        self._will = Region()
        self._course = Region(look="cbr-bars", live="status")
        self._again_name = field.text("again_name", "Name of what goes on", hidden=True)
        for each in (self._pending, self._course):
            each.on_act = lambda act, of: self._guarded(lambda: self._act_on(act, of))
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
                ("Check", [self._checks, fields["target"], self._mapping, fields["power_on"]]),
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
                ("Watch and verify", [self._course]),
            ],
            last=self._button,
        )
        self._steps.on_leave = self._may_leave
        self._steps.on_enter = lambda at: self._guarded(lambda: self._entered_step(at))
        return [
            self._head, self._pending, self._again_name, self._steps,
            self._wrong, self._said, self._source, self._next,
        ]  # fmt: skip

    # -- asking for what can be chosen ------------------------------------------------------------

    def _load(self) -> None:
        self._show_pending()
        super()._load()

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
            self._steps.go(_CHECK if chosen else _BACKUP)

    def _forget_target(self) -> None:
        super()._forget_target()
        for name in ("confirm", "acknowledge"):
            self._fields[name].clear()

    def _take_plan(
        self, plan: RestorePlan | None, trouble: CBRError | None, others: Sequence[Option]
    ) -> None:
        super()._take_plan(plan, trouble, others)
        if plan is None:
            return
        warned = {each.name: each.seen for each in plan.verdicts if each.name in plan.warnings}
        self._fields["acknowledge"].offer(Option(name, name, seen) for name, seen in warned.items())
        name = self._target_name()
        self._fields["confirm"].label = f"Type {name} to confirm"
        self.action = f"Restore {name} to {plan.backup.created_at:%Y-%m-%d %H:%M} UTC"
        self._will.html = plan_view.consequences(plan)

    def _to_accept(self, *, all_of_them: bool = False) -> list[str]:
        """Give the warnings that are not accepted yet; the safety backup takes care of its own."""
        if self._plan is None:
            return []
        accepted = () if all_of_them else self._fields["acknowledge"].value
        made = self._fields["safety_backup"].value
        return [
            name
            for name in self._plan.warnings
            if name not in accepted and not (made and name == _SAFETY)
        ]

    # -- the steps --------------------------------------------------------------------------------

    def _entered_step(self, at: int) -> None:
        self._look_at_checks(at in (_CHECK, _CONFIRM))
        self._show()

    def _may_leave(self, at: int) -> bool:
        """Say whether somebody may go on from a step; what is missing is told in it."""
        for each in {_SERVER: ("resource",), _BACKUP: ("before", "backup")}.get(at, ()):
            self._fields[each].touched = True
            if self._fields[each].check():
                self._show()
                return False
        if at == _CHECK:
            self._fields["target"].touched = True
            self._show()
            return self._may_go_on()
        return True

    def _show(self) -> None:
        if hasattr(self, "_steps"):
            self._fields["acknowledge"].hidden = not self._to_accept(all_of_them=True)
        super()._show()

    # -- the pattern of all forms -----------------------------------------------------------------

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field; looks at the checks first, which changes nothing."""
        self._wait_until_loaded()
        if self._steps.at < _WATCH:
            with self._answering_itself():
                self._plan_now()
        return super().problems

    def kept(self) -> dict[str, Any]:
        """Give what was typed and not sent yet; a confirmation has to be given anew."""
        return {key: value for key, value in super().kept().items()
                if key not in ("confirm", "acknowledge")}  # fmt: skip

    def _check(self, value: Mapping[str, Any]) -> dict[str, str]:
        plan = self._plan
        if plan is None or self._planned != self._wanted():
            trouble = self._no_plan
            return {"target": trouble.message if trouble else "It has not been checked yet."}
        if not plan.possible:
            return {"target": " ".join(plan.problems)}
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
        plan = cast("RestorePlan", self._plan)
        first = "Back up the present state, then " if value["safety_backup"] else ""
        return (
            f"{first}{self.action[0].lower() if first else self.action[0]}{self.action[1:]}. "
            + (plan.describe().splitlines()[0])
        )

    def _code(self, value: Mapping[str, Any]) -> str:
        plan = region.call(
            "session.plan_restore",
            value["backup"],
            target=value["target"] or None,
            disks=value["disks"],
            power_on=None if value["power_on"] else False,
        )
        executed = region.call(
            "plan.execute",
            confirm=value["confirm"],
            acknowledge=value["acknowledge"] or None,
            safety_backup=None if value["safety_backup"] else False,
            **self._targets_of(value),
        )
        verified = region.call("run.verify", manifest=value["manifest"] or None)
        return f"plan = {plan}\nrun = {executed}\nrun.wait()\n{verified}"

    def _targets_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "rto": value["rto"] or None,
            "rpo": value["rpo"] or None,
            "incident_at": value["before"] or None,
        }

    def _act(self, value: Mapping[str, Any]) -> RestoreRun:
        plan = cast("RestorePlan", self._plan)
        self._tell_course(None)
        self._steps.lock(True)
        self._steps.go(_WATCH)
        try:
            return plan.execute(
                confirm=value["confirm"],
                acknowledge=value["acknowledge"],
                safety_backup=value["safety_backup"],
                on_progress=self._tell_course,
                **self._targets_of(value),
            )
        except BaseException:
            self._steps.locked = False
            self._steps.go(_CONFIRM)
            self._show_pending()
            raise

    def _card(self, result: RestoreRun) -> str:
        return ""

    def _tell_course(self, progress: Progress | None) -> None:
        run: RestoreRun | None = self.result
        title = run.title if run is not None else self.action
        safety = run.begun["safety_backup"] if run else self._fields["safety_backup"].value
        self._course.html = run_view.under_way(title, progress, safety_backup=bool(safety))

    def _follow(self, result: RestoreRun, work: Work | None) -> None:
        """Watch the run to its end, verify it, and offer the evidence."""
        if work is None:
            result.wait()
        else:
            self._said.html = region.button("stop", "Stop watching")
            for pause in result.looks():
                if not work.pause(self.session, pause):
                    self._tell_stopped(result)
                    return
        self._show_pending()
        self._verify(result)
        if result.error is not None:
            raise result.error

    def _verify(self, run: RestoreRun) -> None:
        found = None
        if run.state in ("success", "failed"):
            found = run.verify(manifest=self._fields["manifest"].value or None)
        self._said.html = run_view.ended(run, found)

    def _tell(self, problem: BaseException) -> None:
        if isinstance(problem, TaskFailed | WaitTimeout) and self.result is not None:
            self._wrong.html = region.trouble(problem, self.result.title)
            return
        super()._tell(problem)

    def _tell_stopped(self, run: RestoreRun) -> None:
        self._said.html = region.card(
            "You stopped watching; the restore goes on",
            [("Run ID", run.run_id), ("Task ID", run.task_id)],
            tone="warn",
            text="Nothing is lost.",
            buttons=[region.button("take_up", "Watch it again", of=run.run_id)],
        )

    # -- runs of before ---------------------------------------------------------------------------

    def _show_pending(self) -> None:
        """Offer the restores that have not ended first."""
        found = self.session.restores()
        mine = self.result.run_id if self.result is not None else None
        found = found[found["state"].isin(_OPEN) & (found["run_id"] != mine)]
        self._pending.html = run_view.unfinished(found)
        asks = found[found["state"] != "running"]
        self._again_name.hidden = asks.empty
        self._unfinished = found.set_index("run_id")

    def _take_up(self, run_id: str) -> None:
        """Go on with a run that this form or another one has begun."""
        name = self._again_name.value.strip()
        if run_id in self._unfinished.index:
            row = self._unfinished.loc[run_id]
            if row["state"] != "running" and name != row["target_name"]:
                self._again_name.problem = f"Type {row['target_name']} to go on with it."
                return
        self._again_name.problem = ""
        if not self._begin():
            return

        def resume(work: Work) -> None:
            def step() -> None:
                self._steps.lock(True)
                self._steps.go(_WATCH)
                try:
                    self.result = self.session.resume_restore(
                        run_id, confirm=name or None, on_progress=self._tell_course
                    )
                except BaseException:
                    self._steps.lock(False)
                    self._steps.go(_SERVER)
                    raise
                self._tell_course(None)
                self._show_pending()
                self._follow(self.result, work)

            self._carry_out(step)

        self._start("takes up", resume)

    def again(self) -> None:
        """Begin with another restore."""
        self._pending.html = self._course.html = ""
        self.result = None
        self.action = "Restore"
        for each in self._fields.values():
            if each.name not in ("power_on", "safety_backup"):
                each.clear()
        self._forget_target()
        self._steps.locked = False
        self._steps.go(_SERVER)
        super().again()
        self._reload()

    def _act_on(self, act: str, of: str) -> None:
        if act == "stop":
            self.stop()
        elif act == "take_up":
            self._take_up(of)
        elif act == "cancel_run":
            said = self.session.cancel_restore(of)
            self._show_pending()
            self._said.html = region.card("Cancelled", tone="good", text=said)
        elif act == "verify":
            self._verify(self.result)
        elif act == "report":
            self._hand_report(of)
        else:
            super()._act_on(act, of)

    def _hand_report(self, suffix: str) -> None:
        """Give the report to the browser, which saves it; it is in no saved notebook."""
        with TemporaryDirectory() as folder:
            path: Path = self.result.report(Path(folder) / f"{self.result.run_id}.{suffix}")
            self._said.hand(path.name, path.read_text(encoding="utf-8"))


_TO_CONFIRM = ("acknowledge", "safety_backup", "rto", "rpo", "manifest", "confirm")


def _target(name: str) -> Callable[[str], Any]:
    """Give the rule of a recovery target."""

    def rule(value: str) -> None:
        try:
            Targets.of(datetime.now().astimezone(), **{name: value})
        except InvalidRequest:
            raise InvalidRequest("That is no length of time.", advice="Write 4h, 30m.") from None

    return rule
