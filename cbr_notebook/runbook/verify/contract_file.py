"""Reading recovery contracts from YAML files, with errors that point to the line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.verify.checksum_manifest import read_manifest
from cbr_notebook.runbook.verify.contract import (
    ChecksumProbe,
    CommandProbe,
    ContractMember,
    FileSum,
    HttpProbe,
    Probe,
    RecoveryContract,
    SqlProbe,
    TcpProbe,
)
from cbr_notebook.text.located_yaml import Located, YamlReader

MOST_MEMBERS = 64
MOST_PROBES = 32
MOST_FILES = 2000
LONGEST_TIMEOUT = timedelta(minutes=5)
LONGEST_WITHIN = timedelta(minutes=30)
_TIMEOUT_S = 10.0
_LONGEST_TARGET = timedelta(days=365)
_RESOURCES: tuple[Literal["server", "disk", "file_system"], ...] = ("server", "disk", "file_system")
_COMMON = ("name", "timeout", "within")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Found = Mapping[str, Located]
_Common = dict[str, Any]
_SSH_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:\[\]-]*")


def recovery_contract(path: str | Path) -> RecoveryContract:
    """Read a recovery contract: what "works again" means for an application.

    Args:
        path: a YAML file with ``application``, ``members`` in the order in which they come
            back, each with its ``probes``, and ``targets``.

    Returns:
        The contract, for ``session.plan_restores``, ``run.verify`` and ``--contract``.

    Raises:
        InvalidRequest: the file cannot be read, or is not a contract; the message has a line
            for each problem with file, line and column.

    Example:
        >>> from pathlib import Path
        >>> lines = ["application: shop", "members:", "  - server: web-01"]
        >>> size = Path("recovery.yaml").write_text(chr(10).join(lines))
        >>> cbr.recovery_contract("recovery.yaml").application
        'shop'
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest(
            f"The recovery contract {path} cannot be read: {problem}.",
            advice="Name a YAML file; docs/restores.md shows one.",
            field="contract",
        ) from None
    return _ContractReader(str(path), path.parent).read(text)


