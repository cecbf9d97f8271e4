"""A class of twenty is killed while everybody changes something: nothing that was answered is lost.

``CBR_KILLS=100`` kills it as often as that.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

import cbr_notebook as cbr
from cbr_notebook.errors import CBRError

SEATS = 20
KILLS = int(os.environ.get("CBR_KILLS", "2"))


def serve(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], list[str]]:
    command = [sys.executable, "-m", "cbr_notebook.cli", "simulate", "--seats", str(SEATS)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--estate", "empty", "--state", str(folder)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = msgspec.json.decode(process.stdout.readline())
    return process, [seat["join"] for seat in ready["seats"]]


class Learner:
    """Renames a vault again and again, and remembers which name was answered last."""

    def __init__(self, join: str) -> None:
        self.session = cbr.connect(join=join)
        self.vault = self.session.create_vault("name-0", size_gb=10).id
        self.answered = self.asked = 0

    def work(self) -> None:
        try:
            while True:
                self.asked += 1
                self.session.client.vaults.update(self.vault, name=f"name-{self.asked}")
                self.answered = self.asked
        except CBRError:
            pass  # killed

    def check(self) -> None:
        """Compare with what there is now, and begin to count anew."""
        name = self.session.client.vaults.show(self.vault).name
        assert name in (f"name-{self.answered}", f"name-{self.asked}")
        self.answered = self.asked = 0
        self.session.client.vaults.update(self.vault, name="name-0")


def test_no_change_that_was_answered_is_lost(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process, joins = serve(tmp_path / "class", port)
    try:
        learners = [Learner(join) for join in joins]
        for number in range(KILLS):
            threads = [threading.Thread(target=each.work) for each in learners]
            for each in threads:
                each.start()
            wanted = random.Random(number).randrange(1, 3 * SEATS)
            end = time.monotonic() + 30
            while sum(each.answered for each in learners) < wanted and time.monotonic() < end:
                time.sleep(0.005)  # of this process; the class goes on
            process.kill()
            process.wait()
            for each in threads:
                each.join(60)
            assert sum(each.answered for each in learners) >= wanted
            process, _ = serve(tmp_path / "class", port)
            for learner in learners:
                learner.check()
    finally:
        process.kill()
        process.wait()
