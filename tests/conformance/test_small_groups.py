"""The vendor's client on agents, projects, migration and features."""

from __future__ import annotations

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient

AGENT = "489654f2-363b-4ebf-966a-bdf079d97114"


@pytest.fixture
def agent(sdk: SdkClient) -> str:
    register(sdk)
    return AGENT


def register(sdk: SdkClient) -> None:
    body = {
        "agent": {
            "agent_id": AGENT,
            "agent_version": "1.0.0",
            "agent_type": "native",
            "host_name": "ecs-00002",
            "host_ip": "10.10.0.2",
            "host_os": "linux",
        }
    }
    assert sdk("register_agent", body=body).agent.status == "normal"


def test_register_agent_is_refused_twice(sdk: SdkClient, agent: str) -> None:
    with sdk.refuses("7403"):
        register(sdk)


def test_list_and_show_agent(sdk: SdkClient, agent: str) -> None:
    assert [each.agent_id for each in sdk("list_agent").agents] == [AGENT]
    assert sdk("list_agent", status="uninstall").count == 0
    assert sdk("show_agent", agent_id=AGENT).agent.host_name == "ecs-00002"
    with sdk.refuses("9900"):
        sdk("list_agent", limit="many")
    with sdk.refuses("7410", 404):
        sdk("show_agent", agent_id=NOBODY)


def test_update_and_unregister_agent(sdk: SdkClient, agent: str) -> None:
    body = {"agent": {"status": "uninstall"}}
    assert sdk("update_agent", agent_id=AGENT, body=body).agent.status == "uninstall"
    with sdk.refuses("7403"):
        sdk("update_agent", agent_id=AGENT, body=body)
    sdk("unregister_agent", agent_id=AGENT)
    with sdk.refuses("7410", 404):
        sdk("unregister_agent", agent_id=AGENT)


def test_paths_of_an_agent(sdk: SdkClient, agent: str) -> None:
    body = {"add_path": ["/home/hcp", "/opt/workspace/"]}
    assert sdk("add_agent_path", agent_id=AGENT, body=body).added == body["add_path"]
    assert sdk("add_agent_path", agent_id=AGENT, body=body).existed == body["add_path"]
    gone = {"remove_path": ["/home/hcp", "/tmp"]}
    answer = sdk("remove_agent_path", agent_id=AGENT, body=gone)
    assert (answer.removed, answer.not_existed) == (["/home/hcp"], ["/tmp"])
    assert [p.dir_path for p in sdk("show_agent", agent_id=AGENT).agent.paths] == [
        "/opt/workspace/"
    ]
    with sdk.refuses("7407"):
        sdk("add_agent_path", agent_id=AGENT, body={"add_path": ["home"]})
    with sdk.refuses("7410", 404):
        sdk("remove_agent_path", agent_id=NOBODY, body=gone)


def test_check_agent(sdk: SdkClient) -> None:
    with_agent, without = (sdk.cloud.create_server(name) for name in ("web-01", "web-02"))
    with_agent.set_trait("agent", True)
    items = [
        {"resource_id": each.id, "resource_type": "OS::Nova::Server"}
        for each in (with_agent, without)
    ]
    answer = sdk("check_agent", body={"agent_status": items})
    assert [each.installed for each in answer.agent_status] == [True, False]
    items[0]["resource_id"] = NOBODY
    with sdk.refuses("6302", 404):
        sdk("check_agent", body={"agent_status": items})


def test_projects(sdk: SdkClient) -> None:
    names = [each.name for each in sdk("list_projects").projects]
    assert names == ["eu-west-0", "eu-west-0_staging", "eu-west-1"]
    domain = sdk.cloud.credentials.domain_name
    mine = sdk("list_domain_projects", domain_name=domain).projects
    assert sdk.project_id in [each.project_id for each in mine]
    assert sdk("show_domain", source_project_id=sdk.project_id).domain_name == domain
    with sdk.refuses("6704"):
        sdk("list_domain_projects", domain_name="mars")
    with sdk.refuses("6704"):
        sdk("show_domain", source_project_id="0" * 32)


def test_migration_runs_by_the_clock(sdk: SdkClient) -> None:
    with sdk.refuses("4001", 404):
        sdk("show_migrate_status")
    sdk("migrate_domain", body={"all_regions": True, "reservation": 0.2})
    sdk.wait(60)
    assert sdk("show_migrate_status").status == "migrating"
    sdk.wait(120)
    done = sdk("show_migrate_status", all_regions=True)
    assert {each.progress for each in done.project_status} == {100}
    with sdk.refuses("9900"):
        sdk("migrate_domain", body={"all_regions": True, "reservation": 2})


def test_features(sdk: SdkClient) -> None:
    assert b"replication.enable" in sdk("list_features").raw_content
    one = sdk("show_feature", feature_key="replication.source_region")
    assert b"eu-west-0" in one.raw_content
    with sdk.refuses("9900"):
        sdk("show_feature", feature_key="levitation")
    with sdk.refuses("9900"):
        sdk("list_features", limit=0)


def test_replication_capabilities(sdk: SdkClient) -> None:
    regions = sdk("show_replication_capabilities").regions
    assert [(each.name, each.replication_destinations) for each in regions] == [
        ("eu-west-0", ["eu-west-1"])
    ]
