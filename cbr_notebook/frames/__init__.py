"""From records to DataFrames: one documented schema a resource."""

from __future__ import annotations

from cbr_notebook.frames.backups import BACKUPS
from cbr_notebook.frames.policies import POLICIES
from cbr_notebook.frames.resources import RESOURCES
from cbr_notebook.frames.schema import Column, Schema
from cbr_notebook.frames.tasks import TASKS
from cbr_notebook.frames.vaults import VAULTS

SCHEMAS = {each.name: each for each in (VAULTS, BACKUPS, TASKS, POLICIES, RESOURCES)}
"""Every schema by its name."""

__all__ = [
    "BACKUPS",
    "POLICIES",
    "RESOURCES",
    "SCHEMAS",
    "TASKS",
    "VAULTS",
    "Column",
    "Schema",
]
