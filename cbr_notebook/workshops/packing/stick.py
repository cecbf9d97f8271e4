"""What is on a stick: wheels, notebooks, snapshots, an install script a system, checksums."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from cbr_notebook import tutorials
from cbr_notebook.entry import simulate
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.workshops.exercise import Exercise
from cbr_notebook.workshops.packing import installer, wheels
from cbr_notebook.workshops.packing.targets import Target

_README = """The workshop on a stick
=======================

Nothing here needs a network. Have the Python that your system's line names, then run its script:

{lines}

It compares all files with SHA256SUMS, creates an environment in your home folder (cbr-workshop;
another one with --into), and says how to begin. Nothing else of your computer is changed; delete
that folder, and it is gone.

notebooks/   the tutorials, as they are also installed
snapshots/   how each exercise begins: cbr.simulate(template="snapshots/basics-07.state")
wheels/      this package and all that it needs
"""
_SHELL = """#!/bin/sh
# Installs the workshop from this stick, without a network: sh {script}
cd "$(dirname "$0")" || exit 1
for python in python{version} python3 python; do
  if "$python" -c 'import sys; sys.exit(sys.version_info[:2] != ({tuple}))' 2>/dev/null; then
    exec "$python" -I install.py {target} "$@"
  fi
done
echo "Python {version} is needed, and was not found." >&2
exit 1
"""
_BATCH = """@echo off
rem Installs the workshop from this stick, without a network.
cd /d "%~dp0"
set "CBR_PYTHON=py -{version}"
%CBR_PYTHON% -c "" >nul 2>nul || set "CBR_PYTHON=python"
%CBR_PYTHON% -I install.py {target} %*
set "CBR_STATUS=%errorlevel%"
if "%CBR_STATUS%"=="9009" echo Python {version} is needed, and was not found.
if "%~1"=="" pause
exit /b %CBR_STATUS%
"""


def pack(
    targets: Sequence[Target],
    folder: Path,
    workshops: dict[str, tuple[Exercise, ...]],
    *,
    wheel: Path | None = None,
    source: Path | None = None,
) -> list[Path]:
    """Pack a stick; the folder appears when it is whole.

    Args:
        targets: the systems.
        folder: a new folder.
        workshops: the exercises of each, by name.
        wheel: our own wheel; built if left out.
        source: a folder of wheels to take instead of the package index.

    Returns:
        The install scripts.

    Raises:
        InvalidRequest: the folder exists, or cannot be written.
        CBRError: a tool is missing, or the wheels cannot be had.
    """
    if folder.exists():
        raise InvalidRequest(f"{folder} exists already.", advice="Name a new folder.", field="DIR")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".stick-", dir=folder.parent) as place:
            begun = Path(place, "stick")
            scripts = _fill(begun, targets, workshops, wheel, source)
            begun.rename(folder)
    except OSError as problem:
        raise InvalidRequest(f"{folder} cannot be packed: {problem}.", field="DIR") from None
    return [folder / script for script in scripts]


def _fill(
    stick: Path,
    targets: Sequence[Target],
    workshops: dict[str, tuple[Exercise, ...]],
    wheel: Path | None,
    source: Path | None,
) -> list[str]:
    place, pins = stick / "wheels", stick / "requirements"
    for made in (stick, place, pins, stick / "snapshots"):
        made.mkdir()
    own = wheels.own_wheel(place) if wheel is None else Path(shutil.copy(wheel, place))
    for stray in place.glob(".*"):
        stray.unlink()  # what a build tool leaves for git
    for target in targets:
        requirements = pins / f"{target}.txt"
        requirements.write_text(wheels.resolve(own, target, source), "utf-8")
        wheels.download(requirements, target, place, source)
        write_script(stick, target)
    tutorials.copy_notebooks(stick / "notebooks")
    (stick / "notebooks" / tutorials.COPIED).unlink()
    for name, exercises in workshops.items():
        save_starts(name, exercises, stick / "snapshots")
    shutil.copyfile(installer.__file__, stick / "install.py")
    width = max(len(str(target)) for target in targets)
    lines = "\n".join(f"  {target!s:{width}}   {target.script}" for target in targets)
    (stick / "README.txt").write_text(_README.format(lines=lines), "utf-8")
    write_sums(stick)
    return [target.script for target in targets]


def write_script(stick: Path, target: Target) -> None:
    """Write the install script of a system."""
    is_batch = target.script.endswith(".bat")
    text = (_BATCH if is_batch else _SHELL).format(
        script=target.script,
        target=target,
        version=target.python,
        tuple=target.python.replace(".", ", "),
    )
    path = stick / target.script
    path.write_text(text, "ascii", newline="\r\n" if is_batch else "\n")
    path.chmod(0o755)


def save_starts(name: str, exercises: Sequence[Exercise], folder: Path) -> None:
    """Save the cloud as each exercise begins: ``basics-07.state``.

    Raises:
        CBRError: an exercise cannot be started.
    """
    session = simulate()
    with closing(session.cloud):
        for number, exercise in enumerate(exercises, 1):
            session.cloud.reset()
            exercise.start(session)
            session.cloud.snapshot(folder / f"{name.replace(' ', '-')}-{number:02d}.state")


def write_sums(stick: Path) -> None:
    """Write the SHA-256 of every file, as ``sha256sum --check`` reads it."""
    lines = [
        f"{wheels.sha256(path)}  {path.relative_to(stick).as_posix()}\n"
        for path in sorted(stick.rglob("*"))
        if path.is_file()
    ]
    (stick / installer.SUMS).write_text("".join(lines), "utf-8")
