"""Sharing: what lists count, and who may make an image."""

from __future__ import annotations

import pytest

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client, Refused

OTHER = "eu-west-0_staging"


@pytest.fixture
def backup(cloud: Cloud, ask: Client) -> str:
    vault = ask.create_vault()
    ask.add(vault, cloud.create_server("web-01").id)
    ask.back_up(vault)
    return str(ask("GET", "backups")["backups"][0]["id"])


def test_every_page_of_members_gives_the_number_of_all(ask: Client, backup: str) -> None:
    project = ask.cloud.credentials_for(project=OTHER).project_id
    ask("POST", f"backups/{backup}/members", {"members": [project]})
    path = f"backups/{backup}/members"
    first = ask("GET", path, limit=1)
    assert [each["dest_project_id"] for each in first["members"]] == [project]
    rest = ask("GET", path, marker=first["members"][0]["id"])
    assert (rest["members"], rest["count"]) == ([], first["count"])


def test_an_image_is_made_only_of_a_shared_backup_that_was_accepted(
    cloud: Cloud, ask: Client, backup: str
) -> None:
    receiver = Client(cloud, project=OTHER)
    ask("POST", f"backups/{backup}/members", {"members": [receiver.project_id]})
    with pytest.raises(InvalidRequest) as caught:
        cloud.register_image(backup, receiver.project_id)
    assert str(caught.value.code).endswith("6200")
    path = f"backups/{backup}/members/{receiver.project_id}"
    vault = receiver.create_vault()
    receiver("PUT", path, {"status": "accepted", "vault_id": vault})
    image = cloud.register_image(backup, receiver.project_id)
    assert receiver("GET", path)["member"]["image_id"] == image
    with pytest.raises(Refused, match="6710"):
        ask("DELETE", path)
