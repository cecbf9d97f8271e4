"""A plan of a restore as a person sees it: may it be done, what would be lost, what to press."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cbr_notebook.forms.kit.markup import Tone, bullets, button, card, escaped, table
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.verdict import Outcome
from cbr_notebook.runbook.run.safety import PARTIAL, SafetyBackup
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.restore_plan import RestorePlan

_MARKS = {
    Outcome.FAIL: ("wrong", "✗ fail"),
    Outcome.WARN: ("warn", "! warn"),
    Outcome.UNKNOWN: ("warn", "? unknown"),
    Outcome.PASS: ("good", "✓ pass"),
}


ASK_AGAIN = f'<div class="cbr-buttons">{button("check_again", "Check again")}</div>'

EXPORT = (
    '<div class="cbr-card"><p>This restore needs the yes of a second person.</p>'
    f'<div class="cbr-buttons">{button("export_plan", "Download the plan to be approved")}</div>'
    "</div>"
)


def from_which(resource: str, moment: str, note: str) -> str:
    """Return which backup it is about."""
    return (
        f'<p class="cbr-summary">Backup of <b>{escaped(resource)}</b> from '
        f'<b>{escaped(moment)}</b><br><span class="cbr-facts">{escaped(note)}</span></p>'
    )


def verdict(plan: RestorePlan) -> str:
    """Return in a line whether it may be done."""
    return card(plan.verdict, tone=_tone(plan))


def checked(plan: RestorePlan) -> str:
    """Return the checks to act on, and folded up those that passed."""
    failed, warned, unknown, passed = (_with(plan, outcome) for outcome in _MARKS)
    seen = f"Looked at {plan.facts.asked_at:%Y-%m-%d %H:%M:%S} UTC."
    # What the service will not tell is no reason to stop; it is there to be read.
    return (
        f'<div class="cbr-card">{_table([*failed, *warned, *unknown])}'
        f'<details data-key="passed"><summary>{pluralize(len(passed), "check")} passed</summary>'
        f"{_table(passed)}</details><p>{seen}</p>{ASK_AGAIN}</div>"
    )


def _with(plan: RestorePlan, outcome: Outcome) -> list[Check]:
    return [each for each in plan.verdicts if each.outcome is outcome]


def _tone(plan: RestorePlan) -> Tone:
    return "wrong" if not plan.possible else "warn" if plan.warnings else "good"


def _table(checks: Sequence[Check]) -> str:
    rows = [
        f'<td class="{_MARKS[each.outcome][0]}">{_MARKS[each.outcome][1]}</td>'
        f'<th scope="row">{escaped(each.name)}</th>'
        f"<td>{escaped(each.seen)}{_remedy(each)}</td>"
        for each in checks
    ]
    return table(("Outcome", "Check", "Seen"), rows)


def _remedy(check: Check) -> str:
    if check.outcome is Outcome.PASS:
        return ""
    code = f' <span class="cbr-facts">Prevents {escaped(check.prevents)}.</span>'
    to_do = escaped(in_form(check.to_do))
    return f"<br>{escaped(check.why)} <b>{to_do}</b>{code if check.prevents else ''}"


def consequences(plan: RestorePlan, *, safety_backup: SafetyBackup) -> str:
    """Return what would be overwritten, what stays, what is lost, and whether there is a way back.

    If the checks are against it by now, that is written instead.
    """
    if not plan.possible:
        way = button("go", "See the checks", of="2")
        return card(plan.verdict, tone="wrong", text=" ".join(plan.problems), buttons=[way])
    first, *others = plan.describe().splitlines()
    body = bullets([escaped(each) for each in others])
    name = plan.target.name if plan.target else "it"
    if safety_backup and plan.no_safety_backup:
        back = f"{plan.no_safety_backup.seen} Put it right, or go on without a safety backup."
        return card(first, tone="wrong", body=body, text=back)
    grown = ", ".join(disk.name for disk in plan.facts.grown)
    if not safety_backup:
        back = "This cannot be undone: without a backup of the present state there is no way back."
    elif safety_backup == PARTIAL:
        back = (
            f"All disks of {name} but {grown} are backed up first; of {grown} there is no way back."
        )
    elif grown:
        back = (
            f"The present state of {name} is backed up first, but {grown} has grown since the "
            "backup that is restored: going back would be refused until it is expanded again."
        )
    else:
        back = f"The present state of {name} is backed up first; that backup is the way back."
    return card(first, tone="warn" if safety_backup else "wrong", body=body, text=back)


_BUTTONS = "'Go on with it' or 'Watch it' at the top of this form"
_CHECKS = "'Check again' in step 3"
_WORDS = tuple(
    (re.compile(python), words)
    for python, words in (
        (
            r"Let execute\(safety_backup=True\) make one first",
            "Leave 'Back up the present state first' ticked in step 4",
        ),
        (
            r'execute\(…, safety_backup=False, acknowledge=\["safety backup"\]\)',
            "untick 'Back up the present state first' in step 4, and accept what it warns of then",
        ),
        (
            r'execute\(…, safety_backup="partial"\)',
            "'Only the disks that can come back' in step 4",
        ),
        (r"out of disks=\{…\}", "out in 'Which disk goes where'"),
        (
            r"plan\.export\(path\); the other person",
            "press 'Download the plan to be approved' in step 4; the other person",
        ),
        (
            r"then plan\.execute\(confirm=…, approval=path\)",
            "then name the file that comes back there",
        ),
        (r"session\.add_resources\([^)]*\)", "session.forms.edit_vault()"),
        (
            r"Wait for it: session\.task\([^)]*\)\.wait\(\); then check again",
            f"Wait for it (session.forms.tasks() shows it), then press {_CHECKS}",
        ),
        (r"then check again", f"then press {_CHECKS}"),
        (r"plan the restore anew \(plan\.refresh\(\)\)", f"press {_CHECKS}"),
        (r"session\.plan_restore\(\.\.\.\)\.checks", "Step 3"),
        (
            r"plan it as a restore of its own: session\.plan_restore\([^)]*\)",
            "press 'Restore something else', and choose that backup",
        ),
        (r"(?<=\. )session\.suspicion\(\.\.\.\)", "Step 2"),
        (r"session\.suspicion\(\.\.\.\)", "step 2"),
        (r"session\.resume_restore\([^)]*\)", _BUTTONS),
        (r"session\.cancel_restore\([^)]*\)", "'Cancel it' there"),
        (r"session\.restores\(\) lists all", "Those that have not ended are at the top"),
        (r"a file that plan\.export\(path\) wrote", "the file that was downloaded and approved"),
        (r"folder=…(?!, or)", "the variable CBR_RUNBOOK_FOLDER"),
        (r"folder=…, or ", ""),
    )
)


def in_form(advice: str) -> str:
    """Return advice with the buttons and fields of the form in place of the calls of Python."""
    for python, words in _WORDS:
        advice = python.sub(words, advice)
    return advice
