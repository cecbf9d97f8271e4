"""Builders of a small cloud in which most error codes can be caused."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Disk, Server
from tests.simulator.http_client import Client, Refused
from tests.simulator.policies.policy_builders import apply, create_policy

NOBODY = "00000000-0000-4000-8000-000000000000"
SERVER, METAL = "OS::Nova::Server", "OS::Ironic::BareMetalServer"
DISK, FILES = "OS::Cinder::Volume", "OS::Sfs::Turbo"
KIND = {"server": SERVER, "disk": DISK, "turbo": FILES}


class TaskEnded(Exception):
    """A task ended badly, with a code."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code.removeprefix("BackupService."), message
        super().__init__(f"task {self.code} {message}")


class CloudBuilder:
    """One user on an empty cloud, and what a story of trouble begins with."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ask = Client(cloud)
        self.other = Client(cloud, project="eu-west-1")

    # -- machines and vaults -------------------------------------------------------------------

    def server(self, name: str = "web-01", **more: Any) -> Server:
        """Make a server with two disks, a few bytes on each."""
        server = self.cloud.create_server(name, disks=(("vda", 40), ("vdb", 10)), **more)
        for disk in server.disks:
            disk.write_file("/etc/motd", b"hello")
        return server

    def vault(self, kind: str = "server", **billing: Any) -> str:
        """Make a vault for one kind of resource."""
        return self.ask.create_vault("vault", object_type=kind, **billing)

    def add(self, vault: str, *resources: Any, kind: str = SERVER) -> Any:
        """Put servers, disks or IDs into a vault."""
        return self.ask.add(vault, *(getattr(each, "id", each) for each in resources), kind=kind)

    def holding(self, resource: Any, kind: str = "server", type: str = "", **more: Any) -> str:  # noqa: A002
        """Make a vault with one resource."""
        vault = self.vault(kind, **more)
        self.add(vault, resource, kind=type or KIND[kind])
        return vault

    def disk(self, **traits: Any) -> tuple[Disk, str]:
        """Make a disk in a vault; then give it special traits."""
        disk = self.cloud.create_disk("spare", 20)
        vault = self.holding(disk, "disk")
        for name, value in traits.items():
            disk.set_trait(name, value)
        return disk, vault

    def files(self) -> tuple[Disk, str]:
        """Make a file system in a vault."""
        files = self.cloud.create_file_system("docs", 500)
        return files, self.holding(files, "turbo")

    def full(self, vault: str) -> str:
        """Fill a vault of 10 GB; return it."""
        server = self.cloud.create_server("big", disks=(("vda", 40),))
        server.disk("vda").fill(10 * 1024)
        self.add(vault, server)
        self.back_up(vault)
        return vault

    # -- what is done with them ----------------------------------------------------------------

    def back_up(self, vault: str, *resources: Any) -> dict[str, Any]:
        """Back a vault up, wait for the end, and give the newest backup."""
        chosen = {"resources": [each.id for each in resources]} if resources else {}
        self.ask.back_up(vault, **chosen)
        return self.newest(vault)

    def begin_backup(self, vault: str, *resources: Any) -> None:
        """Ask for a backup, and do not wait."""
        chosen = {"resources": [each.id for each in resources]} if resources else {}
        self.ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault, "parameters": chosen}})

    def newest(self, vault: str) -> dict[str, Any]:
        """Return the newest backup of a vault, with its children."""
        found = self.ask("GET", "backups", vault_id=vault)["backups"][0]["id"]
        backup: dict[str, Any] = self.ask("GET", f"backups/{found}")["backup"]
        return backup

    def site(self) -> tuple[Server, str, dict[str, Any]]:
        """Make a server in a vault with one backup."""
        server = self.server()
        vault = self.holding(server)
        return server, vault, self.back_up(vault)

    def mappings(self, backup: dict[str, Any]) -> list[dict[str, str]]:
        """Map each disk backup to the disk that it was made of."""
        return [
            {"backup_id": child["id"], "volume_id": child["resource_id"]}
            for child in backup["children"]
        ]

    def restore(self, backup: dict[str, Any], **target: Any) -> str:
        """Ask for a restore; return its task."""
        if not target or "server_id" in target:
            target.setdefault("server_id", backup["resource_id"])
            target.setdefault("mappings", self.mappings(backup))
        return str(
            self.ask("POST", f"backups/{backup['id']}/restore", {"restore": target})["job_id"]
        )

    def replicate(self, backup: dict[str, Any], vault: str, **changes: Any) -> None:
        """Copy a backup to the other region."""
        where = self.elsewhere() | {"destination_vault_id": vault} | changes
        self.ask("POST", f"backups/{backup['id']}/replicate", {"replicate": where})

    def replicas(self, **more: Any) -> str:
        """Make the vault of the other region that takes replicas."""
        return self.other.create_vault("replicas", protect_type="replication", **more)

    def policy(self, kind: str = "backup", **definition: Any) -> str:
        """Make a policy that runs every night."""
        return create_policy(self.ask, definition, kind=kind)

    def elsewhere(self) -> dict[str, str]:
        """Return the definition of a replication policy to the other region."""
        return {
            "destination_project_id": self.other.project_id,
            "destination_region": "eu-west-1",
        }

    def apply(self, vault: str, policy: str, **more: Any) -> Any:
        """Apply a policy to a vault."""
        return apply(self.ask, vault, policy, **more)

    def neighbour(self) -> Client:
        """Return the same user in another project of the same region."""
        return Client(self.cloud, project="eu-west-0_staging")

    def share(self, backup: dict[str, Any], *projects: str) -> None:
        """Share a backup with projects; with the neighbour unless others are named."""
        wanted = list(projects) or [self.neighbour().project_id]
        self.ask("POST", f"backups/{backup['id']}/members", {"members": wanted})

    def answer_share(self, backup: dict[str, Any], vault: str | None) -> None:
        """Accept a shared backup as the neighbour."""
        near = self.neighbour()
        body = {"status": "accepted", **({"vault_id": vault} if vault else {})}
        near("PUT", f"backups/{backup['id']}/members/{near.project_id}", body)

    def register_image(self, backup: str, project: str | None = None) -> str:
        """Make an image of a backup, as the image service does; its refusals are the cloud's."""
        return self.cloud.register_image(backup, project)

    def end(self) -> None:
        """Wait for whatever runs; a task that failed is raised as :class:`TaskEnded`."""
        self.ask.wait()
        for task in self.ask.tasks(status="failed"):
            raise TaskEnded(task["error_info"]["code"], task["error_info"]["message"])


__all__ = ["DISK", "FILES", "METAL", "NOBODY", "SERVER", "CloudBuilder", "Refused", "TaskEnded"]
