"""Finding the identity of a session: one source for who, and for the place that belongs to it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cbr_notebook.auth import endpoints
from cbr_notebook.auth.credentials import SECRETS, Credentials
from cbr_notebook.auth.sources import keyring, prompt
from cbr_notebook.auth.sources.environment import from_environment, identities
from cbr_notebook.auth.sources.profile_file import profile_file, profiles_in
from cbr_notebook.errors import AnswerWarning, AuthenticationError, InvalidRequest

DEFAULT_PROFILE = "basic"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that can be named, and where it was found; never a secret."""

    name: str
    place: str
    way: str
    region: str | None
    complete: bool


def all_profiles(*, wanted: str | None = None) -> dict[str, Credentials]:
    """Return all profiles that can be named; the SDK's file wins over ``clouds.yaml``.

    A file of the working folder that cannot be read, and was not named, may be anybody's: it is
    in the way only of who wants a profile that no other file has.

    Args:
        wanted: the profile that is looked for, if it is one.

    Raises:
        InvalidRequest: a file cannot be read.
    """
    # Reading YAML costs more than everything else here, and few people have such a file.
    from cbr_notebook.auth.sources.clouds_yaml import clouds_files, clouds_in, found_here

    found = profiles_in(profile_file())
    passed_over: dict[str, Credentials] = {}
    unreadable: InvalidRequest | None = None
    for path in clouds_files():
        try:
            clouds = clouds_in(path)
        except InvalidRequest as problem:
            if not found_here(path):
                raise
            unreadable = problem
            continue
        for name, cloud in clouds.items():
            if cloud.place_must_be_own and not (cloud.complete and _has_place(cloud)):
                passed_over.setdefault(name, cloud)
            else:
                found.setdefault(name, cloud)
    known = {**passed_over, **found}
    if unreadable is not None and (wanted not in known if wanted is not None else not known):
        raise unreadable
    return known


def profiles() -> list[Profile]:
    """Return what could be signed in with: the environment, and all profiles."""
    found = {"": from_environment(), **all_profiles()}
    found = {
        name: each if each.place_must_be_own else keyring.completed(each)
        for name, each in found.items()
    }
    return [
        Profile(name, each.source, each.way, each.region, each.complete)
        for name, each in found.items()
        if name or each.complete
    ]


def find(given: Credentials, profile: str | None = None) -> Credentials:
    """Return the identity that a caller means, with the place that belongs to it.

    Who is named by the caller is taken; else the named profile; else the environment, the
    cloud that ``OS_CLOUD`` names, or the profile ``basic``. Addresses come from the same source
    as the identity, or from the caller; a secret that is left out is looked up in the system's
    keyring, and at last asked for in a terminal.

    Args:
        given: what the caller named.
        profile: the name of a profile.

    Raises:
        AuthenticationError: nothing complete was found; the message says where it was sought.
        InvalidRequest: identity and place belong to two sources, or something is missing and a
            file that may hold it cannot be read.
    """
    if profile is not None:
        if not isinstance(profile, str):
            raise InvalidRequest(
                f"profile is a {type(profile).__name__}, which names none.",
                advice='Write its name: cbr.connect("prod").',
                field="profile",
            )
        return _from_profile(given, _named(profile), profile)
    sources: list[Credentials] = list(identities())
    if not given.names_somebody:
        _refuse_two_complete(sources)
        _refuse_two_named(sources)
    unreadable: InvalidRequest | None = None
    try:
        sources += _default_profile()
    except InvalidRequest as problem:
        unreadable = problem  # who is named elsewhere needs no file
    found = _complete(given, sources)
    needs_region = found is None or not (found.region or found.endpoint or found.iam_endpoint)
    if unreadable is not None and needs_region:
        raise unreadable  # what is missing may be in it
    if found is not None:
        return found
    if not given.names_somebody and (cloud := os.environ.get("OS_CLOUD")):
        _named(cloud, " (OS_CLOUD names it)")
    raise _nobody(given, sources)


def _refuse_two_complete(environment: Sequence[Credentials]) -> None:
    """Refuse to choose between the vendor's variables and openrc's.

    Raises:
        InvalidRequest: both name somebody with a secret, and not the same.
    """
    complete = [each for each in environment if each.complete]
    if len(complete) < 2 or not _differ(*complete):
        return
    vendor, openrc = complete
    raise InvalidRequest(
        f"The environment names two identities: {vendor.whose} by HUAWEICLOUD_SDK_AK, and "
        f"{openrc.whose or openrc.way} by an openrc file (OS_…).",
        advice="Unset the variables of one, or name one in the call: cbr.connect(access_key=…, "
        "secret_key=…), or a profile. Nothing was sent to either.",
        field="access_key",
    )


