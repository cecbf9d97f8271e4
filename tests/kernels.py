"""Kernels that are copies of one process that has done already what each kernel begins with.

A new kernel spends three seconds of CPU on imports and on its first cloud, more than most tests do
besides. A copy (``fork``) is a kernel of its own too: what a test does to it, no other one sees.

``python -m tests.kernels LISTENING`` is the process that is copied. What Jupyter starts as a kernel
is a small program that asks for a copy and lives as long as it does.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from select import select
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "python3"
SPECIFICATION = {"name": NAME, "display_name": "Python 3 (ipykernel)", "language": "python"}
"""The kernel as a notebook names it: as if it were the usual one."""

_END = 10.0  # seconds that the last copies may take to end

_ASK = """
import json, os, signal, socket, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
asked = {"file": sys.argv[2], "folder": os.getcwd(), "environment": dict(os.environ)}
with socket.socket(socket.AF_UNIX) as copy:
    copy.connect(sys.argv[1])
    copy.sendall(json.dumps(asked).encode() + b"\\n")
    copy.recv(1)
"""


@contextmanager
def running(data: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Serve copies to the Jupyter whose data folder this is, as its kernel :data:`NAME`."""
    with (
        tempfile.TemporaryDirectory(prefix="cbr-kernels-") as folder,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        path = Path(folder) / "socket"  # elsewhere: a socket's path has at most 107 bytes
        listening.bind(str(path))
        listening.listen()  # who asks before there is anything to copy, waits
        with (data.parent / "kernels.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(listening.fileno())],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
        kernel = data / "kernels" / NAME
        kernel.mkdir(parents=True)
        command = [sys.executable, "-I", "-S", "-c", _ASK, str(path), "{connection_file}"]
        described = SPECIFICATION | {"argv": command, "interrupt_mode": "message"}
        (kernel / "kernel.json").write_text(json.dumps(described))
        try:
            yield
        finally:
            try:
                process.communicate(timeout=_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _serve(listening: socket.socket) -> None:
    """Make copies until the standard input is closed: then whoever started this wants no more.

    It waits for each copy, so that the CPU seconds of a test run have those of its kernels in them.
    """
    _begin_as_every_kernel()
    while select([listening, sys.stdin], [], [])[0] == [listening]:
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _be_a_kernel(asking)
        asking.close()
        _wait(os.WNOHANG)
    _wait(0)


def _wait(options: int) -> None:
    """Wait for the copies that have ended, or with 0 for all."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options) != (0, 0):
            pass


def _begin_as_every_kernel() -> None:
    """Import what kernels import, and open the cloud, a form and a picture that most of them open.

    But a copy imports the package itself, which tells the IPython that it finds how to show tables.
    """
    import ipykernel.kernelapp
    import pandas
    from ipywidgets import Widget

    import cbr_notebook as cbr

    with cbr.simulate() as session:
        session.forms.vaults()
        cast("Any", session.plots.calendar())._repr_html_()
    Widget.close_all()
    import_module("cbr_notebook.showing.html_tables")
    pandas.set_option("display.max_columns", 20)  # as pandas has it where it finds a kernel
    del sys.modules["cbr_notebook"]
    assert ipykernel
    gc.collect()
    gc.freeze()  # a search for garbage would write into all of it, so that each copy pays for it


def _be_a_kernel(asking: socket.socket) -> None:

    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    asked = json.loads(asking.makefile().readline())
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])

    def end_with_whoever_asked() -> None:
        asking.recv(1)
        os._exit(0)

    Thread(target=end_with_whoever_asked, daemon=True).start()
    launch_new_instance(argv=["-f", asked["file"]])
    os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
