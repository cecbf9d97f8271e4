"""Policies over HTTP: made, changed, applied and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused
from tests.simulator.policies.policy_builders import NIGHTLY, apply, create_policy, policy_body

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_new_policy_is_answered_as_the_reference_shows(ask: Client) -> None:
    body = policy_body({"retention_duration_days": 30}, name="dh_test_policy")
    policy = ask("POST", "policies", body)["policy"]
    trigger = policy["trigger"]
    assert list(policy) == [
        "id", "name", "operation_type", "operation_definition", "enabled", "trigger",
        "associated_vaults",
    ]  # fmt: skip
    assert policy["operation_definition"] == {
        "retention_duration_days": 30,
        "created_by": "customer",
    }
    assert policy["enabled"] is True
    assert policy["associated_vaults"] is None
    assert (trigger["name"], trigger["type"]) == ("default", "time")
    assert trigger["properties"]["pattern"] == [NIGHTLY]
    assert trigger["properties"]["start_time"] == "2020-08-17 03:51:24"


def test_the_definition_is_echoed_as_it_was_given(ask: Client) -> None:
    definition = {
        "max_backups": -1,
        "retention_duration_days": 7,
        "day_backups": 0,
        "week_backups": 4,
        "timezone": "UTC+08:00",
        "full_backup_interval": -1,
        "advanced_retention_rules": {
            "weekly_retention_rules": {
                "days_of_week": ["MO", "Friday"], "retention_duration_periods": 8,
            },
            "monthly_retention_rules": {
                "retention_type": "Monthly", "days_of_month": [1, -1],
                "retention_duration_periods": 12,
            },
        },
    }  # fmt: skip
    policy_id = create_policy(ask, definition, start_window_minutes=None)
    assert ask("GET", f"policies/{policy_id}")["policy"]["operation_definition"] == {
        **definition,
        "created_by": "customer",
    }


def test_a_list_gives_the_policies_of_a_type_or_of_a_vault(ask: Client) -> None:
    first, second = create_policy(ask, name="one"), create_policy(ask, name="two")
    elsewhere = Client(ask.cloud, project="eu-west-1")
    create_policy(elsewhere, name="three")
    vault = ask.create_vault()
    apply(ask, vault, second)
    listed = ask("GET", "policies")
    assert listed["count"] == 2
    assert {each["id"] for each in listed["policies"]} == {first, second}
    vaults = {each["id"]: each["associated_vaults"] for each in listed["policies"]}
    assert vaults == {first: [], second: [{"vault_id": vault, "destination_vault_id": None}]}
    (only,) = ask("GET", "policies", vault_id=vault)["policies"]
    assert only["id"] == second
    assert ask("GET", "policies", operation_type="replication") == {"policies": [], "count": 0}
    with pytest.raises(Refused, match="9900"):
        ask("GET", "policies", operation_type="copy")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a b"},
        {"name": ""},
        {"name": "x" * 65},
        {"enabled": "yes"},
        {"trigger": {"properties": {"pattern": []}}},
        {"trigger": {"properties": {"pattern": ["FREQ=MONTHLY;BYHOUR=1;BYMINUTE=0"]}}},
        {"trigger": {"properties": {"pattern": [NIGHTLY], "start_window_minutes": 30}}},
        {"operation_definition": {"max_backups": -2}},
        {"operation_definition": {"max_backups": 100_000}},
        {"operation_definition": {"retention_duration_days": "30"}},
        {"operation_definition": {"day_backups": 101, "timezone": "UTC+01:00"}},
        {"operation_definition": {"day_backups": 7}},
        {"operation_definition": {"day_backups": 7, "timezone": "Europe/Paris"}},
        {"operation_definition": {"day_backups": 7, "timezone": "UTC+25:00"}},
        {"operation_definition": {"full_backup_interval": 101}},
        {"operation_definition": {"advanced_retention_rules": {"weekly_retention_rules": {
            "days_of_week": ["someday"], "retention_duration_periods": 1}}}},
        {"operation_definition": {"advanced_retention_rules": {"weekly_retention_rules": {
            "days_of_week": ["MO"], "retention_duration_periods": 5201}}}},
        {"operation_definition": {"advanced_retention_rules": {"monthly_retention_rules": {
            "retention_type": "Monthly", "days_of_month": [29], "retention_duration_periods": 1}}}},
        {"operation_definition": {"advanced_retention_rules": {"monthly_retention_rules": {
            "retention_type": "Monthly", "days_of_week": ["MO"],
            "retention_duration_periods": 1}}}},
        {"operation_definition": {"advanced_retention_rules": {"yearly_retention_rules": {
            "retention_duration_periods": 101}}}},
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_at_creation_and_at_a_change(
    ask: Client, change: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="400 9900 "):
        ask("POST", "policies", policy_body(**{"definition": {}, **_as_arguments(change)}))
    policy_id = create_policy(ask, {"max_backups": 3})
    before = ask("GET", f"policies/{policy_id}")
    with pytest.raises(Refused, match="9900"):
        ask("PUT", f"policies/{policy_id}", {"policy": change})
    assert ask("GET", f"policies/{policy_id}") == before


def _as_arguments(change: dict[str, Any]) -> dict[str, Any]:
    return {("definition" if k == "operation_definition" else k): v for k, v in change.items()}


def test_an_unknown_type_of_policy_is_refused(ask: Client) -> None:
    with pytest.raises(Refused) as refused:
        create_policy(ask, kind="copy")
    assert (refused.value.status, refused.value.code) == (400, "6117")
    assert refused.value.message == "Unknown policy type."


def test_a_change_keeps_what_it_does_not_name(ask: Client) -> None:
    policy_id = create_policy(ask, {"max_backups": 3})
    ask.wait(60)
    changed = ask("PUT", f"policies/{policy_id}", {"policy": {"enabled": False}})["policy"]
    assert changed["enabled"] is False
    assert changed["name"] == "nightly"
    assert changed["operation_definition"] == {"max_backups": 3, "created_by": "customer"}
    assert changed["trigger"]["properties"]["start_time"] == "2020-08-17 03:51:24"


def test_a_count_gives_way_to_days(ask: Client) -> None:
    policy_id = create_policy(ask, {"max_backups": 3})
    change = {"operation_definition": {"retention_duration_days": 5}}
    changed = ask("PUT", f"policies/{policy_id}", {"policy": change})["policy"]
    assert changed["operation_definition"] == {
        "retention_duration_days": 5,
        "created_by": "customer",
    }


def test_a_change_of_nothing_is_refused(ask: Client) -> None:
    policy_id = create_policy(ask)
    with pytest.raises(Refused, match="9900"):
        ask("PUT", f"policies/{policy_id}", {"policy": {}})


def test_an_unknown_policy_is_not_found(ask: Client) -> None:
    for method, body in (("GET", None), ("PUT", {"policy": {"name": "x"}}), ("DELETE", None)):
        with pytest.raises(Refused, match="404 6000 "):
            ask(method, f"policies/{NOWHERE}", body)
    with pytest.raises(Refused, match=r"9900 Invalid policy_id provided\."):
        ask("GET", "policies/not-an-id")


def test_a_policy_of_another_project_is_not_found(ask: Client) -> None:
    policy_id = create_policy(ask)
    elsewhere = Client(ask.cloud, project="eu-west-1")
    with pytest.raises(Refused, match="6000"):
        elsewhere("GET", f"policies/{policy_id}")


def test_the_quota_counts_each_type_apart(ask: Client) -> None:
    ask.cloud.options["policies_per_type"] = 2
    create_policy(ask)
    create_policy(ask)
    with pytest.raises(Refused, match="400 6001 "):
        create_policy(ask)
    project = ask.cloud.credentials_for(project="eu-west-1").project_id
    target = {"destination_project_id": project, "destination_region": "eu-west-1"}
    create_policy(ask, target, kind="replication")


def test_there_is_room_for_thirty_two_policies(ask: Client) -> None:
    for number in range(32):
        create_policy(ask, name=f"policy-{number}")
    with pytest.raises(Refused, match="6001"):
        create_policy(ask)


# -- applying --------------------------------------------------------------------------------


def test_a_policy_is_applied_and_removed(ask: Client) -> None:
    vault, policy = ask.create_vault(), create_policy(ask)
    assert apply(ask, vault, policy) == {
        "associate_policy": {"vault_id": vault, "policy_id": policy}
    }
    body = {"policy_id": policy}
    assert ask("POST", f"vaults/{vault}/dissociatepolicy", body) == {
        "dissociate_policy": {"vault_id": vault, "policy_id": policy}
    }
    with pytest.raises(Refused, match="404 6002 "):
        ask("POST", f"vaults/{vault}/dissociatepolicy", body)


def test_a_second_policy_of_a_type_takes_the_place_of_the_first(ask: Client) -> None:
    vault, first, second = ask.create_vault(), create_policy(ask), create_policy(ask)
    apply(ask, vault, first)
    apply(ask, vault, second)
    assert ask("GET", f"policies/{first}")["policy"]["associated_vaults"] == []
    assert [each["id"] for each in ask("GET", "policies", vault_id=vault)["policies"]] == [second]


def test_either_one_policy_or_a_list_is_applied_but_not_both(ask: Client) -> None:
    vault, policy = ask.create_vault(), create_policy(ask)
    path = f"vaults/{vault}/associatepolicy"
    both = {"policy_id": policy, "add_policy_ids": [policy]}
    bodies: list[dict[str, Any]] = [{}, both, {"add_policy_ids": []}]
    for body in bodies:
        with pytest.raises(Refused, match="9900"):
            ask("POST", path, body)
    assert (
        ask("POST", path, {"add_policy_ids": [policy]})["associate_policy"]["policy_id"] == policy
    )


def test_applying_needs_a_policy_and_a_vault(ask: Client) -> None:
    vault, policy = ask.create_vault(), create_policy(ask)
    with pytest.raises(Refused, match="404 6000"):
        apply(ask, vault, NOWHERE)
    with pytest.raises(Refused, match="404 6105"):
        apply(ask, NOWHERE, policy)


def test_vaults_for_replicas_and_hybrid_vaults_take_no_backup_policy(ask: Client) -> None:
    policy = create_policy(ask)
    with pytest.raises(Refused, match="400 6127"):
        apply(ask, ask.create_vault(protect_type="replication"), policy)
    with pytest.raises(Refused, match="400 6136"):
        apply(ask, ask.create_vault(cloud_type="hybrid"), policy)


def test_a_vault_that_is_going_takes_no_policy(ask: Client) -> None:
    vault, policy = ask.create_vault(), create_policy(ask)
    ask("DELETE", f"vaults/{vault}")
    with pytest.raises(Refused, match="400 6112"):
        apply(ask, vault, policy)


def test_a_deleted_policy_is_taken_off_its_vaults(ask: Client) -> None:
    vault, policy = ask.create_vault(), create_policy(ask)
    apply(ask, vault, policy)
    assert ask.send("DELETE", f"policies/{policy}").status_code == 204
    assert ask("GET", "policies", vault_id=vault)["count"] == 0


def test_a_vault_can_be_made_with_its_policy(ask: Client) -> None:
    policy = create_policy(ask)
    vault = ask.create_vault(backup_policy_id=policy)
    (applied,) = ask("GET", f"policies/{policy}")["policy"]["associated_vaults"]
    assert applied["vault_id"] == vault


def test_an_applied_policy_shows_late_when_the_cloud_settles_slowly(ask: Client) -> None:
    ask.cloud.options["policy_settling_seconds"] = 30
    vault, policy = ask.create_vault(), create_policy(ask)
    apply(ask, vault, policy)
    assert ask("GET", f"policies/{policy}")["policy"]["associated_vaults"] == []
    ask.wait(31)
    assert len(ask("GET", f"policies/{policy}")["policy"]["associated_vaults"]) == 1


# -- replication policies ---------------------------------------------------------------------


@pytest.fixture
def elsewhere(ask: Client) -> Client:
    return Client(ask.cloud, project="eu-west-1")


def to(elsewhere: Client, **more: Any) -> dict[str, Any]:
    return {
        "destination_project_id": elsewhere.project_id,
        "destination_region": "eu-west-1",
        **more,
    }


def test_a_replication_policy_needs_a_destination(ask: Client, elsewhere: Client) -> None:
    for name in ("destination_project_id", "destination_region"):
        definition = to(elsewhere)
        del definition[name]
        with pytest.raises(Refused, match="400 9900"):
            create_policy(ask, definition, kind="replication")
    with pytest.raises(Refused, match="400 9900"):
        create_policy(ask, to(elsewhere, destination_region="eu west"), kind="replication")


def test_a_replication_policy_is_applied_with_its_destination_vault(
    ask: Client, elsewhere: Client
) -> None:
    policy = create_policy(ask, to(elsewhere), kind="replication")
    vault = ask.create_vault()
    replica = elsewhere.create_vault(protect_type="replication")
    with pytest.raises(Refused, match="400 9900"):
        apply(ask, vault, policy)
    with pytest.raises(Refused, match="400 6120"):
        apply(ask, vault, policy, destination_vault_id=NOWHERE)
    with pytest.raises(Refused, match="400 6119"):
        apply(ask, vault, policy, destination_vault_id=elsewhere.create_vault())
    here = ask.create_vault(protect_type="replication")
    with pytest.raises(Refused, match="400 6120"):
        apply(ask, vault, policy, destination_vault_id=here)
    disks = ask.create_vault(object_type="disk")
    with pytest.raises(Refused, match="400 6122"):
        apply(ask, disks, policy, destination_vault_id=replica)
    applied = apply(ask, vault, policy, destination_vault_id=replica)
    assert applied["associate_policy"]["destination_vault_id"] == replica
    nightly = create_policy(ask)
    apply(ask, vault, nightly)
    assert ask("GET", "policies", vault_id=vault)["count"] == 2


def test_the_destination_of_an_applied_policy_stays(ask: Client, elsewhere: Client) -> None:
    policy = create_policy(ask, to(elsewhere), kind="replication")
    vault = ask.create_vault()
    replica = elsewhere.create_vault(protect_type="replication")
    apply(ask, vault, policy, destination_vault_id=replica)
    change = {"policy": {"operation_definition": {"destination_region": "eu-west-0"}}}
    with pytest.raises(Refused, match="400 6003 "):
        ask("PUT", f"policies/{policy}", change)
    days = {"policy": {"operation_definition": {"retention_duration_days": 9}}}
    kept = ask("PUT", f"policies/{policy}", days)["policy"]["operation_definition"]
    assert kept == {**to(elsewhere, retention_duration_days=9), "created_by": "customer"}
    ask("POST", f"vaults/{vault}/dissociatepolicy", {"policy_id": policy})
    changed = ask("PUT", f"policies/{policy}", change)["policy"]["operation_definition"]
    assert changed["destination_region"] == "eu-west-0"
