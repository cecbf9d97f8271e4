"""Where journals are kept: a folder of the user's choice, a file a run.

Named by the caller, else by ``CBR_RUNBOOK_FOLDER``, else beside the state file of a simulated
cloud or in a folder that goes with it, else the system's folder for a user's data.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest, JournalFailed, NotFound
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.text import arguments

if TYPE_CHECKING:
    from cbr_notebook.session import Session
    from cbr_notebook.simulator import Cloud

SUFFIX = ".jsonl"
_LONGEST_BEGINNING = 60
_VARIABLE = "CBR_RUNBOOK_FOLDER"
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
_temporary: weakref.WeakKeyDictionary[Cloud, Path] = weakref.WeakKeyDictionary()
"""The folder of each cloud that is in memory only; it goes when the cloud does."""


def folder_for(session: Session, folder: str | Path | None = None) -> Path:
    """Return the folder of a session's journals; it is made if need be.

    Args:
        session: whose.
        folder: the user's choice.

    Raises:
        InvalidRequest: the folder cannot be made or written.
    """
    chosen = arguments.path(folder or os.environ.get(_VARIABLE) or _default(session), "folder")
    try:
        chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise InvalidRequest(
            f"The folder {chosen} for journals cannot be made: {problem.strerror}.",
            advice=f"Name another: folder=…, or the variable {_VARIABLE}.",
        ) from None
    if not os.access(chosen, os.W_OK):
        raise InvalidRequest(
            f"The folder {chosen} for journals cannot be written.",
            advice=f"Name another: folder=…, or the variable {_VARIABLE}.",
        )
    return chosen


def _default(session: Session) -> Path:
    if not session.simulated:
        import platformdirs

        return Path(platformdirs.user_data_dir("cbr-notebook")) / "restores"
    cloud = session.cloud
    if cloud.state_file is not None:
        return cloud.state_file.with_name(cloud.state_file.name + ".restores")
    if cloud not in _temporary:
        made = tempfile.mkdtemp(prefix="cbr-restores-")
        weakref.finalize(cloud, shutil.rmtree, made, ignore_errors=True)
        _temporary[cloud] = Path(made)
    return _temporary[cloud]


@contextmanager
def one_beginner(folder: Path) -> Iterator[None]:
    """Allow only one process to look whether a run may begin, and to begin it.

    Raises:
        Conflict: another has been at it for a minute.
    """
    lock = FileLock(folder / ".begin.lock", timeout=_LONGEST_BEGINNING)
    try:
        lock.acquire()
    except Timeout:
        raise Conflict(
            f"Another process is beginning a restore in {folder}.", advice="Try again shortly."
        ) from None
    except OSError as problem:
        raise JournalFailed(
            f"The folder {folder} for journals cannot be written: {problem.strerror}.",
            advice="Name another: folder=….",
        ) from None
    try:
        yield
    finally:
        lock.release()


def new_journal(folder: Path, name: str, at: datetime) -> Journal:
    """Return a journal for a new run; its file is reserved.

    Args:
        folder: where.
        name: what is restored, for people to know the run by.
        at: the present moment.
    """
    known_by = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "restore"
    stem = f"{known_by}-{at.astimezone(UTC):%Y%m%d-%H%M%S}"
    number = 1
    while True:
        path = folder / f"{stem if number == 1 else f'{stem}-{number}'}{SUFFIX}"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
            continue
        except OSError as problem:
            raise JournalFailed(
                f"No journal can be written in {folder}: {problem.strerror}. Nothing was asked "
                "of the service.",
                advice="Make room, or name another folder: folder=….",
            ) from None
        return Journal(path)


def open_journal(folder: Path, run_id: str) -> Journal:
    """Return the journal of a run.

    Raises:
        NotFound: there is none of this ID; the message lists the newest.
        InvalidRequest: the journal was edited.
    """
    path = folder / f"{run_id}{SUFFIX}"
    if not _RUN_ID.fullmatch(str(run_id)) or not path.exists():
        known = ", ".join(path.stem for path in list(paths(folder))[:5]) or "none"
        raise NotFound(
            f"There is no run {run_id!r} in {folder}.",
            advice=f"The newest are: {known}. session.restores() lists all.",
        )
    journal = Journal(path)
    if not journal.entries:
        raise NotFound(
            f"The run {run_id} ended before it began: nothing was asked of the service.",
            advice="Plan the restore anew.",
        )
    if not is_run(journal) and journal.entries[0].kind != "group_confirmed":
        raise InvalidRequest(
            f"{path} is not the journal of a restore.", advice="session.restores() lists all."
        )
    return journal


def paths(folder: Path) -> Iterator[Path]:
    """Return the files of all runs, newest first."""
    files = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):  # deleted meanwhile
            if path.is_file():
                files.append((path.stat().st_mtime_ns, path))
    yield from (path for _, path in sorted(files, reverse=True))


def readable(folder: Path, but: Path | None = None) -> Iterator[Journal]:
    """Return the journals of single runs that can be read; strange files are passed over.

    Args:
        folder: where they are.
        but: a journal that is not read.
    """
    for path in paths(folder):
        if path == but:
            continue
        try:
            journal = Journal(path)
        except CBRError:
            continue
        if is_run(journal):
            yield journal


def is_run(journal: Journal) -> bool:
    """Return whether a journal is that of a single run, with all that a run is known by."""
    first = journal.entries[0] if journal.entries else None
    return (
        first is not None
        and first.kind == "confirmed"
        and first.facts.keys() >= {"target", "backup", "request", "project_id", "plan", "targets"}
    )
