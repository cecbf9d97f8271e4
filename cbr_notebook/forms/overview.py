"""The first thing to open: what needs attention, how full it is, what goes on today."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import pandas as pd
from ipywidgets import Widget

from cbr_notebook.api.messages.constants import COMMON_KINDS
from cbr_notebook.api.messages.records import Protectable, Vault
from cbr_notebook.api.messages.statuses import (
    BACKUP_AVAILABLE,
    TASK_FAILED,
    VAULT_AVAILABLE,
    VAULT_LOCKED,
)
from cbr_notebook.api.paging.pager import told_of_pages
from cbr_notebook.errors import NotFound, PermissionDenied
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.markup import (
    Tone,
    bar,
    bullets,
    card,
    escaped,
    how_to_list,
    link_to_form,
    summary,
)
from cbr_notebook.forms.kit.panels import HtmlPanel
from cbr_notebook.runbook.guided_session import GuidedSession
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.session.operations.readiness import why_not_now, why_vault_cannot
from cbr_notebook.session.reports.failures import with_advice
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.formatting import pluralize

T = TypeVar("T")
_SHOWN = 6
_OFF = "policy is off"
_TOO_OLD = "last good backup is too old"
_LEFT_OUT = "left out of its server's backups"
_SUSPENDED = "suspended in its vault"
TASKS_AT_ONCE = 1000
"""So many tasks are asked for at once: where there are fewer, one request tells all of them."""
_ATTENTION = ("restore has not ended", "unprotected", "failed", "too old", "filling up")
"""What may need attention, in the order in which it is shown."""
_CARDS = ("notes", "restores", "unprotected", "failures", "old", "filling", "capacity", "today")


class Overview(FormDefinition):
    """Show how things stand; ``result`` is a table of what needs attention."""

    form: Form
    name = "overview"
    title = "Overview"
    intro = "What needs attention comes first. Times are in UTC."
    action = "Look again"
    busy_label = "Looking…"
    repeatable = True

    def build(self) -> Sequence[Field]:
        self._seen = self.form.panel("overview", saved=True, look="cbr-overview")
        return ()

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        head, _, _, *below = widgets
        return [head, self._seen, *below]

    def load(self) -> None:
        self._look()

    def code(self, value: Mapping[str, Any]) -> str:
        return (
            "session.unprotected(target=None)\nsession.failures(since='7d')\n"
            "session.capacity()\nsession.restores()"
        )

    def act(self, value: Mapping[str, Any]) -> pd.DataFrame:
        return self._look()

    def card(self, result: pd.DataFrame) -> str:
        return ""

    def _look(self) -> pd.DataFrame:
        with self.session.reading() as session:
            return _Look(session, self._seen).take()


class _Acts:
    """What can be done about a resource or a vault, as far as the service would take it."""

    def __init__(self) -> None:
        """Begin without facts: then all is offered."""
        self.vaults: Mapping[str, Vault] = {}
        self.resources: Mapping[str, Protectable] | None = None
        """By ID; ``None`` as long as nobody looked."""
        self.off: Mapping[str, str] = {}
        """By vault, the policy that is switched off."""

    def refused(self, vault_id: Any, *, resizing: bool = False) -> str:
        """Return why the service changes nothing in a vault now; empty if it does.

        Args:
            vault_id: the vault.
            resizing: whether its size is to be changed, which a locked vault does not allow.
        """
        vault = self.vaults.get(str(vault_id))
        status = vault.billing.status if vault else None
        if (
            vault is None
            or status in (None, VAULT_AVAILABLE)
            or (status == VAULT_LOCKED and not resizing)
        ):
            return ""
        name = escaped(vault.name or vault.id)
        if status == VAULT_LOCKED:
            return (
                f"The vault {name} is locked while an order for it is worked on: look again later."
            )
        return (
            f"The vault {name} is {escaped(status)}: the service takes no backups and no changes "
            "there. Only its console can settle that."
        )

    def back_up(self, label: str, name: str, vault_id: Any, resource_id: Any) -> str:
        """Return what leads to a backup; where the service would refuse it, why, and what helps."""
        vault = self.vaults.get(str(vault_id))
        if said := self.refused(vault_id, resizing=True):
            return said
        if vault is not None and (reason := why_vault_cannot(vault)):
            return f"{escaped(reason)} {self.expand(name, vault_id)}"
        member = next(
            (r for r in (vault.resources if vault else None) or () if r.id == resource_id), None
        )
        if vault is not None and member is not None and self.resources is not None:
            found = self.resources.get(member.id)
            if reason := why_not_now(member, found, vault):
                return f"It cannot be backed up now. {escaped(reason)}"
        return link_to_form(
            "back_up", label, beside=name, vault=str(vault_id), resources=str(resource_id)
        )

    def expand(self, name: str, vault_id: Any) -> str:
        """Return what leads to a larger vault, or why there is no such way."""
        refused = self.refused(vault_id, resizing=True)
        return refused or link_to_form("edit_vault", "Expand it", beside=name, vault=str(vault_id))


class _Look:
    """One look at how things stand; each answer is shown as it comes."""

    def __init__(self, session: GuidedSession, panel: HtmlPanel) -> None:
        self._session = session
        self._panel = panel
        self._cards = dict.fromkeys(_CARDS, "")
        self._found: dict[str, pd.Series[Any]] = {}
        """Names of what needs attention, by what it is."""
        self._notes: dict[str, None] = {}
        self._acts = _Acts()
        self._failed: pd.DataFrame | None = None
        self._backups: pd.DataFrame | None = None

    def take(self) -> pd.DataFrame:
        """Ask, in an order in which much is seen early; return what needs attention."""
        self._show("Looking at restores and tasks…")
        self._look_at_restores()
        self._look_at_tasks()
        self._show("Looking at vaults…")
        self._look_at_vaults()
        self._draw_failures()
        self._look_at_backups()
        self._show("Looking at what is protected…")
        self._look_at_protection()
        self._show("Looking at the capacity of vaults…")
        self._look_at_capacity()
        if not self._notes and not any(each.size for each in self._found.values()):
            self._cards["restores"] = card("Nothing needs attention", tone="good")
        self._show("")
        return pd.DataFrame(
            [(str(name), what) for what in _ATTENTION for name in self._found.get(what, ())],
            columns=["name", "what"],
            dtype=TEXT,
        )

    def _show(self, looking_at: str) -> None:
        going_on = summary(looking_at) if looking_at else ""
        self._panel.html = "".join([*self._cards.values(), going_on, _doors()])

    def _ask(self, what: str, question: Callable[[], T]) -> T | None:
        """Return an answer; ``None``, which is noted, where one may not see what it needs."""
        answer: T | None = None
        try:
            answer = question()
        except (PermissionDenied, NotFound) as problem:
            said = f"{what} could not be seen: {problem.message} {problem.advice or ''}"
            self._notes[said] = None
        for each in answer if isinstance(answer, tuple) else (answer,):
            self._notes.update(dict.fromkeys(getattr(each, "attrs", {}).get("notes", ())))
        self._cards["notes"] = _notes(self._notes)
        return answer

    def _look_at_restores(self) -> None:
        restores = self._ask("Restores", self._session.restores)
        if restores is not None:
            running = restores[restores["state"].isin(run_state.UNFINISHED)]
            self._found["restore has not ended"] = running["target_name"]
            self._cards["restores"] = _restores(running)

    def _look_at_tasks(self) -> None:
        tasks = self._ask("Tasks", self._tasks)
        if tasks is not None:
            today, self._failed = tasks
            self._cards["today"] = _today(today)
            self._found["failed"] = self._failed["resource_name"]

    def _tasks(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the tasks since midnight, and those of the last seven days that failed."""
        session = self._session
        day = session.now.replace(hour=0, minute=0, second=0, microsecond=0)
        week = session.tasks(since="7d", limit=TASKS_AT_ONCE)
        if len(week) < TASKS_AT_ONCE:
            begun = week["started_at"].where(week["started_at"].notna(), week["created_at"])
            return week[begun >= pd.Timestamp(day)], with_advice(week)
        return session.tasks(since=day), session.failures(since="7d")

    def _look_at_vaults(self) -> None:
        vaults = self._ask("Vaults", lambda: list(self._session.records.vaults()))
        if vaults is not None:
            self._acts.vaults = {each.id: each for each in vaults}
            self._cards["capacity"] = _capacity(_used(vaults))

    def _draw_failures(self) -> None:
        """Show what failed, with what can be done about it as far as that is known by now."""
        if self._failed is not None:
            self._cards["failures"] = _failures(self._failed, self._acts)

    def _look_at_backups(self) -> None:
        self._show("Looking at backups…")
        with told_of_pages(
            lambda read, of: self._show(f"Looking at backups: {read} of about {of} pages read…")
        ):
            self._backups = self._ask(
                "Backups", lambda: self._session.backups(status=BACKUP_AVAILABLE)
            )

    def _look_at_protection(self) -> None:
        session, acts = self._session, self._acts
        listed = self._ask(
            "What is protected", lambda: session.unprotected(target=None, backups=self._backups)
        )
        with suppress(PermissionDenied, NotFound):  # which the question above has told
            acts.resources = {
                each.id: each for kind in COMMON_KINDS for each in session.records.resources(kind)
            }
            self._draw_failures()
        if listed is None:
            return
        unprotected = listed[listed["reason"] != _TOO_OLD]
        self._found["unprotected"] = unprotected["name"]
        acts.off = self._ask("Policies", lambda: self._switched_off(unprotected)) or {}
        self._cards["unprotected"] = _unprotected(unprotected, acts)
        old = listed[listed["reason"] == _TOO_OLD]
        self._found["too old"] = old["name"]
        self._cards["old"] = _old(old, acts)

    def _switched_off(self, unprotected: pd.DataFrame) -> dict[str, str]:
        """Return by vault the policy that is off, where that is why something is unprotected."""
        if not (unprotected["reason"] == _OFF).any():
            return {}
        return {
            str(applied.vault_id): policy.id
            for policy in self._session.records.policies()
            if policy.operation_type == "backup" and not policy.enabled
            for applied in policy.associated_vaults or ()
        }

    def _look_at_capacity(self) -> None:
        capacity = self._ask("Capacity", lambda: self._session.capacity(backups=self._backups))
        if capacity is not None:
            filling = capacity[capacity["filling_up"].fillna(False).astype(bool)]
            self._found["filling up"] = filling["name"]
            self._cards["filling"] = _filling(filling, self._acts)
            self._cards["capacity"] = _capacity(capacity)


