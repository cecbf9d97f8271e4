"""The form that signs in; no secret of it is ever part of a notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cbr_notebook import openers
from cbr_notebook.auth.sources import identity_lookup
from cbr_notebook.errors import CBRError
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, Option, SecretField
from cbr_notebook.forms.kit.form import Form

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession

_PROJECT_ID = re.compile("[0-9a-f]{32}")
_ARGUMENT = re.compile(
    r"cbr\.connect\((?P<called>\w+)=[^)]*\)|\b(?P<named>(iam_)?endpoint|region)=(?=[ ,.:]|$)"
    r"|\bproject_(name or project_id|name|id)\b"
)
"""An argument of ``cbr.connect`` in advice that a field of this form stands for."""
_WAYS = (
    Option("access_key", "Access key"),
    Option("password", "User name and password"),
    Option("profile", "Profile"),
    Option("join", "Join line of a class"),
    Option("simulated", "Simulated cloud"),
)
_ESTATES = (
    Option("demo", "A small company"),
    Option("documented", "The cases of the reference"),
    Option("empty", "Nothing yet"),
)
_PLACE = ("region", "project", "endpoint", "iam_endpoint")
_SHOWN = {
    "access_key": ("access_key", "secret_key", *_PLACE),
    "password": ("domain_name", "user_name", "password", *_PLACE),
    "profile": ("profile", *_PLACE),
    "join": ("join",),
    "simulated": ("estate",),
}
_NEEDED = {
    "access_key": ("access_key", "secret_key"),
    "password": ("domain_name", "user_name", "password"),
    "profile": ("profile",),
    "join": ("join",),
    "simulated": (),
}
_SECRETS = {"access_key": "secret_key", "password": "password", "join": "join"}


class SignIn(FormDefinition):
    """Sign in; ``result`` is the session."""

    form: Form
    name = "sign_in"
    title = "Sign in"
    intro = "What you type as a secret stays in the kernel's memory; no notebook keeps it."
    action = "Sign in"
    busy_label = "Signing in…"

    def build(self) -> Sequence[Field]:
        fields = (
            field.choice("how", "How to sign in", _WAYS),
            field.text("access_key", "Access key ID"),
            SecretField("secret_key", "Secret access key"),
            field.text("domain_name", "Account name"),
            field.text("user_name", "User name"),
            SecretField("password", "Password"),
            field.choice("profile", "Profile", placeholder="There is no profile."),
            SecretField("join", "Join line"),
            field.choice("estate", "What is in it", _ESTATES),
            field.text("region", "Region", placeholder="eu-west-0"),
            field.text(
                "project", "Project", help="Name or ID; if empty, the one named like the region."
            ),
            field.text("endpoint", "Endpoint", help="Only where the region alone does not do."),
            field.text(
                "iam_endpoint",
                "IAM endpoint",
                help="Where one signs in, and projects are found; the region's if empty.",
            ),
        )
        self._show_way("access_key", fields)
        return fields

    def load(self) -> None:
        profile = self.fields["profile"]
        try:
            found = identity_lookup.profiles()
        except CBRError as problem:  # there are other ways to sign in
            profile.help = f"{problem.message} {problem.advice or ''}".strip()
            return
        profile.help = ""
        profile.offer(
            Option(each.name, each.name, each.region or "")
            for each in found
            if each.name and each.complete
        )

    def changed(self, changed: Field) -> None:
        if changed.name in ("how", "endpoint"):
            self._show_way(self.fields["how"].value, tuple(self.fields.values()))

    def _show_way(self, way: Any, fields: Sequence[Field]) -> None:
        shown = _SHOWN.get(way, ())
        needed = _NEEDED.get(way, ())
        for each in fields[1:]:
            each.hidden = each.name not in shown
            each.required = each.name in needed
        *_, region_field, _, endpoint, iam = fields
        region_field.required = way in ("access_key", "password") and not endpoint.value
        iam.hidden = iam.hidden or not (endpoint.value or iam.value)

    def summary(self, value: Mapping[str, Any]) -> str:
        if value["how"] == "simulated":
            return "Open a cloud of your own in this kernel: no network, no account."
        if value["how"] == "join":
            return "Take the seat that the line from the join sheet names."
        who = {
            "access_key": f"access key {value['access_key']}",
            "password": f"{value['user_name']} of {value['domain_name']}",
            "profile": f"profile {value['profile']}",
        }[value["how"]]
        where = value["region"] or value["endpoint"] or "the region of the profile"
        return f"Sign in with {who} in {where}."

    def in_form(self, advice: str) -> str:
        """Return advice with the fields of the form in place of arguments."""

        def label(found: re.Match[str]) -> str:
            name = found["called"] or found["named"] or "project"
            known = self.fields.get("project" if name.startswith("project_") else name)
            return f"'{known.label}'" if known else found[0]

        return _ARGUMENT.sub(label, advice)

    def _arguments(self, value: Mapping[str, Any]) -> dict[str, Any]:
        if value["how"] == "join":
            return {}
        project = value["project"] or None
        named = {
            key: value[key] or None
            for key in (*_NEEDED[value["how"]], "region", "endpoint", "iam_endpoint")
            if key not in _SECRETS.values()
        }
        key = "project_id" if project and _PROJECT_ID.fullmatch(project) else "project_name"
        return {**named, key: project}

    def code(self, value: Mapping[str, Any]) -> str:
        if value["how"] == "simulated":
            return "session = " + markup.call("cbr.simulate", value["estate"])
        named = self._arguments(value)
        line = markup.call("cbr.connect", **named)
        if value["how"] not in _SECRETS:
            return f"session = {line}"
        asked = f"{_SECRETS[value['how']]}=getpass()"
        comma = ", " if named else ""
        joined = f"    {asked},\n)" if line.endswith(",\n)") else f"{comma}{asked})"
        return f"from getpass import getpass\n\nsession = {line[:-1]}{joined}"

    def act(self, value: Mapping[str, Any]) -> GuidedSession:
        if value["how"] == "simulated":
            simulated: GuidedSession = openers.entry().simulate(value["estate"])
            return simulated
        named = self._arguments(value)
        if secret := _SECRETS.get(value["how"]):
            named[secret] = value[secret]
        session: GuidedSession = openers.entry().connect(**named)
        # A key is believed until it is used; a wrong one should be told here.
        session.vaults(limit=1)
        return session

    def card(self, result: GuidedSession) -> str:
        self.form.session = result
        return markup.card(
            "You are signed in",
            result.identity.facts(),
            tone="good",
            text="In another cell it is: session = cbr.forms.signed_in()",
            buttons=[
                markup.link_to_form("overview", "Overview"),
                markup.link_to_form("create_vault", "Create a vault"),
                markup.link_to_form("back_up", "Back up"),
            ],
        )
