"""A second person's yes: a plan as a file, signed by who made it and then by somebody else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan
from cbr_notebook.runbook.plan.drift import request_of
from cbr_notebook.runbook.run.safety import SafetyBackup
from cbr_notebook.sealing.keys import Signer, parse_public_keys, person_key
from cbr_notebook.sealing.seal import Opened, open_sealed, read_sealed, seal
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE, is_required_here
from cbr_notebook.text.formatting import format_duration

PLAN_LASTS = timedelta(hours=1)
"""How long a plan may be carried out after it was made."""
_PLAN, _APPROVED = "restore plan", "approved restore plan"
_APPROVERS = "CBR_APPROVERS"
_HOW = (
    "plan.export(path); the other person looks at it and says cbr-notebook approve PATH; then "
    "plan.execute(confirm=…, approval=path)."
)


@dataclass(frozen=True, slots=True)
class Approval:
    """A plan that a second person approved, as its file says."""

    path: Path
    plan: Mapping[str, Any]
    """What was exported: target, backup, request, checks, and the plan in words."""
    planner: Signer
    approver: Signer
    approved_at: datetime
    """When, in UTC, by the clock of who approved."""
    seal: str
    """What tells this approval from any other: the one that was used is not used again."""

    def __repr__(self) -> str:
        at = f"{self.approved_at:%Y-%m-%d %H:%M} UTC"
        return f"<Approval by {self.approver.name} of {at}: {self.plan['title']}>"

    @property
    def in_words(self) -> str:
        """What was approved."""
        return "\n".join([self.plan["title"], *self.plan["in_words"]])

    def as_dict(self) -> dict[str, str]:
        """Return who approved what, for the journal."""
        return {
            "name": self.approver.name,
            "key": self.approver.public,
            "approved_at": self.approved_at.isoformat(),
            "planned_by": self.planner.name,
            "seal": self.seal,
        }


REHEARSED = "rehearsed"
"""Of a plan on a twin: nobody has to approve what happens only there."""


def is_required(plan: CheckedPlan) -> bool:
    """Return whether a plan needs a second person: it says so, or ``CBR_APPROVAL`` does for all."""
    if plan.approval == REHEARSED and plan.session.simulated:
        return False
    return plan.approval == TWO_PEOPLE or is_required_here()


def validate_approval(approval: str | None) -> None:
    """Refuse a kind of approval that there is none of.

    Raises:
        InvalidRequest: it is neither left out nor ``two people``, or ``CBR_APPROVAL`` names
            another one.
    """
    if approval is None:
        is_required_here()
    if approval not in (None, TWO_PEOPLE):
        raise InvalidRequest(
            f"There is no approval {approval!r}.",
            advice=f"Say approval={TWO_PEOPLE!r}, or leave it out.",
            field="approval",
        )


def export_plan(plan: CheckedPlan, path: Path, *, safety_backup: SafetyBackup) -> Path:
    """Write a plan to a new file, signed by who made it; see :meth:`RestorePlan.export`."""
    key, facts = person_key(), plan.facts
    assert facts.target is not None
    document = {
        "title": f"Restore of {facts.target.name} from {facts.backup.name}",
        "in_words": plan.describe().splitlines(),
        "target": {"id": facts.target.id, "name": facts.target.name},
        "backup": {"id": facts.backup.id, "name": facts.backup.name},
        "who": plan.session.identity.who,
        "project_id": plan.session.identity.project_id,
        "service": plan.session.identity.endpoint,
        "simulated": plan.session.simulated,
        "made_at": plan.made_at.isoformat(),
        "safety_backup": safety_backup,
        "warnings": plan.warnings,
        "checks": [
            {"name": each.name, "outcome": each.outcome.value, "seen": each.seen}
            for each in plan.verdicts
        ],
        "request": request_of(plan),
        "fingerprint": plan.fingerprint(),
    }
    text = seal(json.dumps(document, indent=2) + "\n", _PLAN, key)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InvalidRequest(
            f"{path} is there already.", advice="Choose another name.", field="path"
        ) from None
    except OSError as problem:
        raise InvalidRequest(
            f"The plan {path} cannot be written: {problem.strerror}.",
            advice="Name a file in a folder that exists.",
            field="path",
        ) from None
    return path


def approve_plan(path: str | Path) -> Approval:
    """Approve the plan of a restore that another person exported: sign it with your key.

    Args:
        path: what ``plan.export(path)`` wrote; the approved plan takes its place.

    Returns:
        The approval, with ``in_words``, what would be overwritten.

    Raises:
        InvalidRequest: it is no plan, was altered, or cannot be written.
        Conflict: you made the plan yourself, or it is older than an hour.

    Example:
        >>> plan = session.plan_restore(session.last_quiet_backup("web-01"), approval="two people")
        >>> cbr.approve_plan(plan.export("plan.json"))  # whoever planned it cannot approve it
        Traceback (most recent call last):
            ...
        cbr_notebook.errors.Conflict: Whoever approves must not be who made the plan...
    """
    file = Path(path).expanduser()
    text = read_sealed(file)
    opened = _opened(text, _PLAN, file)
    plan = _document(opened, file)
    key = person_key()
    _refuse_same(key.signer, opened.signer, "made the plan")
    now = datetime.now(UTC)
    if not plan["simulated"]:
        _refuse_old(plan, now)
    document = {"plan": text, "approved_at": now.isoformat(timespec="seconds")}
    approved = seal(json.dumps(document, indent=2) + "\n", _APPROVED, key)
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_text(approved, encoding="utf-8", newline="\n")
        beside.replace(file)
    except OSError as problem:
        raise InvalidRequest(
            f"The plan {file} cannot be written: {problem.strerror}.", field="path"
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return read_approval(file)


def read_approval(path: str | Path) -> Approval:
    """Return an approval from its file.

    Raises:
        InvalidRequest: nobody approved it yet, it was altered, or it is no plan.
    """
    file = Path(path).expanduser()
    outer = _opened(read_sealed(file), _APPROVED, file)
    try:
        stated = json.loads(outer.text)
        inner, at = str(stated["plan"]), datetime.fromisoformat(stated["approved_at"])
    except (ValueError, KeyError, TypeError):
        raise _strange(file) from None
    opened = _opened(inner, _PLAN, file)
    return Approval(file, _document(opened, file), opened.signer, outer.signer, at, outer.seal)


def refuse_unapproved(
    plan: CheckedPlan, approval: Approval | None, safety_backup: SafetyBackup, folder: Path
) -> None:
    """Refuse a plan that needs a second person's yes and has none that fits.

    Raises:
        Conflict: says what does not fit: another plan, an old or used approval, one's own.
    """
    if approval is None:
        if is_required(plan):
            raise Conflict(
                "This restore needs the yes of a second person, and has none. Nothing was begun.",
                advice=_HOW,
            )
        return
    me = person_key().signer
    _refuse_same(approval.approver, approval.planner, "made the plan")
    _refuse_same(approval.approver, me, "carries it out")
    named = os.environ.get(_APPROVERS)
    if named and approval.approver.public not in parse_public_keys(named):
        raise Conflict(
            f"The key of {approval.approver.name} is none of those in {named}, who may approve "
            "restores. Nothing was begun.",
            advice="Let one of them approve the plan.",
        )
    _refuse_other_plan(plan, approval, safety_backup)
    _refuse_old(approval.plan, plan.session.now)
    for journal in ledger.readable(folder):
        used = journal.entries[0].facts.get("approval")
        if used and used["seal"] == approval.seal:
            raise Conflict(
                f"This approval was used already, by the run {journal.path.stem}. Nothing was "
                "begun.",
                advice=f"Plan the restore anew, and let it be approved: {_HOW}",
            )


def _refuse_other_plan(plan: CheckedPlan, approval: Approval, safety_backup: SafetyBackup) -> None:
    said, what = approval.plan, []
    if said["project_id"] != plan.session.identity.project_id:
        what.append("the project")
    if said["request"] != request_of(plan):
        what.append("what is restored, or where to")
    if said["fingerprint"] != plan.fingerprint():
        what.append("how things stand at the target, the backup or the vault")
    if set(plan.warnings) - set(said["warnings"]):
        what.append("what the checks warn of")
    if said["safety_backup"] not in (safety_backup, False):
        less = "of which another part is made" if safety_backup else "which is left out"
        what.append(f"the safety backup, {less}")
    if what:
        raise Conflict(
            f"This is not the plan that {approval.approver.name} approved. It differs in: "
            f"{'; '.join(what)}. Nothing was begun.",
            advice=f"Let the plan as it is now be approved: {_HOW}",
        )


def _refuse_old(plan: Mapping[str, Any], now: datetime) -> None:
    made = datetime.fromisoformat(plan["made_at"])
    age = abs(now - made)
    if age > PLAN_LASTS:
        raise Conflict(
            f"The plan was made at {made:%Y-%m-%d %H:%M} UTC, {format_duration(age)} ago: an "
            "approval is for an hour. Nothing was begun.",
            advice=f"Plan the restore anew: {_HOW}",
        )


def _refuse_same(approver: Signer, other: Signer, does: str) -> None:
    """Refuse one person who acts as two.

    Raises:
        Conflict: key or user are the same.
    """
    same = "key" if approver.public == other.public else "user"
    if same == "key" or approver.name == other.name:
        raise Conflict(
            f"Whoever approves must not be who {does}: the {same} is the same "
            f"({approver.name}). Nothing was begun.",
            advice="Let another person approve it, with a key and a user of their own.",
        )


def _opened(text: str, kind: str, path: Path) -> Opened:
    verdict, opened = open_sealed(text)
    if opened is None:
        raise InvalidRequest(
            f"The plan {path} is {verdict.outcome}: {verdict.reason} Nothing was begun.",
            advice="Export the plan anew.",
            field="approval",
        )
    if opened.kind == _PLAN and kind == _APPROVED:
        raise InvalidRequest(
            f"Nobody has approved the plan {path} yet. Nothing was begun.",
            advice=f"Let the other person say cbr-notebook approve {path}.",
            field="approval",
        )
    if opened.kind != kind:
        raise _strange(path)
    return opened


def _document(opened: Opened, path: Path) -> dict[str, Any]:
    needed = {
        "title", "in_words", "project_id", "simulated", "made_at", "safety_backup", "warnings",
        "request", "fingerprint",
    }  # fmt: skip
    try:
        found = json.loads(opened.text)
        if needed <= found.keys():
            datetime.fromisoformat(found["made_at"])
            return dict(found)
    except (ValueError, AttributeError, TypeError):
        pass
    raise _strange(path)


def _strange(path: Path) -> InvalidRequest:
    return InvalidRequest(
        f"{path} is not a plan of a restore to approve.",
        advice="Name a file that plan.export(path) wrote.",
        field="approval",
    )
