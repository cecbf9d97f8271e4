"""The form that creates a policy, and shows what it would do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timezone
from typing import Any

from ipywidgets import Widget

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Policy, Vault
from cbr_notebook.errors import CBRError, InvalidRequest, stopped_after
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.preview_view import previewed
from cbr_notebook.schedule import zones
from cbr_notebook.schedule.days import DAYS, parse_times
from cbr_notebook.schedule.preview import Preview, in_utc, preview
from cbr_notebook.schedule.rules import reject_close_runs
from cbr_notebook.text.formatting import pluralize

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIODS = ("day_backups", "week_backups", "month_backups", "year_backups")
_KEEP = (
    Option("count", "the newest, by number"),
    Option("age", "those that are young enough"),
    Option("periods", "some of each day, week, month and year"),
    Option("forever", "all, until somebody deletes them"),
)
_SHOWN = {
    "count": ("max_backups",),
    "age": ("retention_days",),
    "periods": ("max_backups", *_PERIODS),
    "forever": (),
}
_ZONES = (*zones.distances(), *zones.places())
_USUAL = {
    "max_backups": 30, "retention_days": 30, "day_backups": 7, "week_backups": 4,
    "month_backups": 12,
}  # fmt: skip
"""What is filled in at first."""


class CreatePolicy(FormDefinition):
    """Create a policy and apply it to vaults; ``result`` is the policy."""

    form: Form
    name = "create_policy"
    title = "Create a policy"
    intro = "When backups are made by themselves, and which of them are kept."
    action = "Create policy"
    busy_label = "Creating…"

    def build(self) -> Sequence[Field]:
        self._vaults: dict[str, Vault] = {}
        self._made: Policy | None = None
        self._made_of: dict[str, Any] = {}
        self._applied: set[str] = set()
        self._policies: list[Policy] = []
        self._scheduled: dict[str, str] = {}
        """The vaults that have a backup policy, with its name: a new one takes its place."""
        self._picture = self.form.panel("preview", look="cbr-preview")
        return (
            field.text("name", "Policy name", required=True, rule=validate.name),
            field.choice("operation_type", "Type", [Option("backup", "Backup"),
                         Option("replication", "Replication")]),
            field.choices("days", "Days", [Option(day, name) for day, name in
                          zip(DAYS, _DAY_NAMES, strict=True)], value=list(DAYS), required=True,
                         compact=True),
            field.text("times", "Times", value="02:00", required=True, rule=_times,
                       help="Such as 02:00, 14:00: at most 24, in the time zone beside."),
            field.choice("timezone", "Time zone", map(Option, _ZONES, _ZONES)),
            field.choice("keep", "Keep", _KEEP),
            *(pickers.kept(name, value=_USUAL.get(name)) for name in pickers.KEPT),
            field.text("destination_region", "Destination region"),
            field.text("destination_project_id", "Destination project"),
            field.choices("vaults", "Apply to vaults", help="It can also be applied later."),
        )  # fmt: skip

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        widgets.insert(2, self._picture)
        return widgets

    def load(self) -> None:
        self._vaults = {each.id: each for each in self.session.records.vaults()}
        self._policies = self.session.records.policies()
        self._scheduled = {
            str(applied.vault_id): str(policy.name or policy.id)
            for policy in self._policies
            if policy.operation_type == "backup"
            for applied in policy.associated_vaults or ()
        }
        self._offer_vaults()
        self._hide()

    def changed(self, changed: Field) -> None:
        if changed.name == "operation_type":
            self._offer_vaults()
        elif changed.name == "timezone" and changed.check() is None:
            changed.help = self._distance_in_words(changed.value)
        if changed.name in ("operation_type", "keep"):
            self._hide()

    def _distance_in_words(self, place: str) -> str:
        """Return what the service takes a place's time for, and when that stops being right."""
        there, now = zones.zone(place), self.session.now
        away = zones.at(there, now)
        said = "" if place.startswith("UTC") else f"Now {zones.written(away)}. "
        if change := zones.next_change(there, now):
            gained = zones.at(there, change).utcoffset(None) > away.utcoffset(None)
            said += (
                f"From {change:%Y-%m-%d} on, runs are {'later' if gained else 'earlier'} there: "
                "the service knows no summer time."
            )
        return said

    def _offer_vaults(self) -> None:
        kind = self.fields["operation_type"].value
        # A replication policy, too, is applied to the vault whose backups are replicated.
        found = [each for each in self._vaults.values() if each.billing.protect_type == "backup"]
        self.fields["vaults"].offer(
            replace(each, note=f"{each.note}; has {before}") if before else each
            for each in pickers.vaults(found)
            for before in [self._scheduled.get(each.value)]
        )
        self.fields["vaults"].hidden = kind == "replication"

    def _hide(self) -> None:
        shown = _SHOWN.get(self.fields["keep"].value, ())
        for name in ("max_backups", "retention_days", *_PERIODS):
            self.fields[name].hidden = name not in shown
            self.fields[name].required = name in shown and name not in _PERIODS
        for name in ("destination_region", "destination_project_id"):
            here = self.fields["operation_type"].value == "replication"
            self.fields[name].hidden = not here
            self.fields[name].required = here

    def _kept(self, value: Mapping[str, Any]) -> dict[str, int]:
        return {name: value[name] for name in _SHOWN[value["keep"]] if value[name]}

    def _away(self, value: Mapping[str, Any]) -> timezone:
        """Return the distance from UTC that the chosen time zone has now."""
        return zones.at(zones.zone(value["timezone"]), self.session.now)

    def _rules(self, value: Mapping[str, Any]) -> list[str]:
        return in_utc(value["days"], _times(value["times"]), self._away(value))

    def _preview(self, value: Mapping[str, Any]) -> Preview:
        return preview(self._rules(value), self._kept(value), self._away(value), self.session.now)

    def draw(self) -> None:
        if not self.form.loader.idle.is_set():
            return
        value = self.form.values()
        needed = ("days", "times", "timezone", "keep", *_SHOWN.get(value["keep"], ()))
        wrong = any(self.fields[name].check() for name in needed)
        if wrong or value != self.form.values():  # whoever changes a value draws it after this
            self._picture.html = ""
            return
        place = value["timezone"]
        self._picture.html = previewed(self._preview(value), zones.zone(place), place)

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        try:
            reject_close_runs(value["days"], parse_times(value["times"]), self._away(value))
        except InvalidRequest as problem:
            return {"times": problem.message}
        made = self._made
        if made is None or made.name != value["name"]:
            return pickers.taken(value["name"], self._policies, "policy")
        if self._made_of == self._arguments(value):
            return {}
        return {
            "name": "This form has just created it, with other rules. Give another name, or "
            "change it with session.update_policy."
        }

    def summary(self, value: Mapping[str, Any]) -> str:
        seen = self._preview(value)
        vaults = pluralize(len(self._chosen(value)), "vault")
        first = f" The first run is at {seen.runs[0]:%Y-%m-%d %H:%M} UTC." if seen.runs else ""
        replaced = self._replaced(value)
        instead = f" It takes the place of the policy of {', '.join(replaced)}." if replaced else ""
        return (
            f"Create policy {value['name']} and apply it to {vaults}: "
            f"{pluralize(seen.made, 'backup')} a year, {len(seen.kept)} kept.{first}{instead}"
        )

    def warns(self, value: Mapping[str, Any]) -> bool:
        return bool(self._replaced(value))

    def _replaced(self, value: Mapping[str, Any]) -> list[str]:
        """Return the names of the vaults that lose the schedule that they have."""
        chosen = self._chosen(value)
        return [str(self._vaults[each].name) for each in chosen if each in self._scheduled]

    def _chosen(self, value: Mapping[str, Any]) -> list[str]:
        return [] if self.fields["vaults"].hidden else list(value["vaults"])

    def _arguments(self, value: Mapping[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {"pattern": self._rules(value), **self._kept(value)}
        if any(name in sent for name in _PERIODS):
            sent["timezone"] = zones.written(self._away(value))
        if value["operation_type"] == "replication":
            sent["operation_type"] = "replication"
            sent["destination_region"] = value["destination_region"]
            sent["destination_project_id"] = value["destination_project_id"]
        return sent

    def code(self, value: Mapping[str, Any]) -> str:
        call = markup.call("session.create_policy", value["name"], **self._arguments(value))
        applied = [
            f"session.apply_policy(policy, {json.dumps(name, ensure_ascii=False)})"
            for each in self._chosen(value)
            for name in [pickers.named(self.fields["vaults"], each, self._vaults.values())]
        ]
        return "\n".join([f"policy = {call}", *applied])

    def act(self, value: Mapping[str, Any]) -> Policy:
        """Create it, then apply it; what is done already is not done again at a second attempt."""
        if self._made is None or self._made.name != value["name"]:
            sent = self._arguments(value)
            self._made = None  # what goes wrong now is not about the policy of before
            self._made = self.session.create_policy(value["name"], **sent)
            self._made_of = sent
            self._applied = set()
        for vault_id in self._chosen(value):
            if vault_id in self._applied:
                continue
            try:
                self.session.apply_policy(self._made.id, vault_id)
            except CBRError as problem:
                name = self._vaults[vault_id].name
                unknown = problem.may_have_happened
                how = "nobody knows whether it is applied" if unknown else "could not be applied"
                done = f"The policy is there, but {how} to {name}"
                raise stopped_after(done, problem, "vaults") from None
            self._applied.add(vault_id)
        return self._made

    def failed(self, problem: BaseException) -> bool:
        self.form.tell_failure(problem)
        if self._made is not None and isinstance(problem, CBRError):
            unknown = problem.may_have_happened
            how = "nobody knows whether it is applied" if unknown else "but not applied to all"
            self.form.panels.error.html = markup.error_card(
                problem,
                f"Policy {self._made.name} is there, {how}",
                [markup.link_to_form("policies", "Show policies")],
            )
        return True

    def card(self, result: Policy) -> str:
        vaults = ", ".join(str(self._vaults[each].name) for each in sorted(self._applied))
        return markup.card(
            f"Policy {result.name} is there",
            [("Policy ID", result.id), ("Applied to", vaults or "no vault yet")],
            tone="good",
            buttons=[markup.button("again", "Create another"),
                     markup.link_to_form("policies", "Show policies")],
        )  # fmt: skip

    def again(self) -> None:
        self._made = None
        self.fields["name"].clear()
        self.form.reload()


def _times(text: str) -> list[str]:
    """Read times of day.

    Raises:
        InvalidRequest: one is none, or there are none or too many.
    """
    found = [f"{hour:02}:{minute:02}" for hour, minute in parse_times(text)]
    if len(found) > 24:
        raise InvalidRequest("Give 1 to 24 times.", advice="Such as 02:00, 14:00.")
    return found
