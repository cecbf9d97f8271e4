"""The form that changes a policy, and switches it on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Policy
from cbr_notebook.errors import ConfirmationNeeded
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.pickers import KEPT
from cbr_notebook.schedule import zones
from cbr_notebook.schedule.days import DAYS, parse_times
from cbr_notebook.schedule.rules import DaysAndTimes, days_and_times
from cbr_notebook.text.formatting import pluralize

_RUNS = (Option("on", "Switched on"), Option("off", "Switched off"))
_WITHOUT = {"max_backups": -1, "retention_days": -1}
"""What ``update_policy`` is told where there is to be no such rule any more; else 0."""


class EditPolicy(FormDefinition):
    """Change a policy; ``result`` is the policy as it is then."""

    form: Form
    name = "edit_policy"
    title = "Change a policy"
    intro = "Shows what the policy says; what you leave as it is stays."
    action = "Save changes"
    busy_label = "Saving…"
    leading = ("policy",)
    given_anew = ("confirm",)

    def build(self) -> Sequence[Field]:
        self._policies: dict[str, Policy] = {}
        self._of: str | None = None
        """The policy whose settings are filled in."""
        self._before: dict[str, Any] = {}
        """What it says, by field."""
        return (
            field.choice("policy", "Policy", required=True, placeholder="There is no policy yet."),
            field.text("name", "Policy name", required=True, rule=validate.name),
            field.choice("runs", "Runs", _RUNS),
            field.choices("days", "Days", [Option(day, day.capitalize()) for day in DAYS],
                          required=True, compact=True),
            field.text("times", "Times", required=True, rule=parse_times),
            *(pickers.kept(name, help="Empty: no such rule.") for name in KEPT),
            field.text("confirm", "Type the name to confirm", required=True, hidden=True),
        )  # fmt: skip

    def load(self) -> None:
        self._policies = {each.id: each for each in self.session.records.policies()}
        policy = self.fields["policy"]
        policy.offer(pickers.policies(self._policies.values()))
        self._show_policy(policy.value)

    def changed(self, changed: Field) -> None:
        if changed.name == "policy":
            self._show_policy(changed.value)
        if changed.name != "confirm":  # what would be lost was told of another change
            confirm = self.fields["confirm"]
            confirm.clear()
            confirm.hidden = True

    def _show_policy(self, policy_id: Any) -> None:
        """Fill in what a policy says; what was edited of the same policy stays."""
        policy = self._policies.get(policy_id)
        if policy is None:
            return
        self._before = _rules_of(policy)
        for name, value in self._before.items():
            each = self.fields[name]
            if self._of != policy_id or not each.touched:
                each.value = value
                each.touched = False
        self._of = policy_id
        plain = _schedule(policy) is not None
        for name in ("days", "times"):
            self.fields[name].hidden = not plain
        self.fields["times"].help = f"Such as 02:00, 14:00, in {_zone(policy)}."
        self.fields["runs"].help = (
            ""
            if plain
            else "Its runs are not by days of the week: session.update_policy(pattern=…)."
        )

    def empty(self) -> str:
        if self._policies:
            return ""
        return markup.card(
            "There is no policy yet",
            buttons=[markup.link_to_form("create_policy", "Create a policy")],
        )

    def _changes(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return what differs from what the policy says, in the words of ``update_policy``."""
        changes: dict[str, Any] = {}
        for name, before in self._before.items():
            now = value[name]
            if self.fields[name].hidden or _same(name, now, before):
                continue
            if name == "runs":
                changes["enabled"] = now == "on"
            elif name == "times":
                changes["times"] = [f"{hour:02}:{minute:02}" for hour, minute in parse_times(now)]
            elif name in KEPT and now is None:
                changes[name] = _WITHOUT.get(name, 0)
            else:
                changes[name] = now
        return changes

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        changes = self._changes(value)
        policy = self._policies[value["policy"]]
        if not changes:
            return {"": "Nothing differs from what the policy says."}
        if "name" in changes and (taken := pickers.taken(
            value["name"], self._policies.values(), "policy"
        )):  # fmt: skip
            return taken
        confirm = self.fields["confirm"]
        if not confirm.hidden and value["confirm"] != policy.name:
            return {"confirm": f"That is not the name. Type {policy.name}."}
        return {}

    def summary(self, value: Mapping[str, Any]) -> str:
        policy = self._policies[value["policy"]]
        vaults = pluralize(len(policy.associated_vaults or ()), "vault")
        parts = []
        for name, now in self._changes(value).items():
            if name == "enabled":
                parts.append(f"switch it {'on' if now else 'off'}")
            elif name in KEPT:
                parts.append(f"{KEPT[name].lower()}: {_count(self._before[name])} become "
                             f"{_count(value[name])}")  # fmt: skip
            else:
                said = ", ".join(now) if isinstance(now, list) else now
                parts.append(f"{self.fields[name].label.lower()}: {said}")
        return f"Change policy {policy.name} of {vaults}: {'; '.join(parts)}."

    def _named(self, value: Mapping[str, Any]) -> str:
        return pickers.named(self.fields["policy"], value["policy"], self._policies.values())

    def code(self, value: Mapping[str, Any]) -> str:
        return markup.call(
            "session.update_policy",
            self._named(value),
            **self._changes(value),
            confirm=value["confirm"] or None,
        )

    def act(self, value: Mapping[str, Any]) -> Policy:
        return self.session.update_policy(
            value["policy"], **self._changes(value), confirm=value["confirm"] or None
        )

    def failed(self, problem: BaseException) -> bool:
        """Ask for the name if backups would be deleted; nothing was changed then."""
        if not isinstance(problem, ConfirmationNeeded):
            return False
        name = self._policies[self.form.values()["policy"]].name
        confirm = self.fields["confirm"]
        confirm.label = f"Type {name} to confirm"
        confirm.hidden = False
        confirm.focus()
        self.form.panels.error.html = markup.card(
            "Nothing is changed yet: this deletes backups", tone="warn", text=problem.message
        )
        return True

    def card(self, result: Policy) -> str:
        said = _rules_of(result)
        kept = [(label, said[name]) for name, label in KEPT.items()]
        return markup.card(
            f"Policy {result.name} is changed",
            [
                ("Policy ID", result.id),
                ("Runs", "switched on" if result.enabled else "switched off"),
                *kept,
            ],
            tone="good",
            buttons=[
                markup.button("again", "Change another"),
                markup.link_to_form("policies", "Show policies"),
            ],
        )

    def again(self) -> None:
        self._of = None
        self.form.reload()


