"""A restore under way as a person sees it: which step, how far, how it ended, what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError, WaitTimeout
from cbr_notebook.forms.kit.markup import Tone, bar, button, card, escaped, table
from cbr_notebook.runbook.journal import run_state

if TYPE_CHECKING:
    from cbr_notebook.runbook.journal.record import Progress
    from cbr_notebook.runbook.run.run import RestoreRun
    from cbr_notebook.runbook.verify.verification import Verification

_STEPS = {
    "safety backup": "Back up the present state",
    "checks": "Check again",
    "asking": "Ask the service",
    "looking for the task": "Find its task",
    "restoring": "Restore",
    "ended": "End",
}
_NAMES = tuple(_STEPS)
FIRST_STEP = "safety backup"
_HARMLESS = (FIRST_STEP, "checks")
"""Steps in which nothing has been overwritten yet."""
_FORMATS = {"html": "HTML", "md": "Markdown", "json": "JSON"}


_LOOKS = {"pass": "good", "fail": "wrong", "unknown": "warn"}
RESTORED: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "": ("{} is restored; it is not verified yet", "warn"),
        "unknown": ("{} is back; its content was not looked at", "warn"),
        "partly": ("{} is back; not all of its content was looked at", "warn"),
        "verified": ("{} is back: its content was verified", "good"),
        "failed": ("{} is restored, but it is not as it should be", "wrong"),
    }
)
"""What a restore that succeeded is called, and how it looks, by what was verified."""


def under_way(
    title: str,
    progress: Progress | None,
    *,
    safety_backup: bool,
    cancelling: bool = False,
    failed: str = "",
    rolled_back: bool = False,
) -> str:
    """Return the steps of a run, with a bar for the one that it is at.

    Before the service is asked to overwrite anything there is a way out. A run that has come to a
    bad end is shown so at the step that it was at, by the word ``failed``, such as ``cancelled``;
    that another run went back on it comes last.
    """
    at = _NAMES.index(progress.step) if progress else 0 if safety_backup else 1
    rows = []
    for number, (name, said) in enumerate(_STEPS.items()):
        if name == "ended" or (name == FIRST_STEP and not safety_backup):
            continue
        if number < at:
            rows.append(f'<li><span class="good">✓ done</span> {said}</li>')
        elif number > at:
            rows.append(f"<li>{said}{': not reached' * bool(failed)}</li>")
        elif failed:
            end = f'<span class="wrong">✗ {failed}</span>'
            rows.append(f'<li aria-current="step">{end} {said}</li>')
        else:
            percent = progress.percent if progress else 0
            rows.append(
                f'<li aria-current="step"><b>{said}</b> {percent} %{bar(percent, said)}</li>'
            )
    if rolled_back:
        rows.append('<li><span class="good">✓ done</span> Go back to the state before</li>')
    way_out = ""
    if progress is not None and progress.step in _HARMLESS and not (cancelling or failed):
        way_out = button("cancel_now", "Cancel: nothing has been overwritten yet",
                         of=progress.run_id)  # fmt: skip
    return f'<h4>{escaped(title)}</h4><ol class="cbr-course">{"".join(rows)}</ol>{way_out}'


def told(progress: Progress | None, *, cancelling: bool) -> str:
    """Return in a sentence where a run is."""
    if progress is None:
        return ""
    said = progress.message
    if cancelling:
        said = (
            "Cancelling: it stops before anything is overwritten."
            if progress.step in _HARMLESS
            else f"It was too late to cancel: the service has been asked. {said}"
        )
    return f"<p>{escaped(said)}</p>"


def ended(run: RestoreRun, found: Verification | None, *, verifying: bool = False) -> str:
    """Return how a run ended, what was verified, and offer the evidence.

    While it is being verified nothing is offered yet.
    """
    title, tone = _title(run, found.outcome if found is not None else "")
    facts = [("Run ID", run.run_id), ("Task ID", run.task_id), ("Journal", str(run.journal.path))]
    if run.state == run_state.SUCCESS:
        goals = {"Recovery time": run.recovery_time, "Recovery point": run.recovery_point}
        wanted = {name: each for name, each in goals.items() if each.target is not None}
        facts += [(name, str(each)) for name, each in wanted.items()]
        if tone == "good" and not all(each.met for each in wanted.values()):
            tone = "warn"
    rows = [
        f'<td class="{_LOOKS[each.outcome]}">{each.outcome}</td>'
        f'<th scope="row">{escaped(each.name)}</th><td>{escaped(each.seen)}</td>'
        for each in (found.findings if found is not None else ())
    ]
    return card(
        title,
        facts,
        tone=tone,
        text=_told_of_end(run, verifying=verifying),
        body=table(("Outcome", "Looked at", "Seen"), rows),
        buttons=[] if verifying else _next_steps(run),
    )


def _title(run: RestoreRun, outcome: str) -> tuple[str, Tone]:
    if run.journal.last("rolled_back") is not None:
        return f"{run.title}: {run.state}, then rolled back", "warn"
    if run.state != run_state.SUCCESS:
        return f"{run.title}: {run.state}", "wrong"
    title, tone = RESTORED[outcome]
    return title.format(run.target["name"]), tone


def _told_of_end(run: RestoreRun, *, verifying: bool) -> str:
    now = "Verifying…" if verifying else ""
    back = run.journal.last("rolled_back")
    if back is not None:
        return f"Run {back.facts['by_run']} has restored the safety backup. {now}"
    if now or run.state != run_state.SUCCESS or "undoes" not in run.begun:
        return now
    return (
        f"This went back on run {run.begun['undoes']}. What was wrong before that run may be so "
        "again."
    )


def _next_steps(run: RestoreRun) -> list[str]:
    return [
        *(
            button("report", f"Download report ({name})", of=suffix)
            for suffix, name in _FORMATS.items()
        ),
        button("verify", "Verify again"),
        *_way_back(run),
        button("again", "Restore something else"),
    ]


def _way_back(run: RestoreRun) -> list[str]:
    """Return the button that leads to the restore of the safety backup, if one was made."""
    if run.journal.last("rolled_back") is not None:
        return []
    made = run.journal.last("safety_backup_made")
    backup = made.facts.get("backup_id") if made is not None else None
    if backup is None or run.target["id"] is None:
        return []
    return [button("way_back", "Go back to the state before this restore", of=str(backup))]


def unwatched(run_id: str, task_id: str | None) -> str:
    """Return that somebody has stopped watching, and the way back to it."""
    return card(
        "You stopped watching; the restore goes on",
        [("Run ID", run_id), ("Task ID", task_id)],
        tone="warn",
        text="How it was when last seen is in its journal; the service carries it out.",
        buttons=[button("take_up", "Watch it again", of=run_id)],
    )


def broken_off(problem: CBRError, run_id: str, state: str) -> str:
    """Return that the way to a run's end has broken off, why, and how to go on.

    Args:
        problem: what happened.
        run_id: of the run, which has not ended.
        state: how far it is.
    """
    interrupted = isinstance(problem, WaitTimeout)
    title, go_on = {
        run_state.RUNNING: (
            "The restore goes on; nobody watches it now"
            if interrupted
            else "The restore goes on; watching it failed",
            "Watch it again",
        ),
        run_state.ASKED: (
            "The restore was asked for; nobody knows yet whether it runs",
            "Go on with it",
        ),
        run_state.NOT_ASKED: ("The restore has not been asked for yet", "Go on with it"),
    }[state]
    buttons = [button("take_up", go_on, of=run_id)]
    if state == run_state.RUNNING:
        buttons.append(button("again", "Restore something else"))
    else:
        buttons.append(button("cancel_run", "Cancel it", of=run_id))
    return card(
        title,
        [
            ("What to do", f"Press {go_on!r}."),
            ("Code", problem.code),
            ("Request ID", problem.request_id),
            ("Run ID", run_id),
        ],
        tone="warn",
        text=problem.message,
        buttons=buttons,
    )


def cancelled(problem: CBRError, run_id: str | None) -> str:
    """Return that a run was cancelled before anything was overwritten."""
    return card(
        "Cancelled: nothing was overwritten",
        [("Run ID", run_id)],
        tone="good",
        text=f"{problem.message} A backup of the present state that was begun stays.",
    )


def given_up(said: str, state: str | None) -> str:
    """Return what asking a run to stop came to.

    Args:
        said: of each run in words.
        state: of the run afterwards; ``None`` if it cannot be told.
    """
    titles: dict[str | None, tuple[str, Tone]] = {
        run_state.STOPPED: ("Cancelled: the service was not asked to restore", "good"),
        run_state.GIVEN_UP: ("Given up: nobody knows whether it was carried out", "warn"),
        run_state.SUCCESS: ("Nothing was stopped: it has ended", "warn"),
        run_state.FAILED: ("Nothing was stopped: it has ended", "warn"),
    }
    title, tone = titles.get(state, ("Asked to stop", "warn"))
    return card(title, text=said, tone=tone)


def unfinished(runs: Iterable[Mapping[Any, Any]]) -> str:
    """Return the restores that have not ended, to go on with one before anything else.

    Args:
        runs: rows of ``session.restores()``.
    """
    cards = []
    for row in runs:
        running = row["state"] == run_state.RUNNING
        name, run_id = str(row["target_name"]), str(row["run_id"])
        buttons = [button("take_up", "Watch it" if running else "Go on with it", of=run_id)]
        if not running:
            buttons.append(button("cancel_run", "Cancel it", of=run_id))
        cards.append(
            card(
                f"A restore of {name} has not ended: {row['state']} when last seen",
                [
                    ("Backup", row["backup_name"]),
                    ("Begun", f"{row['began_at']:%Y-%m-%d %H:%M:%S} UTC"),
                    ("Run ID", run_id),
                ],
                tone="warn",
                text=STANDS[row["state"]],
                buttons=buttons,
            )
        )
    return "".join(cards)


STANDS = {
    run_state.RUNNING: "The service has taken it on. Watch it here until it ends.",
    run_state.ASKED: "It was asked for, and no answer came. Going on looks for its task first.",
    run_state.NOT_ASKED: "The service has not been asked by this run yet. Going on asks for it.",
}
