"""The state that a cloud begins with, or continues."""

from __future__ import annotations

from pathlib import Path

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator import estates
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.estates import estate_file, snapshots


def open_state(
    estate: str | Path,
    seed: int,
    path: str | Path | None,
    start: str,
    *,
    backups: int | None = None,
    template: str | Path | None = None,
) -> State:
    """Open a state file, or a state in memory, and put an estate in it if it is new.

    Args:
        estate: the name of one, or a YAML file that describes one.
        seed: another seed gives other IDs.
        path: the state file; in memory if left out.
        start: the clock's first moment (ISO 8601, UTC).
        backups: for ``large``: how many backups.
        template: a snapshot to begin with, instead of an estate.

    Raises:
        StateFileError: a file is damaged, newer, foreign, missing, or in use.
        InvalidRequest: there is no such estate, its file is wrong, or the start is not a time.
    """
    name = _name_of(estate)
    try:
        begin = clock.parse_time(start)
    except ValueError:
        raise InvalidRequest(
            f"{start!r} is not a time.", advice="Write it like 2020-08-17T03:51:24Z."
        ) from None
    kept = State(path)
    try:
        if kept.meta("now") is None:
            if template is not None:
                snapshots.load_template(kept, Path(template))
            else:
                snapshots.of_estate(name, seed, begin, backups).load_into(kept)
    except BaseException:
        kept.close()
        raise
    return kept


def _name_of(estate: str | Path) -> str:
    """Return an estate's name: of a file, its text."""
    if estate in estates.NAMES:
        return str(estate)
    path = Path(estate)
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidRequest(
            f"There is no estate {str(estate)!r}.",
            advice=f"Choose one of {estates.NAMES}, or name a YAML file.",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest(f"The estate {path} cannot be read: {problem}.") from None
    estate_file.read(text)
    return estates.WRITTEN + text
