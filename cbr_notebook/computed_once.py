"""A property that is computed when it is first asked for, and kept.

It is a ``functools.cached_property``, of which Jedi would offer ``func``, ``lock`` and ``attrname``
among the members of what it returns; and a notebook without Jedi completes no plain property.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builtins import property as computed_once
else:
    from functools import cached_property as computed_once

__all__ = ["computed_once"]
