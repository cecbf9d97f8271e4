"""Manifests: the checksums that a target's files had when they were backed up."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.session.references import ResourceRef, display_name
from cbr_notebook.text.arguments import texts

if TYPE_CHECKING:
    from cbr_notebook.session import Session

Checksum = Callable[[str, str], str | None]
"""From a disk (``vda``, or empty where paths say it all) and a path to a file's SHA-256."""

_ANSWERS_WITHIN = 300
_SSH = "ssh:"
_SHOWN = 5
"""How many missing or different files are named."""
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NO_SUCH_FILE = "No such file"


def take_manifest(
    session: Session,
    target: ResourceRef,
    files: Iterable[str] | None = None,
    *,
    checksum: Checksum | None = None,
) -> dict[str, Any]:
    """Note the checksums of a target's files, to verify a later restore with.

    Args:
        target: a server, disk or file system.
        files: which files: ``path``, or ``vdb:path`` on a certain disk; on a simulated
            cloud all if left out.
        checksum: gives the SHA-256 of a file by disk and path, such as
            ``cbr_notebook.runbook.over_ssh("root@web-01")``; on a simulated cloud
            its disks are read if left out.

    Returns:
        ``target``, ``taken_at`` and ``files``; it can be kept as JSON.

    Raises:
        InvalidRequest: on a real service, ``files`` or ``checksum`` is missing.
        NotFound: there is no such target or file.

    Example:
        >>> manifest = session.take_manifest("web-01")
        >>> len(manifest["files"]) > 0
        True
    """
    name = target if isinstance(target, str) else display_name(session.find_resource(target))
    read = checksum or reader(session, name)
    if files is None:
        if not session.simulated:
            raise InvalidRequest(
                "On a real service the files must be named.",
                advice='Name them: files=["/etc/passwd", …].',
                field="files",
            )
        wanted = list(_all_files(session, name))
    else:
        wanted = [_place(each) for each in texts(files, "files")]
    found = []
    for disk, path in wanted:
        digest = read(disk, path)
        if digest is None:
            raise NotFound(
                f"There is no file {path} on {name}.", advice="Name files that there are."
            )
        found.append({"disk": disk, "path": path, "sha256": digest})
    return {"target": name, "taken_at": session.now.isoformat(), "files": found}


def _place(text: str) -> tuple[str, str]:
    disk, colon, path = text.partition(":")
    return (disk, path) if colon and "/" not in disk else ("", text)


