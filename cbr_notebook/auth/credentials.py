"""Credentials: who someone is, and the place that belongs to this identity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from cbr_notebook.auth import endpoints
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.errors import InvalidRequest

SECRETS = ("secret_key", "security_token", "password", "token")
"""The members that are never shown."""

_PLAIN = (
    "access_key", "user_name", "user_id", "domain_name", "domain_id", "agency_name",
    "agency_domain_name", "agency_domain_id", "project_id", "project_name",
    "project_domain_name", "project_domain_id", "region", "endpoint", "iam_endpoint",
)  # fmt: skip
_PASTED = ("secret_key", "security_token", "token")
_ALLOWED = {
    "access_key": re.compile("[!-~]+"),
    "security_token": re.compile("[!-~]+"),
    "token": re.compile("[!-~]+"),
    "project_id": re.compile("[A-Za-z0-9._~-]+"),
    "region": re.compile("[A-Za-z0-9._-]+"),
}
"""What goes into headers, paths and the names of hosts, and of what it can be made."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who someone is, in one of three ways: an access key, a name and password, or a token.

    The place (region, project, addresses, certificates) belongs to the same source, or was
    named by the caller; two sources are never mixed.
    """

    access_key: str | None = None
    secret_key: Secret | None = None
    security_token: Secret | None = None
    user_name: str | None = None
    user_id: str | None = None
    password: Secret | None = None
    domain_name: str | None = None
    domain_id: str | None = None
    token: Secret | None = None
    agency_name: str | None = None
    agency_domain_name: str | None = None
    agency_domain_id: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_domain_name: str | None = None
    project_domain_id: str | None = None
    region: str | None = None
    endpoint: str | None = None
    iam_endpoint: str | None = None
    interface: str = "public"
    """Which kind of address is taken from IAM's catalogue."""
    verify: bool | str | None = None
    """Whether certificates are checked, or a file of those that are trusted."""
    source: str = "arguments"
    """Where they were found, in words."""
    derivable: bool = True
    """Whether addresses may be derived from the region: not where OpenStack's settings leave
    out the address to sign in at, since then nobody knows whose region it is."""
    place_must_be_own: bool = False
    """Whether the place counts only together with an identity of the same file."""
    unsupported: tuple[str, ...] = ()
    """Names of settings in the source that this package does not understand."""

    def __post_init__(self) -> None:
        """Drop what is copied along by accident; a password is left as it is.

        Raises:
            InvalidRequest: a member is not a text; it is not shown.
        """
        for name in (*_PLAIN, *SECRETS):
            value = getattr(self, name)
            if not isinstance(value, str | Secret | None):
                raise InvalidRequest(
                    f"The {name.replace('_', ' ')} is not a text, but a {type(value).__name__}.",
                    advice="Give a text.",
                    field=name,
                )
        for name in _PLAIN:
            value = getattr(self, name)
            if isinstance(value, str):
                # An address with a password in it is refused later; nothing shows it until then.
                plain = endpoints.without_password(value) if "endpoint" in name else value
                object.__setattr__(self, name, plain.strip() or None)
        for name in _PASTED:
            value = getattr(self, name)
            if isinstance(value, Secret):
                object.__setattr__(self, name, Secret(value.reveal().rstrip("\r\n")))

    def validate(self) -> None:
        """Refuse what no request could carry, and what this package does not understand.

        Raises:
            InvalidRequest: a value holds characters that it cannot, a setting is not
                understood, or an agency is not fully named; a secret is not shown.
        """
        self.refuse_unsupported()
        for name, allowed in _ALLOWED.items():
            if self._is_strange(name, allowed):
                value = getattr(self, name)
                shown = "" if isinstance(value, Secret) else f" {value!r}"
                raise InvalidRequest(
                    f"The {name.replace('_', ' ')}{shown} holds a character that cannot be in one "
                    f"(from {self.source}).",
                    advice="Copy it once more: without spaces, quotation marks or line breaks, "
                    "in plain letters and digits.",
                    field=name,
                )
        if not self._can_be_written("password"):
            raise InvalidRequest(
                f"The password holds a character that cannot be written (from {self.source}).",
                advice="Type it once more; the terminal or the file it came from may use another "
                "encoding than UTF-8.",
                field="password",
            )
        if not self.token and bool(self.access_key) != bool(self.secret_key):
            given, left_out = ("access_key", "secret_key")[:: 1 if self.access_key else -1]
            raise InvalidRequest(
                f"The {given.replace('_', ' ')} is given without the "
                f"{left_out.replace('_', ' ')} (from {self.source}).",
                advice="Give both, or neither and a user name and password.",
                field=left_out,
            )
        if self.security_token and not self.access_key:
            raise InvalidRequest(
                "The security token is given without the access key that it belongs to (from "
                f"{self.source}).",
                advice="Give access_key and secret_key with it, or leave it out; a token to sign "
                "in with is token=. Nothing was sent.",
                field="security_token",
            )
        self._refuse_several_ways()
        if self.agency_name:
            self._validate_agency()

    def refuse_unsupported(self) -> None:
        """Refuse settings that this package does not understand, rather than ignore them.

        Raises:
            InvalidRequest: there are some; the message names them.
        """
        if self.unsupported:
            names = ", ".join(self.unsupported)
            raise InvalidRequest(
                f"Not understood in {self.source}: {names}.",
                advice="It is refused because ignoring it could sign in as somebody else or "
                "somewhere else. Remove it, or use a user name and password, a token, or an "
                "access key.",
                field=self.unsupported[0],
            )

    def _refuse_several_ways(self) -> None:
        """Refuse to choose among ways to sign in, each of which could be somebody else.

        Raises:
            InvalidRequest: there is more than one with its secret.
        """
        ways = [
            name
            for name, given in {
                "a token": self.token,
                "an access key": self.access_key and self.secret_key,
                "a user name and password": (self.user_name or self.user_id) and self.password,
            }.items()
            if given
        ]
        if len(ways) > 1:
            raise InvalidRequest(
                f"Several ways to sign in are given at once, {' and '.join(ways)} (from "
                f"{self.source}): who is meant cannot be known.",
                advice="Leave out all but one. In an openrc file OS_AUTH_TYPE, and in clouds.yaml "
                "auth_type, says which one counts: password, token or aksk. Nothing was sent.",
                field="token" if self.token else "access_key",
            )

    def _can_be_written(self, name: str) -> bool:
        try:
            as_secret(getattr(self, name) or "").reveal().encode()  # type: ignore[union-attr]
        except UnicodeEncodeError:
            return False
        return True

    def _is_strange(self, name: str, allowed: re.Pattern[str]) -> bool:
        value = getattr(self, name)
        text = value.reveal() if isinstance(value, Secret) else value
        return bool(text) and not allowed.fullmatch(text)

    def _validate_agency(self) -> None:
        if self.access_key or self.token:
            raise InvalidRequest(
                f"The agency {self.agency_name!r} cannot be used with {self.way} "
                f"(from {self.source}).",
                advice="An agency is taken up by a user with name and password. Leave the agency "
                "out to work in your own account.",
                field="agency_name",
            )
        if not (self.agency_domain_name or self.agency_domain_id):
            raise InvalidRequest(
                f"The agency {self.agency_name!r} is named without the account that it belongs to "
                f"(from {self.source}).",
                advice="Add agency_domain_name or agency_domain_id.",
                field="agency_domain_name",
            )

    @property
    def complete(self) -> bool:
        """Whether they are enough to sign in."""
        user = self.user_id or (self.user_name and (self.domain_name or self.domain_id))
        return bool((self.access_key and self.secret_key) or (user and self.password) or self.token)

    @property
    def names_somebody(self) -> bool:
        """Whether they name an identity, with or without its secret."""
        return bool(self.access_key or self.user_name or self.user_id or self.token)

    @property
    def whose(self) -> str | None:
        """The identity that they name, also without its secret."""
        if self.access_key or self.user_id:
            return self.access_key or self.user_id
        domain = self.domain_name or self.domain_id
        return f"{self.user_name}@{domain}" if self.user_name and domain else None

    @property
    def keyring_account(self) -> str | None:
        """The keyring's account for the secret.

        A password of another operator's user has IAM's host in its account, so that a user of
        the same name elsewhere never gets it.
        """
        iam = self.iam_endpoint
        if self.whose is None or self.access_key or iam is None:
            return self.whose
        if endpoints.belongs_to_operator(iam):
            return self.whose
        return f"{self.whose}@{endpoints.host_of(iam)}"

    @property
    def elsewhere(self) -> bool:
        """Whether the place is another operator's, so that no address may be derived."""
        named = (self.iam_endpoint, self.endpoint)
        return any(each and not endpoints.belongs_to_operator(each) for each in named)

    def with_secret(self, secret: Secret, where: str) -> Credentials:
        """Return them with the secret that was left out, and where it was found."""
        source = f"{self.source}, its secret {where}"
        if self.access_key:
            return replace(self, secret_key=secret, source=source)
        return replace(self, password=secret, source=source)

    @property
    def way(self) -> str:
        """How they sign in, in words."""
        if self.agency_name and not (self.token or self.access_key):
            owner = self.agency_domain_name or self.agency_domain_id
            return f"user name and password, agency {self.agency_name} of {owner}"
        if self.token:
            return "token"
        if self.access_key:
            return "temporary access key" if self.security_token else "access key"
        return "user name and password"


def build(values: Mapping[str, str | Secret | None], source: str) -> Credentials:
    """Return credentials from members by name; secrets are wrapped, empty values left out."""
    known = {field.name for field in fields(Credentials)}
    wrapped = {
        name: as_secret(value) if name in SECRETS else value
        for name, value in values.items()
        if name in known and value
    }
    return Credentials(**wrapped, source=source)  # type: ignore[arg-type]
