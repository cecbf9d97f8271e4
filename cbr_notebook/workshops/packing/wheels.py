"""Wheels for another system: resolved for it by uv, downloaded by pip; and our own wheel."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cbr_notebook.errors import CBRError
from cbr_notebook.extras import missing
from cbr_notebook.workshops.packing.targets import Target

_EXTRAS = ("lab",)
"""What a class needs of the package, as far as it has extras of these names."""
_NOT_IN_A_WHEEL = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}
_LONGEST_S = 1800


def resolve(wheel: Path, target: Target, source: Path | None = None) -> str:
    """Return all that a wheel needs on a system, pinned and with hashes, as pip reads it.

    Not by pip: its ``--platform`` chooses files for another system, but evaluates the conditions
    of dependencies (``pywinpty; sys_platform == "win32"``) for the one that it runs on.

    Args:
        wheel: our own.
        target: the system.
        source: a folder of wheels to take instead of the package index.

    Raises:
        CBRError: uv is missing, or finds no set of versions that fit together.
    """
    wanted = f"{_requirement(wheel)} @ {wheel.resolve().as_uri()}\npip\n"
    command = [
        _uv(), "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--generate-hashes",
        "--only-binary=:all:", "--python-platform", target.resolving_for,
        "--python-version", target.python, *_only_from(source), "-",
    ]  # fmt: skip
    pins = _run(command, f"No versions fit together for {target}", wanted)
    # By its path here in the answer, with or without a hash in the lines that continue it.
    others = re.sub(r"^cbr-notebook\b(.*\\\n)*.*\n", "", pins, flags=re.MULTILINE)
    return f"{_requirement(wheel)}=={_version(wheel)} --hash=sha256:{sha256(wheel)}\n{others}"


def download(requirements: Path, target: Target, folder: Path, source: Path | None = None) -> None:
    """Download exactly what is pinned, as wheels of a system, and compare the hashes.

    Args:
        requirements: the pins; our own wheel is in the folder already.
        target: the system.
        folder: where the wheels go.
        source: a folder of wheels to take instead of the package index.

    Raises:
        CBRError: pip is missing, or a wheel cannot be had.
    """
    if importlib.util.find_spec("pip") is None:
        raise CBRError(
            "Wheels are downloaded by pip, which this environment does not have.",
            advice="Install it: uv pip install pip, or python -m ensurepip.",
        )
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary=:all:", "--require-hashes",
        "--implementation=cp", f"--python-version={target.python}",
        *(f"--platform={tag}" for tag in target.wheels),
        f"--dest={folder}", f"--find-links={folder}", *_only_from(source),
        "--requirement", str(requirements),
    ]  # fmt: skip
    _run(command, f"The wheels for {target} cannot be downloaded")


def own_wheel(folder: Path) -> Path:
    """Put the wheel of this package into a folder: built from source, or from what is installed.

    Raises:
        CBRError: it cannot be built.
    """
    installed = distribution("cbr-notebook")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return repack(installed, folder)
    source = url2pathname(urlsplit(origin["url"]).path)
    command = [_uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), source]
    _run(command, f"The wheel of this package cannot be built from {source}")
    (wheel,) = folder.glob("cbr_notebook-*.whl")
    return wheel


def repack(installed: Distribution, folder: Path) -> Path:
    """Make a wheel of an installed package again, from its files.

    Args:
        installed: a package of Python files only.
        folder: where the wheel goes.
    """
    name = installed.metadata["Name"].replace("-", "_")
    wheel = folder / f"{name}-{installed.version}-py3-none-any.whl"
    record = []
    info = ""
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(installed.files or ()):
            if ".." in path.parts or path.suffix == ".pyc":
                continue  # a script of the environment; what Python makes itself
            if path.parts[0].endswith(".dist-info"):
                info = path.parts[0]
                if path.name in _NOT_IN_A_WHEEL:
                    continue
            content = path.read_binary()
            archive.writestr(path.as_posix(), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{path.as_posix()},sha256={digest.decode()},{len(content)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return wheel


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _requirement(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
    extras = [name for name in _EXTRAS if f"\nProvides-Extra: {name}\n" in text]
    return f"cbr-notebook[{','.join(extras)}]" if extras else "cbr-notebook"


def _version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def _only_from(source: Path | None) -> list[str]:
    return [] if source is None else ["--no-index", f"--find-links={source.resolve()}"]


def _uv() -> str:
    if importlib.util.find_spec("uv") is not None:
        from uv import find_uv_bin

        return str(find_uv_bin())
    found = shutil.which("uv")
    if found is None:
        raise missing("uv", "A stick for other systems")
    return found


def _run(command: Sequence[str], failed: str, given: str | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 our own command
            command, input=given, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise CBRError(f"{failed}: it took longer than {_LONGEST_S // 60} minutes.") from None
    if done.returncode != 0:
        told = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise CBRError(
            f"{failed}.",
            advice=f"{command[0]} said:\n{told}",
        )
    return done.stdout
