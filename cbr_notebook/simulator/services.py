"""The cloud's services, put together: all routes, and the handlers of all events."""

from __future__ import annotations

from itertools import chain
from types import ModuleType

from cbr_notebook.simulator.backups import (
    backup_listing,
    backup_making,
    backup_sync,
    backups,
    expiration,
    members,
    replication,
    resource_moves,
    restore_points,
    restores,
)
from cbr_notebook.simulator.core.engine import Handler
from cbr_notebook.simulator.groups import (
    agents,
    features,
    migrations,
    organization_policies,
    projects,
    protectables,
    usage,
)
from cbr_notebook.simulator.inventory import ransomware
from cbr_notebook.simulator.lifecycle import policy_runs, removal, retention
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.protocol.routes import Route
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import (
    orders,
    tag_filters,
    tags,
    vault_changes,
    vault_creation,
    vault_resources,
    vaults,
)

SERVICES: tuple[ModuleType, ...] = (
    tasks,
    vaults,
    vault_creation,
    vault_changes,
    expiration,
    vault_resources,
    resource_moves,
    removal,
    tags,
    tag_filters,
    usage,
    orders,
    restore_points,
    backup_making,
    backup_listing,
    backups,
    restores,
    members,
    replication,
    backup_sync,
    policies,
    policy_runs,
    retention,
    organization_policies,
    protectables,
    agents,
    projects,
    migrations,
    features,
    ransomware,
)
"""One module a part of the service; each may have ``ROUTES`` and ``EVENTS``."""

ROUTES: tuple[Route, ...] = tuple(
    chain.from_iterable(getattr(service, "ROUTES", ()) for service in SERVICES)
)
EVENTS: dict[str, Handler] = {
    kind: handler
    for service in SERVICES
    for kind, handler in getattr(service, "EVENTS", {}).items()
}