def _today(tasks: pd.DataFrame) -> str:
    counts = tasks["status"].astype(str).value_counts()
    said = ", ".join(f"{count} {status}" for status, count in counts.items()) or "none yet"
    return card(f"Tasks since midnight: {said}", buttons=[link_to_form("tasks", "Show tasks")])


def _item(
    title: str, rows: pd.DataFrame, said: Any, tone: Tone, buttons: Sequence[str], query: str
) -> str:
    """Return what needs attention: how many, the first of them, and where to go."""
    if rows.empty:
        return ""
    items = [said(each) for each in rows.head(_SHOWN).to_dict("records")]
    body = bullets(items, len(rows)) + how_to_list(query)
    return card(title, tone=tone, body=body, buttons=buttons)


def _notes(notes: Iterable[str]) -> str:
    """Return what could not be seen, and so may need attention without being shown."""
    items = [escaped(each) for each in notes]
    return card("Not all could be seen", tone="warn", body=bullets(items)) if items else ""


def _restores(rows: pd.DataFrame) -> str:
    return _item(
        f"{pluralize(len(rows), 'restore')} not ended",
        rows,
        lambda row: f"<b>{escaped(row['target_name'])}</b>: {escaped(row['state'])}",
        "warn",
        [link_to_form("restore", "Go on with it")],
        "session.restores()",
    )