def _refuse_two_named(environment: Sequence[Credentials]) -> None:
    """Refuse an ``OS_CLOUD`` beside variables that name another identity, or another place.

    Raises:
        InvalidRequest: they do not agree, or it is not known whether they do.
    """
    cloud = os.environ.get("OS_CLOUD")
    own = next((each for each in environment if each.names_somebody), None)
    if not cloud or own is None:
        return
    try:
        named = _named(cloud, " (OS_CLOUD names it)")
    except AuthenticationError:
        who, where = "which no file has", ""
    else:
        if named.names_somebody and not _differ(own, named) and _same_place(own, named):
            return
        if named.place_must_be_own and not (named.complete and _has_place(named)):
            warnings.warn(
                f"OS_CLOUD names {cloud!r}, which only an incomplete file of the working folder "
                f"has: it is not used, and {own.whose or own.way} of the environment signs in.",
                AnswerWarning,
                stacklevel=5,
            )
            return
        who = f"which belongs to {named.whose or named.way}"
        where = f" at {endpoints.host_of(named.iam_endpoint)}" if named.iam_endpoint else ""
    raise InvalidRequest(
        f"The environment names two identities: {own.whose or own.way}, and by OS_CLOUD the "
        f"cloud {cloud!r}, {who}{where}.",
        advice="Unset OS_CLOUD, or the other variables; or name one in the call: "
        f"cbr.connect({cloud!r}). Nothing was sent to either.",
        field="profile",
    )


def _same_place(one: Credentials, other: Credentials) -> bool:
    """Return whether two sources do not name different addresses of IAM."""
    if not (one.iam_endpoint and other.iam_endpoint):
        return one.elsewhere == other.elsewhere
    return endpoints.host_of(one.iam_endpoint) == endpoints.host_of(other.iam_endpoint)


def _named(profile: str, why: str = "") -> Credentials:
    known = profiles_in(profile_file())
    known = known if profile in known else all_profiles(wanted=profile)
    if profile not in known:
        raise AuthenticationError(
            f"There is no profile {profile!r} in {profile_file()} or "
            f"{os.environ.get('OS_CLIENT_CONFIG_FILE') or 'clouds.yaml'}{why}.",
            advice=f"There are: {', '.join(sorted(known)) or 'none'}.",
        )
    return known[profile]


def _default_profile() -> list[Credentials]:
    default = os.environ.get("OS_CLOUD") or DEFAULT_PROFILE
    known = profiles_in(profile_file())
    if os.environ.get("OS_CLOUD"):
        known = all_profiles(wanted=default)
    return [known[default]] if default in known else []


def _from_profile(given: Credentials, source: Credentials, profile: str) -> Credentials:
    """Complete a profile by what the caller named beside it."""
    if given.names_somebody and source.names_somebody and _differ(given, source):
        raise InvalidRequest(
            f"Two identities are named: {given.whose or given.way} in the call, and profile "
            f"{profile!r}, which belongs to {source.whose or source.way}.",
            advice="Leave the profile out and name region, iam_endpoint or endpoint in the call; "
            "or leave the identity out. Nothing is sent to the place of another identity.",
            field="profile",
        )
    source.refuse_unsupported()
    _refuse_place_alone(source, given)
    for complete in _WAYS:
        who = complete(_merged(given, source))
        if who.complete:
            return who
    raise _no_secret(_merged(given, source))


def _complete(given: Credentials, sources: Sequence[Credentials]) -> Credentials | None:
    """Return the first identity with a secret, and its place; ``None`` if there is none."""
    for complete in _WAYS:
        if given.names_somebody:
            who = complete(given)
            if who.complete:
                return _with_region(who, sources)
            continue  # somebody is named: nobody else will do
        for source in sources:
            if source.names_somebody or source.iam_endpoint:
                source.refuse_unsupported()  # or somebody else would sign in instead
            merged = _merged(given, source)
            if source.place_must_be_own and merged.complete:
                _refuse_place_alone(source, given)
            elif source.place_must_be_own:
                continue
            who = complete(merged)
            if who.complete:
                return _with_region(who, [each for each in sources if each is not source])
    return None


