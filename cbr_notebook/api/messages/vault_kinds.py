"""The words that the service has for kinds and states of vaults."""

from __future__ import annotations

from typing import Literal

OBJECT_TYPES = ("server", "disk", "turbo", "workspace", "vmware", "rds", "file")
STATUSES = ("available", "lock", "frozen", "deleting", "error")

ObjectType = Literal["server", "disk", "turbo", "workspace", "vmware", "rds", "file"]