def _rules_of(policy: Policy) -> dict[str, Any]:
    """Return what a policy says, by field; a rule that it does not have is ``None``."""
    definition = policy.operation_definition
    schedule = _schedule(policy)
    kept = {
        name: getattr(definition, "retention_duration_days" if name == "retention_days" else name)
        if definition
        else None
        for name in KEPT
    }
    return {
        "name": policy.name,
        "runs": "on" if policy.enabled else "off",
        "days": list(schedule.days or ()) if schedule else [],
        "times": ", ".join(schedule.times) if schedule else "",
        **{name: count if count and count > 0 else None for name, count in kept.items()},
    }


def _schedule(policy: Policy) -> DaysAndTimes | None:
    """Return the days and times of a policy, if days of the week say all of it."""
    properties = policy.trigger.properties if policy.trigger else None
    rules = (properties.pattern if properties else None) or ()
    found = days_and_times(rules, zones.zone(_zone(policy)))
    return found if found and found.days else None


def _zone(policy: Policy) -> str:
    definition = policy.operation_definition
    return (definition.timezone if definition else None) or "UTC"


def _same(name: str, now: Any, before: Any) -> bool:
    """Return whether a field says what the policy says."""
    if name == "times":
        return bool(parse_times(now) == parse_times(before))
    return bool(sorted(now) == sorted(before) if name == "days" else now == before)


def _count(count: int | None) -> str:
    return "no such rule" if count is None else str(count)
