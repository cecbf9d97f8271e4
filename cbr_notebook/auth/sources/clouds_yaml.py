"""Identities from OpenStack's ``clouds.yaml``, with the ``secure.yaml`` beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from cbr_notebook.auth.credentials import SECRETS, Credentials, build
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.sources.auth_types import trust, with_auth_type
from cbr_notebook.errors import InvalidRequest

_AUTH = {
    "username": "user_name",
    "user_id": "user_id",
    "password": "password",
    "user_domain_name": "domain_name",
    "user_domain_id": "domain_id",
    "domain_name": "domain_name",
    "domain_id": "domain_id",
    "project_id": "project_id",
    "tenant_id": "project_id",
    "project_name": "project_name",
    "tenant_name": "project_name",
    "project_domain_name": "project_domain_name",
    "project_domain_id": "project_domain_id",
    "token": "token",
    "ak": "access_key",
    "access_key": "access_key",
    "sk": "secret_key",
    "secret_key": "secret_key",
    "security_token": "security_token",
    "securitytoken": "security_token",
    "agency_name": "agency_name",
    "agency_domain_name": "agency_domain_name",
    "agency_domain_id": "agency_domain_id",
    "auth_url": "iam_endpoint",
}
"""Members of a cloud's ``auth``; of two that mean the same the first one wins."""

_CLOUD = {
    "auth", "auth_type", "region_name", "regions", "interface", "endpoint_type", "verify",
    "insecure", "cacert", "identity_api_version", "cbr_endpoint_override", "cbr_endpoint",
    "profile", "cloud",
}  # fmt: skip
_OF_NO_MATTER = re.compile(
    r"(?!identity_|cbr_)\w+_(?:api_version|endpoint_override|endpoint_type|service_type|"
    r"service_name|default_microversion|interface)"
    r"|networks|floating_ip_source|secgroup_source|image_format|image_api_use_tasks|message|"
    r"app_name|app_version|api_timeout|timeout|private|status|vendor_hook|use_direct_get|"
    r"description|identity_interface|requirements|rate_limit|force_ipv4|nat_destination"
)
"""Settings of a cloud that concern other services, or only how tools show it."""


_NAMES = ("clouds.yaml", "clouds.yml", "clouds.json")
_LARGEST_FILE = 2**20
_MOST_VALUES, _DEEPEST, _MOST_MERGED = 20_000, 10, 100
"""What a file may hold in all, when what it repeats by its anchors is written out."""


class _Texts(yaml.SafeLoader):
    """Reads every scalar as the text that it is: a password ``0123`` stays ``0123``."""

    yaml_implicit_resolvers: dict[str, Any] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put in what a mapping merges; each key once, or a few lines could become gigabytes."""
        if any(len(value.value) > _MOST_MERGED for key, value in node.value if _merges(key)):
            raise yaml.constructor.ConstructorError
        super().flatten_mapping(node)
        last = {getattr(key, "value", None): place for place, (key, _) in enumerate(node.value)}
        if all(isinstance(key, str) for key in last):
            node.value = [node.value[place] for place in sorted(last.values())]


def _merges(key: yaml.Node) -> bool:
    return bool(key.tag == "tag:yaml.org,2002:merge")


def clouds_files() -> list[Path]:
    """Return the places of ``clouds.yaml`` that exist, in OpenStack's order."""
    if named := os.environ.get("OS_CLIENT_CONFIG_FILE"):
        places = [Path(named)]
    else:
        own = os.environ.get("XDG_CONFIG_HOME", "")
        homes = [Path(own)] if os.path.isabs(own) else []
        folders = [each / "openstack" for each in (*homes, Path.home() / ".config", Path("/etc"))]
        places = [each / name for each in (Path(), *folders) for name in _NAMES]
    return [place for place in dict.fromkeys(places) if place.is_file()]


def found_here(path: Path) -> bool:
    """Return whether a file was found in the working folder, and not named by anybody."""
    return not os.environ.get("OS_CLIENT_CONFIG_FILE") and path.parent == Path()


def clouds_in(path: Path) -> dict[str, Credentials]:
    """Return the clouds of a file by name, each with what ``secure.yaml`` adds to it.

    A file that lies in the working folder, and was not named, may have been put there by
    somebody else: a cloud in it counts only with identity and place, and nothing from
    elsewhere is added to it.

    Raises:
        InvalidRequest: a file cannot be read as ``clouds.yaml``; its content is not shown.
    """
    here = found_here(path)
    named = None if here else os.environ.get("OS_CLIENT_SECURE_FILE")
    beside = [path.with_name(each.replace("clouds", "secure")) for each in _NAMES]
    secure = next((each for each in ([Path(named)] if named else beside) if each.is_file()), None)
    clouds = _read(path)
    for name, more in (_read(secure) if secure else {}).items():
        clouds[name] = _merged(clouds.get(name, {}), more)
    return {
        name: replace(
            _beside(_cloud(cloud, f"cloud {name!r} of {path}"), path), place_must_be_own=here
        )
        for name, cloud in clouds.items()
    }


