"""Where credentials come from: arguments, environment, profiles, keyring, and the person."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from cbr_notebook.auth import asking, keyrings
from cbr_notebook.auth.secret import Secret, as_secret
from cbr_notebook.errors import AuthenticationError, InvalidRequest

DEFAULT_PROFILE = "basic"

_PLAIN = (
    "access_key", "user_name", "domain_name", "project_id", "project_name", "region", "endpoint",
    "iam_endpoint",
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
    """Who someone is, in one of three ways: an access key, a name and password, or a token."""

    access_key: str | None = None
    secret_key: Secret | None = None
    security_token: Secret | None = None
    user_name: str | None = None
    password: Secret | None = None
    domain_name: str | None = None
    token: Secret | None = None
    project_id: str | None = None
    project_name: str | None = None
    region: str | None = None
    endpoint: str | None = None
    iam_endpoint: str | None = None
    source: str = "arguments"
    """Where they were found, in words."""

    def __post_init__(self) -> None:
        """Drop what is copied along by accident; a password is left as it is."""
        for name in _PLAIN:
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, value.strip() or None)
        for name in _PASTED:
            value = getattr(self, name)
            if isinstance(value, Secret):
                object.__setattr__(self, name, Secret(value.reveal().rstrip("\r\n")))

    def refuse_strange(self) -> None:
        """Refuse what no request could carry.

        Raises:
            InvalidRequest: a value holds characters that it cannot; a secret is not shown.
        """
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            text = value.reveal() if isinstance(value, Secret) else value
            if text and not allowed.fullmatch(text):
                shown = "" if isinstance(value, Secret) else f" {value!r}"
                raise InvalidRequest(
                    f"The {name.replace('_', ' ')}{shown} holds a character that cannot be in one "
                    f"(from {self.source}).",
                    advice="Copy it once more: without spaces, quotation marks or line breaks, "
                    "in plain letters and digits.",
                    field=name,
                )

    @property
    def complete(self) -> bool:
        """Whether they are enough to sign in."""
        return bool(
            (self.access_key and self.secret_key)
            or (self.user_name and self.password and self.domain_name)
            or self.token
        )

    @property
    def whose(self) -> str | None:
        """The identity that they name, also without its secret: its account in a keyring."""
        return keyrings.account_of(self.access_key, self.user_name, self.domain_name)

    def with_secret(self, secret: Secret, where: str) -> Credentials:
        """Add the secret that was left out, and say where it was found."""
        source = f"{self.source}, its secret {where}"
        if self.access_key:
            return replace(self, secret_key=secret, source=source)
        return replace(self, password=secret, source=source)

    @property
    def way(self) -> str:
        """How they sign in, in words."""
        if self.token:
            return "token"
        return "access key" if self.access_key else "user name and password"


_ENVIRONMENT = {
    "access_key": ("HUAWEICLOUD_SDK_AK",),
    "secret_key": ("HUAWEICLOUD_SDK_SK",),
    "security_token": ("HUAWEICLOUD_SDK_SECURITY_TOKEN",),
    "user_name": ("OS_USERNAME",),
    "password": ("OS_PASSWORD",),
    "domain_name": ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"),
    "token": ("OS_TOKEN", "OS_AUTH_TOKEN"),
    "project_id": ("HUAWEICLOUD_SDK_PROJECT_ID", "OS_PROJECT_ID", "OS_TENANT_ID"),
    "project_name": ("OS_PROJECT_NAME", "OS_TENANT_NAME"),
    "region": ("HUAWEICLOUD_SDK_REGION", "OS_REGION_NAME"),
    "endpoint": ("CBR_ENDPOINT",),
    "iam_endpoint": ("CBR_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
}
_PROFILE_KEYS = {
    "ak": "access_key",
    "sk": "secret_key",
    "security_token": "security_token",
    "project_id": "project_id",
    "region": "region",
    "endpoint": "endpoint",
    "iam_endpoint": "iam_endpoint",
    "user_name": "user_name",
    "password": "password",
    "domain_name": "domain_name",
}
_SECRETS = ("secret_key", "security_token", "password", "token")


def _build(values: Mapping[str, str | Secret | None], source: str) -> Credentials:
    known = {field.name for field in fields(Credentials)} - {"source"}
    wrapped = {
        name: as_secret(value) if name in _SECRETS else value
        for name, value in values.items()
        if name in known and value
    }
    return Credentials(**wrapped, source=source)  # type: ignore[arg-type]


def from_environment(environment: Mapping[str, str] | None = None) -> Credentials:
    """Read what the environment says; see the README for the names."""
    environment = os.environ if environment is None else environment
    values = {
        name: next((environment[each] for each in names if environment.get(each)), None)
        for name, names in _ENVIRONMENT.items()
    }
    return _build(values, "environment")


def profile_file(environment: Mapping[str, str] | None = None) -> Path:
    """Give the place of the profile file, which the SDK of the vendor shares."""
    environment = os.environ if environment is None else environment
    named = environment.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE")
    return Path(named) if named else Path.home() / ".huaweicloud" / "credentials"


def profiles_in(path: Path) -> dict[str, Credentials]:
    """Read all profiles of a file; none if there is no file.

    Raises:
        InvalidRequest: the file cannot be read as a profile file.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, configparser.Error, UnicodeDecodeError) as problem:
        raise InvalidRequest(
            f"The profile file {path} cannot be read: {type(problem).__name__}.",
            advice="It should hold sections such as [basic] with lines ak = … and sk = ….",
        ) from None
    return {
        name: _build(
            {_PROFILE_KEYS[key]: value for key, value in section.items() if key in _PROFILE_KEYS},
            f"profile {name!r} of {path}",
        )
        for name, section in parser.items()
        if name != parser.default_section
    }


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that can be named, and where it was found; never a secret."""

    name: str
    place: str
    way: str
    region: str | None
    complete: bool


def all_profiles(environment: Mapping[str, str] | None = None) -> dict[str, Credentials]:
    """Read all profiles that can be named; the SDK's file wins over ``clouds.yaml``.

    Raises:
        InvalidRequest: a file cannot be read.
    """
    # Reading YAML costs more than everything else here, and few people have such a file.
    from cbr_notebook.auth.clouds import clouds_file, clouds_in

    found = profiles_in(profile_file(environment))
    clouds = clouds_file(environment)
    for name, values in (clouds_in(clouds) if clouds else {}).items():
        found.setdefault(name, _build(values, f"cloud {name!r} of {clouds}"))
    return found


def profiles(environment: Mapping[str, str] | None = None) -> list[Profile]:
    """List what could be signed in with: the environment, and all profiles."""
    found = {"": from_environment(environment), **all_profiles(environment)}
    found = {name: _from_keyring(each) for name, each in found.items()}
    return [
        Profile(name, each.source, each.way, each.region, each.complete)
        for name, each in found.items()
        if name or each.complete
    ]


def _from_keyring(found: Credentials) -> Credentials:
    """Add the secret that the system's keyring has for an identity without one."""
    if found.complete or found.whose is None:
        return found
    secret = keyrings.secret_of(found.whose)
    return found if secret is None else found.with_secret(secret, "from the keyring")


