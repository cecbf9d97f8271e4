"""The form that creates a vault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Policy, Protectable, Vault
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.text.formatting import pluralize

_PURPOSES = (Option("backup", "Backup"), Option("replication", "Replication"))


class CreateVault(FormDefinition):
    """Create a vault, with what it protects, and when."""

    form: Form
    name = "create_vault"
    title = "Create a vault"
    intro = "A vault holds the backups of the resources in it. It is paid per use."
    action = "Create vault"
    busy_label = "Creating…"
    leading = ("object_type",)

    def build(self) -> Sequence[Field]:
        self._vaults: list[Vault] = []
        self._policies: list[Policy] = []
        self._known: dict[str, dict[str, Protectable]] = {}
        return (
            field.text(
                "name",
                "Vault name",
                required=True,
                rule=validate.name,
                help="Letters, digits, _ and -.",
            ),
            field.choice("object_type", "Protects", pickers.PROTECTS),
            field.choice(
                "protect_type",
                "Purpose",
                _PURPOSES,
                help="Replication: for replicas of backups from another region.",
            ),
            field.choices("resources", "Resources", help="They can also be added later."),
            field.number("size_gb", "Capacity (GB)", required=True, rule=validate.size_gb),
            field.choice("policy", "Policy", help="When backups are made, and how long kept."),
            field.text(
                "tags",
                "Tags",
                rule=pickers.tags,
                placeholder="team=web, env=prod",
                help="At most ten.",
            ),
            field.check(
                "auto_expand", "Expand automatically", help="By a quarter when it is full."
            ),
        )

    def load(self) -> None:
        self._vaults = list(self.session.records.vaults())
        self._policies = self.session.records.policies()
        fitting = [each for each in self._policies if each.operation_type == "backup"]
        self.fields["policy"].offer(pickers.nothing_or(pickers.policies(fitting), "No policy"))
        self._known = {}
        self._resources_of(self.fields["object_type"].value)()

    def changed(self, changed: Field) -> None:
        kind = self.fields["object_type"].value
        if changed.name == "object_type" and kind in COMMON_KINDS:
            self.form.ask(lambda: self._resources_of(kind), "resources")
        elif changed.name == "protect_type":
            for name in ("resources", "policy"):
                self.fields[name].hidden = changed.value == "replication"
        self.fields["size_gb"].help = self._need_in_words()

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        return pickers.taken(value["name"], self._vaults, "vault")

    def _resources_of(self, kind: Any) -> Callable[[], None]:
        if kind not in self._known:
            found = self.session.records.resources(kind)
            self._known[kind] = {each.id: each for each in found}
        options = pickers.free_resources(self._known[kind].values())
        return lambda: self.fields["resources"].offer(options)

    def _need(self) -> int:
        """Return the sizes of the chosen resources together, in GB."""
        known = self._known.get(self.fields["object_type"].value, {})
        chosen = self._sent_resources()
        return sum(known[each].size or 0 for each in chosen if each in known)

    def _need_in_words(self) -> str:
        allowed = f"{validate.SMALLEST_GB} to {validate.LARGEST_GB}."
        need = self._need()
        return f"The chosen resources need {need} GB. {allowed}" if need else allowed

    def _sent_resources(self) -> list[str]:
        resources = self.fields["resources"]
        return [] if resources.hidden else list(resources.value)

    def summary(self, value: Mapping[str, Any]) -> str:
        count = len(self._sent_resources())
        kind = {"server": "server", "disk": "disk", "turbo": "file system"}[value["object_type"]]
        parts = [
            f"{value['size_gb']} GB",
            f"{kind} {value['protect_type']}",
            "pay per use",
        ]
        if count:
            parts.append(f"with {pluralize(count, 'resource')}")
        if self._policy(value):
            parts.append(f"policy {self.fields['policy'].label_of(value['policy'])}")
        said = f"Create vault {value['name']}: {', '.join(parts)}."
        if self.warns(value):
            said += f" It may fill up: its resources are {self._need()} GB together."
        return said

    def warns(self, value: Mapping[str, Any]) -> bool:
        return bool(value["size_gb"] < self._need() and not value["auto_expand"])

    def _policy(self, value: Mapping[str, Any]) -> str | None:
        return None if self.fields["policy"].hidden else value["policy"] or None

    def code(self, value: Mapping[str, Any]) -> str:
        policy = self._policy(value)
        return markup.call(
            "session.create_vault",
            value["name"],
            size_gb=value["size_gb"],
            object_type=value["object_type"],
            protect_type="replication" if value["protect_type"] == "replication" else None,
            resources=[
                pickers.named(self.fields["resources"], each) for each in self._sent_resources()
            ]
            or None,
            policy=(
                pickers.named(self.fields["policy"], policy, self._policies) if policy else None
            ),
            tags=pickers.tags(value["tags"]) or None,
            auto_expand=value["auto_expand"] or None,
        )

    def act(self, value: Mapping[str, Any]) -> Vault:
        return self.session.create_vault(
            value["name"],
            size_gb=value["size_gb"],
            object_type=value["object_type"],
            protect_type=value["protect_type"],
            resources=self._sent_resources(),
            policy=self._policy(value),
            tags=pickers.tags(value["tags"]),
            auto_expand=value["auto_expand"],
        )

    def card(self, result: Vault) -> str:
        names = ", ".join(str(each.name) for each in result.resources or ())
        first = [markup.link_to_form("back_up", "Back up now", vault=result.id)] if names else []
        return markup.card(
            f"Vault {result.name} is there",
            [
                ("Vault ID", result.id),
                ("Capacity", f"{result.billing.size} GB"),
                ("Resources", names or "none yet"),
            ],
            tone="good",
            buttons=[
                *first,
                markup.link_to_form("tags", "Edit tags", vault=result.id),
                markup.button("another", "Create another"),
            ],
        )

    def handle(self, act: str, of: str) -> bool:
        if act != "another":
            return False
        for name in ("name", "resources"):
            self.fields[name].clear()
        self.form.again()
        self.form.reload()
        return True
