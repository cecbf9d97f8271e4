"""Tokens on disk, for those who ask for it: readable by their owner only."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import math
import os
import secrets
import tempfile
from pathlib import Path

from cbr_notebook.auth.secret import Secret
from cbr_notebook.private_files import is_private_folder, read_private

_COST = 2**14
"""Of one try to guess the password from a file: some 50 ms and 16 MB."""


def default_folder() -> Path:
    """Return the folder for tokens: the user's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path("cbr-notebook") / "tokens"


class TokenCache:
    """One token of one identity, in a file of its own.

    The file's name is a digest of the identity, so it tells nobody who has signed in where.
    A file that is damaged, that others can read, or that is a link, is taken for none; so is
    every file in a folder that others can write, and a token that was had with another password.
    """

    def __init__(
        self,
        identity: tuple[str, ...],
        folder: Path | None = None,
        *,
        password: Secret | None = None,
    ) -> None:
        """Create a cache of one token in one file.

        Args:
            identity: all that the token depends on: IAM's address, account, user, project.
            folder: where the files are; the user's cache folder if left out.
            password: the one that the token is had with; another one does not find it.
        """
        digest = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:32]
        self.path = (folder or default_folder()) / f"{digest}.json"
        self._password = password

    def __repr__(self) -> str:
        return f"TokenCache({str(self.path)!r})"

    def load(self) -> tuple[Secret, float] | None:
        """Return the token, and the moment (seconds since 1970) at which it must be renewed."""
        try:
            if not is_private_folder(self.path.parent):
                return None
            document = json.loads(read_private(self.path) or "null")
            token, renew_at = str(document["token"]), float(document["renew_at"])
            salt, proof = bytes.fromhex(document["salt"]), bytes.fromhex(document["proof"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        usable = token and all("!" <= each <= "~" for each in token) and math.isfinite(renew_at)
        if not usable or not hmac.compare_digest(proof, self._proof(salt)):
            return None
        return Secret(token), renew_at

    def save(self, token: Secret, renew_at: float) -> None:
        """Keep a token; readable by its owner from the first byte on.

        A disk that cannot be written keeps nobody from working: then nothing is kept. Neither is
        anything in a folder that others can write, or behind a link.
        """
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not is_private_folder(self.path.parent):
                return
            salt = secrets.token_bytes(16)
            handle, name = tempfile.mkstemp(dir=self.path.parent)  # with mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(
                        {
                            "token": token.reveal(),
                            "renew_at": renew_at,
                            "salt": salt.hex(),
                            "proof": self._proof(salt).hex(),
                        },
                        file,
                    )
                Path(name).replace(self.path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def delete(self) -> None:
        """Forget the token."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _proof(self, salt: bytes) -> bytes:
        """Return what only the password gives; slow, so that it cannot be guessed from a file."""
        password = self._password.reveal().encode() if self._password else b""
        return hashlib.scrypt(password, salt=salt, n=_COST, r=8, p=1)
