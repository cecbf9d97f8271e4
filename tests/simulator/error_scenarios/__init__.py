"""How each error code comes about by itself: one short story a code.

A story does what somebody might do, and its last step is refused with the code (or the task
that it began fails with it). Codes without a story are trouble inside the service that no
request can cause; ``cloud.fail`` brings them about.
"""

from tests.simulator.error_scenarios import backups, machines, restoring, vaults
from tests.simulator.error_scenarios.table import CAUSES

__all__ = ["CAUSES", "backups", "machines", "restoring", "vaults"]
