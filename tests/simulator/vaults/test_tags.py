"""Tags of vaults: set, listed, deleted, and their limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused


@pytest.fixture
def vault_id(ask: Client) -> str:
    return ask.create_vault("films", tags=[{"key": "team", "value": "studio"}])


def put(ask: Client, vault_id: str, key: str, value: str) -> Any:
    return ask("POST", f"vault/{vault_id}/tags", {"tag": {"key": key, "value": value}})


def many(ask: Client, vault_id: str, action: str, *tags: dict[str, str]) -> Any:
    return ask("POST", f"vault/{vault_id}/tags/action", {"action": action, "tags": list(tags)})


def tags(ask: Client, vault_id: str) -> dict[str, str]:
    shown = ask("GET", f"vault/{vault_id}/tags")["tags"]
    assert shown == ask.vault(vault_id)["tags"]
    return {each["key"]: each["value"] for each in shown}


def test_a_tag_is_added_and_the_same_key_again_replaces_it(ask: Client, vault_id: str) -> None:
    body = {"tag": {"key": "stage", "value": "test"}}
    response = ask.send("POST", f"vault/{vault_id}/tags", body)
    assert (response.status_code, response.content) == (204, b"")
    assert tags(ask, vault_id) == {"team": "studio", "stage": "test"}
    put(ask, vault_id, "stage", "live")
    assert list(tags(ask, vault_id).items()) == [("team", "studio"), ("stage", "live")]


def test_spaces_around_a_tag_do_not_count(ask: Client, vault_id: str) -> None:
    put(ask, vault_id, "  stage ", " v1.2 ")
    assert tags(ask, vault_id)["stage"] == "v1.2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "v"),
        (" ", "v"),
        ("k" * 37, "v"),
        ("k", "v" * 44),
        ("a.b", "v"),
        ("k", "a b"),
        *[(f"k{bad}", "v") for bad in "=*<>\\,|/\x1f"],
        *[("k", f"v{bad}") for bad in "=*<>\\,|/\x00"],
    ],
)
def test_a_tag_outside_the_rules_is_refused(
    ask: Client, vault_id: str, key: str, value: str
) -> None:
    with pytest.raises(Refused, match="9900"):
        put(ask, vault_id, key, value)
    assert tags(ask, vault_id) == {"team": "studio"}


def test_the_longest_tags_and_chinese_ones_are_fine(ask: Client, vault_id: str) -> None:
    put(ask, vault_id, "k" * 36, "v" * 43)
    put(ask, vault_id, "部门", "影视.1")
    put(ask, vault_id, "empty", "")
    assert tags(ask, vault_id)["部门"] == "影视.1"


def test_the_eleventh_tag_is_refused_but_a_new_value_is_not(ask: Client, vault_id: str) -> None:
    for number in range(9):
        put(ask, vault_id, f"k{number}", "")
    with pytest.raises(Refused, match="6600"):
        put(ask, vault_id, "k9", "")
    put(ask, vault_id, "k8", "new")
    assert len(tags(ask, vault_id)) == 10


def test_many_tags_are_added_at_once(ask: Client, vault_id: str) -> None:
    new = [{"key": "team", "value": "night"}, {"key": "stage", "value": "live"}]
    many(ask, vault_id, "create", *new)
    assert tags(ask, vault_id) == {"team": "night", "stage": "live"}


def test_too_many_tags_at_once_leave_everything_as_it_was(ask: Client, vault_id: str) -> None:
    with pytest.raises(Refused, match="6600"):
        many(ask, vault_id, "create", *({"key": f"k{n}", "value": ""} for n in range(10)))
    assert tags(ask, vault_id) == {"team": "studio"}


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
        [{"key": "a=b", "value": ""}],
        [{"value": "1"}],
    ],
)
def test_a_wrong_batch_is_refused(ask: Client, vault_id: str, wrong: list[Any]) -> None:
    with pytest.raises(Refused, match="9900"):
        many(ask, vault_id, "create", *wrong)


def test_many_tags_are_deleted_at_once_also_unknown_and_repeated_ones(
    ask: Client, vault_id: str
) -> None:
    put(ask, vault_id, "stage", "live")
    many(ask, vault_id, "delete", {"key": "team"}, {"key": "team"}, {"key": "no=such"})
    assert tags(ask, vault_id) == {"stage": "live"}
    many(ask, vault_id, "delete", {"key": "stage", "value": "test"})
    assert tags(ask, vault_id) == {"stage": "live"}
    many(ask, vault_id, "delete", {"key": "stage", "value": "live"})
    assert tags(ask, vault_id) == {}


@pytest.mark.parametrize("tag", [{"key": ""}, {"key": "k" * 128}, {"key": "k", "value": "v" * 256}])
def test_a_deletion_of_an_impossible_tag_is_refused(
    ask: Client, vault_id: str, tag: dict[str, str]
) -> None:
    with pytest.raises(Refused, match="9900"):
        many(ask, vault_id, "delete", tag)


def test_an_unknown_action_is_refused(ask: Client, vault_id: str) -> None:
    with pytest.raises(Refused, match="9900"):
        many(ask, vault_id, "replace", {"key": "k", "value": ""})


def test_one_tag_is_deleted_by_its_key(ask: Client, vault_id: str) -> None:
    put(ask, vault_id, "部门", "x")
    assert ask.send("DELETE", f"vault/{vault_id}/tags/部门").status_code == 204
    assert tags(ask, vault_id) == {"team": "studio"}
    with pytest.raises(Refused, match="404 6601"):
        ask("DELETE", f"vault/{vault_id}/tags/部门")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "", {"tag": {"key": "k", "value": ""}}),
        ("POST", "/action", {"action": "delete", "tags": [{"key": "k"}]}),
        ("DELETE", "/k", None),
    ],
)
def test_tags_of_an_unknown_vault_are_not_found(
    ask: Client, method: str, path: str, body: Any
) -> None:
    with pytest.raises(Refused, match="404 6105"):
        ask(method, f"vault/00000000-0000-4000-8000-000000000000/tags{path}", body)


def test_the_tags_of_a_project_come_with_all_their_values(ask: Client, vault_id: str) -> None:
    other = ask.create_vault("other", tags=[{"key": "team", "value": "archive"}])
    put(ask, other, "stage", "live")
    Client(ask.cloud, project="eu-west-1").create_vault(tags=[{"key": "far", "value": ""}])
    assert ask("GET", "vault/tags") == {
        "tags": [
            {"key": "stage", "values": ["live"]},
            {"key": "team", "values": ["archive", "studio"]},
        ]
    }
