"""What a journal proves, in tables: the same journal always gives the same evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.journal import Entry
from cbr_notebook.runbook.journal.run_state import state_of

_UNTOLD = ("request", "plan", "checks", "findings", "known", "overwritten", "fingerprint")
"""Facts of entries that have tables of their own."""
VERIFICATIONS = {
    "verified": "verified: content was looked at, and all of it matched",
    "partly": "partly: nothing failed, but not all content was looked at",
    "failed": "FAILED",
    "unknown": "unknown: no content was looked at",
    "none": "none",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Achieved:
    """How long something took, or how much was lost, against what was to be met."""

    seconds: float | None
    target: float | None
    untold: str = ""
    """Why it cannot be told, if it cannot."""

    @property
    def met(self) -> bool | None:
        """Whether the target was met; ``None``: there is none, or it cannot be told."""
        if self.target is None or self.seconds is None:
            return None
        return self.seconds <= self.target

    def __str__(self) -> str:
        if self.untold:
            return f"cannot be told: {self.untold}"
        if self.seconds is None:
            return "not reached"
        text = duration(self.seconds)
        if self.target is None:
            return f"{text} (no target was set)"
        return f"{text}, target {duration(self.target)}: {'met' if self.met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a run's time."""

    name: str
    begin: datetime
    end: datetime