def _unprotected(rows: pd.DataFrame, acts: _Acts) -> str:
    return _item(
        f"{pluralize(len(rows), 'resource')} not protected",
        rows,
        lambda row: (
            f"<b>{escaped(row['name'])}</b>: {escaped(row['reason'])}. {_protect(row, acts)}"
        ),
        "wrong",
        [link_to_form("vaults", "Show vaults")],
        "session.unprotected(target=None)",
    )


def _protect(row: Mapping[Hashable, Any], acts: _Acts) -> str:
    """Return what leads from an unprotected resource to its protection, or why nothing here does.

    Args:
        row: the resource.
        acts: what the service would take.
    """
    name, resource, vault = str(row["name"]), str(row["id"]), row["vault_id"]
    if pd.isna(vault):
        kind, _ = pickers.KINDS[str(row["type"])]
        return link_to_form(
            "create_vault", "Create a vault", beside=name, object_type=kind, resources=resource
        )
    if refused := acts.refused(vault):
        return refused
    if row["reason"] == _OFF and str(vault) in acts.off:
        policy = acts.off[str(vault)]
        return link_to_form("edit_policy", "Switch it on", beside=name, policy=policy, runs="on")
    if row["reason"] == _LEFT_OUT:
        return link_to_form(
            "edit_vault", "Take it back in", beside=name, vault=str(vault), disks=resource
        )
    if row["reason"] == _SUSPENDED:
        return link_to_form(
            "edit_vault", "Resume it", beside=name, vault=str(vault), suspended=resource
        )
    if "policy" in str(row["reason"]):
        return link_to_form("create_policy", "Create a policy", beside=name, vaults=str(vault))
    return acts.back_up("Back up now", name, vault, resource)


