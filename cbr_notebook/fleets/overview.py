"""What needs attention in a project: a few numbers, and what nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.errors import CBRError
from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.fleets.problems import Said, problem_of
from cbr_notebook.frames.fleet import OVERVIEW
from cbr_notebook.session import Session
from cbr_notebook.text.formatting import pluralize

NUMBERS = ("unprotected", "too_old", "failed", "filling_up")
"""The columns that count what needs attention."""
_COUNTED = ("vaults", "size_gb", "used_mb", "used_percent", *NUMBERS)
_TOO_OLD = "last good backup is too old"


@dataclass(slots=True)
class Look:
    """What a look at a project found.

    Attributes:
        numbers: by column; one that is not known is not there.
        unanswered: what was asked and not answered.
    """

    numbers: dict[str, float] = field(default_factory=dict)
    unanswered: list[Said] = field(default_factory=list)

    def __len__(self) -> int:
        return 1


def look(session: Session) -> Look:
    """Look at a project: what is unprotected, failed, or filling up; nothing is read twice."""
    found = Look()
    with session.reading() as reading:
        _note(found, "failures", lambda: _failed(reading))
        backups = _answer(found, "backups", lambda: reading.backups(status=BACKUP_AVAILABLE))
        if backups is not None:
            _note(found, "unprotected", lambda: _unprotected(reading, backups))
            _note(found, "capacity", lambda: _capacity(reading, backups, found))
    return found


def _failed(session: Session) -> Mapping[str, float]:
    return {"failed": len(session.failures(since="7d"))}


def _unprotected(session: Session, backups: pd.DataFrame) -> Mapping[str, float]:
    listed = session.unprotected(target=None, backups=backups)
    old = int((listed["reason"] == _TOO_OLD).sum())
    return {"unprotected": len(listed) - old, "too_old": old}


def _capacity(session: Session, backups: pd.DataFrame, found: Look) -> Mapping[str, float]:
    """Return the capacity of all vaults; of what the service does not tell, no number."""
    table = session.capacity(backups=backups)
    size, used = int(table["size_gb"].sum()), int(table["used_mb"].sum())
    numbers: dict[str, float] = {"vaults": len(table), "size_gb": size, "used_mb": used}
    if size and not table["used_percent"].isna().any():
        numbers["used_percent"] = round(100 * used / (size * 1024), 1)
    unknown = int(table["filling_up"].isna().sum())
    if unknown:
        said = f"Of {pluralize(unknown, 'vault')} nobody knows whether they are filling up."
        advice = "fleet[…].capacity() tells what is missing, and why."
        found.unanswered.append(Said("capacity", "", said, advice, ""))
    else:
        numbers["filling_up"] = int(table["filling_up"].sum())
    return numbers


def _note(found: Look, question: str, ask: Callable[[], Mapping[str, float]]) -> None:
    found.numbers.update(_answer(found, question, ask) or {})


def _answer(found: Look, question: str, ask: Callable[[], Any]) -> Any:
    """Return an answer; ``None`` where there is none, which is noted."""
    try:
        return ask()
    except CBRError as error:
        found.unanswered.append(problem_of(question, error))
    return None


def overview_table(
    places: Iterable[Place], looks: Mapping[Place, Look], nowhere: Iterable[str]
) -> pd.DataFrame:
    """Return a row a project: what nobody knows, and what needs most attention, first.

    Args:
        places: all projects.
        looks: what was found of those that answered.
        nowhere: the profiles that cannot sign in.
    """
    rows = [_row((name, "", ""), _unknown("sign in")) for name in nowhere]
    rows += [_row(each.where, looks.get(each) or _unknown("overview")) for each in places]
    return OVERVIEW.frame(sorted(rows, key=_urgency))


def _unknown(question: str) -> Look:
    return Look(unanswered=[Said(question, "", "", "", "")])


def _row(where: tuple[str, str, str], found: Look) -> SimpleNamespace:
    """Return a row of ``OVERVIEW``."""
    profile, region, project = where
    return SimpleNamespace(
        profile=profile, region=region, project=project,
        **{name: found.numbers.get(name) for name in _COUNTED},
        unanswered=", ".join(dict.fromkeys(each.question for each in found.unanswered)),
    )  # fmt: skip


def _urgency(row: SimpleNamespace) -> tuple[Any, ...]:
    """Return what sorts rows: what is unanswered first, then what needs most attention."""
    attention = sum(getattr(row, name) or 0 for name in NUMBERS)
    return not row.unanswered, -attention, row.profile, row.region, row.project
