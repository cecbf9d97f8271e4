"""The form that watches tasks: what runs now, what ended, and why it failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from ipywidgets import Widget

from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.messages.statuses import ENDED, TASK_STATUSES, UNSUCCESSFUL
from cbr_notebook.forms import work_progress
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.threads.worker import Worker

_SHOWN = 50
_JUST_NOW = 2.5
"""Seconds up to which what the form was opened with is not asked for again."""


class Tasks(FormDefinition):
    """Show tasks, live while the form is on a page; ``result`` is the table of them."""

    form: Form
    name = "tasks"
    title = "Tasks"
    intro = "Backups, restores and other work of the service, newest first; times in UTC."
    action = "Look again"
    repeatable = True

    def build(self) -> Sequence[Field]:
        self._watching: Worker | None = None
        self._records: tuple[TaskRecord, ...] = ()
        # A region that counts its views: without one on a page, nobody has to look.
        self._rows = self.form.panel("tasks", saved=True, look="cbr-tasks", _view_count=0)
        self._rows.observe(lambda _: self.form.guarded(self._watch), "_view_count")
        statuses = [Option(each, work_progress.WORDS[each]) for each in sorted(TASK_STATUSES)]
        return (field.choice("status", "Status", [Option("", "all"), *statuses]),)

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        widgets.insert(widgets.index(self.form.panels.error), self._rows)
        return widgets

    def load(self) -> None:
        """Look for the first time."""
        self._look(0)

    def changed(self, changed: Field) -> None:
        if self._watching is not None:
            self._watch()
        else:
            self.form.ask(lambda: self._drawer(self._found(0)), "tasks")

    def summary(self, value: Mapping[str, Any]) -> str:
        running = sum(each.status not in ENDED for each in self._records)
        failed = sum(each.status in UNSUCCESSFUL for each in self._records)
        return f"{running} at work, {failed} failed, of the newest {len(self._records)}."

    def code(self, value: Mapping[str, Any]) -> str:
        return markup.call("session.tasks", status=value["status"] or None, limit=_SHOWN)

    def act(self, value: Mapping[str, Any]) -> pd.DataFrame:
        self._look(0)
        self._watch()  # also if that had stopped
        return self.session.tasks(status=value["status"] or None, limit=_SHOWN)

    def card(self, result: pd.DataFrame) -> str:
        return ""

    def _watch(self) -> None:
        """Begin to watch as the filter says, or stop because the form is on no page."""
        with self.form.machine.lock:
            if self._watching is not None:
                self._watching.stop()
                self._watching = None
            if self._rows._view_count:
                self._watching = self.form.workers.start("watches", self._watch_on)

    def _watch_on(self, worker: Worker) -> None:
        """Look now and then, the more rarely the longer nothing has changed."""
        since, before = time.monotonic(), ""

        def look(within: float) -> None:
            nonlocal since, before
            self._look(within, worker)
            if self._rows.html != before:
                since, before = time.monotonic(), self._rows.html

        def unchanged() -> float:
            return time.monotonic() - since

        try:
            for pause in self.session.poller.poll(look, unchanged, within=_JUST_NOW):
                # On a simulated cloud, too, looking on lets no time pass: waiting does.
                if not worker.rest(pause):
                    return
        except Exception as problem:
            if not worker.stopped:
                self.form.panels.error.html = markup.error_card(
                    problem, "Watching has stopped", [markup.button("watch", "Watch again")]
                )

    def _look(self, within: float, worker: Worker | None = None) -> None:
        """Ask, unless somebody else has just asked the same, and show it."""
        found = self._found(within)
        if worker is None or not worker.stopped:
            self._drawer(found)()

    def _found(self, within: float) -> tuple[TaskRecord, ...]:
        status = self.fields["status"].value or None
        return self.session.records.tasks(status=status, limit=_SHOWN, within=within)

    def _drawer(self, found: tuple[TaskRecord, ...]) -> Callable[[], None]:
        def draw() -> None:
            self._records = found
            rows = "".join(map(_row, found))
            listed = f'<ul tabindex="0" aria-label="Tasks">{rows}</ul>'
            self._rows.html = listed if rows else "<p>There are no such tasks.</p>"
            if not self.form.loader.inline:
                self.form.guarded(self.form.show)

        return draw

    def handle(self, act: str, of: str) -> bool:
        if act == "watch":
            self.form.panels.error.html = ""
            self.form.loader.retry()
            self._watch()
            return True
        return False


def _row(task: TaskRecord) -> str:
    """Return a task: what it does to what, since when, how far it is, and why it failed."""
    what = (task.operation_type or "task").replace("_", " ")
    begun = (task.started_at or task.created_at or "")[:16].replace("T", " ")
    named = f"{what} of {work_progress.name_of(task)}"
    vault = f" in {task.vault_name}" if task.vault_name else ""
    bar = "" if task.status in ENDED else markup.bar(work_progress.percent(task), named)
    return (
        f'<li><span class="cbr-facts">{markup.escaped(begun)}</span>'
        f"<span><b>{markup.escaped(named)}</b>"
        f'<span class="cbr-facts">{markup.escaped(vault)}</span></span>'
        f"{work_progress.status(task)}{bar}{work_progress.cause(task)}</li>"
    )
