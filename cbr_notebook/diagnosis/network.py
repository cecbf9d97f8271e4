"""The way to a host: its name, a proxy, TLS, and the clock at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from cbr_notebook.auth.endpoints import is_loopback
from cbr_notebook.auth.network.connection_errors import (
    PAGE_ADVICE,
    page_instead_of_answer,
    trouble_of,
)
from cbr_notebook.auth.network.http_client import proxy_for
from cbr_notebook.auth.network.name_lookup import NameLookupTooSlow, addresses_of
from cbr_notebook.diagnosis.rows import Row

_SIGNED_SKEW_S = 15 * 60.0
_NOTABLE_SKEW_S = 60.0


def check_host(http: httpx.Client, name: str, address: str, now: datetime) -> Iterator[Row]:
    """Yield the rows of the way to one host; nothing that tells who asks is sent.

    Args:
        http: the client of the session; the request is sent without credentials.
        name: ``service`` or ``IAM``.
        address: a full URL.
        now: this computer's time.
    """
    url = httpx.URL(address)
    proxy = proxy_for(url)
    yield _name_resolution(name, url, proxy, http.timeout.connect)
    yield Row(f"proxy to {name}", "ok", f"through {proxy}" if proxy else "none")
    began = time.monotonic()
    try:
        response = http.send(httpx.Request("GET", f"{address}/"), auth=None, follow_redirects=False)
    except httpx.TransportError as problem:
        trouble = trouble_of(problem, url)
        yield Row(f"connection to {name}", "failed", trouble.message, trouble.advice)
        return
    took = time.monotonic() - began
    yield Row(f"connection to {name}", "ok", f"HTTP {response.status_code} after {took:.2f} s")
    if (page := page_instead_of_answer(response)) is not None:
        yield Row(f"answer of {name}", "warning", page, PAGE_ADVICE)
    yield _tls(name, url, response)
    yield _clock(name, url, response, now)


def _name_resolution(name: str, url: httpx.URL, proxy: str | None, seconds: float | None) -> Row:
    check = f"name of {name}"
    try:
        found = addresses_of(url.host, url.port or 443, seconds)
    except (OSError, UnicodeError) as problem:
        if proxy:
            return Row(check, "unknown", f"{url.host} is looked up by the proxy {proxy}")
        slow = isinstance(problem, NameLookupTooSlow)
        return Row(
            check,
            "failed",
            f"no answer for {url.host} came in {seconds:g} s"
            if slow
            else f"{url.host} is not known here ({type(problem).__name__})",
            "Check the region's name, the endpoint and the DNS server of this computer.",
        )
    return Row(check, "ok", f"{url.host} is {', '.join(sorted(found)[:3])}")


def _tls(name: str, url: httpx.URL, response: httpx.Response) -> Row:
    check = f"TLS of {name}"
    if url.scheme == "http":
        return Row(check, "ok", "none is needed: it is on this computer")
    connection = _ssl_object(response)
    if connection is None:
        return Row(check, "unknown", "the connection does not tell")
    certificate = connection.getpeercert() or {}
    if not certificate:
        return Row(
            check,
            "warning",
            f"{connection.version()}, the certificate is not checked",
            "Name the certificates that you trust: verify=\"ca.pem\" in the place of "
            "verify=False, or OS_CACERT.",
        )  # fmt: skip
    return Row(check, "ok", f"{connection.version()}, valid until {certificate.get('notAfter')}")


def _ssl_object(response: httpx.Response) -> Any:
    stream = response.extensions.get("network_stream")
    try:
        return stream.get_extra_info("ssl_object") if stream is not None else None
    except (AttributeError, OSError):
        return None


def _clock(name: str, url: httpx.URL, response: httpx.Response, now: datetime) -> Row:
    check = f"clock against {name}"
    if "X-Cloud-Time" in response.headers:
        return Row(check, "ok", "a simulated cloud, with a time of its own")
    try:
        theirs = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        return Row(check, "unknown", "the answer names no time")
    skew = (now - theirs).total_seconds()
    seen = f"{abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    if is_loopback(str(url)):
        return Row(check, "ok", f"{seen}; a cloud on this computer has a clock of its own")
    if abs(skew) > _SIGNED_SKEW_S:
        return Row(check, "failed", seen, "Set the clock: signatures older than 15 minutes count "
                   "as expired.")  # fmt: skip
    if abs(skew) > _NOTABLE_SKEW_S:
        return Row(check, "warning", seen, "Set the clock before it is 15 minutes off.")
    return Row(check, "ok", seen)
