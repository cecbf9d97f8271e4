"""Begin and undo scenarios; what is needed for the undoing stays in the cloud's own state."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.simulator.control.scenarios import machines, service
from cbr_notebook.simulator.control.scenarios.scene import Scenario, Scene, Troubles
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.error_translation import refused

if TYPE_CHECKING:
    import pandas as pd

SCENARIOS: Mapping[str, Scenario] = {
    each.name: each
    for each in sorted((*machines.SCENARIOS, *service.SCENARIOS), key=lambda each: each.name)
}
"""All of them, by name."""


def _key(name: str) -> str:
    """Return where the state keeps what undoing a scenario needs; none begins like another."""
    return f"scenario/{name}."


@dataclass(frozen=True, slots=True)
class ScenarioStatus:
    """A scenario, and whether it is running."""

    name: str
    what: str
    """What happens."""
    codes: list[str]
    """The error codes, or HTTP statuses, that clients and tasks see; none where nothing fails."""
    target_type: str | None
    """What it can be aimed at: ``server`` or ``vault``; ``None``: the whole cloud."""
    running: bool
    target: str | None
    """What it happened to."""
    undo: str
    """What undoing it does."""


class Scenarios:
    """The scenarios of one cloud."""

    def __init__(self, engine: Engine, faults: Troubles, forget_callers: Callable[[], None]):
        """Load those that are running, as the cloud's state says.

        Args:
            engine: the cloud's engine.
            faults: what makes requests fail.
            forget_callers: lets every token be looked at anew.
        """
        self._engine = engine
        self._faults = faults
        self._forget_callers = forget_callers
        self.resume()

    def resume(self) -> None:
        """Make requests fail again as the running scenarios want it."""
        for scenario in SCENARIOS.values():
            kept = self._kept(scenario)
            if kept is not None and scenario.resume is not None:
                scenario.resume(self._scene(scenario), kept)

    def forget_refusals(self) -> None:
        """Note that the scenarios that refuse requests are over: the faults were cleared."""
        with self._engine.work():
            for scenario in SCENARIOS.values():
                if scenario.resume is not None:
                    self._forget(scenario)

    def table(self) -> pd.DataFrame:
        """Return all scenarios, in the order of their names, as a table."""
        with self._engine.lock:
            statuses = [self._status(each) for each in SCENARIOS.values()]
        return to_table({**asdict(each), "codes": ", ".join(each.codes)} for each in statuses)

    def begin(self, name: str, target: str | None) -> ScenarioStatus:
        """Start a scenario; see :meth:`Cloud.scenario`."""
        scenario = _find(name)
        if target is not None and not scenario.target:
            raise InvalidRequest(
                f"{name} is about the whole cloud.", advice="Leave the target out.", field="target"
            )
        if self._kept(scenario) is not None:
            raise Conflict(
                f"The scenario {name} is running already.",
                advice=f"Undo it first: cloud.undo_scenario({name!r}).",
            )
        with refused(), self._engine.work():
            kept = scenario.begin(self._scene(scenario), target)
            self._engine.state.set_meta(_key(name), json.dumps(kept))
        self._forget_callers()
        return self._status(scenario)

    def undo(self, name: str) -> ScenarioStatus:
        """Undo a scenario; see :meth:`Cloud.undo_scenario`."""
        scenario = _find(name)
        kept = self._kept(scenario)
        if kept is None:
            raise Conflict(f"The scenario {name} is not running.", advice="cloud.scenarios()")
        with self._engine.work():
            scenario.end(self._scene(scenario), kept)
            self._forget(scenario)
        self._forget_callers()
        return self._status(scenario)

    def _scene(self, scenario: Scenario) -> Scene:
        return Scene(self._engine, self._faults, scenario.name)

    def _kept(self, scenario: Scenario) -> dict[str, Any] | None:
        with self._engine.lock:
            kept = self._engine.state.meta(_key(scenario.name))
        return None if kept is None else dict(json.loads(kept))

    def _forget(self, scenario: Scenario) -> None:
        self._engine.state.forget_meta(_key(scenario.name))

    def _status(self, scenario: Scenario) -> ScenarioStatus:
        kept = self._kept(scenario)
        return ScenarioStatus(
            scenario.name,
            scenario.what,
            list(scenario.codes),
            scenario.target or None,
            kept is not None,
            (kept or {}).get("target"),
            scenario.undo,
        )


def _find(name: str) -> Scenario:
    found = SCENARIOS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, SCENARIOS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise InvalidRequest(
            f"There is no scenario {name!r}.",
            advice=f"{hint}There are: {', '.join(SCENARIOS)}.",
            field="name",
        )
    return found


def to_table(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return scenarios as a table, one row each, with the columns of :class:`ScenarioStatus`.

    ``running`` is boolean, all others are strings.
    """
    import pandas as pd

    columns = [each.name for each in fields(ScenarioStatus)]
    table = pd.DataFrame(list(records), columns=columns)
    return table.astype({name: "bool" if name == "running" else "string" for name in columns})
