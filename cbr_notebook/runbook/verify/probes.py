"""The probes of a recovery contract: looked at within their time, and what they can reach now."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from cbr_notebook.runbook.verify.checksum_manifest import Checksum, compare_files, over_ssh, reader
from cbr_notebook.runbook.verify.contract import (
    ChecksumProbe,
    CommandProbe,
    HttpProbe,
    Probe,
    SqlProbe,
    TcpProbe,
)
from cbr_notebook.session import Session

LOOK_AGAIN_S = 5.0
"""Seconds between two looks at a probe that may still come to pass."""
_LARGEST_PAGE = 1024 * 1024
_SPARE_S = 1.0
"""Seconds that a look may take beyond its own time, to end by itself."""
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mariadb": 3306,
          "mssql": 1433, "oracle": 1521}  # fmt: skip
_NO_SQL = "SQLAlchemy is not installed: pip install 'cbr-notebook[sql]'."


@dataclass(frozen=True, slots=True)
class Seen:
    """What a probe saw."""

    outcome: Literal["pass", "fail", "unknown"]
    seen: str
    partial: bool = False
    """Whether some of its content matched, though not all could be looked at."""


def is_about_content(probe: Probe) -> bool:
    """Return whether a probe looks at what the application holds, not only whether it answers."""
    match probe:
        case TcpProbe():
            return False
        case HttpProbe():
            return probe.contains is not None
        case _:
            return True


def look_at(
    probes: Iterable[Probe],
    session: Session,
    target_id: str,
    *,
    checksum: Checksum | None = None,
) -> list[Seen]:
    """Look at all probes side by side, and again at those that may still come to pass.

    Args:
        probes: of one member of a contract.
        session: where the restore was; on a simulated cloud nothing outside this computer is
            asked, and checksums are read from its disks.
        target_id: what was restored.
        checksum: gives the SHA-256 of a file, in place of SSH.

    Returns:
        What each saw, in their order.
    """
    wanted = list(probes)
    found = _all_of(wanted, session, target_id, checksum)
    waited = 0.0

    def open_ones() -> list[int]:
        return [
            at
            for at, probe in enumerate(wanted)
            if found[at].outcome != "pass"
            and waited < probe.within_s
            and _refusal(probe, session) is None
        ]

    def look(_: float) -> list[Seen] | None:
        again = open_ones()
        if waited and again:
            asked = [wanted[each] for each in again]
            for at, seen in zip(again, _all_of(asked, session, target_id, checksum), strict=True):
                found[at] = seen
        return None if open_ones() else found

    for pause in session.poller.poll(look, longest=LOOK_AGAIN_S):
        session.poller.sleep(pause)
        waited += pause
    return found


def reach_all(probes: Iterable[Probe], session: Session) -> list[tuple[Probe, Seen]]:
    """Look whether probes could be asked now: nothing is asked of the application itself.

    Returns:
        Each probe with ``fail`` if it can never be asked from here, such as without its
        program, driver or password; ``unknown`` if what it asks cannot be reached now, which
        may be the trouble that the restore ends.
    """
    looks: list[tuple[Probe, Callable[[], Seen]]] = []
    for probe in probes:
        if _refusal(probe, session) is None:
            looks.append((probe, partial(_reach, probe, session)))
        else:
            looks.append((probe, lambda: Seen("pass", "Not asked on a simulated cloud.")))
    return list(zip((probe for probe, _ in looks), _bounded(looks), strict=True))


def _all_of(
    probes: list[Probe], session: Session, target_id: str, checksum: Checksum | None
) -> list[Seen]:
    looks: list[tuple[Probe, Callable[[], Seen]]] = []
    for probe in probes:
        refusal = _refusal(probe, session)
        if refusal is not None:
            looks.append((probe, partial(_as_seen, refusal)))
        elif isinstance(probe, ChecksumProbe) and session.simulated:
            # Within this process, and of the cloud's own thread: nothing to wait for.
            seen = _look(probe, checksum or reader(session, target_id))
            looks.append((probe, partial(_as_seen, seen)))
        else:
            looks.append((probe, partial(_look, probe, checksum)))
    return _bounded(looks)


def _as_seen(seen: Seen) -> Seen:
    return seen


def _refusal(probe: Probe, session: Session) -> Seen | None:
    """Return why a probe is not looked at: what was restored in a simulation stands nowhere."""
    if not session.simulated:
        return None
    match probe:
        case ChecksumProbe():
            return None
        case TcpProbe():
            host: str | None = probe.host
        case HttpProbe() | SqlProbe():
            host = urlsplit(probe.url).hostname
            if isinstance(probe, SqlProbe) and host is None:
                return None
        case CommandProbe():
            return Seen("unknown", "The restore is simulated; no program was run for it.")
    if host == "localhost":
        return None
    with suppress(ValueError):
        if ipaddress.ip_address(host or "").is_loopback:
            return None
    return Seen("unknown", f"The restore is simulated; {host} is not, and was not asked.")


def _bounded(looks: list[tuple[Probe, Callable[[], Seen]]]) -> list[Seen]:
    """Look side by side; what does not end within its time is unknown, and is left alone."""
    found: list[Seen | None] = [None] * len(looks)
    threads = []
    began = time.monotonic()

    def run(at: int, look: Callable[[], Seen]) -> None:
        try:
            found[at] = look()
        except Exception as problem:
            found[at] = Seen("unknown", f"It could not be looked at: {problem}"[:500])

    for at, (probe, look) in enumerate(looks):
        thread = threading.Thread(target=run, args=(at, look), daemon=True, name=probe.name)
        thread.start()
        threads.append(thread)
    for (probe, _), thread in zip(looks, threads, strict=True):
        left = began + probe.timeout_s + _SPARE_S - time.monotonic()
        thread.join(max(0.0, left))
    return [
        seen or Seen("unknown", f"It gave no answer within {probe.timeout_s:g} s.")
        for seen, (probe, _) in zip(list(found), looks, strict=True)
    ]


def _look(probe: Probe, checksum: Checksum | None) -> Seen:
    match probe:
        case TcpProbe():
            return _look_tcp(probe)
        case HttpProbe():
            return _look_http(probe)
        case CommandProbe():
            return _look_command(probe)
        case ChecksumProbe():
            files = [
                {"disk": each.disk, "path": each.path, "sha256": each.sha256}
                for each in probe.files
            ]
            outcome, seen, good = compare_files(files, checksum or over_ssh(probe.host))
            return Seen(outcome, seen, outcome == "unknown" and good > 0)
        case SqlProbe():
            return _look_sql(probe)


def _look_tcp(probe: TcpProbe) -> Seen:
    try:
        with socket.create_connection((probe.host, probe.port), probe.timeout_s):
            return Seen("pass", "It accepts connections.")
    except ConnectionRefusedError:
        return Seen("fail", "The connection was refused: nothing listens there.")
    except OSError as problem:
        return Seen("unknown", f"It could not be reached: {problem}.")


def _look_http(probe: HttpProbe) -> Seen:
    ends = time.monotonic() + probe.timeout_s
    try:
        with (
            httpx.Client(timeout=probe.timeout_s) as http,
            http.stream("GET", probe.url) as answer,
        ):
            if answer.status_code != probe.status:
                return Seen(
                    "fail", f"It answers {answer.status_code}; {probe.status} was expected."
                )
            if probe.contains is None:
                return Seen("pass", f"It answers {answer.status_code}.")
            body = bytearray()
            for part in answer.iter_bytes(65536):
                body += part[: _LARGEST_PAGE - len(body)]
                if len(body) >= _LARGEST_PAGE or time.monotonic() > ends:
                    break
    except httpx.ConnectError as problem:
        refused = "refused" in str(problem).lower()
        if refused:
            return Seen("fail", "The connection was refused: nothing listens there.")
        return Seen("unknown", f"It could not be reached: {problem}.")
    except httpx.HTTPError as problem:
        return Seen("unknown", f"It could not be reached: {type(problem).__name__}.")
    if probe.contains.encode() in bytes(body):
        return Seen("pass", f"It answers {probe.status}, with the text that was expected.")
    return Seen("fail", f"It answers {probe.status}, without the text {probe.contains!r}.")


def _look_command(probe: CommandProbe) -> Seen:
    try:
        process = subprocess.Popen(  # noqa: S603 the user's own program, no shell
            probe.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if probe.contains else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        return Seen("unknown", f"{probe.arguments[0]} cannot be run: {problem.strerror}.")
    try:
        printed, _ = process.communicate(timeout=probe.timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Seen("unknown", f"It did not end within {probe.timeout_s:g} s, and was ended.")
    if process.returncode != probe.exit:
        return Seen("fail", f"It exits with {process.returncode}; {probe.exit} was expected.")
    if probe.contains and probe.contains.encode() not in printed:
        return Seen("fail", f"It does not print {probe.contains!r}.")
    return Seen("pass", f"It exits with {probe.exit}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it began."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _look_sql(probe: SqlProbe) -> Seen:
    engine = _sql_engine(probe)
    if isinstance(engine, Seen):
        return engine
    import sqlalchemy

    try:
        with engine.connect() as connection:
            row = connection.execute(sqlalchemy.text(probe.query)).first()
    except Exception as problem:  # drivers have their own; their texts may repeat the password
        return Seen("unknown", f"The query was not answered: {type(problem).__name__}.")
    finally:
        engine.dispose()
    if row is None:
        return Seen("fail", "The query gives no row.")
    value = row[0]
    if probe.at_least is not None:
        try:
            holds = float(value) >= probe.at_least
        except (TypeError, ValueError):
            return Seen("fail", "The query does not give a number.")
        wanted = f"at least {probe.at_least:g}"
    else:
        holds, wanted = value == probe.equals or str(value) == str(probe.equals), f"{probe.equals}"
    shown = str(value)[:100]
    return Seen("pass" if holds else "fail", f"The query gives {shown}; expected is {wanted}.")


def _sql_engine(probe: SqlProbe) -> Any:
    """Return SQLAlchemy's engine for a probe, or what is missing."""
    try:
        import sqlalchemy
    except ImportError:
        return Seen("unknown", _NO_SQL)
    password = os.environ.get(probe.password_env) if probe.password_env else None
    if probe.password_env and password is None:
        return Seen("unknown", f"The environment has no variable {probe.password_env}.")
    try:
        url = sqlalchemy.make_url(probe.url)
        if password is not None:
            url = url.set(password=password)
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    except (ImportError, sqlalchemy.exc.SQLAlchemyError) as problem:
        return Seen("unknown", f"The database cannot be asked from here: {type(problem).__name__}"
                    f" for {urlsplit(probe.url).scheme}.")  # fmt: skip


