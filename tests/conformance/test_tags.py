"""The vendor's client on tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient


@pytest.fixture
def vault_id(sdk: SdkClient) -> str:
    made = sdk.create_vault("films")
    put(sdk, made, "team", "studio")
    return made


def put(sdk: SdkClient, vault_id: str, key: str, value: str) -> Any:
    body = {"tag": {"key": key, "value": value}}
    return sdk("create_vault_tags", vault_id=vault_id, body=body)


def tags(sdk: SdkClient, vault_id: str) -> list[tuple[str, str]]:
    return [(tag.key, tag.value) for tag in sdk("show_vault_tag", vault_id=vault_id).tags]


def test_create_vault_tags(sdk: SdkClient, vault_id: str) -> None:
    assert put(sdk, vault_id, "stage", "live").status_code == 204
    assert tags(sdk, vault_id) == [("team", "studio"), ("stage", "live")]
    with sdk.refuses("9900"):
        put(sdk, vault_id, "a=b", "")
    for number in range(8):
        put(sdk, vault_id, f"k{number}", "")
    with sdk.refuses("6600"):
        put(sdk, vault_id, "k8", "")


def test_show_vault_tag(sdk: SdkClient, vault_id: str) -> None:
    assert tags(sdk, vault_id) == [("team", "studio")]
    with sdk.refuses("6105", 404):
        sdk("show_vault_tag", vault_id=NOBODY)


def test_batch_create_and_delete_vault_tags(sdk: SdkClient, vault_id: str) -> None:
    operation = "batch_create_and_delete_vault_tags"
    new = [{"key": "stage", "value": "live"}, {"key": "team", "value": "night"}]
    body = {"action": "create", "tags": new}
    assert sdk(operation, vault_id=vault_id, body=body).status_code == 204
    assert tags(sdk, vault_id) == [("team", "night"), ("stage", "live")]
    body = {"action": "delete", "tags": [{"key": "team"}, {"key": "none"}]}
    assert sdk(operation, vault_id=vault_id, body=body).status_code == 204
    assert tags(sdk, vault_id) == [("stage", "live")]
    with sdk.refuses("9900"):
        sdk(operation, vault_id=vault_id, body={"action": "create", "tags": []})


def test_delete_vault_tag(sdk: SdkClient, vault_id: str) -> None:
    assert sdk("delete_vault_tag", vault_id=vault_id, key="team").status_code == 204
    with sdk.refuses("6601", 404):
        sdk("delete_vault_tag", vault_id=vault_id, key="team")


def test_show_vault_project_tag(sdk: SdkClient, vault_id: str) -> None:
    put(sdk, sdk.create_vault("other"), "team", "archive")
    (tag,) = sdk("show_vault_project_tag").tags
    assert (tag.key, tag.values) == ("team", ["archive", "studio"])


def test_show_vault_resource_instances(sdk: SdkClient, vault_id: str) -> None:
    sdk.create_vault("other")
    body: dict[str, Any] = {
        "action": "filter",
        "tags": [{"key": "team", "values": ["*stud"]}],
        "limit": "10",
        "offset": "0",
    }
    answer = sdk("show_vault_resource_instances", body=body)
    (found,) = answer.resources
    assert (found.resource_id, answer.total_count) == (vault_id, 1)
    assert found.resource_detail.vault.name == "films"
    body = {"action": "count", "without_any_tag": True}
    assert sdk("show_vault_resource_instances", body=body).total_count == 1
    with sdk.refuses("9900"):
        sdk("show_vault_resource_instances", body={"action": "count", "limit": "1"})
