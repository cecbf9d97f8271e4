"""The HTTP client of a session: whom it trusts, and which proxy it may use."""

from __future__ import annotations

import os
import ssl
import urllib.request
import warnings
from functools import lru_cache

import httpx

from cbr_notebook.auth import endpoints
from cbr_notebook.auth.network.bounds import bound_client
from cbr_notebook.auth.redaction import protect_logs, redacted
from cbr_notebook.errors import InvalidRequest

Verify = bool | str | os.PathLike[str] | ssl.SSLContext
_PLACES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""What the environment calls the certificates of this computer."""
_THIS_COMPUTER = ("localhost", "127.0.0.1", "[::1]")


class UncheckedCertificates(UserWarning):
    """The session does not check whom it talks to."""


def open_client(verify: Verify | None, timeout: float, *addresses: str) -> httpx.Client:
    """Return a client that sends nothing for this computer through a proxy.

    Args:
        verify: ``False`` checks no certificate; a file or a context names those that are
            trusted.
        timeout: seconds to wait for an answer.
        addresses: that are talked to, as far as they are known.

    Raises:
        InvalidRequest: the certificates cannot be read, or the environment names a proxy that
            cannot be used.
    """
    protect_logs()
    trusted = _trusted(verify)
    hosts = {_host(each) for each in addresses if endpoints.is_loopback(each)}
    direct = httpx.HTTPTransport(verify=trusted, trust_env=False)
    mounts = {f"all://{host}": direct for host in (*_THIS_COMPUTER, *hosts)}
    message: str | None
    try:
        return bound_client(httpx.Client(verify=trusted, timeout=timeout, mounts=mounts))
    except ImportError:
        message, advice = (
            "The environment names a SOCKS proxy, and the package that speaks to one is missing.",
            "Install it: pip install 'httpx[socks]'. Or unset ALL_PROXY, HTTPS_PROXY and "
            "HTTP_PROXY.",
        )
    except (ValueError, httpx.InvalidURL) as problem:
        message, advice = (
            f"The environment names a proxy that cannot be used: {redacted(str(problem))}",
            "Write it like http://proxy.example.com:3128 in HTTPS_PROXY, or unset it.",
        )
    raise InvalidRequest(message, advice=advice)


def described(verify: Verify | None) -> str:
    """Return in words whether certificates are verified."""
    if not verifies(verify):
        return "certificates are NOT verified"
    if isinstance(verify, str | os.PathLike):
        return f"certificates are verified, those of {os.fspath(verify)} are trusted"
    return "certificates are verified"


def verifies(verify: Verify | None) -> bool:
    """Return whether certificates are verified at all."""
    if isinstance(verify, ssl.SSLContext):
        return verify.verify_mode != ssl.CERT_NONE
    return verify is not False


def warn_if_unchecked(verify: Verify | None, source: str) -> None:
    """Warn that nobody is checked, if so; once a session."""
    if not verifies(verify):
        warnings.warn(
            f"Certificates are not verified (from {source}): whoever is between you and the "
            "service can read and change everything. Name the certificates that you trust "
            'instead: verify="ca.pem".',
            UncheckedCertificates,
            stacklevel=3,
        )


def proxy_for(url: httpx.URL) -> str | None:
    """Return the host of the environment's proxy for an address, without its password."""
    if endpoints.is_loopback(str(url)) or urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    return endpoints.host_of(found if "//" in found else f"//{found}") if found else None


def _host(address: str) -> str:
    host = httpx.URL(address).host
    return f"[{host}]" if ":" in host else host


def _trusted(verify: Verify | None) -> ssl.SSLContext:
    """Return the context with the certificates that are trusted."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, str | os.PathLike):
        return _from_file(os.fspath(verify), "verify")
    if verify is not None and not isinstance(verify, bool):
        raise InvalidRequest(
            f"verify is a {type(verify).__name__}, which names no certificates.",
            advice='Write verify="ca.pem", give an SSL context, or leave it out.',
            field="verify",
        )
    if verify is False:
        return httpx.create_ssl_context(verify=False)
    named = [(name, place) for name in _PLACES if (place := os.environ.get(name))]
    for name, place in named:
        if not os.path.exists(place):
            raise _unreadable(place, "there is no such file or folder", name)
    try:
        return _of_this_computer(*((*each, os.stat(each[1]).st_mtime_ns) for each in named))
    except (OSError, ValueError) as problem:
        place = os.environ.get("SSL_CERT_FILE", "the environment")
        raise _unreadable(place, str(problem), "SSL_CERT_FILE") from None


@lru_cache(maxsize=4)
def _of_this_computer(*named: tuple[str, str, int]) -> ssl.SSLContext:
    """Return the context of this computer's certificates, which take 10 ms to read.

    Args:
        named: the variables of the environment that name a place, the place, and when it was
            changed: then it is read anew.
    """
    return httpx.create_ssl_context()


def _from_file(place: str, name: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=os.path.expanduser(place))
    except (OSError, ValueError) as problem:  # a file without a certificate is an OSError, too
        raise _unreadable(place, str(problem), name) from None


def _unreadable(place: str, why: str, name: str) -> InvalidRequest:
    return InvalidRequest(
        f"The certificates cannot be read from {place}: {why}.",
        advice="Name a file in PEM form by verify=, OS_CACERT or cacert, or leave it out."
        if name == "verify"
        else f"Mend or unset {name}; or name a file in PEM form by verify=.",
        field="verify",
    )
