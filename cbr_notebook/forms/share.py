"""The form that shares backups with other projects, and takes or refuses what they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from ipywidgets import Widget

from cbr_notebook.api.messages.constants import SERVER
from cbr_notebook.api.messages.records import Backup, Member
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE, MEMBER_PENDING
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.forms import pickers
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.listing import MOST_ROWS
from cbr_notebook.text.formatting import pluralize

_PROJECT = re.compile(r"[0-9a-f]{32}")
_MOST_PROJECTS = 10
_SHARED = SERVER  # the service shares no others, nor bare metal


class Share(FormDefinition):
    """Share a server's backup; first of all, what others share with this project."""

    form: Form
    name = "share"
    title = "Share a backup"
    intro = "With projects of the same region, which have to accept it. Times are in UTC."
    action = "Share"
    busy_label = "Sharing…"
    leading = ("backup",)

    def build(self) -> Sequence[Field]:
        self._backups: dict[str, Backup] = {}
        self._offered: dict[str, Backup] = {}
        self._members = self.form.panel("members", saved=True, live="status")
        self._offers = self.form.panel("offers", live="status")
        self._vault = field.choice(
            "vault",
            "Vault to accept into",
            help="What is offered below is listed with this vault, once it is accepted.",
            placeholder="There is no vault yet.",
            hidden=True,
        )
        self._at = ""
        """Which of the acts of the lists is being done."""
        self._to_stop = ""
        """What it was asked about whether to stop sharing it."""
        return (
            field.pick("backup", "Backup", required=True, placeholder="No server has a backup."),
            field.text(
                "projects",
                "Projects",
                area=True,
                required=True,
                rule=projects,
                help="IDs of the receiving projects, ten at most, separated by commas or spaces.",
            ),
        )

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        head, fields, *below = widgets
        return [head, self._vault, self._offers, fields, self._members, *below]

    def load(self) -> None:
        records = self.session.records
        found = self._shareable()
        self._backups = {each.id: each for each in found}
        chosen = self.fields["backup"].value
        self.fields["backup"].offer(
            Option(each.id, f"{each.resource_name} · {_time(each)}", each.name or "")
            for each in sorted(found, key=lambda each: str(each.created_at), reverse=True)
        )
        self.fields["backup"].value = chosen if chosen in self._backups else None
        pending = records.backups(own_type="shared", member_status=MEMBER_PENDING)
        self._offered = {each.id: each for each in pending}
        self._vault.offer(pickers.vaults(records.vaults(object_type="server")))
        self._vault.hidden = not self._offered
        self._offers.html = self._offers_drawn()

    def _shareable(self) -> list[Backup]:
        """Ask for the newest backups that can be shared, and for the one that is meant."""
        good = self.session.records.backups(status=BACKUP_AVAILABLE, image_type="backup")
        found = list(islice(good, MOST_ROWS))
        meant = self.form.given("backup")
        if meant is not None:
            with suppress(NotFound, InvalidRequest):  # the field says so
                one = self.session.find_backup(meant)
                if one.id not in {each.id for each in found}:
                    found.append(one)
        return [
            each
            for each in found
            if each.status == BACKUP_AVAILABLE
            and each.resource_type == _SHARED
            and not each.parent_id
        ]

    def changed(self, changed: Field) -> None:
        if changed.name == "backup":
            self._members.html = self.form.panels.result.html = ""
            if changed.value in self._backups:
                self.form.ask(lambda: self._members_of(changed.value), "members")

    def _members_of(self, backup_id: str) -> Callable[[], None]:
        found = self.session.records.members(backup_id)

        def fill() -> None:
            self._members.html = self._members_drawn(found)

        return fill

    def _members_drawn(self, found: Sequence[Member]) -> str:
        if not found:
            return markup.card("Shared with nobody yet")
        rows = [
            f'<td class="cbr-id">{markup.escaped(each.dest_project_id)}</td>'
            f"<td>{markup.escaped(each.status)}</td><td>{_stop(each)}</td>"
            for each in found
        ]
        return markup.card(
            f"Shared with {pluralize(len(found), 'project')}",
            body=markup.table(("Project", "Status", "Act"), rows),
        )

    def _offers_drawn(self) -> str:
        """Return what others offer, to accept or reject."""
        return "".join(
            markup.card(
                f"Offered to this project: {each.name}",
                [("Server", each.resource_name), ("Made", _time(each)), ("Backup ID", each.id)],
                tone="warn",
                buttons=[
                    markup.button("accept", "Accept", of=each.id),
                    markup.button("reject", "Reject", of=each.id),
                ],
            )
            for each in self._offered.values()
        )

    def summary(self, value: Mapping[str, Any]) -> str:
        backup = self._backups[value["backup"]]
        wanted = projects(value["projects"])
        return (
            f"Share the backup {backup.name} of {backup.resource_name} with "
            f"{pluralize(len(wanted), 'project')}. Whoever accepts it can make servers of it."
        )

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        if self.session.identity.project_id in projects(value["projects"]):
            return {"projects": "This is the project that you work in. Name another."}
        return {}

    def code(self, value: Mapping[str, Any]) -> str:
        return markup.call("session.share", value["backup"], projects(value["projects"]))

    def card(self, result: Sequence[Member]) -> str:
        self._members_of(self.fields["backup"].value)()
        return markup.card(
            f"Offered to {pluralize(len(result), 'project')}",
            tone="good",
            text="Each of them has to accept it.",
            buttons=[markup.button("again", "Share another")],
        )

    def empty(self) -> str:
        if self._backups:
            return ""
        return markup.card(
            "There is nothing to share yet",
            text="Only backups of servers can be shared, and there is none.",
            buttons=[markup.link_to_form("back_up", "Back up")],
        )

    def handle(self, act: str, of: str) -> bool:
        if act == "stop_sharing":
            self._ask_to_stop(of)
        elif act == "keep":
            self.form.panels.result.html = self._to_stop = ""
        elif act in _ACTS:
            vault = self._vault.value  # as it stands beside what was pressed
            offer = self._offered.get(of)
            stands = of == self._to_stop if act == "really_stop" else offer is not None
            if stands:
                name = "" if offer is None else str(offer.name)
                self.form.run(lambda _: self._do(act, of, name, vault))
        else:
            return False
        return True

    def lock(self, locked: bool) -> None:
        self._vault.disabled = locked

    def _ask_to_stop(self, of: str) -> None:
        backup_id, project = of.split()
        backup = self._backups[backup_id]
        self._to_stop = of
        self.form.panels.error.html = ""
        self.form.panels.result.html = markup.card(
            f"Stop sharing {backup.name}?",
            [("Project", project)],
            tone="warn",
            text="The project loses the backup at once; what it has made of it stays.",
            buttons=[
                markup.button("really_stop", "Stop sharing it", of=of, look="danger"),
                markup.button("keep", "Go on sharing"),
            ],
        )

    def _do(self, act: str, of: str, name: str, vault: str | None) -> None:
        """Do what a button of the lists says, which stands no more then, and list anew."""
        self._at = act
        if act == "really_stop":
            backup_id, project = of.split()
            self.session.unshare(backup_id, project)
            self._to_stop = ""
            said = "It is shared with this project no more."
            self.form.ask(lambda: self._members_of(backup_id), "members")
        elif act == "accept":
            if not vault:
                raise InvalidRequest(
                    "There is no vault for servers to accept it into.",
                    advice="Create a vault first.",
                )
            self.session.accept_share(of, vault=vault)
            self._offered.pop(of, None)
            said = f"{name} is accepted."
        else:
            self.session.reject_share(of)
            self._offered.pop(of, None)
            said = f"{name} is rejected."
        self._at = ""
        self.form.reload()
        self.form.panels.result.html = markup.card(said, tone="good")

    def act(self, value: Mapping[str, Any]) -> Sequence[Member]:
        self._at = ""
        return self.session.share(value["backup"], projects(value["projects"]))

    def doing(self) -> str:
        return _ACTS.get(self._at, self.action)


_ACTS = {"really_stop": "Stop sharing", "accept": "Accept", "reject": "Reject"}


def _stop(member: Member) -> str:
    of = f"{member.backup_id} {member.dest_project_id}"
    return markup.button("stop_sharing", "Stop sharing", of=of)


def projects(text: str) -> list[str]:
    """Read the IDs of projects as people write them.

    Raises:
        InvalidRequest: one is no ID of a project, or there are more than ten.
    """
    found = list(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    for each in found:
        if not _PROJECT.fullmatch(each):
            raise InvalidRequest(
                f"{each!r} is no ID of a project.", advice="It has 32 digits and letters a to f."
            )
    if len(found) > _MOST_PROJECTS:
        raise InvalidRequest(f"{len(found)} projects are too many.", advice="Ten at most.")
    return found


def _time(backup: Backup) -> str:
    return str(backup.created_at)[:16].replace("T", " ")
