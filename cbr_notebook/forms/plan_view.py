"""A plan of a restore as a person sees it: may it be done, and what would be lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cbr_notebook.forms.region import Tone, button, card, escaped
from cbr_notebook.runbook.checks import Check, Outcome
from cbr_notebook.session.words import counted

if TYPE_CHECKING:
    from cbr_notebook.runbook.plan import RestorePlan

_MARKS = {
    Outcome.FAIL: ("wrong", "✗ fail"),
    Outcome.WARN: ("warn", "! warn"),
    Outcome.UNKNOWN: ("warn", "? unknown"),
    Outcome.PASS: ("good", "✓ pass"),
}


def checked(plan: RestorePlan) -> str:
    """Write the verdict, then the checks to act on, and folded up those that passed."""
    verdicts = plan.verdicts
    failed, warned, unknown, passed = (
        [each for each in verdicts if each.outcome is outcome] for outcome in _MARKS
    )
    title, tone = _verdict(failed, warned)
    seen = f"Looked at {plan.facts.asked_at:%Y-%m-%d %H:%M:%S} UTC."
    # What the service will not tell is no reason to stop; it is there to be read.
    folded = (
        f'<details data-key="passed"><summary>{counted(len(passed), "check")} passed</summary>'
        f"{_table(passed)}</details>"
    )
    return card(
        title,
        tone=tone,
        body=_table([*failed, *warned, *unknown]) + folded,
        text=seen,
        buttons=[button("check_again", "Check again")],
    )


def _verdict(failed: Sequence[Check], warned: Sequence[Check]) -> tuple[str, Tone]:
    if failed:
        return f"Not possible: {counted(len(failed), 'check')} failed", "wrong"
    if warned:
        return f"Possible, with {counted(len(warned), 'warning')} to accept", "warn"
    return "Possible: no check has anything against it", "good"


def _table(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    rows = "".join(
        f'<tr><td class="{_MARKS[each.outcome][0]}">{_MARKS[each.outcome][1]}</td>'
        f'<th scope="row">{escaped(each.name)}</th>'
        f"<td>{escaped(each.seen)}{_remedy(each)}</td></tr>"
        for each in checks
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Outcome", "Check", "Seen"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _remedy(check: Check) -> str:
    if check.outcome is Outcome.PASS:
        return ""
    code = f' <span class="cbr-facts">Prevents {escaped(check.prevents)}.</span>'
    return f"<br>{escaped(check.why)} <b>{escaped(check.to_do)}</b>{code if check.prevents else ''}"


def consequences(plan: RestorePlan, *, tone: Tone = "warn") -> str:
    """Write what would be overwritten, what stays, what is lost, and how long it takes."""
    first, *others = plan.describe().splitlines()
    rows = "".join(f"<li>{escaped(each)}</li>" for each in others)
    return card(first, tone=tone, body=f"<ul>{rows}</ul>", text="This cannot be undone.")
