"""Seals: a last line in a text that says how the text was, signed; and whether it still fits.

A sealed document begins with a line that says that it is one, and ends with its seal. Nothing
may stand before the one or after the other. In JSON both are members of the one object.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cbr_notebook._version import __version__
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.sealing.keys import (
    PublicKeys,
    Signer,
    SigningKey,
    is_signature,
    parse_public_keys,
)

Outcome = Literal["whole", "altered", "incomplete"]
Form = Literal["markup", "json"]

_LARGEST = 100_000_000
_KIND = r"[a-z][a-z -]{0,40}"
_DOMAIN = b"cbr-notebook seal 1\n"
"""Stands before what is signed, so that a signature means nothing elsewhere."""
_HEADS = {
    "markup": re.compile(
        rf"\A<!-- cbr-notebook: sealed ({_KIND}); its last line is the seal -->\n"
    ),
    "json": re.compile(rf'\A\{{\n  "sealed": "({_KIND})",\n'),
}
_TAILS = {
    "markup": re.compile(r"^<!-- cbr-notebook-seal (\{[^\n]*\}) -->\n\Z", re.M),
    "json": re.compile(r',\n  "seal": (\{[^\n]*\})\n\}\n\Z'),
}
_ANY_SEAL = re.compile(r'^<!-- cbr-notebook-seal \{|^  "seal": \{"', re.M)
_ALONE = "consistent with itself; nobody vouches for it"


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """Whether a sealed document is as it was written, and who signed it.

    True if it is whole and, where trusted keys were named, signed by one of them.
    """

    outcome: Outcome
    """``whole``; ``altered``: something was changed, added or put in another order;
    ``incomplete``: a part is missing."""
    reason: str
    """Why, and who vouches for it, in words."""
    kind: str = ""
    """What it is, such as ``restore report`` or ``audit``."""
    signed_by: str | None = None
    """The public key that signed it as it stands; ``None`` if it is not whole."""
    signer: str | None = None
    """The name that goes with the key; it says what the signer wrote there."""
    vouched: bool | None = None
    """Whether a trusted key signed it; ``None`` if none was named."""

    @property
    def whole(self) -> bool:
        """Whether the document is as it was signed."""
        return self.outcome == "whole"

    @property
    def altered(self) -> bool:
        """Whether something was changed, added, or put in another order."""
        return self.outcome == "altered"

    @property
    def incomplete(self) -> bool:
        """Whether a part is missing."""
        return self.outcome == "incomplete"

    def __bool__(self) -> bool:
        """Return whether it is whole, and signed by a trusted key if any was named."""
        return self.whole and self.vouched is not False

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed document, taken apart."""

    form: Form
    kind: str
    text: str
    """As it was before it was sealed, if it is whole."""
    version: str
    """Of the package that sealed it."""
    signer: Signer
    seal: str
    """The signature, in hexadecimal digits."""


def seal(text: str, kind: str, key: SigningKey) -> str:
    """Return a text with a seal: signed as it is, so that any change shows.

    Args:
        text: HTML, Markdown, or an object of JSON over several lines.
        kind: what it is, in lower case, such as ``audit``.
        key: signs it.

    Returns:
        The sealed text. The same text and key give the same bytes.
    """
    form: Form = "json" if text.startswith("{\n") else "markup"
    if form == "json":
        body = f'{{\n  "sealed": "{kind}",\n{text.removeprefix("{" + chr(10))}'
        assert body.endswith("\n}\n")
        return body.removesuffix("\n}\n") + f',\n  "seal": {_stated(body, kind, key)}\n}}\n'
    body = f"<!-- cbr-notebook: sealed {kind}; its last line is the seal -->\n{text}"
    body += "" if body.endswith("\n") else "\n"
    return f"{body}<!-- cbr-notebook-seal {_stated(body, kind, key)} -->\n"


