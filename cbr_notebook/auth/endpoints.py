"""Addresses of the service and of IAM: which may be derived, and which may be used."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import httpx

from cbr_notebook.errors import InvalidRequest

OPERATOR_DOMAIN = "myhuaweicloud.com"
"""The operator whose addresses follow a rule, so that they may be derived from a region."""

_OF_OPERATOR = re.compile(rf"(?:iam|cbr)(?:\.[a-z0-9-]+)?\.{re.escape(OPERATOR_DOMAIN)}")
_API_VERSION = re.compile(r"/v3(?:\.\d+)?(?:/auth/tokens)?$")
_API_PATH = re.compile(r"/v3(?:/.*)?$")
_OLD_API_VERSION = re.compile(r"/v(?:1|2)(?:\.\d+)?$")


def cbr_endpoint(region: str) -> str:
    """Return the service's address in a region of the operator whose addresses are derived."""
    return f"https://cbr.{region}.{OPERATOR_DOMAIN}"


def iam_endpoint(region: str) -> str:
    """Return IAM's address in a region of the operator whose addresses are derived."""
    return f"https://iam.{region}.{OPERATOR_DOMAIN}"


def belongs_to_operator(address: str) -> bool:
    """Return whether an address is one of the operator whose addresses are derived."""
    try:
        url = httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        return False
    return (url.scheme, url.port) == ("https", None) and bool(_OF_OPERATOR.fullmatch(url.host))


def is_loopback(address: str) -> bool:
    """Return whether an address is on this computer."""
    return _is_loopback(httpx.URL(address).host)


def host_of(address: str) -> str:
    """Return the host of an address, with its port if one is written."""
    return address.partition("//")[2].partition("/")[0].rpartition("@")[2]


def checked(endpoint: str, name: str) -> str:
    """Return an endpoint without a trailing slash.

    Args:
        endpoint: a full URL.
        name: of the argument, for the error.

    Raises:
        InvalidRequest: it is not a URL, or sends secrets unencrypted over a network.
    """
    try:
        parts = urlsplit(endpoint)
        host, _ = httpx.URL(endpoint).host, parts.port
    except (ValueError, httpx.InvalidURL):  # a host or port that is none
        host = ""
    if not host or parts.scheme not in ("http", "https") or re.search(r"\s|[@?#]", endpoint):
        raise InvalidRequest(
            f"The {name.replace('_', ' ')} is not a full URL: {without_password(endpoint)!r}.",
            advice="Write it like https://cbr.eu-west-0.myhuaweicloud.com.",
            field=name,
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise InvalidRequest(
            f"{name} {endpoint!r} would send credentials unencrypted.",
            advice="Use https://; plain http:// is for this computer only (127.0.0.1).",
            field=name,
        )
    return endpoint.rstrip("/")


def checked_service(endpoint: str) -> str:
    """Return the service's address without version and project, which catalogues write behind it.

    Raises:
        InvalidRequest: it is not a URL, or sends secrets unencrypted over a network.
    """
    return checked(_API_PATH.sub("", endpoint), "endpoint")


def checked_iam(endpoint: str) -> str:
    """Return IAM's address without the version that files often write behind it.

    Raises:
        InvalidRequest: it is not a URL, sends secrets unencrypted over a network, or names a
            version of the interface that this package does not speak.
    """
    address = _API_VERSION.sub("", checked(endpoint, "iam_endpoint"))
    if old := _OLD_API_VERSION.search(address):
        raise InvalidRequest(
            f"The IAM address names version {old.group()[1:]} of its interface, which is not "
            "supported.",
            advice="Name the address of version 3, which ends with /v3.",
            field="iam_endpoint",
        )
    return address


def without_password(endpoint: str) -> str:
    """Return an address without what stands before an ``@``: it may be a password."""
    return re.sub(r"//.*@", "//…@", endpoint, flags=re.DOTALL)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
