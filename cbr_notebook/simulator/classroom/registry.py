"""What a class must find again after its computer went down: the keys of all seats."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import msgspec

from cbr_notebook.simulator.classroom import tls_certificate
from cbr_notebook.simulator.classroom.tls_certificate import Certificate
from cbr_notebook.simulator.core.state import StateFileError

FILE = "class.json"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Neither 0 and o nor 1, i and l."""


class SeatKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of one seat."""

    domain_name: str
    user_name: str
    password: str
    access_key: str
    secret_key: str
    control_key: str


class Registry(msgspec.Struct, kw_only=True):
    """The keys of a class, and the certificate of the computer that serves it."""

    instructor_key: str
    seats: list[SeatKeys]
    certificate: str | None = None
    private_key: str | None = None

    @classmethod
    def create(cls, seats: int) -> Registry:
        """Create new keys, which nobody can guess.

        Args:
            seats: how many.
        """
        return cls(
            instructor_key=_secret(),
            seats=[_new_keys(number) for number in range(1, seats + 1)],
        )

    @classmethod
    def load(cls, folder: Path) -> Registry | None:
        """Read the keys that a folder keeps; ``None`` if it keeps none.

        Raises:
            StateFileError: the file cannot be read, or is damaged.
        """
        path = folder / FILE
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as problem:
            raise StateFileError(
                f"The keys of the class cannot be read from {path}: {problem}.",
                advice="Choose another folder. The file was not changed.",
            ) from None

    def save(self, folder: Path) -> None:
        """Write the keys into a folder, readable by its owner only; wholly, or not at all.

        Raises:
            StateFileError: the folder cannot be written.
        """
        begun: Path | None = None
        try:
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=FILE)  # made with mode 0600
            begun = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self), indent=1))
                file.flush()
                os.fsync(file.fileno())
            begun.replace(folder / FILE)
        except OSError as problem:
            if begun is not None:
                begun.unlink(missing_ok=True)
            raise StateFileError(f"{folder} cannot be written: {problem}.") from None

    def tls(self, *hosts: str) -> Certificate:
        """Return the certificate; a new one if there is none, or it ends soon.

        Args:
            hosts: where clients find this computer.
        """
        if self.certificate is not None and self.private_key is not None:
            kept = Certificate(self.certificate, self.private_key)
            if not kept.ends_soon and kept.is_for(*hosts):
                return kept
        made = tls_certificate.create(*hosts)
        self.certificate, self.private_key = made.certificate, made.private_key
        return made


def _new_keys(number: int) -> SeatKeys:
    return SeatKeys(
        domain_name=f"seat-{number:02d}",
        user_name=f"seat-{number:02d}",
        password=f"Pw-{secrets.token_hex(8)}",
        access_key=secrets.token_hex(10).upper(),
        secret_key=secrets.token_hex(20),
        control_key=_secret(),
    )


def _secret() -> str:
    """Return 79 random bits in letters and digits that nobody mistakes when typing them."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))