def read_manifest(manifest: str | Path | Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the files of a manifest, or of the JSON file that holds one.

    Raises:
        InvalidRequest: it is not a manifest.
    """
    try:
        document = (
            manifest
            if isinstance(manifest, Mapping)
            else json.loads(Path(manifest).read_text(encoding="utf-8"))
        )
        files = [
            {key: str(each[key]) for key in ("disk", "path", "sha256")}
            for each in document["files"]
        ]
        for each in files:
            if not _DIGEST.fullmatch(each["sha256"]):
                raise ValueError(f"{each['sha256'][:80]!r} of {each['path']} is no SHA-256")
        return files
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InvalidRequest(
            f"The manifest cannot be read: {problem}.",
            advice="Give what session.take_manifest(target) gave, or a JSON file of it.",
            field="manifest",
        ) from None


def refuse_useless(
    manifest: str | Path | Mapping[str, Any],
    names: Collection[str],
    session: Session,
    checksum: Checksum | None,
) -> None:
    """Refuse a manifest with which nothing could be verified afterwards.

    Args:
        manifest: what will be compared.
        names: the name and ID of what will be restored.
        session: where.
        checksum: what will read checksums, if anything of one's own.

    Raises:
        InvalidRequest: it cannot be read, lists no file, is of something else, or nothing is
            named that reads checksums on a real service.
    """
    if not read_manifest(manifest):
        raise InvalidRequest("The manifest lists no file.", field="manifest")
    of = manifest_target(manifest)
    if of is not None and of not in names:
        raise InvalidRequest(
            f"The manifest is of {of}, not of {next(iter(names))}.",
            advice="Name the one of what is restored.",
            field="manifest",
        )
    if checksum is None:
        reader(session, next(iter(names)))


def manifest_target(manifest: str | Path | Mapping[str, Any]) -> str | None:
    """Return the name of what a manifest was taken of; ``None`` if it does not tell."""
    document: Mapping[str, Any] = (
        manifest
        if isinstance(manifest, Mapping)
        else json.loads(Path(manifest).read_text(encoding="utf-8"))
    )
    target = document.get("target")
    return str(target) if target else None


def reader(session: Session, target: str) -> Checksum:
    """Return what reads checksums from the disks of a simulated cloud.

    Raises:
        InvalidRequest: the service is real; its disks cannot be read from here.
    """
    if not session.simulated:
        raise InvalidRequest(
            "Files on a real service's servers cannot be read through it.",
            advice='Say how: checksum=cbr_notebook.runbook.over_ssh("root@web-01"), or a '
            "function of disk and path.",
            field="checksum",
        )

    def read(disk: str, path: str) -> str | None:
        for name, each in _disks(session, target):
            if disk in ("", name):
                with suppress(NotFound):
                    return hashlib.sha256(each.read_file(path)).hexdigest()
        return None

    return read


def _disks(session: Session, target: str) -> list[tuple[str, Any]]:
    try:
        disks = session.cloud.server(target).disks
    except NotFound:
        return [("", session.cloud.disk(target))]
    return [(disk.device or disk.name, disk) for disk in disks]


def _all_files(session: Session, target: str) -> Iterable[tuple[str, str]]:
    for name, disk in _disks(session, target):
        yield from ((name, path) for path in disk.files())


def over_ssh(host: str, *options: str) -> Checksum:
    """Return what reads checksums on a server over SSH, with your own keys and configuration.

    Args:
        host: as ``ssh`` knows it, such as ``root@web-01``.
        options: further ones for ``ssh``, such as ``"-p", "2222"``.
    """

    def read(disk: str, path: str) -> str | None:
        command = ["ssh", "-o", "BatchMode=yes", *options, "--", host]
        command.append(f"LC_ALL=C sha256sum -- {shlex.quote(path)}")
        return _asked(command, host, path, f"ssh {host} sha256sum {path}")

    return read


def checksum_by(how: str) -> Checksum:
    """Return what reads checksums as ``--checksum`` says it.

    Args:
        how: ``ssh:USER@HOST``, or a command for :func:`by_command`, split as a shell does.

    Raises:
        InvalidRequest: it cannot be split, or there is no such program.
    """
    if not how.startswith(_SSH):
        try:
            return by_command(shlex.split(how))
        except ValueError as problem:
            raise InvalidRequest(
                f"The command {how!r} cannot be split into words: {problem}.", field="checksum"
            ) from None
    host = how.removeprefix(_SSH)
    if not host or host.startswith("-"):
        raise InvalidRequest(f"{how!r} is not ssh:USER@HOST.", field="checksum")
    if shutil.which("ssh") is None:
        raise InvalidRequest(
            "There is no program ssh here.",
            advice="Install it, or name another command that prints checksums.",
            field="checksum",
        )
    return over_ssh(host)


def by_command(words: Sequence[str]) -> Checksum:
    """Return what reads checksums by a program of this computer.

    Args:
        words: the program and its arguments; ``{disk}`` and ``{path}`` stand for those of the
            file, and the path is the last argument where no ``{path}`` is. It prints the SHA-256
            first, as ``sha256sum`` does, or says ``No such file`` and fails.

    Raises:
        InvalidRequest: no program is named, or there is none of this name.
    """
    if not words or shutil.which(words[0]) is None:
        raise InvalidRequest(
            f"There is no program {words[0]} here." if words else "No program is named.",
            advice="Name one that prints the SHA-256 of a file, or ssh:USER@HOST.",
            field="checksum",
        )
    wanted = [*words] if any("{path}" in word for word in words) else [*words, "{path}"]

    def read(disk: str, path: str) -> str | None:
        command = [word.replace("{disk}", disk).replace("{path}", path) for word in wanted]
        return _asked(command, words[0], path, shlex.join(command))

    return read


def _asked(command: Sequence[str], whom: str, path: str, by_hand: str) -> str | None:
    """Return the checksum that a program prints; ``None``: it says that there is no such file.

    Raises:
        InvalidRequest: it gives none.
    """
    try:
        done = subprocess.run(  # noqa: S603 the user's own program, and no shell here
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWERS_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InvalidRequest(f"{whom} cannot be asked: {problem}.") from None
    printed = done.stdout.lstrip("\\").split(maxsplit=1)
    if done.returncode == 0 and printed and _DIGEST.fullmatch(printed[0]):
        return printed[0].lower()
    if done.returncode and _NO_SUCH_FILE in done.stderr:
        return None
    said = done.stderr.strip()[-300:] or f"it printed {done.stdout.strip()[:80]!r}"
    raise InvalidRequest(
        f"{whom} does not give the checksum of {path}: {said}",
        advice=f"Try it by hand: {by_hand}",
    )


def _checked_digest(digest: str | None) -> str | None:
    """Return a checksum as it is compared.

    Raises:
        InvalidRequest: it is none, so that nothing can be said of the file.
    """
    if digest is None:
        return None
    if not isinstance(digest, str) or not digest.strip():
        raise InvalidRequest(f"{digest!r} is not a SHA-256 checksum.", field="checksum")
    return digest.strip().lower()


def compare_files(
    files: list[dict[str, str]], read: Checksum
) -> tuple[Literal["pass", "fail", "unknown"], str, int]:
    """Compare files; return the outcome, what was seen, and how many are as then."""
    missing, different = [], []
    error = ""
    for number, each in enumerate(files):
        place = f"{each['disk']}:{each['path']}".lstrip(":")
        try:
            digest = _checked_digest(read(each["disk"], each["path"]))
        except Exception as problem:
            looked_at = number
            error = f" {type(problem).__name__}: {problem}"[:300]
            break
        if digest is None:
            missing.append(place)
        elif digest != each["sha256"].lower():
            different.append(place)
    else:
        looked_at = len(files)
    good = looked_at - len(missing) - len(different)
    parts = [f"{good} of {len(files)} files are as then."]
    if error:
        parts.append(f"{len(files) - looked_at} could not be looked at:{error}.")
    for what, places in (("Missing", missing), ("Different", different)):
        if places:
            more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
            parts.append(f"{what}: {', '.join(places[:_SHOWN])}{more}.")
    said = " ".join(parts)
    if missing or different:
        return "fail", said, good
    return ("unknown" if error else "pass"), said, good
