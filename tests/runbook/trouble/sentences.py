"""What a report, a form and an error can say of a restore, and what makes each of it true.

Each line has a pattern and a predicate over what the cloud truly did. A sentence without a line
is a failure: whoever lets the product say something new says here when it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cbr_notebook.forms.restore.run_view import RESTORED, STANDS
from cbr_notebook.runbook.journal.evidence import VERIFICATIONS, Evidence
from cbr_notebook.runbook.journal.journal import Entry
from cbr_notebook.runbook.journal.submissions import submissions_of
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.trouble.troubled import Night


class Told:
    """One run as its journal tells it, and the night in which it was."""

    def __init__(self, night: Night, run: RestoreRun) -> None:
        self.night, self.run = night, run
        self.evidence = Evidence(run.journal.entries)
        self.began = night.began.get(run.run_id, [])
        """The restores that this run truly began."""
        self.tasks = night.tasks()

    @property
    def task(self) -> dict[str, Any]:
        """The task that the journal names, as the cloud has it."""
        return self.tasks[str(self.run.task_id)]

    def ended_as(self, status: str) -> bool:
        """Return whether the task that is named is a restore of this backup that ended so."""
        return self.task == {"status": status, "backup": self.run.backup["id"]}

    @property
    def heard(self) -> int:
        """How often the service may have heard the run: what was sent, or noted to be sent."""
        noted = submissions_of(self.night.folder, self.run.run_id)
        return max(self.night.sent[self.run.run_id], len(noted))

    @property
    def asked(self) -> int:
        """How often the run may have been heard, by its journal."""
        kinds = [entry.kind for entry in self.run.journal.entries]
        return kinds.count("restore_intended") - kinds.count("restore_not_done")


Predicate = Callable[[Told, "re.Match[str]"], bool]


def always(told: Told, found: re.Match[str]) -> bool:
    """Accept what says nothing of the service or the target: a name, a remedy, what was typed."""
    return True


def none_began(told: Told, found: re.Match[str]) -> bool:
    return not told.began


def succeeded(told: Told, found: re.Match[str]) -> bool:
    return told.ended_as("success")


def failed(told: Told, found: re.Match[str]) -> bool:
    return told.ended_as("failed")


def some_began(told: Told, found: re.Match[str]) -> bool:
    """Return whether the service has the task that is named, or took on what the run asked for."""
    return bool(told.began) or told.run.task_id in told.tasks


def verified_so(told: Told, found: re.Match[str]) -> bool:
    """Return whether the newest verification came to this; each was held against the disks."""
    return VERIFICATIONS[told.evidence.verification] == found[0]


def named_backup_exists(told: Told, found: re.Match[str]) -> bool:
    return not told.night.watcher.backups(name=found["name"]).empty


def way_back_taken(told: Told, found: re.Match[str]) -> bool:
    back = told.night.began.get(found["run"], [])
    return any(told.tasks[each]["status"] == "success" for each in back)


def run_exists(told: Told, found: re.Match[str]) -> bool:
    return found["run"] in told.night.ever


def of_state(told: Told, found: re.Match[str]) -> bool:
    return STATES[found["state"]](told, found)


STATES: Mapping[str, Predicate] = {
    "success": succeeded,
    "failed": failed,
    "stopped": none_began,
    "not asked": none_began,
    "running": some_began,
    "asked": always,  # it may or may not have been heard
    "given up": always,
}

RUN = r"(?P<run>[\w-]+)"
STATE = f"(?P<state>{'|'.join(STATES)})"
TARGET = "(?:web|db)-01"
DISKS = f"{TARGET}, {TARGET}-vdb"
REPORT: Mapping[tuple[str, str], list[tuple[str, Predicate]]] = {
    ("In short", "State"): [(STATE, of_state)],
    ("In short", "Times asked"): [
        (r"(\d+)", lambda told, found: len(told.began) <= int(found[1]) <= told.heard)
    ],
    ("In short", "Restore task"): [
        ("none", none_began),
        ("not known", lambda told, found: told.run.state in ("asked", "running", "given up")),
        (r"(\S+)", lambda told, found: found[1] in told.tasks),
    ],
    ("In short", "Safety backup"): [("none", always), (r"(?P<name>\S+)", named_backup_exists)],
    ("In short", "Verification"): [
        (re.escape(text), verified_so) for text in VERIFICATIONS.values()
    ],
    ("In short", "Recovery time"): [
        ("not reached", lambda told, found: told.run.state != "success"
         or told.run.verification == "failed"),
        ("cannot be told: .*", always),
        (r"\d.*", succeeded),
    ],
    ("Hand-over note", "Restored"): [
        (rf"{TARGET}: this restore (?P<how>failed|was carried out); since then run "
         rf"{RUN} has restored the safety backup, what was there before",
         lambda told, found: way_back_taken(told, found)
         and told.ended_as("failed" if found["how"] == "failed" else "success")),
        (rf"{TARGET}: {DISKS}; the restore had not ended when last seen", some_began),
        (rf"{TARGET}: {DISKS}", succeeded),
        (rf"{TARGET}: whether {DISKS} is restored is not known", always),
        (rf"{TARGET} was not restored: the restore failed; {DISKS} may be half written",
         failed),
        (rf"{TARGET} was not restored by this run: the service was not asked, or it refused",
         none_began),
        (rf"{TARGET} is not restored yet by this run: the service has not been asked", none_began),
    ],
    ("Hand-over note", "Verified"): [
        ("nothing", lambda told, found: told.evidence.verification not in ("verified", "partly")),
        ("files", lambda told, found: told.evidence.verification != "unknown"),
    ],
    ("Hand-over note", "Not verified"): [
        ("nothing that was asked for is left",
         lambda told, found: told.evidence.verification == "verified"),
        (r"(anything: nobody verified it|what is on the disks: nobody looked"
         r"|(not as it should be|could not be judged): [\w ,:()-]+|; )+",
         lambda told, found: told.evidence.verification != "verified"),
    ],
    ("Hand-over note", "Way back"): [
        (rf"taken: run {RUN}", way_back_taken),
        (rf"begun as run {RUN}, whose own report tells how it ended", run_exists),
        ("none: no safety backup was made",
         lambda told, found: told.run.journal.last("safety_backup_made") is None),
        (r"safety backup (?P<name>\S+) \(\S+\), kept until .*", named_backup_exists),
    ],
    ("Hand-over note", "Open runs"): [
        ("none that this computer knows of", always),
        (rf"({TARGET}: {STATE} \(run {RUN}\)(; )?)+", run_exists),
    ],
    **{("Hand-over note", name): [(".*", always)]
       for name in ("From", "By", "Still to be done")},
    **{("In short", name): [(".*", always)] for name in (
        "Why", "Target", "Backup", "Backup made", "Carried out by", "Project", "Service",
        "Confirmed", "Warnings accepted", "Recovery point", "Run", "Journal",
    )},
}  # fmt: skip
"""By table and row. ``always``: what was typed, chosen or counted, not what the service did."""

ENTRIES: Mapping[str, Callable[[Told, Entry], bool]] = {
    "restore_answered": lambda told, entry: bool(told.began),
    "task_found": lambda told, entry: entry.facts["task_id"] in told.tasks,
    "task_ended": lambda told, entry: (
        told.tasks[entry.facts["task_id"]]["status"] == entry.facts["status"]
    ),
    "restore_not_done": lambda told, entry: len(told.began) <= told.asked,
    "stopped": lambda told, entry: not told.began,
    "safety_backup_made": lambda told, entry: (
        not told.night.watcher.backups(name=entry.facts["name"]).empty
    ),
    "rolled_back": lambda told, entry: any(
        told.tasks[each]["status"] == "success"
        for each in told.night.began.get(entry.facts["by_run"], [])
    ),
    "roll_back_begun": lambda told, entry: entry.facts["by_run"] in told.night.ever,
    **dict.fromkeys(
        ("confirmed", "confirmed_again", "resumed", "checked_again", "safety_backup_intended",
         "safety_backup_asked", "restore_intended", "answer_lost", "trouble", "given_up",
         "verified", "cut_line_dropped", "request"),
        lambda told, entry: True,
    ),
}  # fmt: skip
"""By the kind of entry, as the time line tells it."""

FORM: list[tuple[str, Predicate]] = [
    (RESTORED[""][0].format(TARGET), succeeded),
    *((re.escape(RESTORED[outcome][0]).replace(r"\{\}", TARGET), succeeded)
      for outcome in ("unknown", "partly", "verified", "failed")),
    (rf"Restore {TARGET} from \S+: failed", failed),
    (rf"Restore {TARGET} from \S+: {STATE}, then rolled back", of_state),
    (rf"Run {RUN} has restored the safety backup\. ?", way_back_taken),
    (rf"This went back on run ({RUN})\. What was wrong before that run may be so again\.",
     lambda told, found: told.run.begun["undoes"] == found[1] and succeeded(told, found)),
    (rf"A restore of {TARGET} has not ended: {STATE} when last seen", of_state),
    (re.escape(STANDS["running"]), some_began),
    (re.escape(STANDS["asked"]), always),
    (re.escape(STANDS["not asked"]), none_began),
]  # fmt: skip


CANCELLED: Mapping[str, Predicate] = {
    rf"has ended already \({STATE}\); nothing was stopped": of_state,
    r"was running when last seen, and the service cannot stop": some_began,
    r"is cancelled; the service was not asked to restore": none_began,
    r"is given up\. Whether the service carried it out is not known": always,
    r"is being (prepared|carried out) elsewhere": always,  # who carries it out says how it ends
}
"""By what a cancel says of a run."""


def untrue(told: Told, text: str, lines: list[tuple[str, Predicate]]) -> str | None:
    """Return what is wrong with a sentence: unknown, or not true; ``None``: nothing."""
    for pattern, predicate in lines:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return None if predicate(told, found) else f"not true: {text!r}"
    return f"no line says when this is true: {text!r}"
