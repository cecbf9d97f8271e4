"""The service, operation by operation, in the groups of its reference."""

from __future__ import annotations

from cbr_notebook.api.agents import Agents
from cbr_notebook.api.backups import Backups
from cbr_notebook.api.features import Features
from cbr_notebook.api.members import Members
from cbr_notebook.api.migrations import Migrations
from cbr_notebook.api.orders import Orders
from cbr_notebook.api.organization_policies import OrganizationPolicies
from cbr_notebook.api.policies import Policies
from cbr_notebook.api.projects import Projects
from cbr_notebook.api.protectables import Protectables
from cbr_notebook.api.restore_points import RestorePoints
from cbr_notebook.api.tags import Tags
from cbr_notebook.api.tasks import Tasks
from cbr_notebook.api.transport import Transport
from cbr_notebook.api.usage import Usage
from cbr_notebook.api.vaults import Vaults


class Client:
    """One attribute a group, one method an operation."""

    def __init__(self, transport: Transport) -> None:
        """Take the transport that sends the requests."""
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
