"""The terminal's door: ``cbr-notebook simulate``, ``doctor``, ``lab``, ``tour``, ``runbook``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from cbr_notebook._version import __version__
from cbr_notebook.errors import CBRError
from cbr_notebook.extras import ensure, needed_for


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; return the exit status."""
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        options = _parser(words[0] if words else None).parse_args(words)
        status: int = options.run(options)
    except CBRError as problem:
        print(f"cbr-notebook: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Commands that leave something going on catch it themselves, and say what goes on.
        print("cbr-notebook: interrupted.", file=sys.stderr)
        return 130
    return status


def _parser(first_word: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands; of ``simulate`` alone if that is the first word.

    A cloud is served without all that asks and restores, and is there in half the time.
    """
    parser = argparse.ArgumentParser(
        prog="cbr-notebook", description="Cloud Backup and Recovery in a notebook."
    )
    parser.add_argument("--version", action="version", version=f"cbr-notebook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    simulate = commands.add_parser(
        "simulate", help="serve a simulated cloud on this computer, for any client"
    )
    _simulate_arguments(simulate)
    if first_word != "simulate":
        _add_other_commands(commands)
    return parser


def _add_other_commands(commands: Any) -> None:
    # Loaded here, where an interruption is caught already: it takes a second.
    from cbr_notebook.cli import neighbour_commands
    from cbr_notebook.restore_command import unattended
    from cbr_notebook.restore_command.past_restores import add_commands

    tour = commands.add_parser("tour", help="the three documented application cases, step by step")
    tour.set_defaults(run=_tour)

    runbook = commands.add_parser("runbook", help="restore, or hold a drill, with nobody watching")
    unattended.add_arguments(runbook)
    add_commands(commands)
    neighbour_commands.add_commands(commands)

    sync = commands.add_parser(
        "sync", help="write what there is in many projects into a lake, day by day"
    )
    _sync_arguments(sync)

    doctor = commands.add_parser("doctor", help="a read-only look at an account: what works")
    doctor.add_argument("--profile", help="the name of a profile; else as cbr.connect() finds it")
    doctor.add_argument(
        "--record", metavar="DIR", help="write the answers there, without names, IDs and addresses"
    )
    doctor.set_defaults(run=_doctor)

    workshop = commands.add_parser("workshop", help="serve a class, watch it, prove its exercises")
    _workshop_arguments(workshop)

    lab = commands.add_parser("lab", help="open JupyterLab on a copy of the tutorial notebooks")
    _lab_arguments(lab)


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 chooses one (default)")
    parser.add_argument(
        "--estate",
        default="demo",
        help="demo, documented, empty, large, or a YAML file that describes what is in the cloud "
        "(default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=7, help="other IDs (default: %(default)s)")
    parser.add_argument(
        "--state",
        help="a file to keep the cloud in, or to continue; with --seats, a folder",
    )
    parser.add_argument("--template", help="a snapshot to begin with, instead of an estate")
    parser.add_argument(
        "--seats",
        type=int,
        help="serve a class: this many clouds on one port, each with keys of its own",
    )
    parser.add_argument(
        "--tls", action="store_true", help="serve HTTPS, with a certificate made for the class"
    )
    parser.add_argument(
        "--start",
        default="2020-08-17T03:51:24Z",
        help="the cloud's first moment (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=60.0,
        help="simulated seconds a real second; 0 stands still (default: %(default)g)",
    )
    parser.add_argument("--backups", type=int, help="how many, with --estate large")
    parser.set_defaults(run=_simulate)


def _lab_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", default="cbr-notebooks", help="where the copy goes (default: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--ip", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=int, help="port; JupyterLab's own choice if left out")
    parser.add_argument(
        "--allow-root", action="store_true", help="work as root, as containers often do"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="take over newer tutorials; a copy that you edited is kept beside its new one",
    )
    parser.set_defaults(run=_lab)


def _workshop_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="a class on one port, with a join sheet and a board")
    serve.add_argument("--seats", type=int, required=True, help="how many")
    serve.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    serve.add_argument("--port", type=int, default=0, help="port; 0 chooses one (default)")
    serve.add_argument("--estate", default="demo", help="as for simulate (default: %(default)s)")
    serve.add_argument("--folder", default="class", help="keeps the class (default: %(default)s)")
    serve.add_argument(
        "--tls",
        action="store_true",
        help="HTTPS also where only this computer can connect",
    )
    board = commands.add_parser("board", help="how far everyone is, in this terminal")
    board.add_argument("--once", action="store_true", help="show it once, and end")
    check = commands.add_parser("check-all", help="prove that every exercise can be solved")
    check.add_argument(
        "--solutions",
        metavar="MODULE",
        help="its WAYS: functions of the session, by way and workshop, one for each exercise",
    )
    check.add_argument(
        "--workshops", metavar="MODULE", help="its WORKSHOPS: exercises of your own, by workshop"
    )
    pack = commands.add_parser("pack", help="everything on a stick, for computers without network")
    pack.add_argument("folder", metavar="DIR", help="a new folder")
    pack.add_argument(
        "--for",
        dest="targets",
        required=True,
        metavar="SYSTEMS",
        help="windows-3.12,macos-3.13,linux-3.11: the learners' systems and their Python",
    )
    pack.add_argument("--wheel", help="this package's own wheel; built or packed again if left out")
    pack.add_argument(
        "--wheels-from", metavar="DIR", help="a folder of wheels, instead of the package index"
    )
    doors = ((serve, "serve"), (board, "board"), (check, "check_all"), (pack, "pack_stick"))
    for each, name in doors:
        each.set_defaults(run=_workshop, command=name)


def _workshop(options: argparse.Namespace) -> int:
    from cbr_notebook.workshops import commands

    status: int = getattr(commands, options.command)(options)
    return status


def _simulate(options: argparse.Namespace) -> int:
    from cbr_notebook.simulator import Cloud
    from cbr_notebook.simulator.classroom import serving

    wants_class = options.seats is not None
    cloud = Cloud.open(
        options.estate,
        options.seed,
        None if wants_class else options.state,
        options.start,
        speed=0.0 if wants_class else options.speed,
        backups=options.backups,
        template=options.template,
    )
    where = {"host": options.host, "port": options.port, "tls": options.tls}
    try:
        if wants_class:
            with closing(cloud):
                served = serving.serve_seats(
                    cloud, options.seats, folder=options.state, speed=options.speed, **where
                )
        else:
            served = serving.serve_one(cloud, **where)
    except OSError as problem:
        print(f"cbr-notebook: cannot listen on {options.host}:{options.port}: {problem}",
              file=sys.stderr)  # fmt: skip
        return 1

    def stop(*_: object) -> None:
        served.server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(json.dumps(served.ready), flush=True)
    served.server.serve()
    return 0


def _sync_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profiles", required=True, help="names of profiles: prod,dev")
    parser.add_argument(
        "--to", required=True, metavar="PATH", help="a folder, or an address such as s3://b/lake"
    )
    parser.add_argument("--regions", help="names, or all; each profile's own if left out")
    parser.add_argument("--projects", help="names, or all; each profile's own if left out")
    parser.add_argument("--tables", help="which tables; all lists if left out")
    parser.add_argument(
        "--whole", default="7d", help="how old the last whole reading may be (default: %(default)s)"
    )
    parser.add_argument(
        "--resources-every", default="7d",
        help="how old the last whole reading of servers, disks and file systems may be, while "
        "nothing shows that they changed (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--rate", help="what the service allows an account, such as 200/5m")
    parser.add_argument(
        "--prune", action="store_true", help="keep older states by the week, then by the month"
    )
    parser.set_defaults(run=_sync)


def _sync(options: argparse.Namespace) -> int:
    """Sync a fleet; 0: all of it, 3: all but some projects or tables, 4: nothing."""
    from cbr_notebook.exporting import to_text
    from cbr_notebook.fleets import fleet

    with needed_for("cbr-notebook sync", "fleet"):
        from cbr_notebook.histories.project_read import TABLES
        from cbr_notebook.histories.prune import prune

    def names(text: str | None) -> list[str] | str | None:
        return text if text in (None, "all") else [each.strip() for each in text.split(",")]

    opened = fleet(
        names(options.profiles) or [],
        regions=names(options.regions),
        projects=names(options.projects),
        rate=options.rate,
        on_progress=None if sys.stderr.isatty() else (lambda now: None),
    )
    with opened:
        print(opened, flush=True)
        tables = names(options.tables) or TABLES
        synced = opened.sync(
            options.to, tables=tables, whole=options.whole, resources_every=options.resources_every
        )
        good = synced[synced["problem"] == ""]
        print(f"{len(good)} tables of {len(opened)} projects, {good['rows'].sum()} rows.")
        if options.prune and len(good):
            pruned = prune(options.to).iloc[0]
            print(f"{pruned['states_removed']} states and {pruned['files_removed']} files removed.")
        problems = opened.problems()
    if len(problems):
        shown = problems[["profile", "region", "project", "question", "message", "advice"]]
        print(to_text(shown), file=sys.stderr)
    if synced.attrs["interrupted"]:
        return 130
    return 0 if problems.empty else 3 if len(good) else 4


def _doctor(options: argparse.Namespace) -> int:
    from cbr_notebook.entry.doctor import examine
    from cbr_notebook.exporting import to_text

    checks = examine(options.profile, options.record)
    print(to_text(checks))
    if options.record:
        print(f"The answers are in {options.record}. Look at them before you hand them on.")
    return int((checks["outcome"] == "failed").any())


def _tour(options: argparse.Namespace) -> int:
    from cbr_notebook.cli.tour import tour

    tour()
    return 0


def _lab(options: argparse.Namespace) -> int:
    from cbr_notebook import tutorials

    ensure("The lab", "jupyterlab")
    folder = Path(options.folder).resolve()
    tutorials.copy_notebooks(folder, update=options.update)
    print(f"Notebooks are in {folder}; each opens a simulated cloud of its own.", flush=True)
    command = [sys.executable, "-m", "jupyter", "lab", f"--ip={options.ip}", str(folder)]
    if options.port is not None:
        command.append(f"--port={options.port}")
    if options.allow_root:
        command.append("--allow-root")
    if options.no_browser:
        command.append("--no-browser")
    with subprocess.Popen(command, env=os.environ) as lab:  # noqa: S603 our own command
        signal.signal(signal.SIGTERM, lambda *_: lab.terminate())
        while True:
            try:
                return lab.wait()
            except KeyboardInterrupt:
                continue  # JupyterLab got it as well, and asks
