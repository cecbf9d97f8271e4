"""The service, operation by operation, in the groups of its reference."""

from __future__ import annotations

from cbr_notebook.api.groups.account.migrations import Migrations
from cbr_notebook.api.groups.account.orders import Orders
from cbr_notebook.api.groups.account.organization_policies import OrganizationPolicies
from cbr_notebook.api.groups.account.projects import Projects
from cbr_notebook.api.groups.agents import Agents
from cbr_notebook.api.groups.backups import Backups
from cbr_notebook.api.groups.features import Features
from cbr_notebook.api.groups.members import Members
from cbr_notebook.api.groups.policies import Policies
from cbr_notebook.api.groups.protectables import Protectables
from cbr_notebook.api.groups.restore_points import RestorePoints
from cbr_notebook.api.groups.tags import Tags
from cbr_notebook.api.groups.tasks import Tasks
from cbr_notebook.api.groups.usage import Usage
from cbr_notebook.api.groups.vaults import Vaults
from cbr_notebook.api.http.transport import Transport


class Client:
    """One attribute a group, one method an operation."""

    def __init__(self, transport: Transport) -> None:
        """Create a client on the transport that sends its requests."""
        self.transport = transport
        self.tasks = Tasks(transport)
        self.vaults = Vaults(transport)
        self.members = Members(transport)
        self.tags = Tags(transport)
        self.restore_points = RestorePoints(transport)
        self.backups = Backups(transport)
        self.policies = Policies(transport)
        self.protectables = Protectables(transport)
        self.agents = Agents(transport)
        self.organization_policies = OrganizationPolicies(transport)
        self.migrations = Migrations(transport)
        self.projects = Projects(transport)
        self.features = Features(transport)
        self.usage = Usage(transport)
        self.orders = Orders(transport)
