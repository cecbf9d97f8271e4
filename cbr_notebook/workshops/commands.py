"""``cbr-notebook workshop``: serve a class, watch it, and prove the exercises."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from tabulate import tabulate

from cbr_notebook.auth.network.bounds import bound_client
from cbr_notebook.errors import ConnectionFailed, InvalidRequest
from cbr_notebook.workshops import WORKSHOPS, proofs

_LOOK_EVERY_S = 1.0


def serve(options: argparse.Namespace) -> int:
    """Serve a class, with a join sheet and a board, until somebody stops it."""
    from cbr_notebook.simulator import Cloud
    from cbr_notebook.simulator.classroom import api, join, join_sheet, serving

    folder = Path(options.folder)
    try:
        with closing(Cloud.open(options.estate)) as template:
            served = serving.serve_seats(
                template,
                options.seats,
                options.host,
                options.port,
                tls=options.tls or not join.is_loopback(options.host),
                folder=folder,
                speed=1.0,
            )
    except OSError as problem:
        raise InvalidRequest(
            f"Nothing can listen on {options.host}:{options.port}: {problem}."
        ) from None
    sheet = folder / "join-sheet.html"
    try:
        sheet.touch(mode=0o600)
        sheet.write_text(join_sheet.page(served.ready["seats"]), encoding="utf-8")
    except OSError as problem:
        served.classroom.close()
        raise InvalidRequest(f"The join sheet cannot be written to {sheet}: {problem}.") from None

    def stop(*_: object) -> None:
        served.server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(json.dumps(served.ready), flush=True)
    print(f"Join sheet to print: {sheet.resolve()}", file=sys.stderr)
    print(f"Board: {served.ready['base_url']}{api.BOARD}", file=sys.stderr)
    print(f"Instructor's join line: {served.ready['instructor_join']}", file=sys.stderr, flush=True)
    served.server.serve()
    return 0


def board(options: argparse.Namespace) -> int:
    """Show how far everyone is, and again whenever that changes."""
    from cbr_notebook.simulator.classroom import join
    from cbr_notebook.simulator.classroom.control_operations import PREFIX

    # Not as an argument: everybody on this computer could read it in the list of processes.
    try:
        line = os.environ.get("CBR_JOIN") or getpass.getpass("Instructor's join line: ")
    except EOFError:
        raise InvalidRequest(
            "There is no join line, and no terminal to ask for it.",
            advice="Put the instructor's line into the variable CBR_JOIN.",
        ) from None
    found = join.read(line)
    tls = found.tls()
    http = bound_client(httpx.Client(verify=True if tls is None else tls, trust_env=False))
    shown = ""
    while True:
        try:
            answer = http.get(
                f"{found.base_url}{PREFIX}/progress", headers={"X-Control-Key": found.control_key}
            )
            answer.raise_for_status()
            table = board_text(answer.json())
        except httpx.HTTPStatusError as problem:
            raise ConnectionFailed(f"The class refuses the board: {problem}.") from None
        except httpx.HTTPError as problem:
            if options.once or not shown:
                raise ConnectionFailed(f"The class does not answer: {problem}.") from None
            table = "The class does not answer; it is asked again."
        if table != shown:
            print(table, flush=True)
            shown = table
        if options.once:
            return 0
        time.sleep(_LOOK_EVERY_S)


def board_text(seats: list[dict[str, Any]]) -> str:
    """Return the board as a table of text.

    Args:
        seats: as the control API tells them.
    """
    rows = []
    for seat in seats:
        told = seat["told"]
        if told is None:
            rows.append((seat["seat"], seat["user_name"], "", "not started", "", "", "", ""))
            continue
        now = told["progress"]
        rows.append(
            (
                seat["seat"], seat["user_name"], f"{now['exercise']}. {now['title']}",
                "stuck" if told["stuck_since"] else now["state"],
                f"{now['solved']} of {now['exercises']}", now["checks"], now["hints"],
                told["stuck_since"] or "",
            )
        )  # fmt: skip
    heads = ("seat", "user", "exercise", "state", "solved", "checks", "hints", "stuck since")
    return tabulate(rows, heads)


def pack_stick(options: argparse.Namespace) -> int:
    """Pack everything for a workshop into a folder, for computers without a network."""
    from cbr_notebook.workshops import packing
    from cbr_notebook.workshops.packing.targets import parse

    def path(text: str | None) -> Path | None:
        return None if text is None else Path(text)

    folder = Path(options.folder)
    scripts = packing.pack(
        parse(options.targets),
        folder,
        WORKSHOPS,
        wheel=path(options.wheel),
        source=path(options.wheels_from),
    )
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    print(f"{folder}: {size / 1e6:.0f} MB, for {', '.join(each.name for each in scripts)}")
    return 0


def check_all(options: argparse.Namespace) -> int:
    """Show that each untouched exercise fails and that its solutions, if there are any, pass."""
    workshops: proofs.Workshops = WORKSHOPS
    if options.workshops:
        workshops = proofs.named(options.workshops, "WORKSHOPS")
    ways: proofs.Ways = {}
    if options.solutions:
        ways = proofs.named(options.solutions, "WAYS")
    rows = []
    for proof in proofs.prove(workshops, ways):
        rows.append(proof)
        print(f"{proof.workshop} {proof.number}: {proof.words}", file=sys.stderr, flush=True)
    print(tabulate([each.row for each in rows], proofs.heads(ways)))
    return 0 if all(each.good for each in rows) else 1
