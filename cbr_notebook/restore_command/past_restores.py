"""``cbr-notebook restores``, ``resume``, ``cancel``, ``rollback``: on after a break, and back."""

from __future__ import annotations

import argparse
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.restore_command.account import add_account_arguments, open_session
from cbr_notebook.restore_command.evidence_options import add_evidence_arguments, evidence_of
from cbr_notebook.restore_command.exit_codes import DONE, FAILED, REFUSED, guarded, tell
from cbr_notebook.restore_command.group import finish_group
from cbr_notebook.restore_command.signed_documents import add_paper_commands
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.group.resume import find
from cbr_notebook.runbook.journal import run_state

_CANCEL_ENDS = (
    "Exit status: 0 it was stopped, 3 nothing was stopped (it has ended, or the service restores, "
    "which cannot be stopped), 4 not known, or only a part of a group was stopped."
)


def add_commands(commands: Any) -> None:
    """Add ``restores``, ``resume``, ``cancel``, ``rollback``, and what concerns reports."""
    for name, what, act in (
        ("restores", "list the restores that this computer knows of", _list_restores),
        ("resume", "take a restore up again", _resume),
        ("cancel", "stop a restore that has not begun", _cancel),
        ("rollback", "go back to the safety backup of a restore", _roll_back),
    ):
        more = _CANCEL_ENDS if name == "cancel" else None
        parser = commands.add_parser(name, help=what, description=more)
        if name != "restores":
            parser.add_argument("run_id", metavar="RUN", help="its ID, as restores lists it")
        if name in ("resume", "rollback"):
            parser.add_argument(
                "--confirm",
                action="append" if name == "resume" else "store",
                help="the name of what is overwritten",
            )
            add_evidence_arguments(parser)
            parser.add_argument("--report", help="where the evidence goes: .html, .md or .json")
        if name == "rollback":
            parser.add_argument("--approval", metavar="PLAN", help="the plan that was approved")
            parser.add_argument(
                "--acknowledge", action="append", default=[], help="a warning that you accept"
            )
        parser.add_argument("--folder", help="where the journals are")
        add_account_arguments(parser)
        parser.set_defaults(run=guarded(act))
    add_paper_commands(commands)


def _list_restores(options: argparse.Namespace, shown: Shown) -> int:
    session = open_session(options, shown)
    table = session.restores(folder=options.folder)
    columns = ["run_id", "target_name", "backup_name", "state", "began_at", "verified"]
    print("No restores." if table.empty else table[columns].to_string(index=False))
    return DONE


def _resume(options: argparse.Namespace, shown: Shown) -> int:
    evidence = evidence_of(options)
    session = open_session(options, shown)
    found = find(session, options.run_id, options.folder)
    evidence.ensure_useful(session, [found.target["name"], found.target["id"]]
                           if not isinstance(found, GroupRun) else [])  # fmt: skip
    shown.take_up(options.run_id)
    run = session.resume_restore(
        options.run_id, confirm=options.confirm, folder=options.folder, on_progress=shown
    )
    if isinstance(run, GroupRun):
        return finish_group(run, evidence, shown)
    run.wait()
    return evidence.finish(run, shown, again=False)


def _cancel(options: argparse.Namespace, shown: Shown) -> int:
    session = open_session(options, shown)
    found = find(session, options.run_id, options.folder)
    runs = found.runs if isinstance(found, GroupRun) else [found]
    ended_before = {run.run_id for run in runs if run.ended}
    print(found.cancel())
    now = [run.state for run in runs if run.run_id not in ended_before]
    if run_state.STOPPED not in now and {*now} <= {*run_state.CARRIED_OUT, run_state.RUNNING}:
        return REFUSED
    return DONE if {*now} <= {*run_state.CARRIED_OUT, run_state.STOPPED} else FAILED


def _roll_back(options: argparse.Namespace, shown: Shown) -> int:
    evidence = evidence_of(options)
    session = open_session(options, shown)
    # Found, not resumed: whoever goes back does not want it carried out first.
    run = find(session, options.run_id, options.folder)
    if isinstance(run, GroupRun):
        runs = ", ".join(each.run_id for each in run.runs)
        raise InvalidRequest(
            f"{options.run_id} is a group.", advice=f"Roll back its runs one by one: {runs}."
        )
    evidence.ensure_useful(session, [run.target["name"], run.target["id"]])
    run.refresh()
    try:
        back = run.roll_back(
            options.confirm,
            acknowledge=options.acknowledge,
            on_progress=shown,
            approval=options.approval,
        )
    except InvalidRequest as problem:  # such as: there is no safety backup
        if shown.run_id is not None:
            raise
        return tell(problem, REFUSED)
    back.wait()
    return evidence.finish(back, shown)