def duration(seconds: float) -> str:
    """Return a duration as people say it."""
    whole = timedelta(seconds=round(abs(seconds)))
    minutes, rest = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(whole.days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return ("-" if seconds < 0 else "") + (" ".join(shown) or "0 s")


class Evidence:
    """What the journal of one run proves."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Read a journal that holds at least its first entry."""
        self.entries = list(entries)
        self.begun = self.entries[0].facts
        self.state = state_of(self.entries)

    @property
    def title(self) -> str:
        """The run in words."""
        return f"Restore of {self.begun['target']['name']} from {self.begun['backup']['name']}"

    def last(self, *kinds: str) -> Entry | None:
        """Return the newest entry of some kinds."""
        return next((entry for entry in reversed(self.entries) if entry.kind in kinds), None)

    @property
    def verified(self) -> Entry | None:
        """The entry of the newest verification, if that found all well."""
        found = self.last("verified")
        return found if found is not None and found.facts["passed"] else None

    @property
    def verification(self) -> str:
        """What the verifications come to: the newest carries what failed and did not pass since.

        ``verified``, ``partly``, ``failed``, ``unknown``, or ``none``: nobody verified.
        """
        found = self.last("verified")
        if found is None:
            return "none"
        passed = "verified" if found.facts["passed"] else "failed"
        return str(found.facts.get("outcome", passed))

    @property
    def recovery_time(self) -> Achieved:
        """From the incident until all was well: verified, or restored if nobody verified."""
        target = self.begun["targets"]["rto_seconds"]
        end = self.last("task_ended")
        if self.verification == "verified":
            end = self.verified
        if self.state != run_state.SUCCESS or end is None or self.verification == "failed":
            return Achieved(None, target)
        if self._clock_was_set_back:
            return Achieved(None, target, "the clock of this computer was set back meanwhile")
        seconds = (end.moment - self._incident).total_seconds()
        if seconds < 0:
            return Achieved(None, target, "it would have ended before the trouble began")
        return Achieved(seconds, target)

    @property
    def recovery_point(self) -> Achieved:
        """From the moment that the backup holds until the incident."""
        target = self.begun["targets"]["rpo_seconds"]
        made = datetime.fromisoformat(self.begun["backup"]["created_at"])
        seconds = (self._incident - made).total_seconds()
        if seconds < 0:
            return Achieved(None, target, "the backup is from after the trouble began")
        return Achieved(seconds, target)

    @property
    def _clock_was_set_back(self) -> bool:
        return any(later.moment < earlier.moment for earlier, later in pairwise(self.entries))

    @property
    def _incident(self) -> datetime:
        return datetime.fromisoformat(self.begun["targets"]["incident_at"])

    @property
    def phases(self) -> list[Phase]:
        """What the time went into, in order."""
        marks = [("before the runbook", self._incident), ("", self.entries[0].moment)]
        for name, *kinds in (
            ("safety backup", "safety_backup_made"),
            ("checking and asking", "task_found"),
            ("restoring", "task_ended"),
            ("verifying", "verified"),
        ):
            entry = self.last(*kinds)
            if entry is not None:
                marks[-1] = (name, marks[-1][1])
                marks.append(("", entry.moment))
        return [
            Phase(name, begin, end) for (name, begin), (_, end) in pairwise(marks) if end > begin
        ]

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The run in short."""
        begun, target, backup = self.begun, self.begun["target"], self.begun["backup"]
        task, safety = self.last("task_found"), self.last("safety_backup_made")
        ended = self.last("task_ended", "stopped", "given_up")
        refused = (ended.facts.get("reason") or ended.facts.get("error_message")) if ended else None
        rows = [
            ("State", self.state),
            ("Why", refused or ""),
            ("Target", f"{target['name']} ({target['id']})"),
            ("Backup", f"{backup['name']} ({backup['id']})"),
            ("Backup made", f"{_utc(backup['created_at'])} UTC"),
            ("Carried out by", f"{begun['who']}, signed in with {begun['way']}"),
            ("Project", f"{begun['project_id']}, region {begun['region'] or 'not named'}"),
            ("Service", begun["service"]),
            ("Confirmed", f"{_utc(self.entries[0].at)} UTC by typing {begun['confirmed']}"),
            ("Warnings accepted", ", ".join(begun["acknowledged"]) or "none"),
            ("Verification", VERIFICATIONS[self.verification]),
            ("Safety backup", safety.facts["name"] if safety else "none"),
            ("Restore task", str(task.facts["task_id"]) if task else self._no_task),
            ("Times asked", str(self._times_asked())),
            ("Recovery time", str(self.recovery_time)),
            ("Recovery point", str(self.recovery_point)),
            ("Run", begun["run_id"]),
            ("Journal", f"{len(self.entries)} entries, the last {self.entries[-1].hash}"),
        ]
        return [(name, value) for name, value in rows if value]

    @property
    def _no_task(self) -> str:
        """What is said where no task was found: there is none, or nobody knows."""
        return "none" if self.state in (run_state.NOT_ASKED, run_state.STOPPED) else "not known"

    @property
    def _earlier_verifications(self) -> list[Table]:
        """All verifications but the newest, whose table stands before."""
        entries = [entry for entry in self.entries if entry.kind == "verified"][:-1]
        rows = [
            (_utc(entry.at), each["name"], each["outcome"], each["seen"])
            for entry in entries
            for each in entry.facts["findings"]
        ]
        if not rows:
            return []
        return [Table("Earlier verifications", ("When (UTC)", "Check", "Outcome", "Seen"), rows)]

    def _times_asked(self) -> int:
        """Count how often the service may have heard the request."""
        intended = sum(entry.kind == "restore_intended" for entry in self.entries)
        return intended - sum(entry.kind == "restore_not_done" for entry in self.entries)

    @property
    def tables(self) -> list[Table]:
        """All that a report shows of the run."""
        verified = self.last("verified")
        return [
            Table("In short", ("", ""), self.summary),
            Table(
                "What was overwritten",
                ("Disk", "Disk ID", "Size in the backup", "Backup of the disk"),
                [
                    (each["disk"], each["disk_id"], f"{each['size_gb']} GB", each["backup_id"])
                    for each in self.begun["overwritten"]
                ],
            ),
            Table(
                "Checks before",
                ("Check", "Outcome", "Seen", "Prevents"),
                _picked(self.begun["plan"]["checks"], "name", "outcome", "seen", "prevents"),
            ),
            Table(
                "Verification after",
                ("Check", "Outcome", "Seen"),
                _picked(verified.facts["findings"] if verified else (), "name", "outcome", "seen"),
            ),
            *self._earlier_verifications,
            Table(
                "Time line",
                ("When (UTC)", "What", "Facts"),
                [
                    (_utc(entry.at), entry.kind.replace("_", " "), _brief(entry.facts))
                    for entry in self.entries
                    if entry.kind != "request"
                ],
            ),
            Table(
                "Requests",
                ("When (UTC)", "Request", "Status", "Request ID"),
                [_request(entry.facts) for entry in self.entries if entry.kind == "request"],
            ),
        ]


def _picked(facts: Iterable[Mapping[str, str]], *names: str) -> list[tuple[str, ...]]:
    return [tuple(each[name] for name in names) for each in facts]


def _request(facts: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _utc(facts["sent_at"]),
        f"{facts['method']} {facts['path']}",
        str(facts["status"] or "no answer"),
        facts["request_id"] or "",
    )


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")


def _brief(facts: dict[str, Any]) -> str:
    shown = {
        name: value
        for name, value in facts.items()
        if name not in _UNTOLD and value is not None and not isinstance(value, dict | list)
    }
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in shown.items())
