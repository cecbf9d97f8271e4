"""Estates as they are when they have just been built: built once, and copied from then on.

Once a process; or once for all processes that :data:`VARIABLE` names the same folder to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from collections import OrderedDict
from pathlib import Path

from cbr_notebook import _version
from cbr_notebook.simulator import estates
from cbr_notebook.simulator.core import database_schema
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import ORIGIN, State, StateFileError
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.protocol.error_translation import refused
from cbr_notebook.simulator.services import EVENTS

VARIABLE = "CBR_ESTATE_FOLDER"
"""The environment variable that names a folder where built estates are kept between processes."""

MOST_KEPT = 12
"""How many estates are kept; the one that was not asked for the longest goes first."""

MOST_BYTES = 64 * 1024 * 1024
"""How much memory all of them take together; one that is larger by itself is kept in a
temporary file."""

_kept: OrderedDict[tuple[str, int, int, int | None], Snapshot] = OrderedDict()
_lock = threading.Lock()


class Snapshot:
    """The whole state of a cloud at one moment, from which any number of clouds can begin."""

    def __init__(self, engine: Engine) -> None:
        """Copy a cloud's state: into memory, or into a temporary file if it is large."""
        size = int(engine.state.value("SELECT page_count * page_size FROM "
                                      "pragma_page_count, pragma_page_size"))  # fmt: skip
        self.in_memory = size if size <= MOST_BYTES else 0
        """Bytes of memory."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:" if self.in_memory else "", check_same_thread=False)
        engine.save_into(self._db)

    def load_into(self, state: State) -> None:
        """Replace a state by this one."""
        with self._lock:
            state.load(self._db)


def of_estate(name: str, seed: int, start: int, backups: int | None = None) -> Snapshot:
    """Return an estate as it is when it has just been built.

    Args:
        name: one of :data:`estates.NAMES`, or the text of a file; see :func:`estates.build`.
        seed: what all identifiers follow from.
        start: the clock's first moment, in microseconds since 1970.
        backups: for ``large``: how many backups.
    """
    key = (name, seed, start, backups if name == "large" else None)
    with _lock:
        found = _kept.pop(key, None)
        if found is None:
            found = _read(*key) or _build(*key)
        _kept[key] = found
        while len(_kept) > MOST_KEPT or sum(each.in_memory for each in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)
        return found


def _file_of(*key: str | int | None) -> Path | None:
    """Return where an estate of this version is kept between processes; ``None`` if nowhere."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    what = json.dumps([_version.__version__, database_schema.VERSION, *key])
    return Path(folder) / f"{hashlib.blake2b(what.encode(), digest_size=16).hexdigest()}.state"


def _read(name: str, seed: int, start: int, backups: int | None) -> Snapshot | None:
    """Return an estate that another process has built; ``None`` if none has."""
    path = _file_of(name, seed, start, backups)
    if path is None or not path.is_file():
        return None
    state = State()
    try:
        state.load_file(path)
        return Snapshot(Engine(state, EVENTS))
    except StateFileError:
        return None  # damaged: it is built again, and takes the file's place
    finally:
        state.close()


def _keep(snapshot: Snapshot, state: State, *key: str | int | None) -> None:
    """Create the file from which other processes begin; without room for it, do without."""
    path = _file_of(*key)
    if path is None or not snapshot.in_memory:
        return
    new = path.with_suffix(f".{os.getpid()}.new")
    with contextlib.suppress(OSError, StateFileError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        state.save_as(new)
        new.replace(path)


def _build(name: str, seed: int, start: int, backups: int | None) -> Snapshot:
    state = State()
    try:
        origin = {"estate": name, "seed": seed, "start": start, "backups": backups}
        with state.transaction():
            for key, value in (("seed", seed), ("draws", 0), ("now", start)):
                state.set_meta(key, value)
            state.set_meta(ORIGIN, json.dumps(origin))
        engine = Engine(state, EVENTS)
        with refused(), engine.work():
            estates.build(engine, name, backups=backups)
        snapshot = Snapshot(engine)
        _keep(snapshot, state, name, seed, start, backups)
        return snapshot
    finally:
        state.close()


def load_template(state: State, path: Path) -> None:
    """Replace a state by what a file holds, and note the file as what the cloud began as.

    Raises:
        StateFileError: the file cannot be used; nothing was changed.
    """
    template = State()
    try:
        template.load_file(path)
        template.set_meta(ORIGIN, json.dumps({"template": str(path.resolve())}))
        template.copy_to(state)
    finally:
        template.close()


def load_start(state: State) -> None:
    """Replace a state by what its cloud began as: an estate, or a template.

    Raises:
        StateFileError: that is not known, or the template is not usable any more; nothing
            was changed.
    """
    origin = json.loads(state.meta(ORIGIN, "null"))
    if origin is None:
        raise StateFileError(
            "This cloud cannot go back: an older version made it, and did not note how.",
            advice="Begin a new one: cbr.simulate().",
        )
    if "twin" in origin:
        raise StateFileError(
            "This cloud is a twin of an account: what it was told is not kept, so it cannot go "
            "back to that.",
            advice="Make a new one: session.twin(); or keep it now: cloud.snapshot(path), and "
            "begin with cbr.simulate(template=path).",
        )
    keys = origin.get("keys")
    if "template" in origin:
        load_template(state, Path(origin["template"]))
    else:
        of_estate(origin["estate"], origin["seed"], origin["start"], origin["backups"]).load_into(
            state
        )
    if keys is not None:
        accounts.give_keys(state, keys)
