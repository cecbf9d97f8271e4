"""The second step: which backup, on a time line, in a calendar and in a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime

import ipywidgets as widgets

from cbr_notebook.errors import CBRError, InvalidRequest, NotFound, NotOffered
from cbr_notebook.forms.kit import field
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.widget import Box
from cbr_notebook.forms.restore import backup_pictures
from cbr_notebook.forms.restore.backup_pictures import Choice
from cbr_notebook.forms.restore.steps.choose_resource import ASKING, ChooseResource
from cbr_notebook.forms.restore.steps.step import Step
from cbr_notebook.text.timeparse import parse_time

LOOKED_AT = 60
"""So many of the newest backups are judged at first; all of them when somebody wants it."""


class ChooseBackup(Step):
    """Chooses one of the backups of the resource; proposes the newest before the trouble."""

    title = "Choose backup"

    def __init__(self, form: Form, resource: ChooseResource) -> None:
        super().__init__(form)
        self._resource = resource

    def build(self) -> Sequence[Field]:
        """Create the fields and pictures."""
        self._found: list[Choice] = []
        self._day: date | None = None
        self._month: tuple[int, int] | None = None
        self._proposed: str | None = None
        """The backup that the form chose by itself, and may replace by another."""
        self._too_late: Choice | None = None
        """The backup that somebody chose, and that was made after the trouble began."""
        self._line, self._days = self.form.panel("timeline"), self.form.panel("calendar")
        self.before = field.text(
            "before",
            "Trouble began",
            rule=self._read,
            placeholder="2020-08-17T06:00Z, or 12h",
            help="Leaves out later backups. Recovery time and point are counted from it.",
        )
        self.backup = field.pick("backup", "Backup", required=True)
        return self.before, self.backup

    def widgets(self) -> Sequence[widgets.Widget]:
        """List the fields, the time line and the calendar."""
        beside = Box([self._days, self.backup], look="cbr-beside")
        return self.before, Box([self._line, beside])

    def changed(self, changed: Field) -> None:
        """Offer the backups of another resource, or those from before the trouble."""
        if changed.name == "resource":
            self._forget()
            self.backup.clear()
            if changed.value in self._resource.kinds:
                self.backup.placeholder = ASKING
                self._offer()
                self.form.ask(lambda: self._backups_of(changed.value, LOOKED_AT))
        elif changed is self.before:
            self._follow_trouble()
        elif changed is self.backup:
            self._too_late = None
            self._draw_times()

    def problems(self, found: dict[str, str]) -> dict[str, str]:
        """Say that what was chosen by hand does not fit the trouble."""
        if self._too_late is not None and self.backup.value is None:
            found["backup"] = (
                f"The backup of {self._too_late.moment}, which was chosen, was made after the "
                "trouble began. Choose an earlier one."
            )
        return found

    def may_leave(self) -> bool:
        """Return whether a backup is chosen, and the time of trouble can be read."""
        return self.filled_in("before", "backup")

    def chosen(self) -> str:
        """Return the moment of the backup that is chosen."""
        choice = self.choice
        return f"Backup: {choice.at:%Y-%m-%d %H:%M}" if choice else ""

    def handle(self, act: str, of: str) -> bool:
        """Choose by a click on the time line, or turn the pages of the calendar."""
        if act == "choose":
            if not self.form.busy:
                self.backup.accept(of)
            return True
        if act == "look_further":
            resource, count = self._resource.resource.value, len(self._found)
            self.form.ask(lambda: self._backups_of(resource, count))
            return True
        if act not in ("day", "all_days", "month"):
            return False
        if act == "month":
            self._month = (int(of[:4]), int(of[5:]))
        day = date.fromisoformat(of) if act == "day" else None
        self._day = None if day == self._day else day
        self._offer()
        return True

    @property
    def choice(self) -> Choice | None:
        """The backup that is chosen, with what is known of it."""
        return next((each for each in self._found if each.id == self.backup.value), None)

    @property
    def warning(self) -> str:
        """Why the backup that is chosen is no quiet one; empty if it is, or none is chosen."""
        return self.choice.warning if self.choice else ""

    def _forget(self) -> None:
        self._resource.gone = False
        self._found = []
        self._day = self._month = self._proposed = self._too_late = None

    def _follow_trouble(self) -> None:
        """Offer what was backed up before the trouble; what somebody chose stays if it may."""
        choice = self.choice
        by_hand = choice is not None and choice.id != self._proposed
        self._offer()
        if by_hand:
            if self.backup.value is None:
                self._too_late = choice
                self.backup.touched = True
            return
        suggested = backup_pictures.suggested(self._in_time())
        readable = self.before.value and not self.before.check()
        if readable and suggested and self._too_late is None:
            self._proposed = suggested.id
            self.backup.accept(suggested.id)

    def _backups_of(self, resource_id: str, looked_at: int) -> Callable[[], None]:
        """Ask for the backups of a resource, and how each of the newest is judged.

        Args:
            resource_id: of the resource.
            looked_at: so many of its newest backups are asked about, a request for each.
        """
        judged = None
        with self.session.reading() as session:
            table = session.backups(resource=resource_id)
            table = table[table["parent_id"].isna()]
            with suppress(CBRError):  # without it, one only chooses with less to go by
                judged = session.suspicion(resource_id, newest=looked_at)
        found = backup_pictures.choices(table, judged)
        gone = self._is_gone(resource_id)

        def fill() -> None:
            self._resource.gone = gone
            self._found = found
            self.backup.placeholder = "There is no backup from before that."
            self._offer()

        return fill

    def _is_gone(self, resource_id: str) -> bool:
        """Return whether a resource exists no more; where nobody can tell, the checks will."""
        try:
            self.session.records.resource(self._resource.kinds[resource_id], resource_id)
        except CBRError as problem:
            return isinstance(problem, NotFound) and not isinstance(problem, NotOffered)
        return False

    def _read(self, value: str) -> datetime:
        read = parse_time(value, self.session.now, "before")
        if read > self.session.now:
            raise InvalidRequest(
                f"That is in the future: it is {self.session.now:%Y-%m-%d %H:%M} UTC now.",
                advice="Give when the trouble began.",
                field="before",
            )
        return read

    def _until(self) -> datetime | None:
        value = self.before.value
        return self._read(value) if value and not self.before.check() else None

    def _in_time(self) -> list[Choice]:
        until = self._until()
        return [each for each in self._found if until is None or each.at <= until]

    def _offer(self) -> None:
        self.backup.offer(
            each.option()
            for each in self._in_time()
            if self._day in (None, each.at.date()) or each.id == self.backup.value
        )
        self._draw_times()

    def _draw_times(self) -> None:
        chosen, found = self.backup.value, self._in_time()
        if not found:
            self._line.html = self._days.html = ""
            return
        line = backup_pictures.time_line(found, chosen, self._until())
        best = backup_pictures.suggested(found)
        line += backup_pictures.ways(best, chosen, self._found)
        gone = backup_pictures.gone(self._resource.label) if self._resource.gone else ""
        self._line.html = gone + line
        months = backup_pictures.months(found)
        month = self._month if self._month in months else months[-1]
        self._days.html = backup_pictures.month_page(found, month, self._day, chosen)
