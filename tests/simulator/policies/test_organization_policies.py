"""One policy for all projects of an account."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused
from tests.simulator.policies.policy_builders import NIGHTLY, apply, create_policy, made_on, protect

NOWHERE = "00000000-0000-4000-8000-000000000000"
PATH = "organization-policies"


def body(**more: Any) -> dict[str, Any]:
    return {
        "policy": {
            "name": "for everyone",
            "description": "",
            "operation_type": "backup",
            "policy_name": "everywhere",
            "policy_enabled": True,
            "policy_operation_definition": {"max_backups": 3},
            "policy_trigger": {"properties": {"pattern": [NIGHTLY]}},
            **more,
        }
    }


def create(ask: Client, **more: Any) -> str:
    return str(ask("POST", PATH, body(**more))["policy"]["id"])


def details(ask: Client, policy: str) -> list[Any]:
    found: list[Any] = ask("GET", f"{PATH}/{policy}/policy-detail")["policies"]
    return found


def test_it_comes_to_every_project_of_the_account(ask: Client) -> None:
    made = ask("POST", PATH, body())["policy"]
    assert made["status"] == "syncing"
    assert {each["status"] for each in details(ask, made["id"])} == {"syncing"}
    assert ask("GET", "policies")["count"] == 0
    ask.wait(60)
    assert ask("GET", f"{PATH}/{made['id']}")["policy"] == made | {"status": "available"}
    found = details(ask, made["id"])
    assert len(found) == 3
    assert {each["status"] for each in found} == {"available"}
    for project in ("eu-west-0", "eu-west-1", "eu-west-0_staging"):
        there = Client(ask.cloud, project=project)
        (policy,) = there("GET", "policies")["policies"]
        assert policy["name"] == "everywhere"
        assert policy["operation_definition"] == {"max_backups": 3, "created_by": "customer"}
        assert policy["id"] in {each["policy_id"] for each in found}


def test_its_policies_run(ask: Client) -> None:
    create(ask)
    ask.wait(60)
    (policy,) = ask("GET", "policies")["policies"]
    protect(ask, "web", policy=policy["id"])
    ask.cloud.advance(days=5)
    assert len(made_on(ask)) == 3


def test_a_change_comes_to_every_project(ask: Client) -> None:
    policy = create(ask)
    ask.wait(60)
    change = {"policy": {"policy_enabled": False, "policy_name": "later", "description": "x"}}
    changed = ask("PUT", f"{PATH}/{policy}", change)["policy"]
    assert (changed["status"], changed["name"]) == ("syncing", "for everyone")
    assert (changed["description"], changed["policy_enabled"]) == ("x", False)
    ask.wait(60)
    (here,) = ask("GET", "policies")["policies"]
    assert (here["name"], here["enabled"]) == ("later", False)
    assert here["operation_definition"] == {"max_backups": 3, "created_by": "customer"}


def test_a_project_without_room_says_so(ask: Client) -> None:
    ask.cloud.options["policies_per_type"] = 1
    create_policy(ask)
    policy = create(ask)
    ask.wait(60)
    states = {each["project_id"]: each["status"] for each in details(ask, policy)}
    assert states.pop(ask.project_id) == "error"
    assert set(states.values()) == {"available"}
    assert ask("GET", f"{PATH}/{policy}")["policy"]["status"] == "error"


def test_a_new_project_gets_it_with_the_next_change(ask: Client) -> None:
    policy = create(ask)
    ask.wait(60)
    ask.cloud.create_project("eu-west-1_new", "eu-west-1")
    ask("PUT", f"{PATH}/{policy}", {"policy": {"description": "again"}})
    ask.wait(60)
    assert len(details(ask, policy)) == 4
    assert Client(ask.cloud, project="eu-west-1_new")("GET", "policies")["count"] == 1


def test_deleted_it_leaves_every_project_and_every_vault(ask: Client) -> None:
    policy = create(ask)
    ask.wait(60)
    vault = ask.create_vault()
    apply(ask, vault, ask("GET", "policies")["policies"][0]["id"])
    assert ask.send("DELETE", f"{PATH}/{policy}").status_code == 204
    assert ask("GET", "policies", vault_id=vault)["count"] == 0
    assert Client(ask.cloud, project="eu-west-1")("GET", "policies")["count"] == 0
    with pytest.raises(Refused, match="404 6000"):
        ask("GET", f"{PATH}/{policy}")


def test_deleted_before_it_is_there_it_never_comes(ask: Client) -> None:
    ask("DELETE", f"{PATH}/{create(ask)}")
    ask.wait(60)
    assert ask("GET", "policies")["count"] == 0


def test_a_list_needs_a_type_and_gives_pages(ask: Client) -> None:
    first, second = create(ask), create(ask)
    listed = ask("GET", PATH, operation_type="backup")
    assert (listed["count"], listed["limit"], listed["offset"]) == (2, 1000, 0)
    assert [each["id"] for each in listed["policies"]] == [second, first]
    page = ask("GET", PATH, operation_type="backup", limit=1, offset=1)
    assert [each["id"] for each in page["policies"]] == [first]
    assert ask("GET", PATH, operation_type="replication")["count"] == 0
    for query in ({}, {"operation_type": "x"}, {"operation_type": "backup", "limit": 0}):
        with pytest.raises(Refused, match="400 9900"):
            ask("GET", PATH, **query)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": ""}, "9900"),
        ({"name": "x" * 65}, "9900"),
        ({"policy_name": "a b"}, "9900"),
        ({"policy_enabled": None}, "9900"),
        ({"operation_type": "copy"}, "6117"),
        ({"operation_type": "replication"}, "9900"),
        ({"policy_operation_definition": {"day_backups": 1}}, "9900"),
        ({"policy_trigger": {"properties": {"pattern": ["daily"]}}}, "9900"),
        ({"description": "x" * 256}, "9900"),
    ],
)
def test_what_no_policy_may_be_is_refused(ask: Client, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=f"400 {code}"):
        create(ask, **more)
    ask.wait(60)
    assert ask("GET", PATH, operation_type="backup")["count"] == 0


def test_an_unknown_one_is_not_found(ask: Client) -> None:
    for method, path, content in (
        ("GET", "", None),
        ("GET", "/policy-detail", None),
        ("PUT", "", {"policy": {}}),
        ("DELETE", "", None),
    ):
        with pytest.raises(Refused, match="404 6000"):
            ask(method, f"{PATH}/{NOWHERE}{path}", content)