def _from_person(found: Credentials) -> Credentials:
    """Ask for the secret of an identity without one, where somebody can be asked."""
    if found.complete or found.whose is None or not asking.can_ask():
        return found
    what = "Secret key" if found.access_key else "Password"
    secret = asking.ask_for(what, found.whose)
    return found if secret is None else found.with_secret(secret, "typed in")


def find(given: Credentials, profile: str | None = None) -> Credentials:
    """Complete given credentials from a profile, the environment, or the default profile.

    What is given wins. A named profile comes next; without one, the environment, then the
    profile ``basic`` or the one that ``OS_CLOUD`` names. An identity is never mixed from two
    places; but its secret, if it is left out, is looked up in the system's keyring, and at last
    asked for in a terminal.

    Args:
        given: what the caller named.
        profile: the name of a profile.

    Raises:
        AuthenticationError: nothing complete was found; the message says where it was sought.
        InvalidRequest: something is missing, and a file that may hold it cannot be read.
    """
    path = profile_file()
    environment = from_environment()
    candidates: list[Credentials] = []
    unreadable: InvalidRequest | None = None
    if profile is not None:
        known = profiles_in(path)
        known = known if profile in known else all_profiles()
        if profile not in known:
            raise AuthenticationError(
                f"There is no profile {profile!r} in {path} or clouds.yaml.",
                advice=f"There are: {', '.join(sorted(known)) or 'none'}.",
            )
        candidates.append(known[profile])
    else:
        candidates.append(environment)
        default = os.environ.get("OS_CLOUD", DEFAULT_PROFILE)
        try:
            known = all_profiles() if "OS_CLOUD" in os.environ else profiles_in(path)
        except InvalidRequest as problem:
            known, unreadable = {}, problem  # who is named elsewhere needs no file
        if default in known:
            candidates.append(known[default])
    found = _complete(given, candidates)
    if unreadable is not None and (found is None or not (found.region or found.endpoint)):
        raise unreadable  # what is missing may be in it
    if found is not None:
        return found
    if given.whose is not None:
        raise AuthenticationError(
            f"There is no secret for {given.whose}.",
            advice=f"Give it, or keep it in the keyring: keyring set {keyrings.SERVICE} "
            f"{given.whose} (the package keyring must be installed).",
        )
    raise AuthenticationError(
        "No credentials were found.",
        advice="Name them: cbr.connect(access_key=…, secret_key=…) or user_name, password and "
        "domain_name. Or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or OS_USERNAME, "
        f"OS_PASSWORD and OS_USER_DOMAIN_NAME. Or write a profile into {path}; its secret may be "
        "in the system's keyring instead. "
        "Without an account, cbr.simulate() gives you a cloud of your own.",
    )


def _complete(given: Credentials, candidates: Sequence[Credentials]) -> Credentials | None:
    """Give the first identity with a secret, and its place; ``None`` if there is none."""
    for complete in (lambda found: found, _from_keyring, _from_person):
        who = complete(given)
        if who.complete:
            return _with_place(who, *candidates)
        if given.whose is not None:
            continue  # somebody is named: nobody else will do
        for candidate in map(complete, candidates):
            if candidate.complete:
                return _with_place(candidate, given, *candidates, first=given)
    return None


_PLACE = ("project_id", "project_name", "region", "endpoint", "iam_endpoint")


def _with_place(
    identity: Credentials, *others: Credentials, first: Credentials | None = None
) -> Credentials:
    """Add to an identity where it is used: project, region and endpoints."""
    order = [*([first] if first else []), identity, *others]
    values: dict[str, str | Secret | None] = {
        field.name: getattr(identity, field.name) for field in fields(Credentials)
    }
    for name in _PLACE:
        values[name] = next((getattr(c, name) for c in order if getattr(c, name)), None)
    return _build(values, identity.source)