def _reach(probe: Probe, session: Session) -> Seen:
    match probe:
        case TcpProbe():
            return _reach_port(probe.host, probe.port, probe.timeout_s)
        case HttpProbe():
            return _reach_address(probe.url, probe.timeout_s)
        case CommandProbe():
            program = probe.arguments[0]
            if shutil.which(program) is None:
                return Seen("fail", f"There is no program {program} here.")
            return Seen("pass", f"{program} can be run.")
        case ChecksumProbe():
            return Seen("pass", "Read from its disks.") if session.simulated else _reach_ssh(probe)
        case SqlProbe():
            engine = _sql_engine(probe)
            if isinstance(engine, Seen):
                return Seen("fail", engine.seen)
            engine.dispose()
            return _reach_address(probe.url, probe.timeout_s)


def _reach_address(url: str, seconds: float) -> Seen:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme.partition("+")[0])
    if not parts.hostname or port is None:
        return Seen("pass", "It is on this computer.")
    return _reach_port(parts.hostname, port, seconds)


def _reach_port(host: str, port: int, seconds: float) -> Seen:
    try:
        with socket.create_connection((host, port), seconds):
            return Seen("pass", f"{host}:{port} can be reached.")
    except OSError as problem:
        return Seen("unknown", f"{host}:{port} cannot be reached now: {problem}.")


def _reach_ssh(probe: ChecksumProbe) -> Seen:
    if shutil.which("ssh") is None:
        return Seen("fail", "There is no program ssh here.")
    command = ("ssh", "-o", "BatchMode=yes", "--", probe.host, "true")
    asked = _look_command(
        CommandProbe(name=probe.name, timeout_s=probe.timeout_s, arguments=command)
    )
    if asked.outcome == "pass":
        return Seen("pass", f"{probe.host} lets us in.")
    return Seen("unknown", f"{probe.host} cannot be asked over SSH now.")
