"""Which addresses a session talks to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import httpx

from cbr_notebook.errors import InvalidRequest


def cbr_endpoint(region: str) -> str:
    """Give the service's address in a region."""
    return f"https://cbr.{region}.myhuaweicloud.com"


def iam_endpoint(region: str) -> str:
    """Give IAM's address in a region."""
    return f"https://iam.{region}.myhuaweicloud.com"


def checked(endpoint: str, name: str) -> str:
    """Give an endpoint without a trailing slash.

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
            f"The {name.replace('_', ' ')} is not a full URL: {_without_secrets(endpoint)!r}.",
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


def _without_secrets(endpoint: str) -> str:
    """Leave out what stands before an ``@``: it may be a password."""
    return re.sub(r"//.*@", "//…@", endpoint, flags=re.DOTALL)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
