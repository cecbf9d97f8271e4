"""``cbr-notebook verify-report``, ``approve``, ``signing-key``: what is signed."""

from __future__ import annotations

import argparse
from typing import Any

from cbr_notebook.restore_command.exit_codes import DONE, FAILED, guarded
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.journal.report import verify_report
from cbr_notebook.runbook.run.approval import approve_plan
from cbr_notebook.sealing.keys import public_key


def add_paper_commands(commands: Any) -> None:
    """Add the commands that concern signatures; none of them asks an account."""
    check = commands.add_parser("verify-report", help="whether a report is whole, and who signed")
    check.add_argument("path", metavar="PATH", help="a report, or the page of an audit")
    check.add_argument(
        "--trusted",
        action="append",
        metavar="KEY",
        help="a public key that you trust, or a file of them; can be repeated",
    )
    check.set_defaults(run=guarded(_verify_report))
    approve = commands.add_parser(
        "approve", help="say yes to a restore that another person planned"
    )
    approve.add_argument("path", metavar="PLAN", help="what --export-plan wrote")
    approve.set_defaults(run=guarded(_approve))
    key = commands.add_parser("signing-key", help="print the public key of your signatures")
    key.set_defaults(run=guarded(_signing_key))


def _verify_report(options: argparse.Namespace, shown: Shown) -> int:
    verdict = verify_report(options.path, options.trusted)
    print(verdict)
    return DONE if verdict else FAILED


def _approve(options: argparse.Namespace, shown: Shown) -> int:
    approval = approve_plan(options.path)
    print(approval.in_words)
    print(f"Approved by {approval.approver.name}: {approval.path}. It is for one restore, and an "
          "hour after the plan was made.")  # fmt: skip
    return DONE


def _signing_key(options: argparse.Namespace, shown: Shown) -> int:
    print(public_key())
    return DONE
