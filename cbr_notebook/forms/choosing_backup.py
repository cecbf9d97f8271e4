"""Choosing what to restore, and from which of its backups: two steps of a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

import ipywidgets as widgets

from cbr_notebook.errors import CBRError
from cbr_notebook.forms import backup_picker, pickers
from cbr_notebook.forms.base import Form
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.text.timeparse import parse_time

if TYPE_CHECKING:
    from cbr_notebook.session.lookup import ResourceKind

_ASKING = "Asking the service what there is…"


class ChoosingBackup(Form):
    """The part of a form that chooses a resource and one of its backups."""

    def _build(self) -> Sequence[Field]:
        self._kinds: dict[str, ResourceKind] = {}
        self._backups: list[backup_picker.Choice] = []
        self._day: date | None = None
        self._month: tuple[int, int] | None = None
        self._proposed: str | None = None
        """The backup that the form chose by itself, and may replace by another."""
        self._too_late: backup_picker.Choice | None = None
        """The backup that somebody chose, and that was made after the trouble began."""
        self._line, self._days = self._region(name="timeline"), self._region(name="calendar")
        fields = (
            field.pick(
                "resource", "Server, disk or file system", required=True, placeholder=_ASKING
            ),
            field.text(
                "before",
                "Trouble began",
                rule=self._read,
                placeholder="2020-08-17T06:00Z, or 12h",
                help="Leaves out later backups. Recovery time and point are counted from it.",
            ),
            field.pick("backup", "Backup", required=True),
        )
        beside = widgets.HBox([self._days, fields[-1]])
        beside.add_class("cbr-beside")
        self._times = widgets.VBox([self._line, beside])
        """Line, calendar and list of backups."""
        return fields

    def _load(self) -> None:
        rows = self.session.usage().to_dict("records")
        options = []
        for row in sorted(rows, key=lambda row: str(row["resource_name"])):
            kind = pickers.KINDS.get(str(row["resource_type"]))
            if kind is None or not row["backup_count"]:
                continue
            self._kinds[str(row["resource_id"])] = kind[0]
            note = f"{kind[1]} · {row['backup_count']} backups"
            options.append(Option(str(row["resource_id"]), str(row["resource_name"]), note))
        chosen = self._fields["resource"]
        chosen.placeholder = "Nothing has a backup yet."
        if not options:
            self._said.html = markup.card(
                "There is nothing to restore yet",
                buttons=[markup.link_to_form("back_up", "Back up")],
            )
        chosen.offer(options)

    def _changed(self, changed: Field) -> None:
        if changed.name == "resource":
            self._backups = []
            self._day = self._month = self._proposed = self._too_late = None
            self._fields["backup"].clear()
            if changed.value in self._kinds:
                self._fields["backup"].placeholder = _ASKING
                self._offer_backups()
                self._ask(lambda: self._backups_of(changed.value))
        elif changed.name == "before":
            self._follow_trouble(changed)
        elif changed.name == "backup":
            self._too_late = None
            self._draw_times()

    def _follow_trouble(self, before: Field) -> None:
        """Offer what was backed up before the trouble; what somebody chose stays if it may."""
        backup, chosen = self._fields["backup"], self._chosen_backup()
        by_hand = chosen is not None and chosen.id != self._proposed
        self._offer_backups()
        if by_hand:
            if backup.value is None:
                self._too_late = chosen
                backup.touched = True
            return
        suggested = self._suggested()
        if before.value and not before.check() and suggested and self._too_late is None:
            self._proposed = suggested.id
            backup.accept(suggested.id)

    def _problems(self) -> dict[str, str]:
        found = super()._problems()
        if self._too_late is not None and self._fields["backup"].value is None:
            found["backup"] = (
                f"The backup of {self._too_late.moment}, which was chosen, was made after the "
                "trouble began. Choose an earlier one."
            )
        return found

    def _backups_of(self, resource_id: str) -> Callable[[], None]:
        table = self.session.backups(resource=resource_id)
        table = table[table["parent_id"].isna()]
        changes = None
        with suppress(CBRError):  # without it, one only chooses with less to go by
            changes = self.session.changed_data(resource_id)
        found = backup_picker.choices(table, changes)

        def fill() -> None:
            self._backups = found
            self._fields["backup"].placeholder = "There is no backup from before that."
            self._offer_backups()

        return fill

    def _read(self, value: str) -> datetime:
        return parse_time(value, self.session.now, "before")

    def _until(self) -> datetime | None:
        before = self._fields["before"]
        return self._read(before.value) if before.value and not before.check() else None

    def _in_time(self) -> list[backup_picker.Choice]:
        until = self._until()
        return [each for each in self._backups if until is None or each.at <= until]

    def _chosen_backup(self) -> backup_picker.Choice | None:
        chosen = self._fields["backup"].value
        return next((each for each in self._backups if each.id == chosen), None)

    def _suggested(self) -> backup_picker.Choice | None:
        return backup_picker.last_clean(self._in_time())

    def _offer_backups(self) -> None:
        chosen = self._fields["backup"]
        chosen.offer(
            each.option()
            for each in self._in_time()
            if self._day in (None, each.at.date()) or each.id == chosen.value
        )
        self._draw_times()

    def _draw_times(self) -> None:
        chosen, found = self._fields["backup"].value, self._in_time()
        if not found:
            self._line.html = self._days.html = ""
            return
        line = backup_picker.time_line(found, chosen, self._until())
        best = self._suggested()
        if best is not None:
            line += backup_picker.way_to(best, chosen)
        self._line.html = line
        months = backup_picker.months(found)
        month = self._month if self._month in months else months[-1]
        self._days.html = backup_picker.month_page(found, month, self._day, chosen)

    def _act_on(self, act: str, of: str) -> None:
        if act == "choose":
            if not self._busy:
                self._fields["backup"].accept(of)
        elif act == "day":
            day = date.fromisoformat(of)
            self._day = None if day == self._day else day
            self._offer_backups()
        elif act == "all_days":
            self._day = None
            self._offer_backups()
        elif act == "month":
            self._month = (int(of[:4]), int(of[5:]))
            self._day = None
            self._offer_backups()
        else:
            super()._act_on(act, of)
