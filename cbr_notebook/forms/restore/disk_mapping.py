"""Which disk each backed-up disk is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbr_notebook.forms.kit.field import Field

if TYPE_CHECKING:
    from cbr_notebook.runbook.plan.facts import Facts

_LEFT_OUT = {"value": "", "label": "leave it out"}


class DiskMapping(Field):
    """A row for each backed-up disk, to choose the disk of the target that it overwrites.

    Its ``value`` is a mapping from the ID of a disk's backup to the ID of a disk, without those
    that are left out; ``None``: each goes where it came from.
    """

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "pairs", **traits)

    def offer_from(self, facts: Facts) -> None:
        """Offer the target's disks for each disk of the backup."""
        target = facts.target
        disks = [
            {"value": disk.id, "label": f"{disk.name} ({disk.size_gb} GB)"}
            for disk in (target.disks if target else ())
        ]
        usual = self._usual() if self.value is not None else dict(facts.mappings)
        rows = [
            {
                "value": old.backup_id,
                "label": f"{old.disk_name} ({old.size_gb} GB{', system' * bool(old.system_disk)})",
                "choices": [_LEFT_OUT, *disks],
                "usual": usual.get(old.backup_id, ""),
            }
            for old in facts.backup.disks
        ]
        if rows != self.options:
            self.options = rows

    def forget(self) -> None:
        """Drop what was mapped; the next plan says again what goes where."""
        self.options = []
        self.value = None
        self.touched = False

    def check(self) -> str | None:
        """Say what cannot be: nothing to write, or a disk written twice."""
        if self.value is None:
            return None
        if not self.value:
            return "All disks are left out: nothing would be restored."
        if len(set(self.value.values())) < len(self.value):
            return "One disk would be written twice. Choose another for one of them."
        return None

    def _usual(self) -> dict[str, str]:
        return {each["value"]: each["usual"] for each in self.options if each["usual"]}

    def _take(self, value: Any) -> None:
        chosen = {old: new for old, new in dict(value).items() if new}
        super()._take(None if chosen == self._usual() else chosen)
