"""Identities from the environment: the vendor's SDK names, and OpenStack's openrc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from cbr_notebook.auth import endpoints
from cbr_notebook.auth.credentials import SECRETS, Credentials, build
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.sources.auth_types import trust, with_auth_type

_OWN = {"endpoint": ("CBR_ENDPOINT",), "iam_endpoint": ("CBR_IAM_ENDPOINT",)}
_VENDOR = {
    "access_key": ("HUAWEICLOUD_SDK_AK",),
    "secret_key": ("HUAWEICLOUD_SDK_SK",),
    "security_token": ("HUAWEICLOUD_SDK_SECURITY_TOKEN",),
    "project_id": ("HUAWEICLOUD_SDK_PROJECT_ID",),
    "region": ("HUAWEICLOUD_SDK_REGION",),
    "endpoint": _OWN["endpoint"],
    "iam_endpoint": (*_OWN["iam_endpoint"], "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
}
_OPENRC = {
    "access_key": ("OS_ACCESS_KEY",),
    "secret_key": ("OS_SECRET_KEY",),
    "security_token": ("OS_SECURITY_TOKEN",),
    "user_name": ("OS_USERNAME",),
    "user_id": ("OS_USERID", "OS_USER_ID"),
    "password": ("OS_PASSWORD",),
    "domain_name": ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"),
    "domain_id": ("OS_USER_DOMAIN_ID", "OS_DOMAIN_ID"),
    "token": ("OS_TOKEN", "OS_AUTH_TOKEN"),
    "agency_name": ("OS_AGENCY_NAME",),
    "agency_domain_name": ("OS_AGENCY_DOMAIN_NAME",),
    "agency_domain_id": ("OS_AGENCY_DOMAIN_ID",),
    "project_id": ("OS_PROJECT_ID", "OS_TENANT_ID"),
    "project_name": ("OS_PROJECT_NAME", "OS_TENANT_NAME"),
    "project_domain_name": ("OS_PROJECT_DOMAIN_NAME",),
    "project_domain_id": ("OS_PROJECT_DOMAIN_ID",),
    "region": ("OS_REGION_NAME",),
    "endpoint": _OWN["endpoint"],
}
_NOT_UNDERSTOOD = (
    "OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_NAME",
    "OS_APPLICATION_CREDENTIAL_SECRET", "OS_PASSCODE", "OS_TRUST_ID", "OS_SYSTEM_SCOPE",
    "OS_CERT", "OS_KEY", "OS_IDENTITY_PROVIDER", "OS_PROTOCOL", "OS_ACCESS_TOKEN",
    "OS_DELEGATED_PROJECT",
)  # fmt: skip
_INTERFACES = {"public": "public", "publicurl": "public", "internal": "internal",
               "internalurl": "internal", "admin": "admin", "adminurl": "admin"}  # fmt: skip

SOURCE = "environment"


def from_environment() -> Credentials:
    """Return the identity of the environment: the vendor's, or else openrc's."""
    vendor, openrc = identities()
    return vendor if vendor.names_somebody or not openrc.names_somebody else openrc


def identities() -> tuple[Credentials, Credentials]:
    """Return what the vendor's variables say, and what openrc's say; each with its own place."""
    openrc = _openrc()
    return _vendor(openrc), openrc


def _vendor(openrc: Credentials) -> Credentials:
    found = build(_read(_VENDOR), SOURCE)
    if openrc.elsewhere:
        return found  # openrc's region and project are another operator's
    return replace(
        found,
        region=found.region or openrc.region,
        project_id=found.project_id or (None if openrc.names_somebody else openrc.project_id),
        project_name=None if openrc.names_somebody else openrc.project_name,
    )


def _openrc() -> Credentials:
    settings = _settings()
    values = _read(_OPENRC)
    values["iam_endpoint"] = settings["OS_AUTH_URL"] or settings["CBR_IAM_ENDPOINT"]
    found = build(values, SOURCE)
    verify, strange = trust(settings["OS_CACERT"], {"OS_INSECURE": settings["OS_INSECURE"]})
    found = replace(
        found,
        verify=verify,
        derivable=found.iam_endpoint is not None,
        interface=_INTERFACES.get(settings["OS_INTERFACE"].lower(), settings["OS_INTERFACE"]),
        unsupported=(*_not_understood(settings), *strange),
    )
    return with_auth_type(found, settings["OS_AUTH_TYPE"], "OS_AUTH_TYPE")


def _settings() -> dict[str, str]:
    """Return the variables that hold no secret, by name; empty texts where there are none."""
    names = ("OS_AUTH_URL", "CBR_IAM_ENDPOINT", "OS_CACERT", "OS_INSECURE", "OS_AUTH_TYPE",
             "OS_IDENTITY_API_VERSION")  # fmt: skip
    settings = {name: os.environ.get(name, "").strip() for name in names}
    interface = os.environ.get("OS_INTERFACE") or os.environ.get("OS_ENDPOINT_TYPE") or "public"
    return {**settings, "OS_INTERFACE": interface}


def _not_understood(settings: Mapping[str, str]) -> tuple[str, ...]:
    names = [name for name in _NOT_UNDERSTOOD if os.environ.get(name)]
    version = settings["OS_IDENTITY_API_VERSION"]
    if version and not version.startswith("3"):
        names.append(f"OS_IDENTITY_API_VERSION={version}")
    if settings["OS_INTERFACE"].lower() not in _INTERFACES:
        names.append("OS_INTERFACE")
    named, own = settings["OS_AUTH_URL"], settings["CBR_IAM_ENDPOINT"]
    if named and own and endpoints.host_of(named) != endpoints.host_of(own):
        names.append("CBR_IAM_ENDPOINT (OS_AUTH_URL leads to another host)")
    return tuple(names)


def _read(names: Mapping[str, tuple[str, ...]]) -> dict[str, str | Secret | None]:
    """Return the first variable that is set, by member; secrets are wrapped here."""
    given = os.environ
    found: dict[str, str | Secret | None] = {}
    for member, variables in names.items():
        value = next((given[each] for each in variables if given.get(each)), None)
        found[member] = Secret(value) if value and member in SECRETS else value
    return found
