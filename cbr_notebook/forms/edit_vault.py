"""The form that changes a vault: its size and name, whether it grows, what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Protectable, Vault
from cbr_notebook.errors import CBRError, InvalidRequest, stopped_after
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.session.disk_choice import excluded_disks
from cbr_notebook.text.formatting import pluralize


class EditVault(FormDefinition):
    """Change a vault; ``result`` is the vault as it is then."""

    form: Form
    name = "edit_vault"
    title = "Change a vault"
    intro = "Shows what the vault has; what you leave as it is stays."
    action = "Save changes"
    busy_label = "Saving…"
    leading = ("vault",)

    def build(self) -> Sequence[Field]:
        self._vaults: dict[str, Vault] = {}
        self._left_out: dict[str, tuple[Protectable, Protectable]] = {}
        """The disks that the backups leave out, by ID, with their servers."""
        self._suspended: dict[str, str] = {}
        """The resources that its policy passes over, by ID, with their names."""
        self._of: str | None = None
        """The vault whose settings are filled in."""
        return (
            field.choice("vault", "Vault", required=True, placeholder="There is no vault yet."),
            field.text("name", "Vault name", required=True, rule=validate.name),
            field.number("size_gb", "Capacity (GB)", required=True),
            field.check(
                "auto_expand", "Expand automatically", help="By a quarter when it is full."
            ),
            field.choices("resources", "Put into it", help="Resources that are in no vault yet."),
            field.choices("disks", "Take back in", help="Disks that its backups leave out."),
            field.choices(
                "suspended",
                "Resume",
                help="Resources that its policy passes over: back them up again.",
            ),
        )

    def load(self) -> None:
        self._vaults = {each.id: each for each in self.session.records.vaults()}
        vault = self.fields["vault"]
        vault.offer(pickers.vaults(self._vaults.values()))
        self._show_vault(vault.value)
        self._free_for(vault.value)()

    def changed(self, changed: Field) -> None:
        if changed.name == "vault" and changed.value in self._vaults:
            vault_id = changed.value
            self._show_vault(vault_id)
            self.fields["resources"].offer([])
            self.fields["disks"].offer([])
            self.fields["suspended"].offer([])
            self.form.ask(lambda: self._free_for(vault_id), "resources")

    def _show_vault(self, vault_id: Any) -> None:
        """Fill in what a vault has; what was edited of the same vault stays."""
        vault = self._vaults.get(vault_id)
        if vault is None:
            return
        for name, value in _has(vault).items():
            if self._of != vault_id or not self.fields[name].touched:
                self.fields[name].value = value
                self.fields[name].touched = False
        self._of = vault_id
        used = round((vault.billing.used or 0) / 1024, 1)
        self.fields["size_gb"].help = f"{used} GB are used now."

    def _free_for(self, vault_id: Any) -> Callable[[], None]:
        """Ask for what can be put into a vault."""
        vault = self._vaults.get(vault_id)
        kind: Any = vault.billing.object_type if vault else None
        backup = vault is not None and vault.billing.protect_type == "backup"
        found = (
            list(self.session.records.resources(kind)) if backup and kind in COMMON_KINDS else []
        )
        members = {each.id: each for each in (vault.resources if vault else None) or ()}
        left_out = {
            disk.id: (server, disk)
            for server in found
            if server.id in members
            for disk in excluded_disks(server, members[server.id])
        }
        options = pickers.free_resources(found)
        suspended = {
            each.id: each.name or each.id
            for each in members.values() if each.auto_protect is False
        }  # fmt: skip

        def fill() -> None:
            resources = self.fields["resources"]
            resources.hidden = not backup
            resources.offer(each for each in options if not each.disabled)
            self._left_out = left_out
            self._suspended = suspended
            self.fields["suspended"].hidden = not suspended
            self.fields["suspended"].offer(
                Option(each, name) for each, name in sorted(suspended.items(), key=lambda x: x[1])
            )
            disks = self.fields["disks"]
            disks.hidden = not left_out
            disks.offer(
                Option(disk.id, f"{disk.name or disk.id} of {server.name or server.id}")
                for server, disk in left_out.values()
            )

        return fill

    def empty(self) -> str:
        return "" if self._vaults else pickers.no_vault()

    def _changes(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return what differs from what the vault has."""
        vault = self._vaults[value["vault"]]
        had = _has(vault)
        return {name: value[name] for name, before in had.items() if value[name] != before}

    def _added(self, value: Mapping[str, Any]) -> list[str]:
        resources = self.fields["resources"]
        return [] if resources.hidden else list(value["resources"])

    def _taken_in(self, value: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return the disks to be taken back in, by their server."""
        found: dict[str, list[str]] = {}
        for each in () if self.fields["disks"].hidden else value["disks"]:
            found.setdefault(self._left_out[each][0].id, []).append(each)
        return found

    def _resumed(self, value: Mapping[str, Any]) -> list[str]:
        return [] if self.fields["suspended"].hidden else list(value["suspended"])

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        vault = self._vaults[value["vault"]]
        changes = self._changes(value)
        others = (self._added(value), self._taken_in(value), self._resumed(value))
        if not changes and not any(others):
            return {"": "Nothing differs from what the vault has."}
        if "name" in changes and (taken := pickers.taken(
            value["name"], self._vaults.values(), "vault"
        )):  # fmt: skip
            return taken
        if "size_gb" in changes:  # what the vault has may be what nobody can choose
            try:
                validate.size_gb(value["size_gb"])
            except InvalidRequest as problem:
                return {"size_gb": problem.message}
            if value["size_gb"] * 1024 < (vault.billing.used or 0):
                return {"size_gb": "That is less than what is used. Delete backups first."}
        return {}

    def summary(self, value: Mapping[str, Any]) -> str:
        vault = self._vaults[value["vault"]]
        changes, added = self._changes(value), self._added(value)
        parts = []
        if "size_gb" in changes:
            parts.append(f"{vault.billing.size} GB become {value['size_gb']} GB")
        if "name" in changes:
            parts.append(f"it is called {value['name']}")
        if "auto_expand" in changes:
            parts.append("it expands by itself" if value["auto_expand"] else "it stays as large")
        if added:
            parts.append(f"{pluralize(len(added), 'resource')} more in it")
        if disks := sum(map(len, self._taken_in(value).values())):
            parts.append(f"{pluralize(disks, 'disk')} more in its backups")
        if resumed := self._resumed(value):
            names = ", ".join(self._suspended[each] for each in resumed)
            parts.append(f"its policy backs up {names} again")
        return f"Change vault {vault.name}: {', '.join(parts)}."

    def code(self, value: Mapping[str, Any]) -> str:
        vault = pickers.named(self.fields["vault"], value["vault"], self._vaults.values())
        changes, added = self._changes(value), self._added(value)
        lines = [markup.call("session.update_vault", vault, **changes)] if changes else []
        if added:
            names = [pickers.named(self.fields["resources"], each) for each in added]
            lines.append(markup.call("session.add_resources", changes.get("name", vault), names))
        for server, disks in self._taken_in(value).items():
            names = [self._left_out[each][1].name or each for each in disks]
            of = self._left_out[disks[0]][0].name or server
            lines.append(
                markup.call(
                    "session.add_resources", changes.get("name", vault), of, include_disks=names
                )
            )
        if resumed := self._resumed(value):
            names = [pickers.named(self.fields["suspended"], each) for each in resumed]
            lines.append(markup.call("session.resume_resources", changes.get("name", vault), names))
        return "\n".join(lines)

    def act(self, value: Mapping[str, Any]) -> Vault:
        """Change it, then fill it; what is done already is not done again at a second attempt."""
        vault_id = value["vault"]
        changed = None
        if changes := self._changes(value):
            changed = self.session.update_vault(vault_id, **changes)
        done = changed is not None
        for said, step in self._steps(value):
            try:
                step()
            except CBRError as problem:
                if not done:
                    raise
                if changed is not None:
                    self._vaults[vault_id] = changed
                unknown = problem.may_have_happened
                how = f"nobody knows what was {said}" if unknown else f"nothing was {said}"
                raise stopped_after(
                    f"The vault was changed, but {how}", problem, "resources"
                ) from None
            done = True
        return self.session.find_vault(vault_id)

    def _steps(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], object]]]:
        """Return what is done after the vault is changed, each with what it does in words."""
        vault_id = value["vault"]
        if added := self._added(value):
            yield "put into it", lambda: self.session.add_resources(vault_id, added)
        for server, disks in self._taken_in(value).items():
            yield (
                "taken back in",
                partial(self.session.add_resources, vault_id, server, include_disks=disks),
            )
        if resumed := self._resumed(value):
            yield "resumed", lambda: self.session.resume_resources(vault_id, resumed)

    def card(self, result: Vault) -> str:
        names = ", ".join(str(each.name) for each in result.resources or ())
        return markup.card(
            f"Vault {result.name} is changed",
            [
                ("Vault ID", result.id),
                ("Capacity", f"{result.billing.size} GB"),
                ("Expands by itself", "yes" if result.auto_expand else "no"),
                ("Resources", names or "none yet"),
            ],
            tone="good",
            buttons=[
                markup.button("again", "Change another"),
                markup.link_to_form("vaults", "Show vaults"),
            ],
        )

    def again(self) -> None:
        self._of = None
        self.form.reload()


def _has(vault: Vault) -> dict[str, Any]:
    """Return what a vault has of what can be changed, by field."""
    return {
        "name": vault.name,
        "size_gb": vault.billing.size,
        "auto_expand": bool(vault.auto_expand),
    }
