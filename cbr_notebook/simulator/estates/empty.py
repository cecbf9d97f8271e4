"""An account and nothing else."""

from __future__ import annotations

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import account


def build(engine: Engine) -> None:
    """Create the account."""
    account.build(engine)
