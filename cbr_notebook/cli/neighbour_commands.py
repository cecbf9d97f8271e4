"""``cbr-notebook watch`` and ``cbr-notebook assist``: an audit by the clock, and assistants."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.extras import ensure
from cbr_notebook.neighbours.alerts import Channel, LastLook, default_state, message_of
from cbr_notebook.restore_command.account import add_account_arguments, open_account

NOTHING_NEW, NOT_LOOKED, WORSE = 0, 1, 7
"""Exit statuses of ``watch``; 2 is wrong usage."""
ADDRESSES = "CBR_NOTIFY"
"""The variable with addresses, so that no secret stands on a command line."""


def add_commands(commands: Any) -> None:
    """Add ``watch`` and ``assist``."""
    watch = commands.add_parser(
        "watch",
        help="make an audit, and tell only of what is new or worse than the last time",
        description="Exit status: 0 nothing is new or worse, 7 something is, 1 the audit could "
        "not be made or the message not sent, 2 wrong usage.",
    )
    watch.add_argument(
        "--audit", metavar="RULES", help="rules as YAML; the default ones if left out"
    )
    watch.add_argument(
        "--notify",
        metavar="URL",
        action="append",
        help=f"where to tell, as Apprise takes it; also from {ADDRESSES}, separated by spaces",
    )
    watch.add_argument("--state", metavar="FILE", help="keeps what was found the last time")
    add_account_arguments(watch)
    watch.set_defaults(run=_watch)

    assist = commands.add_parser(
        "assist", help="let an assistant ask and plan (MCP on standard input); it changes nothing"
    )
    add_account_arguments(assist)
    assist.set_defaults(run=_assist)


def _watch(options: argparse.Namespace) -> int:
    rules = options.audit
    if rules is not None and not Path(rules).is_file():
        raise InvalidRequest(f"There is no file {rules}.", field="audit")
    addresses = [*(options.notify or ()), *os.environ.get(ADDRESSES, "").split()]
    channel = Channel(addresses) if addresses else None
    whose = "simulated" if options.simulate else options.profile or "environment"
    path = Path(options.state) if options.state else default_state(whose, rules)
    last = LastLook.read(path)
    try:
        session = open_account(options)
        audit = session.audit(rules=Path(rules) if rules else None)
    except CBRError as problem:
        told = f"The audit could not be made: {problem.message}"
        if channel is not None and last.trouble != told:
            channel.send(f"cbr-notebook: no audit of {whose}", told)
            last.trouble = told
            last.write(path)
        raise
    news = last.news(audit)
    counted = audit["outcome"].value_counts()
    print(", ".join(f"{counted[each]} {each}" for each in counted.index) or "nothing to audit")
    if not news:
        last.write(path)
        print("Nothing is new or worse.")
        return NOTHING_NEW
    text = message_of(news)
    print(text, flush=True)
    if channel is not None:
        where = session.identity.region or session.identity.endpoint
        project = session.identity.project_id
        channel.send(f"cbr-notebook: {len(news)} new or worse in {where}, {project}", text)
    last.write(path)
    return WORSE


def _assist(options: argparse.Namespace) -> int:
    from cbr_notebook.neighbours.assistant import server

    ensure("An assistant", "mcp")  # before an account is asked
    # Standard output belongs to the protocol.
    server(open_account(options, out=sys.stderr)).run("stdio")
    return 0
