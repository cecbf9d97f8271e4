"""Where things are in this repository."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PACKAGE = REPOSITORY / "cbr_notebook"
README = REPOSITORY / "README.md"
DOCS = REPOSITORY / "docs"


def committed_files() -> list[Path]:
    """Return what git knows of, or would if it were added now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git clone")
    files = [REPOSITORY / line for line in listed.stdout.splitlines()]
    return [path for path in files if path.is_file()]


def client_modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module but the simulator's, which reads the specification by itself."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("simulator/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))