def _beside(found: Credentials, path: Path) -> Credentials:
    """Return a cloud whose certificates are those beside its file, if there are some.

    OpenStack looks in the working folder, which may be anybody's: only where there are none.
    """
    beside = path.parent / found.verify if isinstance(found.verify, str) else None
    return replace(found, verify=str(beside)) if beside and beside.is_file() else found


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the clouds of one file, their secrets wrapped."""
    clouds, reason = _load(path)
    if reason:  # raised here, where no frame holds a part of the file
        raise InvalidRequest(
            f"The file {path} cannot be read as clouds.yaml: {reason}.",
            advice="It should hold clouds: with names, each with auth: and region_name.",
        )
    return clouds


def _load(path: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return the clouds of a file, and what kept it from being read."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return {}, "it is too large"
        with path.open(encoding="utf-8") as file:
            document = yaml.load(file, _Texts)  # noqa: S506 a loader of plain texts only
        if isinstance(document, dict) and not _has_an_end(document):
            return {}, "it repeats itself without an end"
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as problem:
        return {}, type(problem).__name__
    clouds = document.get("clouds") if isinstance(document, dict) else None
    if not isinstance(clouds, dict):
        return {}, "no clouds in it"
    return {
        str(name): _wrapped(cloud) for name, cloud in clouds.items() if isinstance(cloud, dict)
    }, None


def _has_an_end(document: Mapping[Any, Any]) -> bool:
    """Return whether a document stays small and flat, with what its anchors repeat written out."""
    number, level = 0, [document]
    for _ in range(_DEEPEST):
        inner: list[Mapping[Any, Any]] = []
        for mapping in level:
            number += 1 + len(mapping)
            if number > _MOST_VALUES:
                return False
            inner += [each for each in mapping.values() if isinstance(each, Mapping)]
        level = inner
    return not level


def _wrapped(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a mapping with its secrets wrapped, however deep they are."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = str(key)
        if isinstance(value, Mapping):
            result[name] = _wrapped(value)
        elif isinstance(value, str) and _holds_secret(name):
            result[name] = Secret(value)
        else:
            result[name] = value
    return result


def _holds_secret(name: str) -> bool:
    return _AUTH.get(name) in SECRETS or bool(re.search("secret|passcode|password|token", name))


def _merged(cloud: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(cloud)
    for name, value in more.items():
        before = result.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[name] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return result


def _cloud(cloud: Mapping[str, Any], source: str) -> Credentials:
    auth = cloud.get("auth")
    auth = auth if isinstance(auth, Mapping) else {}
    values = {_AUTH[key]: _text(auth[key]) for key in reversed(_AUTH) if _text(auth.get(key))}
    values["region"] = _region(cloud)
    values["endpoint"] = _text(cloud.get("cbr_endpoint_override") or cloud.get("cbr_endpoint"))
    found = build(values, source)
    interface = str(cloud.get("interface") or cloud.get("endpoint_type") or "public")
    switches = {key: _plain(cloud.get(key)) for key in ("verify", "insecure")}
    verify, strange = trust(_plain(cloud.get("cacert")), switches)
    found = replace(
        found,
        interface=interface.lower().removesuffix("url"),
        verify=verify,
        derivable=found.iam_endpoint is not None,
        unsupported=(*_not_understood(cloud, auth, found), *strange),
    )
    return with_auth_type(found, _plain(cloud.get("auth_type")), "auth_type")


def _region(cloud: Mapping[str, Any]) -> str | None:
    if region := _plain(cloud.get("region_name")):
        return region
    regions = cloud.get("regions")
    if isinstance(regions, list) and len(regions) == 1 and isinstance(regions[0], str):
        return regions[0]
    return None


def _not_understood(
    cloud: Mapping[str, Any], auth: Mapping[str, Any], found: Credentials
) -> tuple[str, ...]:
    names = [key for key in cloud if key not in _CLOUD and not _OF_NO_MATTER.fullmatch(key)]
    names += [f"auth: {key}" for key in auth if key not in _AUTH]
    names += [
        f"auth: {key} (not a text)"
        for key, value in auth.items()
        if key in _AUTH and not isinstance(value, str | Secret | None)
    ]
    version = _plain(cloud.get("identity_api_version"))
    if version and not version.startswith("3"):
        names.append(f"identity_api_version: {version}")
    if cloud.get("profile", cloud.get("cloud")) and not found.iam_endpoint:
        names.append("profile without auth_url")
    return tuple(names)


def _text(value: Any) -> str | Secret | None:
    return value if isinstance(value, str | Secret) and value else None


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None
