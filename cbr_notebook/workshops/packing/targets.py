"""The systems that a stick can be packed for, in the words of those who resolve and download."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cbr_notebook.errors import InvalidRequest

_MANYLINUX = tuple(f"manylinux_2_{minor}" for minor in range(28, 4, -1))
"""Of a system with glibc 2.28 (2018) or newer: what its pip would take, the newest first."""


@dataclass(frozen=True, slots=True)
class _System:
    """What a system is called elsewhere."""

    uv: str
    """The platform of ``uv pip compile``, which also evaluates markers for it."""
    wheels: tuple[str, ...]
    """The platform tags of wheels that run there; pip adds what these imply."""
    script: str
    """How the name of an install script ends."""


_SYSTEMS = {
    "windows": _System("x86_64-pc-windows-msvc", ("win_amd64",), "bat"),
    "macos": _System("aarch64-apple-darwin", ("macosx_14_0_arm64",), "command"),
    "macos-intel": _System("x86_64-apple-darwin", ("macosx_14_0_x86_64",), "command"),
    "linux": _System(
        "x86_64-manylinux_2_28",
        (*(f"{name}_x86_64" for name in _MANYLINUX), "manylinux2014_x86_64", "linux_x86_64"),
        "sh",
    ),
    "linux-arm": _System(
        "aarch64-manylinux_2_28",
        (*(f"{name}_aarch64" for name in _MANYLINUX), "manylinux2014_aarch64", "linux_aarch64"),
        "sh",
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A system and a version of Python, such as ``windows-3.12``."""

    system: str
    python: str
    """Major and minor version."""

    def __str__(self) -> str:
        return f"{self.system}-{self.python}"

    @property
    def resolving_for(self) -> str:
        """The name that uv has for the system."""
        return _SYSTEMS[self.system].uv

    @property
    def wheels(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there."""
        return _SYSTEMS[self.system].wheels

    @property
    def script(self) -> str:
        """The name of the install script."""
        return f"install-{self}.{_SYSTEMS[self.system].script}"


def parse(text: str) -> list[Target]:
    """Read targets, separated by commas.

    Raises:
        InvalidRequest: one is none.
    """
    targets = [_parse_one(part.strip()) for part in text.split(",") if part.strip()]
    if not targets:
        raise InvalidRequest("No system was named.", advice=_ADVICE, field="for")
    return list(dict.fromkeys(targets))


def _parse_one(text: str) -> Target:
    system, _, python = text.rpartition("-")
    version = re.fullmatch(r"3\.(\d{1,2})", python)
    if system not in _SYSTEMS or version is None or int(version[1]) < 11:
        raise InvalidRequest(f"{text!r} is no system to pack for.", advice=_ADVICE, field="for")
    return Target(system, python)


_ADVICE = (
    f"Name a system ({', '.join(_SYSTEMS)}) and its Python, from 3.11 on: "
    "--for windows-3.12,macos-3.13,linux-3.11."
)