class _ContractReader:
    def __init__(self, name: str, folder: Path) -> None:
        self._yaml = YamlReader(name, field="contract")
        self._folder = folder

    def read(self, text: str) -> RecoveryContract:
        read = self._yaml
        root = read.parse(text)
        top = read.mapping(
            root, "a contract", ("application", "members", "targets"), ("application", "members")
        )
        targets: _Found = {}
        if "targets" in top:
            targets = read.mapping(top["targets"], "targets", ("recovery_time", "recovery_point"))
        seconds = {name: read.seconds(at, name, _LONGEST_TARGET) for name, at in targets.items()}
        members: list[ContractMember] = []
        if "members" in top:
            places = read.items(top["members"], "members", MOST_MEMBERS)
            for place in places:
                before = members[-1].resource if members else None
                members.append(self._member(place, before))
            self._check_order(members, places)
        application = self._text(top, "application", 100)
        read.finish()
        return RecoveryContract(
            application or "",
            tuple(members),
            seconds.get("recovery_time"),
            seconds.get("recovery_point"),
        )

    def _check_order(self, members: list[ContractMember], places: list[Located]) -> None:
        """Note members that stand twice, wait for nobody known, or wait in a circle."""
        read = self._yaml
        known: dict[str, tuple[str, ...]] = {}
        for member, place in zip(members, places, strict=True):
            if member.resource in known:
                read.problem(place, f"{member.resource} is a member twice.")
            known[member.resource] = member.after
        for member, place in zip(members, places, strict=True):
            for name in member.after:
                if name not in known:
                    read.problem(place, f"{member.resource} waits for {name}, which is no member.")
        try:
            TopologicalSorter(known).prepare()
        except CycleError as problem:
            circle = " waits for ".join(reversed(problem.args[1]))
            read.problem(places[0], f"The order goes in a circle: {circle}.")

    def _member(self, at: Located, before: str | None) -> ContractMember:
        read = self._yaml
        found = read.mapping(at, "a member", (*_RESOURCES, "after", "backup", "probes"))
        kinds = [kind for kind in _RESOURCES if kind in found]
        if len(kinds) != 1:
            read.problem(at, f"A member needs exactly one of: {', '.join(_RESOURCES)}.")
        kind = kinds[0] if kinds else "server"
        after: tuple[str, ...] = () if before is None else (before,)
        if "after" in found:
            at_after = found["after"]
            named = at_after.value not in ([], None)
            places = read.items(at_after, "after", MOST_MEMBERS) if named else []
            after = tuple(read.text(each, "after") for each in places)
        probes: list[Probe | None] = []
        if "probes" in found:
            places = read.items(found["probes"], "probes", MOST_PROBES)
            probes = [self._probe(each) for each in places]
        return ContractMember(
            read.text(found[kind], kind, 255) if kinds else "",
            kind,
            after,
            tuple(each for each in probes if each is not None),
            self._text(found, "backup", 255),
        )

    def _text(self, found: _Found, name: str, most: int = 1000) -> str | None:
        """Return a text, if it is there."""
        return self._yaml.text(found[name], name, most) if name in found else None

    def _probe(self, at: Located) -> Probe | None:
        read = self._yaml
        kinds: dict[str, tuple[Callable[..., Probe | None], tuple[str, ...]]] = {
            "tcp": (self._tcp, ()),
            "http": (self._http, ("status", "contains")),
            "command": (self._command, ("exit", "contains")),
            "ssh_checksum": (self._checksum, ("files", "manifest")),
            "sql": (self._sql, ("query", "equals", "at_least", "password_env")),
        }
        named = [kind for kind in kinds if isinstance(at.value, dict) and kind in at.value]
        if len(named) != 1:
            every = sorted({key for _, more in kinds.values() for key in more})
            read.mapping(at, "a probe", (*kinds, *_COMMON, *every))
            read.problem(at, f"A probe needs exactly one of: {', '.join(kinds)}.")
            return None
        (kind,) = named
        make, more = kinds[kind]
        found = read.mapping(at, f"a probe of {kind}", (kind, *_COMMON, *more))
        common: _Common = {"timeout_s": _TIMEOUT_S}
        for name, most in (("timeout", LONGEST_TIMEOUT), ("within", LONGEST_WITHIN)):
            if name in found:
                common[f"{name}_s"] = read.seconds(found[name], name, most)
        return make(found[kind], found, self._text(found, "name", 100), common)

    def _tcp(self, at: Located, found: _Found, name: str | None, common: _Common) -> Probe | None:
        host, colon, port = self._yaml.text(at, "tcp", 300).rpartition(":")
        if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            self._yaml.problem(at, "tcp must be HOST:PORT, such as db-01:5432.")
            return None
        shown = name or f"tcp {host}:{port}"
        return TcpProbe(name=shown, host=host.strip("[]"), port=int(port), **common)

    def _http(self, at: Located, found: _Found, name: str | None, common: _Common) -> Probe | None:
        read = self._yaml
        url = read.text(at, "http", 2000)
        parts = self._address(at, url)
        if parts is None:
            return None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            read.problem(at, "http must be a full address: https://HOST/PATH.")
            return None
        return HttpProbe(
            name=name or f"http {parts.hostname}{parts.path}",
            url=url,
            status=read.whole(found["status"], "status", 100, 599) if "status" in found else 200,
            contains=self._text(found, "contains"),
            **common,
        )

    def _command(
        self, at: Located, found: _Found, name: str | None, common: _Common
    ) -> Probe | None:
        read = self._yaml
        if isinstance(at.value, list):
            arguments = tuple(read.text(each, "command", 4000) for each in at.value)
        else:
            try:
                arguments = tuple(shlex.split(read.text(at, "command", 4000)))
            except ValueError as problem:
                read.problem(at, f"command cannot be split into words: {problem}.")
                return None
        if not arguments:
            read.problem(at, "command must name a program.")
            return None
        return CommandProbe(
            name=name or f"command {Path(arguments[0]).name}",
            arguments=arguments,
            exit=read.whole(found["exit"], "exit", 0, 255) if "exit" in found else 0,
            contains=self._text(found, "contains"),
            **common,
        )

    def _checksum(
        self, at: Located, found: _Found, name: str | None, common: _Common
    ) -> Probe | None:
        read = self._yaml
        host = read.text(at, "ssh_checksum", 300)
        if not _SSH_HOST.fullmatch(host):
            read.problem(at, "ssh_checksum must be USER@HOST.")
            return None
        if ("files" in found) == ("manifest" in found):
            read.problem(at, "ssh_checksum needs either files or manifest.")
            return None
        files: tuple[FileSum, ...]
        if "manifest" in found:
            place = found["manifest"]
            try:
                listed = read_manifest(self._folder / read.text(place, "manifest"))
            except InvalidRequest as problem:
                read.problem(place, problem.message)
                return None
            files = tuple(FileSum(each["path"], each["sha256"], each["disk"]) for each in listed)
        else:
            place = found["files"]
            listed_here = place.value if isinstance(place.value, dict) else {}
            if not listed_here:
                read.problem(place, "files must be a mapping of paths to SHA-256 checksums.")
            files = tuple(self._file(path, digest) for path, digest in listed_here.items())
        if not 1 <= len(files) <= MOST_FILES:
            read.problem(place, f"There must be 1 to {MOST_FILES} files, not {len(files)}.")
        return ChecksumProbe(name=name or f"files over {host}", host=host, files=files, **common)

    def _file(self, place: str, digest: Located) -> FileSum:
        if not isinstance(digest.value, str) or not _DIGEST.fullmatch(digest.value):
            self._yaml.problem(digest, f"{place} needs a SHA-256 of 64 hexadecimal digits.")
        disk, colon, path = place.partition(":")
        if not (colon and "/" not in disk):
            disk, path = "", place
        return FileSum(path, str(digest.value).lower(), disk)

    def _sql(self, at: Located, found: _Found, name: str | None, common: _Common) -> Probe | None:
        read = self._yaml
        url = read.text(at, "sql", 2000)
        parts = self._address(at, url)
        if parts is None:
            return None
        if not parts.scheme:
            read.problem(
                at, "sql must be an address of SQLAlchemy, such as postgresql://USER@HOST/DB."
            )
            return None
        if "query" not in found:
            read.problem(at, "A probe of sql lacks 'query'.")
            return None
        if ("equals" in found) == ("at_least" in found):
            read.problem(at, "A probe of sql needs either equals or at_least.")
            return None
        variable = None
        if "password_env" in found:
            variable = read.text(found["password_env"], "password_env", 200)
            if not _VARIABLE.fullmatch(variable):
                read.problem(found["password_env"], "password_env must name a variable.")
        equals = found["equals"].value if "equals" in found else None
        least = found["at_least"].value if "at_least" in found else None
        if "equals" in found and (
            isinstance(equals, bool) or not isinstance(equals, (str, int, float))
        ):
            read.problem(found["equals"], "equals must be a text or a number.")
            equals = 0
        if "at_least" in found and (isinstance(least, bool) or not isinstance(least, (int, float))):
            read.problem(found["at_least"], "at_least must be a number.")
            least = 0
        return SqlProbe(
            name=name or f"sql {parts.hostname or parts.scheme}",
            url=url,
            query=read.text(found["query"], "query", 4000),
            equals=equals,
            at_least=None if least is None else float(least),
            password_env=variable,
            **common,
        )

    def _address(self, at: Located, url: str) -> Any:
        """Return the parts of an address; a password in it is refused without being shown."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            self._yaml.problem(at, "The address cannot be read.")
            return None
        if parts.password is not None:
            self._yaml.problem(
                at,
                "A password must not stand in a contract; name the environment variable that "
                "holds it: password_env.",
            )
            return None
        return parts
