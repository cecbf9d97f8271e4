"""Install the workshop from this stick: run it with Python; no network is needed or used.

It is copied onto the stick as it is, and imports nothing but Python's own library.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

SUMS = "SHA256SUMS"
_NAMES = {"Windows": "windows", "Darwin": "macos", "Linux": "linux"}
_KEPT = ("notebooks", "snapshots")


class Trouble(Exception):
    """What is wrong, in a sentence or two."""


def main() -> int:
    """Verify the stick, create an environment, and say how to begin."""
    stick = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Install the workshop, without a network.")
    parser.add_argument("target", choices=sorted(path.stem for path in _requirements(stick)))
    parser.add_argument(
        "--into",
        type=Path,
        default=Path.home() / "cbr-workshop",
        help="where the workshop goes (default: %(default)s)",
    )
    options = parser.parse_args()
    try:
        check_system(options.target)
        print("Comparing all files of the stick with their checksums …", flush=True)
        verify(stick)
        print(f"Installing into {options.into} …", flush=True)
        command = install(stick, options.target, options.into.resolve())
    except (Trouble, OSError) as problem:
        print(f"Not installed: {problem}", file=sys.stderr)
        return 1
    print(f"Done. Begin with:\n\n  {command}\n")
    return 0


def check_system(target: str) -> None:
    """Refuse a system or a Python that the wheels are not for.

    Args:
        target: such as ``linux-3.11``.
    """
    system, _, python = target.rpartition("-")
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here != python:
        raise Trouble(f"This is Python {here}; the wheels are for {python}.")
    if _NAMES.get(platform.system()) != system.partition("-")[0]:
        raise Trouble(f"This is {platform.system()}; the wheels are for {system}.")
    is_arm = platform.machine().lower() in {"arm64", "aarch64"}
    if is_arm != (system in {"macos", "linux-arm"}):
        raise Trouble(f"This is a {platform.machine()} processor; the wheels are for {system}.")


def verify(stick: Path) -> None:
    """Compare all files with their SHA-256 sums; a missing, changed or further wheel is refused."""
    sums = {}
    for line in (stick / SUMS).read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        sums[name] = digest
    wrong = []
    for name, digest in sums.items():
        path = stick / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    wheels = {path.relative_to(stick).as_posix() for path in (stick / "wheels").iterdir()}
    wrong += sorted(wheels - set(sums))
    if wrong:
        raise Trouble(
            f"{len(wrong)} files are not as they were packed: {', '.join(wrong[:5])}. "
            "Copy the stick again, or ask who gave it to you."
        )


def install(stick: Path, target: str, into: Path) -> str:
    """Create an environment with the wheels, and copy what is worked with.

    Args:
        stick: the folder that was packed.
        target: such as ``linux-3.11``.
        into: where it goes; files that are there already stay as they are.

    Returns:
        The command that opens the notebooks.
    """
    environment = into / ".venv"
    venv.create(environment, with_pip=False, clear=True)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    (pip,) = sorted((stick / "wheels").glob("pip-*.whl"))[-1:]
    command = [
        str(python), str(pip / "pip"), "--isolated", "install", "--quiet", "--no-index",
        f"--find-links={stick / 'wheels'}", "--only-binary=:all:", "--require-hashes",
        "--requirement", str(stick / "requirements" / f"{target}.txt"),
    ]  # fmt: skip
    done = subprocess.run(command, env=_without_pips_settings(), check=False)  # noqa: S603
    if done.returncode != 0:
        raise Trouble("pip could not install the wheels; what it said stands above.")
    for name in _KEPT:
        _copy_new(stick / name, into / name)
    return f'"{scripts / "cbr-notebook"}" lab --folder "{into / "notebooks"}"'


def _requirements(stick: Path) -> list[Path]:
    return list((stick / "requirements").glob("*.txt"))


def _without_pips_settings() -> dict[str, str]:
    """Return the environment without what would send pip elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _copy_new(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


if __name__ == "__main__":
    sys.exit(main())
