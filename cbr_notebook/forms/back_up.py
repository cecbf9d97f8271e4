"""The form that backs up resources of a vault, and watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipywidgets import Widget

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Protectable, RestorePoint, Vault
from cbr_notebook.api.messages.statuses import TASK_SUCCESS
from cbr_notebook.errors import TaskFailed
from cbr_notebook.forms import pickers, work_progress
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.threads.worker import Worker, pause_for
from cbr_notebook.session.operations.readiness import why_vault_cannot
from cbr_notebook.tasks.task import Task
from cbr_notebook.text.formatting import pluralize

_LONGEST_DAYS = 36_500


class BackUp(FormDefinition):
    """Back up now, all of a vault or some of it, and see how it goes."""

    form: Form
    name = "back_up"
    title = "Back up now"
    intro = "Makes backups besides those of the vault's policy."
    action = "Back up"
    busy_label = "Backing up…"
    leading = ("vault",)

    def build(self) -> Sequence[Field]:
        self._bars = self.form.panel("progress", look="cbr-bars")
        self._vaults: dict[str, Vault] = {}
        self._all: list[Vault] = []
        self._known: dict[str, dict[str, Protectable]] = {}
        self._of: str | None = None
        """The vault whose resources are offered."""
        return (
            field.choice("vault", "Vault", required=True, placeholder="There is no vault yet."),
            field.choices("resources", "Resources", required=True),
            field.text(
                "name",
                "Backup name",
                rule=validate.name,
                help="The service gives one if this is empty.",
            ),
            field.check(
                "incremental",
                "Incremental",
                value=True,
                help="Stores only what changed since the last backup, where there is one.",
            ),
            field.number(
                "keep_days",
                "Keep for (days)",
                rule=lambda days: validate.within(days, 1, _LONGEST_DAYS, "Keep for (days)"),
                help="Empty: until somebody deletes them.",
            ),
        )

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        widgets.insert(widgets.index(self.form.panels.result), self._bars)
        return widgets

    def load(self) -> None:
        self._all = list(self.session.records.vaults())
        self._vaults = {e.id: e for e in self._all if e.billing.protect_type != "replication"}
        self._known = {}
        self.fields["vault"].offer(pickers.vaults(self._vaults.values()))
        self._members_of(self.fields["vault"].value)()

    def changed(self, changed: Field) -> None:
        if changed.name == "vault" and changed.value in self._vaults:
            vault_id, self._of = changed.value, None
            self.fields["resources"].offer([])
            self.form.ask(lambda: self._members_of(vault_id), "resources")

    def _members_of(self, vault_id: Any) -> Callable[[], None]:
        """Ask for the resources of a vault; those that were chosen of them stay."""
        vault = self._vaults.get(vault_id)
        kind: Any = vault.billing.object_type if vault else None
        if kind in COMMON_KINDS and kind not in self._known:
            found = self.session.records.resources(kind)
            self._known[kind] = {each.id: each for each in found}
        options = pickers.members(vault, self._known.get(kind or "", {})) if vault else []

        def fill() -> None:
            resources = self.fields["resources"]
            chosen = resources.touched and self._of == vault_id
            self._of = vault_id
            resources.offer(options)
            if not chosen:
                resources.value = [each.value for each in options if not each.disabled]
                resources.touched = False

        return fill

    def empty(self) -> str:
        return "" if self._vaults else pickers.no_vault()

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        reason = why_vault_cannot(self._vaults[value["vault"]])
        return {"vault": reason} if reason else {}

    def _all_chosen(self, value: Mapping[str, Any]) -> bool:
        """Return whether all is chosen that can be: then the service tells what it leaves out."""
        able = [each["value"] for each in self.fields["resources"].options if not each["disabled"]]
        return set(value["resources"]) == set(able)

    def summary(self, value: Mapping[str, Any]) -> str:
        resources = self.fields["resources"]
        names = [resources.label_of(each) for each in value["resources"]]
        which = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        vault = self._vaults[value["vault"]].name
        how = "incremental where there is an earlier backup" if value["incremental"] else "full"
        days = value["keep_days"]
        kept = (
            "kept until somebody deletes them"
            if days is None
            else f"kept for {pluralize(days, 'day')}"
        )
        return f"Back up {which} into {vault}: {how}, {kept}."

    def _arguments(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "resources": None if self._all_chosen(value) else value["resources"],
            "name": value["name"] or None,
            "incremental": value["incremental"],
            "keep_days": value["keep_days"],
        }

    def code(self, value: Mapping[str, Any]) -> str:
        sent = self._arguments(value)
        if sent["resources"]:
            resources = self.fields["resources"]
            sent["resources"] = [pickers.named(resources, each) for each in sent["resources"]]
        sent["incremental"] = None if sent["incremental"] else False
        return (
            markup.call(
                "session.back_up",
                pickers.named(self.fields["vault"], value["vault"], self._all),
                **sent,
            )
            + ".wait()"
        )

    def act(self, value: Mapping[str, Any]) -> Task:
        return self.session.back_up(self._vaults[value["vault"]], **self._arguments(value))

    def card(self, result: Task) -> str:
        return ""

    def follow(self, result: Task, worker: Worker | None) -> None:
        """Show how far it is until it has ended, or until nobody wants to see it."""
        self._bars.html = self._drawn(result)
        for pause in result.poll():
            self._bars.html = self._drawn(result)
            if not pause_for(worker, self.session, pause):
                self.form.tell_stopped()
                return
        self._bars.html = self._drawn(result)
        self.form.panels.result.html = self._outcome(result)
        if result.error is not None:
            raise result.error

    def failed(self, problem: BaseException) -> bool:
        return isinstance(problem, TaskFailed)  # which the bars tell

    def _drawn(self, task: Task) -> str:
        point: RestorePoint = task.result
        members = (point.vault.resources if point.vault else None) or []
        begun = {work_progress.name_of(each) for each in task.records}
        waiting = [str(each.name) for each in members if str(each.name) not in begun]
        stop = "" if task.ended else markup.button("stop", "Stop watching")
        left_out = (point.vault.skipped_resources if point.vault else None) or []
        return work_progress.bars(task.records, waiting) + work_progress.skipped(left_out) + stop

    def _outcome(self, task: Task) -> str:
        good = sum(each.status == TASK_SUCCESS for each in task.records)
        point: RestorePoint = task.result
        left_out = len((point.vault.skipped_resources if point.vault else None) or [])
        title = f"{good} of {len(task.records)} backed up"
        if left_out:
            title += f", {left_out} left out"
        tones: dict[str, markup.Tone] = {"failed": "wrong", "partial": "warn"}
        return markup.card(
            title,
            [("Restore point ID", point.id)],
            tone=tones.get(task.status, "warn" if left_out else "good"),
            buttons=[
                markup.button("again", "Back up again"),
                markup.link_to_form("tasks", "Show tasks"),
            ],
        )

    def stopped(self, result: Task) -> bool:
        self._bars.html = work_progress.bars(result.records)
        self.form.panels.result.html = markup.card(
            "The backup goes on",
            [("Restore point ID", result.result.id)],
            text="Nobody is watching it here any more; session.tasks() says how it is.",
            buttons=[markup.button("watch", "Watch again")],
        )
        return True

    def again(self) -> None:
        self._bars.html = ""
