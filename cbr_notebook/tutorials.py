"""The notebooks that come with the package, and copies of them to work in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cbr_notebook.errors import CBRError

COPIED = ".copied.json"
"""What a folder of copies keeps: which of them are as they were copied."""


def notebooks_folder() -> Path:
    """Return the folder of the tutorial and runbook notebooks.

    They lie in the package when it is installed, and beside it in a clone.

    Raises:
        CBRError: they are in neither place.
    """
    package = Path(__file__).parent
    for folder in (package / "_notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise CBRError("The tutorial notebooks are missing.", advice="Install cbr-notebook again.")


def copy_notebooks(folder: Path, *, update: bool = False) -> None:
    """Copy the notebooks to a folder; what is there already stays, unless it is to be updated.

    Args:
        folder: where the copies go; made if need be.
        update: whether newer notebooks take the place of copies. A copy that was edited stays as
            it is, and the newer one is put beside it, as ``….updated.ipynb``.

    Raises:
        CBRError: the notebooks are missing, or the folder cannot be written.
    """
    source, record = notebooks_folder(), folder / COPIED
    try:
        copied = json.loads(record.read_text("utf-8")) if record.exists() else {}
    except (OSError, ValueError):
        copied = {}  # then every copy counts as edited
    try:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            if not path.is_file() or {".ipynb_checkpoints", "__pycache__"} & set(path.parts):
                continue
            content, target = path.read_bytes(), folder / name
            if target.exists():
                present = target.read_bytes()
                if not update or present == content:
                    continue
                if copied.get(name) != _digest(present):
                    target = target.with_name(f"{target.stem}.updated{target.suffix}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            copied[name] = _digest(content)
        record.write_text(json.dumps(copied, indent=1), "utf-8")
    except OSError as problem:
        raise CBRError(f"The notebooks cannot be copied to {folder}: {problem}.") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