def read_sealed(path: str | Path) -> str:
    """Return the text of a file as it stands, byte by byte.

    Raises:
        InvalidRequest: it cannot be read, or is larger than 100 MB.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            found = file.read(_LARGEST + 1)
    except OSError as problem:
        raise InvalidRequest(
            f"The file {path} cannot be read: {problem.strerror}.", field="path"
        ) from None
    if len(found) > _LARGEST:
        raise InvalidRequest(f"The file {path} is larger than 100 MB.", field="path")
    return found.decode("utf-8", "surrogateescape")


def open_sealed(
    text: str, trusted: PublicKeys | None = None
) -> tuple[ReportVerdict, Opened | None]:
    """Return the verdict on a sealed text, and what it holds if it is whole.

    Args:
        text: of the document, as it stands in its file.
        trusted: public keys that one trusts.

    Raises:
        InvalidRequest: this was never a sealed document, or ``trusted`` is not a key.
    """
    keys = None if trusted is None else parse_public_keys(trusted)
    form: Form = "json" if text.startswith("{") else "markup"
    head, tail = _HEADS[form].search(text), _TAILS[form].search(text)
    if head is None:
        if _ANY_SEAL.search(text):
            return ReportVerdict("incomplete", "Its beginning is missing or was changed."), None
        raise InvalidRequest(
            "This file is not a sealed document: it has neither the beginning nor the seal of one.",
            advice="Name a file that run.report(path) or cbr.export(audit, path) wrote.",
            field="path",
        )
    kind = head[1]
    if tail is None:
        return ReportVerdict(*_without_its_seal(text), kind), None
    body = text[: tail.start()] + ("\n}\n" if form == "json" else "")
    stated = _read_statement(tail[1])
    if stated is None:
        return ReportVerdict("altered", "The seal itself was changed.", kind), None
    missing = stated["lines"] - body.count("\n")
    if _digest(body) != stated["sha256"] or stated["kind"] != kind:
        if missing > 0:
            what = "line is" if missing == 1 else "lines are"
            return ReportVerdict("incomplete", f"{missing} {what} missing.", kind), None
        return ReportVerdict("altered", "The text was changed after it was signed.", kind), None
    signer = Signer(stated["key"], stated["name"])
    vouched = None if keys is None else signer.public in keys and not signer.simulated
    plain = body[head.end() :] if form == "markup" else "{\n" + body[head.end() :]
    verdict = ReportVerdict(
        "whole", _in_words(signer, vouched), kind, signer.public, signer.name, vouched
    )
    return verdict, Opened(form, kind, plain, stated["version"], signer, stated["signature"])


def _without_its_seal(text: str) -> tuple[Outcome, str]:
    """Return what became of a document that does not end with a seal, and why in words."""
    begun = [found.start() for found in _ANY_SEAL.finditer(text)]
    last = text[begun[-1] :] if begun else ""
    if "\n" not in last or (text.startswith("{") and last.endswith(("}\n", "}\n}"))):
        return "incomplete", "Its end, with the seal, is missing."
    return "altered", "Something was added after its seal, or the seal was changed."


def _in_words(signer: Signer, vouched: bool | None) -> str:
    if signer.simulated:
        return f"{_ALONE}: it is of a simulated cloud, whose key everybody has."
    if vouched:
        return f"as it was signed, by the trusted key of {signer.name}."
    other = "none of the trusted ones" if vouched is False else "no trusted key was named"
    return f"{_ALONE}: it was signed with the key {signer.public} ({signer.name}); {other}."


def _stated(body: str, kind: str, key: SigningKey) -> str:
    statement = {
        "key": key.signer.public,
        "kind": kind,
        "lines": body.count("\n"),
        "name": key.name,
        "sha256": _digest(body),
        "version": __version__,
    }
    signed = statement | {"signature": key.sign(_message(statement)).hex()}
    # "--" may not stand in a comment of HTML; as an escape it is the same JSON.
    return json.dumps(signed).replace("--", "\\u002d\\u002d")


def _read_statement(text: str) -> dict[str, Any] | None:
    """Return what a seal states, if its signature holds."""
    try:
        stated = json.loads(text)
        signature = bytes.fromhex(stated.pop("signature"))
        texts = {"key", "kind", "name", "sha256", "version"}
        if stated.keys() != texts | {"lines"} or type(stated["lines"]) is not int:
            return None
        if not all(isinstance(stated[name], str) for name in texts):
            return None
        held = is_signature(stated["key"], signature, _message(stated))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    found: dict[str, Any] = stated
    # Written in exactly one way: not even a space more goes unseen.
    again = json.dumps(found | {"signature": signature.hex()}).replace("--", "\\u002d\\u002d")
    return found | {"signature": signature.hex()} if held and again == text else None


def _message(statement: dict[str, Any]) -> bytes:
    return _DOMAIN + json.dumps(statement, sort_keys=True).encode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