_WAYS: tuple[Callable[[Credentials], Credentials], ...] = (
    lambda found: found,
    lambda found: keyring.completed(found),
    lambda found: prompt.completed(found),
)


def _merged(given: Credentials, source: Credentials) -> Credentials:
    """Return a source's identity and place, with what the caller named in its stead."""
    values = {name: value for name in _MEMBERS if (value := getattr(given, name)) is not None}
    found = source
    if given.project_id or given.project_name:
        found = replace(found, project_id=None, project_name=None)
    if given.region and source.region and given.region != source.region:
        # Project and address of another region are not those of this one.
        found = replace(found, project_id=None, project_name=None, endpoint=None)
        if source.iam_endpoint and not source.elsewhere:
            found = replace(found, iam_endpoint=None)
    if given.names_somebody and not _differ(given, source):
        found = replace(found, source=f"arguments and {source.source}")
    return replace(found, **values)


_MEMBERS = (
    "access_key", "secret_key", "security_token", "user_name", "user_id", "password",
    "domain_name", "domain_id", "token", "project_id", "project_name", "region", "endpoint",
    "iam_endpoint", "verify",
)  # fmt: skip


def _differ(given: Credentials, source: Credentials) -> bool:
    """Return whether two sources name different identities."""
    pairs = (
        (getattr(given, name), getattr(source, name))
        for name in ("access_key", "user_name", "user_id", "domain_name", "domain_id", "token")
    )
    return any(one and one != other for one, other in pairs)


def _with_region(who: Credentials, others: Sequence[Credentials]) -> Credentials:
    """Return an identity with a region of another source, if it names no place itself.

    A region's name alone is no address; but one that came with another operator's address
    belongs to that operator. A project is taken only where nobody else is named beside it.
    """
    for each in others:
        if who.region or who.endpoint or who.iam_endpoint:
            break
        if each.region and not each.elsewhere and not each.place_must_be_own:
            who = replace(who, region=each.region)
    for each in others:
        if who.project_id or who.project_name:
            break
        if not (each.names_somebody or each.elsewhere or each.place_must_be_own):
            who = replace(who, project_id=each.project_id, project_name=each.project_name)
    return who


def _has_place(source: Credentials) -> bool:
    return bool(source.iam_endpoint or source.endpoint)


def _refuse_place_alone(source: Credentials, given: Credentials) -> None:
    """Refuse to send a secret from elsewhere to where a file of the working folder points."""
    from_elsewhere = any(getattr(given, name) for name in SECRETS)
    whole = source.complete and _has_place(source) and not from_elsewhere
    if source.place_must_be_own and not whole:
        raise InvalidRequest(
            f"The {source.source} lies in the working folder and does not hold both the identity "
            "with its secret and the address to sign in at.",
            advice="A file of a working folder may be anybody's, so nothing from elsewhere is "
            "sent where it points. Name it by OS_CLIENT_CONFIG_FILE if it is yours, or move it "
            "to ~/.config/openstack/.",
            field="profile",
        )


def _no_secret(who: Credentials) -> AuthenticationError:
    if who.whose is None and who.user_name:
        return AuthenticationError(
            f"The user {who.user_name!r} is named without an account (from {who.source}).",
            advice="Add domain_name or domain_id, in an openrc file OS_USER_DOMAIN_NAME.",
        )
    if who.whose is None:
        return AuthenticationError(
            f"The {who.source} names nobody who could sign in.",
            advice="Add ak and sk; user_name, password and domain_name; or a token.",
        )
    return AuthenticationError(
        f"There is no secret for {who.whose}.",
        advice=f"Name it, keep it by: keyring set {keyring.SERVICE} {who.keyring_account} (with "
        "pip install 'cbr-notebook[keyring]'), or connect from a terminal to be asked for it.",
    )


def _nobody(given: Credentials, sources: Sequence[Credentials]) -> AuthenticationError:
    if given.names_somebody:
        return _no_secret(given)
    for source in sources:
        _refuse_place_alone(source, given)
        if source.names_somebody or source.unsupported:
            source.refuse_unsupported()
            return _no_secret(_merged(given, source))
    return AuthenticationError(
        "No credentials were found.",
        advice="Name them: cbr.connect(access_key=…, secret_key=…) or user_name, password and "
        "domain_name. Or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or source an openrc file "
        "(OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_USER_DOMAIN_NAME, OS_REGION_NAME). Or write a "
        f"profile into {profile_file()}; its secret may be in the system's keyring instead. "
        "Without an account, cbr.simulate() gives you a cloud of your own.",
    )
