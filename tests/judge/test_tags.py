"""The vendor's client on tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judge.judging import Judge

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def vault_id(judge: Judge) -> str:
    made = judge.create_vault("films")
    put(judge, made, "team", "studio")
    return made


def put(judge: Judge, vault_id: str, key: str, value: str) -> Any:
    body = {"tag": {"key": key, "value": value}}
    return judge("create_vault_tags", vault_id=vault_id, body=body)


def tags(judge: Judge, vault_id: str) -> list[tuple[str, str]]:
    return [(tag.key, tag.value) for tag in judge("show_vault_tag", vault_id=vault_id).tags]


def test_create_vault_tags(judge: Judge, vault_id: str) -> None:
    assert put(judge, vault_id, "stage", "live").status_code == 204
    assert tags(judge, vault_id) == [("team", "studio"), ("stage", "live")]
    with judge.refuses("9900"):
        put(judge, vault_id, "a=b", "")
    for number in range(8):
        put(judge, vault_id, f"k{number}", "")
    with judge.refuses("6600"):
        put(judge, vault_id, "k8", "")


def test_show_vault_tag(judge: Judge, vault_id: str) -> None:
    assert tags(judge, vault_id) == [("team", "studio")]
    with judge.refuses("6105", 404):
        judge("show_vault_tag", vault_id=NOBODY)


def test_batch_create_and_delete_vault_tags(judge: Judge, vault_id: str) -> None:
    operation = "batch_create_and_delete_vault_tags"
    new = [{"key": "stage", "value": "live"}, {"key": "team", "value": "night"}]
    body = {"action": "create", "tags": new}
    assert judge(operation, vault_id=vault_id, body=body).status_code == 204
    assert tags(judge, vault_id) == [("team", "night"), ("stage", "live")]
    body = {"action": "delete", "tags": [{"key": "team"}, {"key": "none"}]}
    assert judge(operation, vault_id=vault_id, body=body).status_code == 204
    assert tags(judge, vault_id) == [("stage", "live")]
    with judge.refuses("9900"):
        judge(operation, vault_id=vault_id, body={"action": "create", "tags": []})


def test_delete_vault_tag(judge: Judge, vault_id: str) -> None:
    assert judge("delete_vault_tag", vault_id=vault_id, key="team").status_code == 204
    with judge.refuses("6601", 404):
        judge("delete_vault_tag", vault_id=vault_id, key="team")


def test_show_vault_project_tag(judge: Judge, vault_id: str) -> None:
    put(judge, judge.create_vault("other"), "team", "archive")
    (tag,) = judge("show_vault_project_tag").tags
    assert (tag.key, tag.values) == ("team", ["archive", "studio"])


def test_show_vault_resource_instances(judge: Judge, vault_id: str) -> None:
    judge.create_vault("other")
    body: dict[str, Any] = {
        "action": "filter",
        "tags": [{"key": "team", "values": ["*stud"]}],
        "limit": "10",
        "offset": "0",
    }
    answer = judge("show_vault_resource_instances", body=body)
    (found,) = answer.resources
    assert (found.resource_id, answer.total_count) == (vault_id, 1)
    assert found.resource_detail.vault.name == "films"
    body = {"action": "count", "without_any_tag": True}
    assert judge("show_vault_resource_instances", body=body).total_count == 1
    with judge.refuses("9900"):
        judge("show_vault_resource_instances", body={"action": "count", "limit": "1"})
