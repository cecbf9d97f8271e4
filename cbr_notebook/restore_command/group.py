"""``cbr-notebook runbook restore-group``: an application, as its recovery contract says."""

from __future__ import annotations

import argparse

from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest
from cbr_notebook.restore_command.account import open_session
from cbr_notebook.restore_command.evidence_options import Evidence
from cbr_notebook.restore_command.exit_codes import FAILED, REFUSED, proven, tell, worst
from cbr_notebook.restore_command.single import (
    chosen_options,
    end_dry_run,
    ensure_meant,
    incident,
)
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.run.approval import is_required
from cbr_notebook.runbook.verify.contract_file import recovery_contract


def restore_group(options: argparse.Namespace, shown: Shown) -> int:
    """Restore all members of a contract, or look what that would do; return the exit status."""
    evidence = Evidence(None, None, options.report)
    ensure_meant(options)
    contract = recovery_contract(options.contract)
    session = open_session(options, shown)
    began = incident(options, session)
    evidence.ensure_useful(session, ())
    plan = session.plan_restores(contract, before=began, accept_unjudged=options.accept_unjudged)
    plan = plan.questioned()
    print(plan.describe(), flush=True)
    chosen = chosen_options(options, began)
    chosen |= {"parallel": options.parallel, "on_failure": options.on_failure}
    warnings = plan.ensure_ready(**chosen)
    print(f"{shown.mark}Possible. Warnings to accept: {', '.join(warnings) or 'none'}.")
    for member in plan.members:
        for check in member.plan.verdicts:
            if check.name in warnings and check.outcome == "warn":
                print(f"  {member.name}, {check.name}: {check.seen}")
    if options.export_plan:
        for exported in plan.export(options.export_plan, safety_backup=options.safety_backup):
            print(f"To be approved by a second person: cbr-notebook approve {exported}")
    if options.dry_run:
        return end_dry_run(
            [each.plan.confirm_with for each in plan.members],
            options.confirm or [],
            alone=options.approval is None
            and (options.two_people or any(is_required(each.plan) for each in plan.members)),
        )
    try:
        run = plan.execute(confirm=options.confirm, on_progress=shown, **chosen)
    except (InvalidRequest, ConfirmationNeeded) as problem:
        if shown.run_id is not None:
            raise
        return tell(problem, REFUSED)
    return finish_group(run, evidence, shown)


def finish_group(group: GroupRun, evidence: Evidence, shown: Shown) -> int:
    """Say how each member came out, leave the evidence, and return the exit status."""
    print(f"{shown.mark}Group {group.run_id}: {group.state}.")
    statuses = []
    for run in group.runs:
        if run.state == run_state.SUCCESS:
            said = f"Recovery time: {run.recovery_time}. Recovery point: {run.recovery_point}."
            print(f"  {run.title}: {run.verification}. {said}")
            statuses.append(proven(run))
        else:
            said = run.error.message if run.error else f"It has not ended ({run.state})."
            print(f"  {run.title}: {run.state}. {said}")
            statuses.append(FAILED if shown.asked else REFUSED)
    statuses.append(evidence.write_report(group))
    return worst(statuses)
