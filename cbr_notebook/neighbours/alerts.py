"""What an audit found that is new or worse than the last time, and a message about it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cbr_notebook.errors import ConnectionFailed, InvalidRequest
from cbr_notebook.extras import needed_for
from cbr_notebook.private_files import read_private

_RANK = {"pass": 0, "not applicable": 0, "unknown": 1, "fail": 2}
"""Unknown is worse than pass: what nobody could look at is not proven."""
_MOST_LINES = 50
_TIMEOUT_S = 30
_VERSION = 1


@dataclass(frozen=True, slots=True)
class News:
    """A control that does not hold for a resource, and did, or was not looked at."""

    control: str
    resource: str
    outcome: str
    before: str | None
    """``None``: it was not there the last time."""
    seen: str

    def line(self) -> str:
        """Return it in a line."""
        was = "new" if self.before is None else f"was {self.before}"
        return f"{self.outcome}: {self.control}: {self.resource}: {self.seen} ({was})"


@dataclass(slots=True)
class LastLook:
    """What the last audit found, as it is kept between two runs."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """By control and resource."""
    trouble: str | None = None
    """Why the last look failed, if it did and was told."""

    @classmethod
    def read(cls, path: Path) -> LastLook:
        """Return what a file holds; nothing if there is none.

        Raises:
            InvalidRequest: it cannot be read, others can read or write it, or it is something
                else.
        """
        try:
            text = read_private(path)
            if text is None:
                raise ValueError("others can read or write it")
            found = json.loads(text)
            if not isinstance(found, dict) or found.get("version") != _VERSION:
                raise ValueError("it is no file of cbr-notebook watch")
            outcomes = {str(key): str(value) for key, value in dict(found["outcomes"]).items()}
            return cls(outcomes, found["trouble"])
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise InvalidRequest(
                f"{path} cannot be read: {problem}.",
                advice="Delete it to begin anew: then all that does not hold is told again.",
                field="state",
            ) from None

    def write(self, path: Path) -> None:
        """Keep it for the next run; the file is the user's own, and whole at any moment."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {"version": _VERSION, "outcomes": self.outcomes, "trouble": self.trouble}
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1, sort_keys=True)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def news(self, audit: pd.DataFrame) -> list[News]:
        """Return what of an audit is new or worse, the worst first; remember all of it."""
        found, outcomes = [], {}
        for row in audit.to_dict("records"):
            key = f"{row['control']} | {row['resource_id']}"
            outcome = str(row["outcome"])
            outcomes[key] = outcome
            before = self.outcomes.get(key)
            if _rank(outcome) > _rank(before or "pass"):
                name = _text(row["resource_name"]) or _text(row["resource_id"]) or "the project"
                found.append(News(str(row["control"]), name, outcome, before, str(row["seen"])))
        self.outcomes, self.trouble = outcomes, None
        return sorted(found, key=lambda each: (-_rank(each.outcome), each.control, each.resource))


def message_of(news: Sequence[News]) -> str:
    """Return the text of a message, a line each; many are counted."""
    lines = [each.line() for each in news[:_MOST_LINES]]
    if len(news) > _MOST_LINES:
        lines.append(f"and {len(news) - _MOST_LINES} more: look at session.audit().")
    return "\n".join(lines)


class Channel:
    """Where messages go: addresses as the library Apprise takes them, such as ``mailto://…``."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Keep the addresses, which hold passwords and are shown nowhere.

        Raises:
            InvalidRequest: one is not understood.
        """
        with needed_for("A message"):
            from apprise import Apprise

        self._apprise = Apprise()
        for number, address in enumerate(addresses, 1):
            if not self._apprise.add(address):
                found = re.match(r"[a-z0-9+.-]+(?=://)", address.lower())
                raise InvalidRequest(
                    f"Address {number}, {found[0] if found else 'without a kind'}, of --notify is "
                    "not understood.",
                    advice="It is written as Apprise takes it: mailto://…, slack://…, json://….",
                    field="notify",
                )

    def send(self, title: str, text: str) -> None:
        """Send a message to all addresses.

        Raises:
            ConnectionFailed: it did not reach all of them.
        """
        sent: Any = self._apprise.notify(body=text, title=title, timeout=_TIMEOUT_S)
        if not sent:
            raise ConnectionFailed(
                "The message did not reach every address of --notify.",
                advice="Nothing is forgotten: the next run tells it again.",
            )


def _rank(outcome: str) -> int:
    return _RANK.get(outcome, 1)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def default_state(who: str, rules: str | None) -> Path:
    """Return where the last look of an account by some rules is kept."""
    import platformdirs

    which = hashlib.sha256(repr((who, rules)).encode()).hexdigest()[:12]
    plain = re.sub(r"[^\w.-]+", "_", who)[:40]
    return platformdirs.user_state_path("cbr-notebook") / "watch" / f"{plain}-{which}.json"
