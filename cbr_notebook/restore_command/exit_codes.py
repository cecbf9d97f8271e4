"""How a command ends.

Exit status: 0 done and verified (or a dry run that found nothing), 2 wrong usage, 3 refused
before anything changed, 4 failed, 5 restored but not verified, 6 restored and verified but a
target was missed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable

from cbr_notebook.errors import CBRError, InvalidRequest, TaskFailed, WaitTimeout
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.run.run import RestoreRun

DONE, USAGE, REFUSED, FAILED, UNVERIFIED, MISSED, INTERRUPTED = 0, 2, 3, 4, 5, 6, 130
NOT_PROVEN = {"ContentDiffers": FAILED, "NotVerified": UNVERIFIED, "TargetMissed": MISSED}
"""The status of what ``RestoreRun.ensure_proven`` raises, by its name: a notebook tells no more."""
_WORST_FIRST = (FAILED, REFUSED, UNVERIFIED, MISSED, DONE)

Act = Callable[[argparse.Namespace, Shown], int]
"""A command: its options, and what shows how far it is; returns the exit status."""


def guarded(act: Act) -> Callable[[argparse.Namespace], int]:
    """Return a command that ends with a status and a message, whatever happens in it."""

    def run(options: argparse.Namespace) -> int:
        shown = Shown(options)
        try:
            _refuse_empty(options)
            return act(options, shown)
        except KeyboardInterrupt:
            shown.say_what_goes_on()
            return INTERRUPTED
        except WaitTimeout as problem:
            if isinstance(problem.__context__, KeyboardInterrupt):
                shown.say_what_goes_on()
                return INTERRUPTED
            return tell(problem, status_of(problem, shown))
        except CBRError as problem:
            return tell(problem, status_of(problem, shown))

    return run


def _refuse_empty(options: argparse.Namespace) -> None:
    """Refuse an option that was given an empty text, as an unset variable of a shell gives it.

    Taken as not given, it would restore another backup, or to another moment, than was meant.

    Raises:
        InvalidRequest: says which.
    """
    for name, value in vars(options).items():
        given = value if isinstance(value, list) else [value]
        if any(isinstance(each, str) and not each.strip() for each in given):
            raise InvalidRequest(
                f"--{name.replace('_', '-')} is empty; nothing was done.",
                advice="Say what it shall be, or leave it out.",
                field=name,
            )


def tell(problem: CBRError, status: int) -> int:
    """Print what happened; return the status."""
    print(f"cbr-notebook: {in_terminal(str(problem))}", file=sys.stderr, flush=True)
    return status


def in_terminal(said: str) -> str:
    """Return what an error says with options and commands in place of calls of Python."""
    for python, words in _WORDS:
        said = python.sub(words, said)
    return said


def _options(name: str) -> Callable[[re.Match[str]], str]:
    """Return what writes the values of an argument as options."""

    def written(found: re.Match[str]) -> str:
        values = re.findall(r"'([^']*)'|\"([^\"]*)\"", found[1])
        return " ".join(f"--{name} {shlex.quote(a or b)}" for a, b in values)

    return written


def _command(found: re.Match[str]) -> str:
    """Return the command that does the same as a call of the session."""
    confirm = f" --confirm {shlex.quote(found[3])}" if found[3] else ""
    return f"cbr-notebook {found[1]} {found[2]}{confirm}"


_WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Let execute\(safety_backup=True\) make one first"),
     "Leave --no-safety-backup out, so that one is made first"),
    (re.compile(r"execute\(…, safety_backup=False, acknowledge=\[\"safety backup\"\]\)"),
     "--no-safety-backup --acknowledge 'safety backup'"),
    (re.compile(r'execute\(…, safety_backup="partial"\)'), "--partial-safety-backup"),
    (re.compile(r"session\.(resume|cancel)_restore\('([^']*)'(?:, confirm='([^']*)')?\)"),
     _command),
    (re.compile(r"Say safety_backup=True"), "Leave --partial-safety-backup out"),
    (re.compile(r"session\.restores\(\)"), "cbr-notebook restores"),
    (re.compile(r" \(plan\.refresh\(\)\)"), ""),
    (re.compile(r"accept_unjudged=True"), "--accept-unjudged"),
    (re.compile(r"folder=…"), "--folder"),
    (re.compile(r"confirm=(\[[^]]*\]|'[^']*')"), _options("confirm")),
    (re.compile(r"acknowledge=(\[[^]]*\])"), _options("acknowledge")),
)  # fmt: skip


def status_of(problem: CBRError, shown: Shown) -> int:
    """Return the exit status for an error, by how far the restore was."""
    if shown.run_id is not None:
        return FAILED if shown.asked else REFUSED
    if isinstance(problem, InvalidRequest) and problem.http_status is None:
        return USAGE
    return FAILED if problem.may_have_happened else REFUSED


def proven(run: RestoreRun) -> int:
    """Return the status of a restore that ended well, and say what keeps it from being proven."""
    try:
        run.ensure_proven()
    except TaskFailed as problem:
        return tell(problem, NOT_PROVEN.get(type(problem).__name__, FAILED))
    return DONE


def worst(statuses: list[int]) -> int:
    """Return the status of several restores together."""
    return min(statuses, key=_WORST_FIRST.index, default=DONE)
