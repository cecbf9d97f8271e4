"""Asks a simulated cloud over HTTP, in the same process, as one of its users."""

from __future__ import annotations

from typing import Any

import httpx

from cbr_notebook.simulator.cloud import Cloud


class Refused(Exception):
    """The cloud answered with an error."""

    def __init__(self, response: httpx.Response) -> None:
        document = response.json()
        self.status = response.status_code
        self.code = document["error_code"].removeprefix("BackupService.")
        self.message = document["error_msg"]
        super().__init__(f"{self.status} {self.code} {self.message}")


class Client:
    """One user in one project of a cloud."""

    def __init__(self, cloud: Cloud, *, project: str | None = None) -> None:
        self.cloud = cloud
        self.credentials = cloud.credentials_for(project=project)
        self.project_id = self.credentials.project_id
        self.http = httpx.Client(transport=cloud.transport(), base_url=self.credentials.base_url)
        self.sign_in()

    def sign_in(self) -> None:
        """Get a token, which is good for a day of the cloud's time."""
        who = self.credentials
        user = {
            "name": who.user_name,
            "password": who.password,
            "domain": {"name": who.domain_name},
        }
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"id": who.project_id}}
        answer = self.http.post(
            "/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}
        )
        self.http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]

    def make_image(self, backup_id: str) -> None:
        """Note an image that was made from a backup; no operation of the service tells of it."""
        with self.cloud._engine.work():
            self.cloud._engine.state.insert(
                "image", id=f"image-{backup_id}", backup_id=backup_id, project_id=self.project_id
            )

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Send a request to a path of the project; return whatever comes back."""
        url = f"/v3/{self.project_id}/{path}"
        response = self.http.request(method, url, json=body, params=query or None)
        if response.status_code == 401 and "token expires" in response.text:
            self.sign_in()
            response = self.http.request(method, url, json=body, params=query or None)
        return response

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the document that answers a request; raise ``Refused`` for an error."""
        response = self.send(method, path, body, **query)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    def get_of_domain(self, path: str) -> Any:
        """Return the document at a path that belongs to no project; raise ``Refused``."""
        response = self.http.get(f"/v3/{path}")
        if response.status_code >= 400:
            raise Refused(response)
        return response.json()

    def wait(self, seconds: float = 3600) -> None:
        """Advance by an hour, so that everything that runs has ended."""
        self.cloud.advance(seconds=seconds)

    # -- what most tests begin with -----------------------------------------------------------

    def create_vault(self, name: str = "vault", *, size: int = 200, **more: Any) -> str:
        """Make a server vault (or another, by ``object_type`` and kin); return its ID."""
        billing = {
            "cloud_type": "public",
            "consistent_level": "crash_consistent",
            "object_type": "server",
            "protect_type": "backup",
            "size": size,
        }
        for key in list(more):
            if key in ("cloud_type", "consistent_level", "object_type", "protect_type"):
                billing[key] = more.pop(key)
        vault = {"name": name, "billing": billing, "resources": [], **more}
        return str(self("POST", "vaults", {"vault": vault})["vault"]["id"])

    def vault(self, vault_id: str) -> Any:
        """Return a vault's document."""
        return self("GET", f"vaults/{vault_id}")["vault"]

    def add(self, vault_id: str, *servers: str, kind: str = "OS::Nova::Server") -> Any:
        """Put resources into a vault."""
        resources = [{"id": each, "type": kind} for each in servers]
        return self("POST", f"vaults/{vault_id}/addresources", {"resources": resources})

    def back_up(self, vault_id: str, **parameters: Any) -> str:
        """Make a restore point, and wait until it is there; return its ID."""
        wanted = {"vault_id": vault_id, "parameters": parameters}
        point = self("POST", "checkpoints", {"checkpoint": wanted})["checkpoint"]["id"]
        self.wait()
        return str(point)

    def tasks(self, **query: Any) -> list[Any]:
        """List tasks, newest first."""
        found: list[Any] = self("GET", "operation-logs", **query)["operation_logs"]
        return found
