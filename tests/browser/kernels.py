"""Kernels that are copies of one process that has imported pandas and the like already.

A new kernel spends two seconds of CPU on imports, as much as most tests do besides. A copy
(``fork``) is a kernel of its own too: what a test does to it, no other one sees.

``python -m tests.browser.kernels SOCKET`` is the process that is copied. What JupyterLab starts as
a kernel is a small program that asks for a copy and lives as long as it does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from select import select
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "warm"
SPECIFICATION = {"name": NAME, "display_name": "Python 3 (ipykernel)", "language": "python"}
"""The kernel as a notebook names it."""

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
def running(data: Path, environment: dict[str, str]) -> Iterator[None]:
    """Return the JupyterLab whose data folder this is a kernel of the name :data:`NAME`."""
    with tempfile.TemporaryDirectory(prefix="cbr-kernels-") as folder:
        path = Path(folder) / "socket"  # elsewhere: a socket's path has at most 107 bytes
        with (data.parent / "kernels.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(path)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
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
            process.kill()
            process.communicate()


def _serve(path: str) -> None:
    """Make copies until the standard input is closed: then whoever started this is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel that ends
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()  # who asks meanwhile, waits
        _import_everything()
        while select([listening, sys.stdin], [], [])[0] == [listening]:
            asking, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _be_a_kernel(asking)
            asking.close()


def _import_everything() -> None:
    """Import what a kernel imports; not the package, which looks for IPython on its import."""
    import ipykernel.kernelapp

    import cbr_notebook as cbr

    with cbr.simulate("empty") as session:
        session.backups()
    for room in ("forms", "plots", "showing"):
        import_module(f"cbr_notebook.{room}")
    for name in [name for name in sys.modules if name.startswith("cbr_notebook")]:
        del sys.modules[name]
    assert ipykernel


def _be_a_kernel(asking: socket.socket) -> None:
    from ipykernel.kernelapp import launch_new_instance

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
    _serve(sys.argv[1])
