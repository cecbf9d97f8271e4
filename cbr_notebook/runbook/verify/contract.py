"""Recovery contracts: what "works again" means for an application."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.formatting import format_duration, pluralize


class _Probe(Struct, frozen=True, tag_field="kind", kw_only=True):
    name: str
    timeout_s: float
    """Seconds that one look may take."""
    within_s: float = 0.0
    """Seconds after the restore in which it may still come to pass; looked at repeatedly."""


class TcpProbe(_Probe, tag="tcp", frozen=True, kw_only=True):
    """Passes if a port accepts a connection."""

    host: str
    port: int


class HttpProbe(_Probe, tag="http", frozen=True, kw_only=True):
    """Passes if a page answers with a status, and holds a text if one is named."""

    url: str
    status: int = 200
    contains: str | None = None


class CommandProbe(_Probe, tag="command", frozen=True, kw_only=True):
    """Passes if a program of this computer exits with a status, and prints a text if named."""

    arguments: tuple[str, ...]
    exit: int = 0
    contains: str | None = None


class FileSum(Struct, frozen=True):
    """The checksum that a file must have."""

    path: str
    sha256: str
    disk: str = ""


class ChecksumProbe(_Probe, tag="ssh_checksum", frozen=True, kw_only=True):
    """Passes if all files have their checksums, read over SSH; on a simulated cloud, its disks."""

    host: str
    files: tuple[FileSum, ...]


class SqlProbe(_Probe, tag="sql", frozen=True, kw_only=True):
    """Passes if the first value of a query's first row is as expected, through SQLAlchemy."""

    url: str
    query: str
    equals: str | int | float | None = None
    at_least: float | None = None
    password_env: str | None = None
    """The environment variable that holds the password; it stands in no file of ours."""


Probe = TcpProbe | HttpProbe | CommandProbe | ChecksumProbe | SqlProbe


class ContractMember(Struct, frozen=True):
    """One server, disk or file system of an application."""

    resource: str
    """Its name or ID."""
    kind: Literal["server", "disk", "file_system"]
    after: tuple[str, ...]
    """Members that must be back before it."""
    probes: tuple[Probe, ...] = ()
    backup: str | None = None
    """The backup to restore, by name or ID; ``None``: the newest without a jump."""


class RecoveryContract(Struct, frozen=True):
    """What "works again" means for an application: members in order, probes, and targets."""

    application: str
    members: tuple[ContractMember, ...]
    recovery_time_s: float | None = None
    recovery_point_s: float | None = None

    @property
    def recovery_time(self) -> timedelta | None:
        """How soon after the incident all must work again."""
        return None if self.recovery_time_s is None else timedelta(seconds=self.recovery_time_s)

    @property
    def recovery_point(self) -> timedelta | None:
        """How much work may be lost at most."""
        return None if self.recovery_point_s is None else timedelta(seconds=self.recovery_point_s)

    def member(self, *names: str) -> ContractMember:
        """Return the member that has one of these names or IDs.

        Raises:
            InvalidRequest: none has; the message lists them.
        """
        for each in self.members:
            if each.resource in names:
                return each
        known = ", ".join(each.resource for each in self.members)
        raise InvalidRequest(
            f"{names[0]} is no member of {self.application}; there are: {known}.",
            advice="Add it to the contract, or take the contract that it belongs to.",
            field="contract",
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for a journal; passwords are not part of a contract."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document

    def __repr__(self) -> str:
        lines = [f"Recovery contract of {self.application}:"]
        for each in self.members:
            after = f", after {', '.join(each.after)}" if each.after else ""
            lines.append(
                f"  {each.kind.replace('_', ' ')} {each.resource}{after}: "
                f"{', '.join(probe.name for probe in each.probes) or 'no probes'}"
            )
        for name, target in (
            ("Recovery time", self.recovery_time),
            ("Recovery point", self.recovery_point),
        ):
            if target is not None:
                lines.append(f"{name}: {format_duration(target)}.")
        number = sum(len(each.probes) for each in self.members)
        lines.append(f"{pluralize(number, 'probe')} in all.")
        return "\n".join(lines)


def contract_from_dict(document: Any) -> RecoveryContract:
    """Return a contract from the plain values of a journal.

    Raises:
        InvalidRequest: they are none.
    """
    try:
        return msgspec.convert(document, RecoveryContract)
    except msgspec.ValidationError as problem:
        raise InvalidRequest(
            f"The journal's recovery contract cannot be read: {problem}.", field="contract"
        ) from None


def probe_key(probe: Probe) -> str:
    """Return what tells a probe from others of its name: a digest of all that it asks."""
    return hashlib.sha256(msgspec.json.encode(probe, order="sorted")).hexdigest()
