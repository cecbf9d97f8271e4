"""Policies as their table holds them; other rooms get these."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class PolicyRow(NamedTuple):
    """A row of ``policy``; times in microseconds, patterns and definition JSON."""

    id: str
    project_id: str
    name: str
    operation_type: str
    enabled: int
    created_at: int
    started_at: int
    defined_at: int
    trigger_id: str
    patterns: str
    start_window_minutes: int | None
    definition: str


class VaultFacts(Protocol):
    """What of a vault decides whether a policy may be applied to it."""

    @property
    def id(self) -> str:
        """Its ID."""

    @property
    def project_id(self) -> str:
        """The ID of its project."""

    @property
    def status(self) -> str:
        """Its status."""

    @property
    def cloud_type(self) -> str:
        """``public`` or ``hybrid``."""

    @property
    def protect_type(self) -> str:
        """``backup`` or ``replication``."""

    @property
    def object_type(self) -> str:
        """What it takes: ``server``, ``disk``, ``turbo`` and so on."""


class PolicyVault(NamedTuple):
    """What this room reads of a vault: its :class:`VaultFacts`."""

    id: str
    project_id: str
    status: str
    cloud_type: str
    protect_type: str
    object_type: str
