"""The form that edits the tags of a vault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import traitlets

from cbr_notebook.api.groups.tags import checked
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.session.operations.tags import MOST_TAGS, TagChanges


class TagRows(Field):
    """Tags as rows to edit; its ``value`` is a list of pairs of key and value."""

    columns: traitlets.List[str] = traitlets.List(["Key", "Value"]).tag(sync=True)
    noun = traitlets.Unicode("tag").tag(sync=True)

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "entries", **{"value": [], **traits})

    def accept(self, given: Any) -> None:
        """Set tags, given as a mapping or as pairs."""
        if isinstance(given, Mapping):
            given = given.items()
        elif not isinstance(given, Iterable) or isinstance(given, str):
            given = () if given is None or given == "" else (given,)
        self.value = [
            [str(part) for part in pair] if _is_pair(pair) else [str(pair), ""] for pair in given
        ]
        self.touched = True

    def check(self) -> str | None:
        """Return which row is wrong, and how."""
        seen: set[str] = set()
        for number, (key, value) in enumerate(self.value, 1):
            if not key.strip() and not value.strip():
                continue
            try:
                key, _ = checked(key, value)
            except InvalidRequest as problem:
                return f"Row {number}: {problem.message} {problem.advice}"
            if key in seen:
                return f"Row {number}: the key {key} appears twice. Leave one out."
            seen.add(key)
        if len(seen) > MOST_TAGS:
            return f"{len(seen)} tags are too many: at most {MOST_TAGS}."
        return None

    @property
    def tags(self) -> dict[str, str]:
        """The tags, without rows that nobody has filled in."""
        return _tags(self.value)


class Tags(FormDefinition):
    """Edit the tags of a vault; ``result`` is what was added, changed and removed."""

    form: Form
    name = "tags"
    title = "Tags of a vault"
    intro = "What differs is shown before it is saved."
    action = "Save tags"
    busy_label = "Saving…"
    leading = ("vault",)

    def build(self) -> Sequence[Field]:
        self._vaults: dict[str, Vault] = {}
        self._before: dict[str, str] = {}
        """The tags that the vault had when they were asked for."""
        self._of: str | None = None
        """The vault whose tags are in the rows."""
        self._agreed: tuple[Any, TagChanges] | None = None
        """The vault and the difference that were shown before saving."""
        self._rows = TagRows(
            "tags",
            "Tags",
            help="Keys: 1 to 36 letters, digits, _ and -. Values: up to 43, also dots.",
        )
        return (
            field.choice("vault", "Vault", required=True, placeholder="There is no vault yet."),
            self._rows,
        )

    def load(self) -> None:
        found = self.session.records.vaults()
        self._vaults = {each.id: each for each in found}
        vault = self.fields["vault"]
        vault.offer(pickers.vaults(self._vaults.values()))
        if vault.value in self._vaults:
            self._tags_of(vault.value)()

    def changed(self, changed: Field) -> None:
        if changed.name == "vault":
            vault_id = changed.value
            self._of, self._before, self._rows.value = None, {}, []
            if vault_id in self._vaults:
                self.form.ask(lambda: self._tags_of(vault_id), "tags")
        self.form.panels.result.html = ""

    def _tags_of(self, vault_id: str) -> Callable[[], None]:
        """Ask for the tags that a vault has now; what was edited of them stays."""
        found = self.session.records.tags(vault_id)

        def fill() -> None:
            edited = self._rows.touched and self._of == vault_id
            self._of, self._before = vault_id, found
            self.form.forget_refusal("tags")  # what differs now is shown anew
            if not edited:
                self._rows.value = [[key, value] for key, value in found.items()]
                self._rows.touched = False

        return fill

    def empty(self) -> str:
        return "" if self._vaults else pickers.no_vault()

    def _differences(self, value: Mapping[str, Any]) -> TagChanges:
        return TagChanges.between(self._before, _tags(value["tags"]))

    def summary(self, value: Mapping[str, Any]) -> str:
        changes = self._differences(value)
        if not changes:
            return "Nothing differs from what the vault has."
        return f"On {self._vaults[value['vault']].name}: " + "; ".join(_change_lines(changes)) + "."

    def pressed(self) -> bool:
        """Show what differs; only the button beside it saves."""
        result, error = self.form.panels.result, self.form.panels.error
        error.html = ""
        if not self.form.loader.idle.is_set() or self.form.busy:
            return True
        self.form.forget_refusal("tags")
        if self.form.find_problems():
            self.form.tell_blocked(self.form.attempt())
            return True
        self._agreed = self._difference()
        _, changes = self._agreed
        if not changes:
            result.html = markup.card("Nothing to save", text="Nothing differs.")
            return True
        result.html = markup.card(
            "Save these changes?",
            tone="warn",
            body=_listed(changes),
            buttons=[
                markup.button("save", "Save these changes"),
                markup.button("keep", "Go on editing"),
            ],
        )
        return True

    def _difference(self) -> tuple[Any, TagChanges]:
        """Return what would be saved now, and to which vault."""
        value = self.form.values()
        return value["vault"], self._differences(value)

    def code(self, value: Mapping[str, Any]) -> str:
        vault = pickers.named(self.fields["vault"], value["vault"], self._vaults.values())
        return markup.call("session.set_tags", vault, _tags(value["tags"]))

    def act(self, value: Mapping[str, Any]) -> TagChanges:
        tags = _tags(value["tags"])
        try:
            changes = self.session.set_tags(value["vault"], tags, expected=self._before)
        except Conflict:
            self.form.ask(lambda: self._tags_of(value["vault"]), "tags")
            raise
        self._before = tags
        return changes

    def card(self, result: TagChanges) -> str:
        return markup.card("Tags are saved", tone="good", body=_listed(result))

    def handle(self, act: str, of: str) -> bool:
        if act == "save":
            if self.form.machine.is_done() or self._agreed == self._difference():
                self.form.press()
            else:
                self.pressed()
        elif act == "keep":
            self.form.panels.result.html = ""
        else:
            return False
        return True


def _tags(rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the tags that rows say."""
    return {key.strip(): value.strip() for key, value in rows if key.strip()}


def _is_pair(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) == 2


def _listed(changes: TagChanges) -> str:
    return markup.bullets([markup.escaped(each) for each in _change_lines(changes)])


def _change_lines(changes: TagChanges) -> list[str]:
    """Return in words what differs."""
    return [
        *(f"add {key}={value}" for key, value in changes.added.items()),
        *(f"change {key} from {old} to {new}" for key, (old, new) in changes.changed.items()),
        *(f"remove {key}={value}" for key, value in changes.removed.items()),
    ]
