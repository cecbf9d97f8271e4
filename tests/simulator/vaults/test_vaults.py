"""Vaults: what a new one looks like, and how vaults are found."""

from __future__ import annotations

import pytest

from tests.simulator.http_client import Client, Refused


def test_a_vault_can_be_shown_as_it_was_created(ask: Client) -> None:
    server = ask.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 100)))
    vault_id = ask.create_vault(
        "films",
        description="kept for the studio",
        resources=[{"id": server.id, "type": "OS::Nova::Server"}],
        tags=[{"key": "team", "value": "studio"}],
        threshold=60,
        auto_bind=True,
        bind_rules={"tags": [{"key": "kind", "value": "film"}]},
        backup_name_prefix="night_",
    )
    vault = ask.vault(vault_id)
    assert vault["description"] == "kept for the studio"
    assert vault["tags"] == [{"key": "team", "value": "studio"}]
    assert vault["threshold"] == 60
    assert vault["bind_rules"] == {"tags": [{"key": "kind", "value": "film"}]}
    assert vault["backup_name_prefix"] == "night_"
    assert vault["billing"]["allocated"] == 140
    (resource,) = vault["resources"]
    assert resource == {
        "id": server.id,
        "type": "OS::Nova::Server",
        "name": "web-01",
        "auto_protect": True,
        "size": 140,
        "backup_size": 0,
        "backup_count": 0,
        "protect_status": "available",
        "extra_info": {},
    }


@pytest.mark.parametrize(
    ("more", "spec_code"),
    [
        ({}, "vault.backup.server.normal"),
        ({"consistent_level": "app_consistent"}, "vault.backup.database.normal"),
        ({"object_type": "disk"}, "vault.backup.volume.normal"),
        ({"object_type": "turbo"}, "vault.backup.turbo.normal"),
        ({"protect_type": "replication"}, "vault.replication.server.normal"),
        ({"cloud_type": "hybrid"}, "vault.hybrid.server.normal"),
    ],
)
def test_the_spec_code_follows_from_the_types(
    ask: Client, more: dict[str, str], spec_code: str
) -> None:
    vault = ask.vault(ask.create_vault(**more))
    assert vault["billing"]["spec_code"] == spec_code


@pytest.mark.parametrize("size", [9, 0, -1, 10_485_761])
def test_a_vault_of_an_impossible_size_is_refused(ask: Client, size: int) -> None:
    with pytest.raises(Refused, match="6101"):
        ask.create_vault(size=size)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "with space"},
        {"name": "x" * 65},
        {"description": "<b>"},
        {"description": "x" * 65},
        {"threshold": 0},
        {"threshold": 101},
        {"threshold": "80"},
        {"tags": []},
        {"tags": [{"key": "a=b", "value": ""}]},
        {"tags": [{"key": "a", "value": "1"}, {"key": " a ", "value": "2"}]},
        {"bind_rules": {"tags": [{"key": "k", "value": "*"}]}},
        {"backup_name_prefix": "x" * 33},
        {"availability_zone": ""},
        {"sys_lock_source_service": "NFS"},
        {"demand_billing": True},
        {"object_type": "car"},
        {"resources": None},
    ],
)
def test_a_vault_with_a_wrong_member_is_refused_and_not_made(
    ask: Client, wrong: dict[str, object]
) -> None:
    with pytest.raises(Refused, match="9900"):
        ask.create_vault(**{"name": "fine", **wrong})
    assert ask("GET", "vaults")["count"] == 0


def test_app_consistent_backup_is_for_server_vaults_only(ask: Client) -> None:
    with pytest.raises(Refused, match="6126"):
        ask.create_vault(object_type="disk", consistent_level="app_consistent")


def test_a_disk_vault_does_not_replicate(ask: Client) -> None:
    with pytest.raises(Refused, match="6122"):
        ask.create_vault(object_type="disk", protect_type="replication")


def test_eleven_tags_are_one_too_many(ask: Client) -> None:
    tags = [{"key": f"k{number}", "value": ""} for number in range(11)]
    with pytest.raises(Refused, match="6600"):
        ask.create_vault(tags=tags)
    ask.cloud.options["tags_per_vault"] = 20
    assert len(ask.vault(ask.create_vault(tags=tags))["tags"]) == 11


def test_the_same_name_twice_is_allowed_until_the_cloud_forbids_it(ask: Client) -> None:
    ask.create_vault("twin")
    ask.create_vault("twin")
    ask.cloud.options["unique_vault_names"] = 1
    with pytest.raises(Refused, match="6106"):
        ask.create_vault("twin")


def test_there_is_a_quota_of_vaults(ask: Client) -> None:
    ask.cloud.options["vaults"] = 1
    ask.create_vault()
    with pytest.raises(Refused, match="6133"):
        ask.create_vault()


def test_a_policy_can_be_applied_at_creation(ask: Client) -> None:
    policy = ask(
        "POST",
        "policies",
        {
            "policy": {
                "name": "nightly",
                "operation_type": "backup",
                "operation_definition": {"retention_duration_days": 7},
                "trigger": {"properties": {"pattern": ["FREQ=DAILY;BYHOUR=1;BYMINUTE=00"]}},
            }
        },
    )["policy"]["id"]
    vault_id = ask.create_vault(backup_policy_id=policy)
    bound = ask("GET", f"policies/{policy}")["policy"]["associated_vaults"]
    assert [each["vault_id"] for each in bound] == [vault_id]
    assert [v["id"] for v in ask("GET", "vaults", policy_id=policy)["vaults"]] == [vault_id]


