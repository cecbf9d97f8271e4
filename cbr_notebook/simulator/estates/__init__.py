"""Example clouds, made anew from a seed."""

from __future__ import annotations

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import demo, documented, empty, file_estate, large

WRITTEN = "yaml:"
"""Begins the name of an estate that a file describes; the file's text follows."""
NAMES = ("demo", "documented", "empty", "large")


def build(engine: Engine, name: str, *, backups: int | None = None) -> None:
    """Fill a new cloud.

    Args:
        engine: of a cloud without anything in it.
        name: one of :data:`NAMES`, or :data:`WRITTEN` and the text of an estate file.
        backups: for ``large``: how many backups.
    """
    if name.startswith(WRITTEN):
        file_estate.build(engine, name.removeprefix(WRITTEN))
    elif name == "large":
        large.build(engine, backups or large.DEFAULT_BACKUPS)
    else:
        {"demo": demo, "documented": documented, "empty": empty}[name].build(engine)
