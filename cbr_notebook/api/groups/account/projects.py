"""The operations on projects: which there are, in this region and in an account."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages.records import Record


class RegionProject(Record, frozen=True):
    """A project of this region."""

    id: str
    name: str | None = None
    description: str | None = None
    domain_id: str | None = None
    parent_id: str | None = None
    is_domain: bool | None = None
    enabled: bool | None = None


class DomainProject(Record, frozen=True):
    """A project of an account."""

    project_id: str
    project_name: str | None = None


class ProjectDomain(Record, frozen=True):
    """A project, and the account that it belongs to."""

    project_id: str | None = None
    project_name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None


class _RegionProjects(msgspec.Struct):
    projects: list[RegionProject]


class _DomainProjects(msgspec.Struct):
    projects: list[DomainProject]


class Projects(Group):
    """Projects that backups can be shared with or replicated to."""

    def list(self) -> Sequence[RegionProject]:
        """Return the account's projects in this region.

        API: Project, "Querying the Project List" (GET /v3/region-projects).
        """
        return self._transport.get("/v3/region-projects", _RegionProjects).projects

    def list_domain(self, domain_name: str) -> Sequence[DomainProject]:
        """Return the projects of an account.

        Args:
            domain_name: the account's name.

        Raises:
            NotFound: there is no such account.

        API: Project, "Querying the Projects of a Domain" (GET /v3/domain/{domain_name}/projects).
        """
        path = f"/v3/domain/{quote(domain_name, safe='')}/projects"
        return self._transport.get(path, _DomainProjects).projects

    def show_domain(self, project_id: str) -> ProjectDomain:
        """Return the account that a project belongs to.

        Args:
            project_id: the project.

        Raises:
            NotFound: there is no such project.

        API: Project, "Querying the Domain of a Project" (GET /v3/domain/{source_project_id}).
        """
        return self._transport.get(f"/v3/domain/{quote(project_id, safe='')}", ProjectDomain)