def _failures(rows: pd.DataFrame, acts: _Acts) -> str:
    """Return what failed; of what failed again and again in the same way, the last time."""
    same = ["resource_id", "resource_name", "error_message"]
    times = rows.groupby(same, dropna=False)["id"].transform("size")
    latest = rows.assign(times=times).drop_duplicates(same)
    return _item(
        f"{pluralize(len(rows), 'task')} failed in the last seven days",
        latest,
        lambda row: (
            f"<b>{_known(row['resource_name'])}</b>, {_often(row['times'])}"
            f"{_at(row['started_at'])}: {_known(row['error_message'])} {_known(row['advice'])} "
            f"{_once_more(row, acts)}"
        ),
        "wrong",
        [link_to_form("tasks", "Show failed tasks", status=TASK_FAILED)],
        'session.failures(since="7d")',
    )


def _once_more(row: Mapping[Hashable, Any], acts: _Acts) -> str:
    """Return what leads to the backup that failed, once more; of other tasks to the tasks."""
    name, resource, vault = row["resource_name"], row["resource_id"], row["vault_id"]
    if row["operation_type"] != "backup" or pd.isna(resource) or pd.isna(vault):
        return ""
    return acts.back_up("Back up again", _known(name), vault, resource)


def _old(rows: pd.DataFrame, acts: _Acts) -> str:
    return _item(
        f"{pluralize(len(rows), 'resource')} without the last backup of its schedule",
        rows,
        lambda row: (
            f"<b>{escaped(row['name'])}</b>: the last one is "
            f"{pluralize(row['age_hours'], 'hour')} old. " + _protect(row, acts)
        ),
        "warn",
        [link_to_form("backups", "Show backups")],
        "session.unprotected(target=None)",
    )


def _filling(rows: pd.DataFrame, acts: _Acts) -> str:
    return _item(
        f"{pluralize(len(rows), 'vault')} filling up",
        rows,
        lambda row: (
            f"<b>{escaped(row['name'])}</b>: {_percent(row)} used{_until(row)}. "
            + acts.expand(str(row["name"]), row["id"])
            + " "
            + link_to_form("vaults", "Show it", beside=str(row["name"]), row=str(row["id"]))
        ),
        "warn",
        [link_to_form("vaults", "Show vaults")],
        "session.capacity()",
    )


def _known(value: Any, otherwise: str = "") -> str:
    """Return what is known; of what the service left out, something else."""
    return otherwise if pd.isna(value) else escaped(value)


def _often(times: int) -> str:
    return f"{times} times, last " if times > 1 else ""


def _at(moment: Any) -> str:
    return "nobody knows when" if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M}"


def _percent(row: Mapping[Hashable, Any]) -> str:
    share = row["used_percent"]
    return "an unknown share" if pd.isna(share) else f"{share:.0f} %"


def _until(row: Mapping[Hashable, Any]) -> str:
    """Return until when a vault lasts, if that is known."""
    full_at = row["full_at"]
    return "" if pd.isna(full_at) else f", full on {full_at:%Y-%m-%d}"


def _used(vaults: Iterable[Vault]) -> pd.DataFrame:
    """Return what :func:`_capacity` shows of vaults; the share is missing where the size is."""
    rows = [(each.name, each.billing.size or 0, each.billing.used or 0) for each in vaults]
    table = pd.DataFrame(rows, columns=["name", "size_gb", "used_mb"])
    size = table["size_gb"].where(table["size_gb"] > 0)
    return table.assign(used_percent=100 * table["used_mb"] / (size * 1024))


def _capacity(rows: pd.DataFrame) -> str:
    """Return how full the vaults are together, and the fullest of them."""
    if rows.empty:
        return card("No vault yet", buttons=[link_to_form("create_vault", "Create a vault")])
    size, used = int(rows["size_gb"].sum()), float(rows["used_mb"].sum()) / 1024
    fullest = rows.sort_values("used_percent", ascending=False).head(3).to_dict("records")
    bars = "".join(
        f"<p><b>{escaped(row['name'])}</b> {_percent(row)} of {row['size_gb']} GB</p>"
        + bar(f"{min(100, row['used_percent']):.0f}", row["name"])
        for row in fullest
        if pd.notna(row["used_percent"])
    )
    return card(f"{used:.1f} of {size} GB used in {pluralize(len(rows), 'vault')}", body=bars)


def _doors() -> str:
    """Return where one can go from here."""
    doors = [
        link_to_form("back_up", "Back up"),
        link_to_form("restore", "Restore"),
        link_to_form("vaults", "Vaults"),
        link_to_form("backups", "Backups"),
        link_to_form("policies", "Policies"),
    ]
    return f'<div class="cbr-buttons">{"".join(doors)}</div>'
