"""The licences of what gets installed with the package: ``python -m … docs/licences.md``."""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

PROJECT = "cbr-notebook"
FOR_CONTRIBUTORS = {"test", "dev", "benchmark", "site", "all"}
HEAD = """# Licences of dependencies

Written by `nox -s licences` from what the packages say of themselves, as installed where it was
written; other versions may say other things.
"""


def extras() -> list[str]:
    """Return the extras that users install."""
    told = distribution(PROJECT).metadata.get_all("Provides-Extra") or []
    return sorted(set(told) - FOR_CONTRIBUTORS)


def needed(*wanted: str) -> dict[str, Distribution | None]:
    """Return all that is installed with the package and these extras; ``None``: it is not here."""
    found: dict[str, Distribution | None] = {}
    waiting = [(PROJECT, tuple(wanted))]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, of = waiting.pop()
        name = re.sub(r"[-_.]+", "-", name).lower()
        if (name, of) in seen:
            continue
        seen.add((name, of))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            found[name] = None
            continue
        for line in distribution(name).requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": each}) for each in ("", *of)):
                waiting.append((requirement.name, tuple(sorted(requirement.extras))))
    del found[PROJECT]
    return found


def licence(package: Distribution) -> str:
    """Return a package's licence in few words: its expression, its classifiers, or its field."""
    metadata: Any = package.metadata  # a message; its protocol has no ``get``
    if said := metadata.get("License-Expression"):
        return str(said)
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or []
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    field = (metadata.get("License") or "").strip().partition("\n")[0][:60]
    return "; ".join(classifiers) or field or "not told"


def page() -> str:
    """Return the page: what is always installed, and what extras add."""
    core, everything = needed(), needed(*extras())
    lines = [HEAD, "## The package alone\n", *_table(core)]
    more = {name: package for name, package in everything.items() if name not in core}
    return "\n".join([*lines, f"\n## What {', '.join(extras())} add\n", *_table(more), ""])


def _table(packages: dict[str, Distribution | None]) -> list[str]:
    missing = sorted(name for name, package in packages.items() if package is None)
    if missing:
        sys.exit(f"Not installed here, so their licences are not known: {', '.join(missing)}.")
    rows = [
        f"| {name} | {licence(package)} |" for name, package in sorted(packages.items()) if package
    ]
    return ["| package | licence |", "|---|---|", *rows]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
