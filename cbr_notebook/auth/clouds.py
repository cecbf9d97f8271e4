"""Credentials from OpenStack's ``clouds.yaml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cbr_notebook.errors import InvalidRequest

_KEYS = {
    "username": "user_name",
    "password": "password",
    "user_domain_name": "domain_name",
    "domain_name": "domain_name",
    "project_id": "project_id",
    "project_name": "project_name",
    "token": "token",
}


def clouds_file(environment: Mapping[str, str] | None = None) -> Path | None:
    """Give the place of ``clouds.yaml``, if there is one, in OpenStack's order."""
    environment = os.environ if environment is None else environment
    named = environment.get("OS_CLIENT_CONFIG_FILE")
    places = (
        [Path(named)]
        if named
        else [
            Path("clouds.yaml"),
            Path.home() / ".config" / "openstack" / "clouds.yaml",
            Path("/etc/openstack/clouds.yaml"),
        ]
    )
    return next((place for place in places if place.is_file()), None)


def clouds_in(path: Path) -> dict[str, dict[str, str]]:
    """Read the clouds of a file: members of credentials, by the cloud's name.

    Raises:
        InvalidRequest: the file cannot be read as ``clouds.yaml``; its content is not shown.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise _unreadable(path, type(problem).__name__) from None
    clouds = document.get("clouds") if isinstance(document, dict) else None
    if not isinstance(clouds, dict):
        raise _unreadable(path, "no clouds in it")
    return {str(name): _cloud(cloud) for name, cloud in clouds.items() if isinstance(cloud, dict)}


def _cloud(cloud: Mapping[str, Any]) -> dict[str, str]:
    auth = cloud.get("auth")
    auth = auth if isinstance(auth, dict) else {}
    values = {_KEYS[key]: str(auth[key]) for key in reversed(_KEYS) if auth.get(key)}
    if region := cloud.get("region_name"):
        values["region"] = str(region)
    if address := auth.get("auth_url"):
        values["iam_endpoint"] = str(address).rstrip("/").removesuffix("/v3")
    return values


def _unreadable(path: Path, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The file {path} cannot be read as clouds.yaml: {why}.",
        advice="It should hold clouds: with names, each with auth: and region_name.",
    )
