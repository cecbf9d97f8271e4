"""Tokens on disk, for those who ask for it: readable by their owner only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from cbr_notebook.auth.secret import Secret


def default_folder() -> Path:
    """Give the folder for tokens: the user's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path("cbr-notebook") / "tokens"


class TokenCache:
    """One token of one identity, in a file of its own.

    The file's name is a digest of the identity, so it tells nobody who has signed in where.
    A file that is damaged, or that others can read, is taken for none.
    """

    def __init__(self, identity: tuple[str, ...], folder: Path | None = None) -> None:
        """Take the place of a token.

        Args:
            identity: all that the token depends on: IAM's address, account, user, project.
            folder: where the files are; the user's cache folder if left out.
        """
        digest = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:32]
        self.path = (folder or default_folder()) / f"{digest}.json"

    def __repr__(self) -> str:
        return f"TokenCache({str(self.path)!r})"

    def load(self) -> tuple[Secret, float] | None:
        """Give the token, and the moment (seconds since 1970) at which it must be renewed."""
        try:
            if os.name == "posix" and self.path.stat().st_mode & 0o077:
                return None
            document = json.loads(self.path.read_text(encoding="utf-8"))
            return Secret(str(document["token"])), float(document["renew_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, token: Secret, renew_at: float) -> None:
        """Keep a token; readable by its owner from the first byte on.

        A disk that cannot be written keeps nobody from working: then nothing is kept.
        """
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent)  # with mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"token": token.reveal(), "renew_at": renew_at}, file)
                Path(name).replace(self.path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def delete(self) -> None:
        """Forget the token."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
