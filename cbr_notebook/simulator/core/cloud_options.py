"""Quotas and switches of a simulated cloud: what a real one leaves open, or differs in."""

from __future__ import annotations

from collections.abc import Mapping

from cbr_notebook.simulator.core.exclusive_lock import ExclusiveLock
from cbr_notebook.simulator.core.state import State

DEFAULTS: dict[str, int] = {
    # quotas
    "tags_per_vault": 10,
    "vaults": 1000,
    "policies_per_type": 32,
    "resources_per_vault": 256,
    "projects_per_shared_backup": 10,
    # switches: 0 is off
    "unique_vault_names": 0,  # a second vault of a name is refused with 6106
    "restore_answers_empty": 0,  # 202 without a body, as in the reference of 2021
    "bare_restore_points": 0,  # GET gives "vault" and "extra_info" as null, as in the reference
    "policies_without_creator": 0,  # definitions lack "created_by", as in the reference of 2021
    "policy_settling_seconds": 0,  # up to 30 s until an applied policy shows
    "replication_lag_seconds": 0,  # how much longer a replication takes
    "task_list_lag_seconds": 0,  # how late a new task appears in the list
}
"""Every option with the value that it has until it is set."""


_LARGEST = 2**53


class Options:
    """The options of one cloud, kept in its state."""

    def __init__(self, state: State, lock: ExclusiveLock) -> None:
        self._state = state
        self._lock = lock
        self.read()

    def read(self) -> None:
        """Read all options from the state."""
        with self._lock:
            rows = self._state.all("SELECT key, value FROM meta WHERE key LIKE 'option/%'")
        self._values = DEFAULTS | {key.removeprefix("option/"): int(value) for key, value in rows}

    def all(self) -> dict[str, int]:
        """Return all options with their values."""
        return dict(self._values)

    def __getitem__(self, name: str) -> int:
        """Return the value of an option.

        Raises:
            KeyError: there is no such option.
        """
        return int(self._values[name])

    def __setitem__(self, name: str, value: int) -> None:
        """Set an option, from now on and in the state file.

        Raises:
            KeyError: there is no such option; the message lists them all.
            ValueError: the value is not a whole number from 0.
        """
        self.set({name: value})

    def set(self, values: Mapping[str, int]) -> None:
        """Set some options, all of them or none.

        Raises:
            KeyError: there is no such option; the message lists them all.
            ValueError: a value is not a whole number from 0.
        """
        for name, value in values.items():
            if name not in DEFAULTS:
                raise KeyError(f"no option {name!r}; there are: {', '.join(sorted(DEFAULTS))}")
            if not isinstance(value, int) or not 0 <= value <= _LARGEST:
                raise ValueError(f"{name} is a whole number from 0, not {value!r}")
        with self._lock:
            for name, value in values.items():
                self._state.set_meta(f"option/{name}", int(value))
                self._values[name] = int(value)
