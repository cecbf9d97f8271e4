"""A certificate made for one class: it vouches for the computer that serves the clouds."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, both in PEM form."""

    certificate: str
    private_key: str = field(repr=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the certificate, in hexadecimal digits."""
        loaded = x509.load_pem_x509_certificate(self.certificate.encode())
        return loaded.fingerprint(hashes.SHA256()).hex()

    @property
    def ends_soon(self) -> bool:
        """Whether it ends within a week."""
        loaded = x509.load_pem_x509_certificate(self.certificate.encode())
        return loaded.not_valid_after_utc < datetime.now(UTC) + timedelta(days=7)

    def is_for(self, *hosts: str) -> bool:
        """Say whether it names all of these names and addresses."""
        loaded = x509.load_pem_x509_certificate(self.certificate.encode())
        named = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return all(_general_name(each) in named for each in hosts)

    def server_context(self) -> ssl.SSLContext:
        """Return what a server shows the certificate with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads keys from files only
            path = Path(folder, "both.pem")
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(self.private_key + self.certificate)
            context.load_cert_chain(path)
        return context


def create(*hosts: str) -> Certificate:
    """Create a certificate for this computer, valid for ninety days.

    Args:
        hosts: further names and addresses at which clients find it.
    """
    names = dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), *hosts])
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated cloud of a class")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in names]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(made.public_bytes(serialization.Encoding.PEM).decode(), private.decode())


def _general_name(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(host))
    return x509.DNSName(host.encode("idna").decode("ascii"))
