"""What a question, an act and a restore pass on their way: files, functions, requests.

``python -m tests.benchmarks.walks`` counts them on a simulated cloud; docs/architecture.md quotes
the figures. Files and functions of the simulator do not count: a real service stands there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import cbr_notebook as cbr

PACKAGE = Path(cbr.__file__).parent
SERVER = "web-01"


@dataclass
class Walk:
    """What was passed."""

    files: set[str] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    requests: int = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Count a call; for ``sys.setprofile``."""
        if event != "call":
            return
        code = frame.f_code
        if code.co_filename.endswith("httpx/_client.py") and code.co_name == "_send_single_request":
            self.requests += 1
        path = Path(code.co_filename)
        if path.is_relative_to(PACKAGE):
            name = path.relative_to(PACKAGE).as_posix()
            if not name.startswith("simulator/"):
                self.files.add(name)
                self.functions.add((name, code.co_qualname))


def walk(step: Callable[[], object]) -> Walk:
    """Run a step; return what it passes."""
    passed = Walk()
    sys.setprofile(passed)
    try:
        step()
    finally:
        sys.setprofile(None)
    return passed


def measured() -> dict[str, Walk]:
    """Return what each walk passes."""
    session = cbr.simulate()
    vault = session.vaults(name="vault-web").iloc[0]["id"]
    backup = session.backups(resource=SERVER, status="available").iloc[0]["id"]

    def restore() -> None:
        plan = session.plan_restore(backup)
        names = list(dict.fromkeys(plan.warnings))
        run = plan.execute(confirm=SERVER, acknowledge=names, on_progress=lambda _: None)
        run.wait()
        run.verify()

    steps: dict[str, Callable[[], object]] = {
        "question: session.backups()": session.backups,
        "act: session.back_up(vault).wait()": lambda: session.back_up(vault).wait(progress=False),
        "restore: plan, execute, wait, verify": restore,
    }
    return {name: walk(step) for name, step in steps.items()}


def main() -> None:
    """Print a line for each walk."""
    print(f"{'walk':40} {'files':>6} {'functions':>10} {'requests':>9}")
    for name, each in measured().items():
        print(f"{name:40} {len(each.files):6} {len(each.functions):10} {each.requests:9}")


if __name__ == "__main__":
    main()
