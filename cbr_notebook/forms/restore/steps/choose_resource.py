"""The first step: which server, disk or file system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.restore.steps.step import Step
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from cbr_notebook.api.messages.constants import ResourceKind

ASKING = "Asking the service what there is…"
_NOUNS = {"server": "Server", "disk": "Disk", "turbo": "File system"}


class ChooseResource(Step):
    """Chooses among all that has a backup."""

    title = "Choose server"

    def build(self) -> Sequence[Field]:
        """Create the field."""
        self.kinds: dict[str, ResourceKind] = {}
        """Of each resource that has a backup, by its ID."""
        self.gone = False
        """Whether what is chosen exists no more, as far as is known."""
        self.resource = field.pick(
            "resource", "Server, disk or file system", required=True, placeholder=ASKING
        )
        return (self.resource,)

    def widgets(self) -> Sequence[widgets.Widget]:
        """List the field."""
        return (self.resource,)

    @property
    def kind(self) -> ResourceKind | None:
        """What kind of resource is chosen; ``None`` if none is."""
        return self.kinds.get(self.resource.value)

    @property
    def label(self) -> str:
        """The name of what is chosen."""
        return self.resource.label_of(self.resource.value)

    def load(self) -> None:
        """Offer what has a backup."""
        rows = self.session.usage().to_dict("records")
        options = []
        for row in sorted(rows, key=lambda row: str(row["resource_name"])):
            kind = pickers.KINDS.get(str(row["resource_type"]))
            if kind is None or not row["backup_count"]:
                continue
            self.kinds[str(row["resource_id"])] = kind[0]
            note = f"{kind[1]} · {pluralize(row['backup_count'], 'backup')}"
            options.append(Option(str(row["resource_id"]), str(row["resource_name"]), note))
        self.resource.placeholder = "Nothing has a backup yet."
        if not options:
            self.form.panels.result.html = markup.card(
                "There is nothing to restore yet",
                buttons=[markup.link_to_form("back_up", "Back up")],
            )
        self.resource.offer(options)

    def may_leave(self) -> bool:
        """Return whether something is chosen."""
        return self.filled_in("resource")

    def chosen(self) -> str:
        """Return kind and name of what is chosen."""
        if not self.kind:
            return ""
        return f"{_NOUNS[self.kind]}: {self.label}{' (exists no more)' * self.gone}"
