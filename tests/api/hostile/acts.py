"""Every act of the client and of the session, to be tried where answers are lost."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType

from tests.api.hostile import backups, orders, policies, vaults
from tests.api.hostile.way import Act, Way

FILES: tuple[ModuleType, ...] = (vaults, backups, policies, orders)
"""Where acts are written: each function there that returns one is tried."""

ACTS: tuple[Callable[[Way], Act], ...] = tuple(
    each
    for file in FILES
    for each in vars(file).values()
    if inspect.isfunction(each) and inspect.signature(each).return_annotation == "Act"
)
