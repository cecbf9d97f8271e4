"""One line that leads to a seat: where it is, whom to trust there, and its control key."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from cbr_notebook.errors import ConnectionFailed, InvalidRequest

_SHOWN_DIGITS = 32
"""How much of a certificate's SHA-256 a line names: 128 bits, for somebody types it from paper."""
_FINGERPRINT = re.compile(f"[0-9a-f]{{{_SHOWN_DIGITS},64}}")
_SCHEMES = {"cbr+http": "http", "cbr+https": "https"}


@dataclass(frozen=True, slots=True)
class Join:
    """What a join line says."""

    base_url: str
    control_key: str = field(repr=False)
    certificate: str | None = None
    """The SHA-256 of the server's certificate, or its beginning, in hexadecimal digits; with HTTPS
    only."""
    seat: str | None = None
    """The number of the seat, with the instructor's key."""

    @property
    def line(self) -> str:
        """The line, as it stands on a join sheet."""
        query = {"key": self.control_key}
        if self.certificate is not None:
            query["sha256"] = self.certificate[:_SHOWN_DIGITS]
        if self.seat is not None:
            query["seat"] = self.seat
        return f"cbr+{self.base_url}/?{urlencode(query)}"

    def tls(self, timeout: float = 10.0) -> ssl.SSLContext | None:
        """Return what trusts the server's certificate, and no other; ``None`` without TLS.

        Args:
            timeout: seconds to wait for the server.

        Raises:
            ConnectionFailed: the server does not answer, or shows another certificate.
        """
        if self.certificate is None:
            return None
        address = urlsplit(self.base_url)
        assert address.hostname is not None and address.port is not None
        try:
            shown = ssl.get_server_certificate((address.hostname, address.port), timeout=timeout)
        except OSError as problem:
            raise ConnectionFailed(
                f"{self.base_url} does not answer: {problem}.",
                advice="Is the computer in the network of the class, and the cloud still served?",
            ) from None
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
        if not found.startswith(self.certificate):
            raise ConnectionFailed(
                f"{self.base_url} shows another certificate than the join line names.",
                advice="Take the line from a fresh join sheet. If it is the newest one, somebody "
                "else answers at this address: tell the instructor. Nothing was sent.",
            )
        context = ssl.create_default_context(cadata=shown)
        context.check_hostname = False  # the one certificate is known; its names add nothing
        return context


def read(line: str) -> Join:
    """Read a join line.

    Raises:
        InvalidRequest: it is none; the line itself is not repeated, for it holds a key.
    """
    problem = InvalidRequest(
        "This is no join line.",
        advice="Copy the whole line from the join sheet; it begins with cbr+http.",
        field="join",
    )
    try:
        address = urlsplit("".join(line.split()).strip("\"'"))  # as mails and chats break it
        port = address.port
    except ValueError:
        raise problem from None
    scheme = _SCHEMES.get(address.scheme)
    query = parse_qs(address.query)
    key = query.get("key", [""])[0]
    certificate = query.get("sha256", [None])[0]
    if scheme is None or not address.hostname or port is None or not key:
        raise problem
    if (scheme == "https") != (certificate is not None):
        raise problem
    if certificate is not None and not _FINGERPRINT.fullmatch(certificate):
        raise problem
    if scheme == "http" and not is_loopback(address.hostname):
        raise problem  # no class is served like that: everybody on the way could read the key
    seat = query.get("seat", [None])[0]
    if seat is not None and not (seat.isascii() and seat.isdigit()):
        raise InvalidRequest(
            "A session is at one seat, and this join line names none.",
            advice="End the line with its number, such as &seat=7. For all seats at once there is "
            "the control API.",
            field="join",
        )
    return Join(f"{scheme}://{address.netloc}", key, certificate, seat)


def is_loopback(host: str) -> bool:
    """Say whether only this computer can reach an address."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