def test_an_unknown_policy_or_resource_leaves_no_vault_behind(ask: Client) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Refused, match="6000"):
        ask.create_vault(backup_policy_id=nobody)
    with pytest.raises(Refused, match=f"6302.*{nobody}"):
        ask.create_vault(resources=[{"id": nobody, "type": "OS::Nova::Server"}])
    assert ask("GET", "vaults")["count"] == 0


def test_an_unknown_vault_and_a_malformed_id_are_told_apart(ask: Client) -> None:
    with pytest.raises(Refused, match="404 6105"):
        ask.vault("00000000-0000-4000-8000-000000000000")
    with pytest.raises(Refused, match="400 9900 Invalid vault_id provided"):
        ask.vault("nonsense")


def test_a_vault_of_another_project_is_not_there(ask: Client) -> None:
    vault_id = ask.create_vault()
    with pytest.raises(Refused, match="6105"):
        Client(ask.cloud, project="eu-west-1").vault(vault_id)


# -- lists -------------------------------------------------------------------------------------


def names(answer: dict[str, object]) -> list[str]:
    return [vault["name"] for vault in answer["vaults"]]  # type: ignore[attr-defined]


def test_vaults_are_listed_newest_first_by_page(ask: Client) -> None:
    for number in range(5):
        ask.create_vault(f"v{number}")
    whole = ask("GET", "vaults")
    assert names(whole) == ["v4", "v3", "v2", "v1", "v0"]
    assert (whole["count"], whole["offset"], whole["limit"]) == (5, 0, 1000)
    page = ask("GET", "vaults", limit=2, offset=3)
    assert names(page) == ["v1", "v0"]
    assert page["count"] == 5
    assert ask("GET", "vaults", limit=2, offset=9)["vaults"] == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"offset": -1}])
def test_a_page_outside_the_limits_is_refused(ask: Client, query: dict[str, object]) -> None:
    with pytest.raises(Refused, match="9900"):
        ask("GET", "vaults", **query)


def test_every_filter_finds_its_vaults(ask: Client) -> None:
    server = ask.cloud.create_server("web-01")
    first = ask.create_vault("alpha-one")
    second = ask.create_vault("alpha-two", object_type="disk")
    third = ask.create_vault("beta", protect_type="replication", enterprise_project_id="e1")
    fourth = ask.create_vault("gamma", cloud_type="hybrid")
    ask.add(first, server.id)
    for query, expected in (
        ({"name": "alpha"}, [second, first]),
        ({"id": [first, third]}, [third, first]),
        ({"resource_ids": f"{server.id},other"}, [first]),
        ({"object_type": "disk"}, [second]),
        ({"protect_type": "replication"}, [third]),
        ({"cloud_type": "hybrid"}, [fourth]),
        ({"enterprise_project_id": "e1"}, [third]),
        ({"enterprise_project_id": "all_granted_eps", "limit": 1}, [fourth]),
        ({"status": "available", "name": "beta"}, [third]),
        ({"status": "deleting"}, []),
        ({"policy_id": "none"}, []),
    ):
        found = ask("GET", "vaults", **query)["vaults"]
        assert [vault["id"] for vault in found] == expected, query


def test_vaults_of_another_region_are_found_as_external(ask: Client) -> None:
    there = Client(ask.cloud, project="eu-west-1")
    target = there.create_vault("target", protect_type="replication")
    there.create_vault("plain")
    place = {"external_project_id": there.project_id, "region_id": "eu-west-1"}
    assert names(ask("GET", "vaults/external", **place)) == ["plain", "target"]
    assert names(ask("GET", "vaults/external", **place, protect_type="replication")) == ["target"]
    assert names(ask("GET", "vaults/external", **place, objcet_type="disk")) == []
    assert names(ask("GET", "vaults/external", **place, vault_id=target)) == ["target"]
    with pytest.raises(Refused, match="9900"):
        ask("GET", "vaults/external", region_id="eu-west-1")
    with pytest.raises(Refused, match="8600"):
        ask("GET", "vaults/external", external_project_id="f" * 32, region_id="eu-west-1")


def test_the_summary_adds_up(ask: Client) -> None:
    server = ask.cloud.create_server("web-01")
    server.disk("vda").fill(3)
    vault_id = ask.create_vault(size=100)
    ask.create_vault(size=50)
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    used = ask.vault(vault_id)["billing"]["used"]
    assert used >= 3
    assert ask("GET", "vaults/summary") == {"size": 150, "used_size": used}


def test_a_list_of_many_vaults_takes_a_handful_of_queries(ask: Client) -> None:
    for number in range(30):
        server = ask.cloud.create_server(f"s{number}")
        ask.add(ask.create_vault(f"v{number}"), server.id)
    statements: list[str] = []
    database = ask.cloud._engine.state._db
    database.set_trace_callback(statements.append)
    assert len(ask("GET", "vaults")["vaults"]) == 30
    database.set_trace_callback(None)
    assert len([text for text in statements if text.startswith("SELECT")]) <= 10
