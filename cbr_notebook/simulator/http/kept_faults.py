"""Keep the troubles that wait for requests in the cloud's state: a restart does not end them."""

from __future__ import annotations

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.http.faults import Faults

_KEY = "faults"


def keep(engine: Engine, faults: Faults) -> None:
    """Load the troubles that a state keeps, and keep them there from now on."""
    faults.load(engine.state.meta(_KEY, ""))

    def note() -> None:
        with engine.work():
            waiting = faults.dump()
            if waiting:
                engine.state.set_meta(_KEY, waiting)
            else:
                forget(engine.state)

    faults.changed = note


def forget(state: State) -> None:
    """Remove all troubles from a state."""
    state.forget_meta(_KEY)
