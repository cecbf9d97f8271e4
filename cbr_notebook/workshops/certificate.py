"""The page that says what a learner solved, and whether it is as it was written."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.sealing.keys import is_signature, person_key

_EMBEDDED = re.compile(r'<script type="application/json" id="signed">(.*?)</script>', re.DOTALL)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a certificate is as it was written, and by whose key; true if it is."""

    whole: bool
    signed_by: str | None
    """The public key, as ``ssh-ed25519 AAAA…``: compare it with the one of the class."""
    learner: str | None = None
    solved: dict[str, str] = {}

    def __bool__(self) -> bool:
        return self.whole


class _Signed(msgspec.Struct, kw_only=True):
    body: str
    public_key: str
    signature: str


class _Body(msgspec.Struct, kw_only=True):
    workshop: str
    learner: str
    exercises: int
    solved: dict[str, str]


def write(
    path: Path,
    *,
    workshop: str,
    learner: str,
    solved: Mapping[str, str],
    exercises: int,
    folder: Path,
) -> Path:
    """Create a file with a certificate; return its path.

    Args:
        path: of the new file.
        workshop: the workshop's name.
        learner: who solved the exercises.
        solved: when each was solved, by its title.
        exercises: how many there are.
        folder: keeps the key that signs, readable by its owner only.

    Raises:
        InvalidRequest: the file exists, or cannot be written.
    """
    body = _Body(workshop=workshop, learner=learner, exercises=exercises, solved=dict(solved))
    text = msgspec.json.encode(body)
    key = person_key(folder)
    signed = _Signed(
        body=base64.b64encode(text).decode(),
        public_key=key.signer.public,
        signature=key.sign(text).hex(),
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_page(body, signed))
    except FileExistsError:
        raise InvalidRequest(f"{path} exists already.", advice="Choose a new name.") from None
    except OSError as problem:
        raise InvalidRequest(f"{path} cannot be written: {problem}.") from None
    return path


def verify(path: str | Path) -> Verdict:
    """Say whether a certificate is as it was written, and by whose key.

    Anybody can make a key: compare ``signed_by`` with the key that you know.

    Raises:
        InvalidRequest: the file cannot be read, or is no certificate.
    """
    try:
        page = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest(f"{path} cannot be read: {problem}.") from None
    found = _EMBEDDED.search(page)
    try:
        signed = msgspec.json.decode(found[1] if found else "", type=_Signed)
        text = base64.b64decode(signed.body, validate=True)
        body = msgspec.json.decode(text, type=_Body)
        if not is_signature(signed.public_key, bytes.fromhex(signed.signature), text):
            return Verdict(whole=False, signed_by=None)
    except (msgspec.DecodeError, ValueError):
        raise InvalidRequest(f"{path} is no certificate of a workshop.") from None
    # What people read has to be what was signed.
    whole = page == _page(body, signed)
    return Verdict(
        whole=whole, signed_by=signed.public_key, learner=body.learner, solved=body.solved
    )


def _page(body: _Body, signed: _Signed) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(title)}</td><td>{html.escape(when)}</td></tr>"
        for title, when in body.solved.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(body.workshop)}: {html.escape(body.learner)}</title></head><body>"
        f"<h1>{html.escape(body.learner)}</h1><p>solved {len(body.solved)} of {body.exercises} "
        f"exercises of the workshop <b>{html.escape(body.workshop)}</b>, each checked in the "
        "state of a simulated cloud.</p><table><thead><tr><th scope='col'>Exercise</th>"
        f"<th scope='col'>Solved at</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<p>Signed by {html.escape(signed.public_key)}.</p>"
        f'<script type="application/json" id="signed">{msgspec.json.encode(signed).decode()}'
        "</script></body></html>\n"
    )
