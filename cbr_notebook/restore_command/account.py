"""Whose account a command is for: it is named, and shown before anything else."""

from __future__ import annotations

import argparse
import os
from typing import Any, TextIO

from cbr_notebook.auth.sources.environment import from_environment
from cbr_notebook.entry.connection import connect
from cbr_notebook.entry.session import Session
from cbr_notebook.entry.simulation import simulate
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.restore_command.terminal_output import Shown


def add_account_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how an account is named: one is required unless the environment names credentials."""
    account: Any = parser.add_mutually_exclusive_group()
    account.add_argument("--profile", help="whose account; else the environment's")
    account.add_argument(
        "--simulate", action="store_true", help="a simulated cloud of its own, and no account"
    )


def open_session(options: argparse.Namespace, shown: Shown) -> Session:
    """Open the account that was named, say which, and let what is shown know it; see below."""
    shown.session = open_account(options)
    return shown.session


def open_account(options: argparse.Namespace, out: TextIO | None = None) -> Session:
    """Open the account that was named, and say which; nothing is guessed.

    Args:
        options: of :func:`add_account_arguments`.
        out: where its name is written; standard output if left out.

    Raises:
        InvalidRequest: none was named.
    """
    if options.simulate:
        session = simulate("demo")
    elif options.profile:
        session = connect(options.profile)
    elif (found := from_environment()).complete:
        session = connect()
    elif found.names_somebody:
        raise InvalidRequest(
            f"The environment names {found.whose or 'somebody'}, and not all that signs in "
            f"({'the secret key' if found.access_key else 'password or domain'} is missing); "
            "nothing was done.",
            advice="Complete it, say --profile with the name of an account, or --simulate.",
        )
    elif cloud := os.environ.get("OS_CLOUD"):
        session = connect(cloud)
    else:
        raise InvalidRequest(
            "No account was named; nothing was done.",
            advice="Say --profile with the name of one, set the environment's credentials, or say "
            "--simulate to try it on a simulated cloud.",
        )
    who = session.identity
    where = "simulated cloud" if session.simulated else f"{who.region or who.endpoint}"
    print(f"Account: {who.who} in {where}, project {who.project_id}", file=out, flush=True)
    return session
