"""Keys that sign documents (Ed25519): one a person, and one that every simulated cloud shares."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbr_notebook.computed_once import computed_once
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.private_files import is_private_folder, read_private

_VARIABLE = "CBR_SIGNING_FOLDER"
_KEY_FILE = "signing-key.pem"
_PUBLIC_FILE = "signing-key.pub"
_PUBLIC_LINE = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{40,100}={0,2}(?:[ \t]+(.*))?")
_SIMULATED = "simulated"
_LARGEST_KEY_FILE = 100_000

PublicKeys = str | Path | Iterable[str | Path]
"""Public keys: the text of one, the path of a file with one a line, or several of these."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key signs: what a document shows of it."""

    public: str
    """The public key as one line, such as ``ssh-ed25519 AAAA…``."""
    name: str
    """The user for whom the key was made, or ``simulated``."""

    @property
    def simulated(self) -> bool:
        """Whether this is the key of simulated clouds, which everybody has."""
        return self.public == simulated_key().signer.public


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name that it signs with."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @computed_once
    def signer(self) -> Signer:
        """The public part, and the name."""
        return Signer(public_text(self.private.public_key()), self.name)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes; the same message gives the same ones."""
        return self.private.sign(message)


def signing_folder(folder: str | Path | None = None) -> Path:
    """Return the folder of the person's key: ``CBR_SIGNING_FOLDER``, or the user's data folder."""
    chosen = folder or os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_data_path("cbr-notebook") / "signing"


def person_key(folder: str | Path | None = None) -> SigningKey:
    """Return the key of the person at work; it is made when it is first needed.

    Args:
        folder: where it is kept, readable by its owner only; see :func:`signing_folder`.

    Raises:
        InvalidRequest: the key or its folder can be read or written by others, the key is not
            one, or none can be written.
    """
    where = signing_folder(folder)
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private_folder(where):
            raise InvalidRequest(
                f"The folder {where} of the signing key is a link, or others can write in it.",
                advice=f"chmod 700 {where}, or name another by the variable {_VARIABLE}.",
            )
        path = where / _KEY_FILE
        private = _stored(path) or _made(path)
        return SigningKey(_name_of(private.public_key(), where / _PUBLIC_FILE), private)
    except OSError as problem:
        raise InvalidRequest(
            f"The signing key in {where} cannot be kept or read: {problem.strerror}.",
            advice=f"Name another folder by the variable {_VARIABLE}.",
        ) from None


def simulated_key() -> SigningKey:
    """Return the key of simulated clouds: the same everywhere, so it proves nothing."""
    seed = hashlib.sha256(b"cbr-notebook: the key of every simulated cloud").digest()
    return SigningKey(_SIMULATED, Ed25519PrivateKey.from_private_bytes(seed))


def public_key(folder: str | Path | None = None) -> str:
    """Return the public key of the person at work, to hand to those who check documents.

    Args:
        folder: where the key is; ``CBR_SIGNING_FOLDER`` or the user's data folder if left out.
            The key is made when it is first needed.

    Returns:
        One line, in the form of OpenSSH: ``ssh-ed25519 AAAA… name``.

    Raises:
        InvalidRequest: the key cannot be read, or others can read it.

    Example:
        >>> cbr.public_key().split()[0]
        'ssh-ed25519'
    """
    signer = person_key(folder).signer
    return f"{signer.public} {signer.name}"


def parse_public_keys(given: PublicKeys) -> tuple[str, ...]:
    """Return public keys as they stand in seals, without names.

    Args:
        given: the text of a key, the path of a file with one a line, or several of these.

    Raises:
        InvalidRequest: something is neither a key nor a file of keys.
    """
    several = [given] if isinstance(given, str | Path) else list(given)
    return tuple(key for each in several for key in _keys_of(each))


def is_signature(public: str, signature: bytes, message: bytes) -> bool:
    """Return whether a signature of a message was made by the key of a public key.

    Raises:
        ValueError: the text is not a public key.
    """
    try:
        _loaded(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as one line of OpenSSH's form, without a name."""
    form = serialization.PublicFormat.OpenSSH
    return key.public_bytes(serialization.Encoding.OpenSSH, form).decode()


def private_text(key: Ed25519PrivateKey) -> bytes:
    """Return a private key as PEM (PKCS #8), not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _stored(path: Path) -> Ed25519PrivateKey | None:
    try:
        text = read_private(path)
        if text is None:
            raise InvalidRequest(
                f"Others can read the signing key {path}: whoever read it can sign as you.",
                advice="Remove the file; a new key is made, and its public key is to be told anew.",
            )
        loaded = serialization.load_pem_private_key(text.encode(), password=None)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        loaded = None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise InvalidRequest(
            f"{path} is not a signing key that can be read (Ed25519, PEM, without a password).",
            advice="Remove the file; a new key is made, and its public key is to be told anew.",
        )
    return loaded


def _made(path: Path) -> Ed25519PrivateKey:
    """Make a key; of two processes that do so at once, both get the one that was first."""
    key = Ed25519PrivateKey.generate()
    handle, beside = tempfile.mkstemp(dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(private_text(key))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            return _stored(path) or key
    finally:
        Path(beside).unlink(missing_ok=True)
    line = f"{public_text(key.public_key())} {_user()}\n"
    path.with_name(_PUBLIC_FILE).write_text(line, encoding="utf-8", newline="\n")
    return key


def _name_of(key: Ed25519PublicKey, path: Path) -> str:
    """Return the name that was written beside the key when it was made, else the user's."""
    try:
        public, _, name = path.read_text(encoding="utf-8").strip().rpartition(" ")
    except (OSError, UnicodeDecodeError):
        return _user()
    return name if public == public_text(key) and name else _user()


def _user() -> str:
    """Return the name of the user at work, as one word."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    return re.sub(r"[^\w.@-]", "_", name) or "unknown"


def _keys_of(given: str | Path) -> list[str]:
    if isinstance(given, str) and given.startswith("ssh-"):
        text = given
    else:
        try:
            with Path(given).expanduser().open(encoding="utf-8") as file:
                text = file.read(_LARGEST_KEY_FILE)
        except (OSError, ValueError):
            raise InvalidRequest(
                f"{str(given)!r:.120} is neither a public key nor a file of public keys.",
                advice="Name what cbr-notebook signing-key prints: ssh-ed25519 AAAA… name.",
                field="trusted",
            ) from None
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    try:
        return [public_text(_loaded(line)) for line in lines] or [public_text(_loaded(text))]
    except ValueError:
        raise InvalidRequest(
            "A trusted key is not a public key of Ed25519 in the form of OpenSSH.",
            advice="Name what cbr-notebook signing-key prints: ssh-ed25519 AAAA… name.",
            field="trusted",
        ) from None


def _loaded(line: str) -> Ed25519PublicKey:
    """Return the key that a line holds.

    Raises:
        ValueError: none.
    """
    if not _PUBLIC_LINE.fullmatch(line):
        raise ValueError("no public key")
    loaded = serialization.load_ssh_public_key(" ".join(line.split()[:2]).encode())
    if not isinstance(loaded, Ed25519PublicKey):
        raise ValueError("a key of another kind")
    return loaded
