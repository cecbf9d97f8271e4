"""What kept a request from its destination: a certificate, a proxy, a sign-in page, the network."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

import httpx

from cbr_notebook.auth.network.bounds import answer_began_with
from cbr_notebook.auth.network.http_client import proxy_for
from cbr_notebook.auth.redaction import redacted

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Troubles after which it is certain that no request reached the service."""


_REDIRECTS = (301, 302, 303, 307, 308)
"""Without 300, with which the service lists the versions of its interface."""


_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
"""What the library says of first bytes that are none of TLS."""
_TLS_RECORDS = (0x15, 0x16)
"""With which a server of TLS begins: an alert, a handshake."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a connection failed.

    Attributes:
        kind: ``certificate``, ``tls``, ``proxy``, ``request``, ``timeout``, ``network`` or ``peer``
            (who answers does not speak the address's protocol).
        message: what happened.
        advice: what to do.
        passing: whether it may be gone at the next attempt.
    """

    kind: str
    message: str
    advice: str
    passing: bool = True


def trouble_of(problem: httpx.TransportError, url: httpx.URL) -> Trouble:
    """Return why a request to an address failed.

    Args:
        problem: what the HTTP library raised.
        url: where the request should have gone.
    """
    where = url.netloc.decode("ascii", "replace")
    refused = _tls_refusal(problem)
    if isinstance(refused, ssl.SSLCertVerificationError):
        return _certificate(refused, where)
    proxy = proxy_for(url)
    if refused is not None and not proxy and any(each in str(refused) for each in _NO_TLS):
        return Trouble(
            "peer",
            f"What answers at {where} does not speak TLS, and the address begins with "
            f"{url.scheme}://.",
            "Check the address and its port. Plain http:// is for a service on this computer only.",
            passing=False,
        )
    if refused is not None:
        return Trouble(
            "tls",
            f"No encrypted connection to {where} could be made: {_reason(refused)}.",
            "Check the address and its port: what answers there may not speak TLS, or something "
            "on the way (a proxy, a firewall) breaks the connection.",
            passing=False,
        )
    if isinstance(problem, httpx.ProxyError):
        return _proxy(problem, where, proxy)
    if isinstance(problem, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return Trouble(
            "request",
            f"The request to {where} could not be written ({type(problem).__name__}).",
            "Check that endpoint, region, project and keys hold no strange characters.",
            passing=False,
        )
    if proxy and isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        # What lies beyond a proxy that answers makes it refuse, which is another error.
        return Trouble(
            "proxy",
            f"The proxy {proxy} could not be reached ({_words(problem)}), so nothing was sent to "
            f"{where}.",
            "Check HTTPS_PROXY and the network; or name the hosts to reach without a proxy in "
            "NO_PROXY.",
        )
    if not proxy and (peer := _another_protocol(answer_began_with(), url, where)):
        return peer
    through = f" through the proxy {proxy}" if proxy else ""
    check = f"Check the network, the proxy {proxy}," if proxy else "Check the network,"
    kind = "timeout" if isinstance(problem, httpx.TimeoutException) else "network"
    return Trouble(
        kind,
        f"{where} could not be reached{through} ({_words(problem)}).",
        f"{check} the region's name and the endpoint.",
    )


def _another_protocol(first: bytes, url: httpx.URL, where: str) -> Trouble | None:
    """Return what answers in another protocol than HTTP; ``None`` if nothing does.

    Args:
        first: the first bytes that came.
        url: what was asked.
        where: its host and port.
    """
    if not first or b"HTTP/".startswith(first[:5]):
        return None
    if first[0] in _TLS_RECORDS and first[1:2] == b"\x03":
        return Trouble(
            "peer",
            f"What answers at {where} speaks TLS, and the address begins with {url.scheme}://.",
            "Write the address with https://, or name the port of plain HTTP.",
            passing=False,
        )
    line = first.splitlines()[0][:40].decode("ascii", "replace")
    said = "".join(each if each.isprintable() else "?" for each in line)
    return Trouble(
        "peer",
        f"What answers at {where} does not speak HTTP: its answer begins with {said!r}.",
        "Check the address and its port.",
        passing=False,
    )


def page_instead_of_answer(response: httpx.Response) -> str | None:
    """Return what came instead of the service's answer; ``None`` where it may be the service's.

    A redirect leads away from the service, whose operations never answer with one; a page comes
    from a proxy, or from a network that wants one to sign in first (a captive portal).
    """
    if response.status_code == 511:
        return "The network wants you to sign in first (HTTP 511), as in a hotel."
    if response.status_code in _REDIRECTS:
        target = httpx.URL(response.headers["Location"]).host if _location_ok(response) else ""
        away = target or "another place"
        return (
            f"The answer is a redirect to {away} (HTTP {response.status_code}), which the service "
            "never gives: a network that wants you to sign in first, or a wrong endpoint."
        )
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml") or _looks_like_page(response):
        return (
            "A web page came instead of the service's answer: from a proxy, or from a network "
            "that wants you to sign in first (a captive portal)."
        )
    return None


PAGE_ADVICE = (
    "Open any page in a browser on this computer and sign in to the network; check the proxy "
    "(HTTPS_PROXY) and the endpoint."
)


def _location_ok(response: httpx.Response) -> bool:
    try:
        return bool(httpx.URL(response.headers["Location"]).host)
    except (KeyError, ValueError, httpx.InvalidURL):
        return False


def _looks_like_page(response: httpx.Response) -> bool:
    return bool(re.match(rb"\s*(?:<!doctype html|<html)", response.content[:200], re.IGNORECASE))


def _tls_refusal(problem: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = problem
    for _ in range(10):
        if seen is None:
            return None
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _reason(refused: ssl.SSLError) -> str:
    return (getattr(refused, "reason", None) or "TLS error").replace("_", " ").lower()


def _certificate(refused: ssl.SSLCertVerificationError, where: str) -> Trouble:
    why = (getattr(refused, "verify_message", None) or _reason(refused)).rstrip(".")
    return Trouble(
        "certificate",
        f"The certificate of {where} is not trusted: {why}.",
        "If your company or lab has a certificate authority of its own, name its file: "
        'cbr.connect(verify="ca.pem"), or OS_CACERT in an openrc file. Otherwise somebody may '
        "be between you and the service: check the endpoint and the network. verify=False "
        "checks nobody and is for tests only.",
        passing=False,
    )


def _proxy(problem: httpx.ProxyError, where: str, proxy: str | None) -> Trouble:
    said = redacted(str(problem)).strip() or "no reason given"
    wants_name = said.startswith("407")
    advice = (
        "It wants a name and a password: write them into HTTPS_PROXY "
        "(http://user:password@proxy:port)"
        if wants_name
        else "Check HTTPS_PROXY, and whether the proxy lets one through to this address"
    )
    return Trouble(
        "proxy",
        f"The proxy {proxy or 'of the environment'} refused the connection to {where}: {said}.",
        f"{advice}; or name the hosts to reach without a proxy in NO_PROXY. The proxy let "
        "nothing through.",
        passing=False,
    )


def _words(problem: httpx.TransportError) -> str:
    text = str(problem).lower()
    if "name or service not known" in text or "getaddrinfo" in text or "nodename" in text:
        return "its name is not known"
    if "temporary failure in name resolution" in text or "names cannot be looked up" in text:
        return "names cannot be looked up now"
    if "without sending a response" in text:
        return "it closed the connection without an answer"
    return type(problem.__cause__ or problem).__name__
