"""The vendor's client on agents, projects, migration and features."""

from __future__ import annotations

import pytest

from tests.judge.judging import Judge

AGENT = "489654f2-363b-4ebf-966a-bdf079d97114"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def agent(judge: Judge) -> str:
    register(judge)
    return AGENT


def register(judge: Judge) -> None:
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
    assert judge("register_agent", body=body).agent.status == "normal"


def test_register_agent_is_refused_twice(judge: Judge, agent: str) -> None:
    with judge.refuses("7403"):
        register(judge)


def test_list_and_show_agent(judge: Judge, agent: str) -> None:
    assert [each.agent_id for each in judge("list_agent").agents] == [AGENT]
    assert judge("list_agent", status="uninstall").count == 0
    assert judge("show_agent", agent_id=AGENT).agent.host_name == "ecs-00002"
    with judge.refuses("9900"):
        judge("list_agent", limit="many")
    with judge.refuses("7410", 404):
        judge("show_agent", agent_id=NOBODY)


def test_update_and_unregister_agent(judge: Judge, agent: str) -> None:
    body = {"agent": {"status": "uninstall"}}
    assert judge("update_agent", agent_id=AGENT, body=body).agent.status == "uninstall"
    with judge.refuses("7403"):
        judge("update_agent", agent_id=AGENT, body=body)
    judge("unregister_agent", agent_id=AGENT)
    with judge.refuses("7410", 404):
        judge("unregister_agent", agent_id=AGENT)


def test_paths_of_an_agent(judge: Judge, agent: str) -> None:
    body = {"add_path": ["/home/hcp", "/opt/workspace/"]}
    assert judge("add_agent_path", agent_id=AGENT, body=body).added == body["add_path"]
    assert judge("add_agent_path", agent_id=AGENT, body=body).existed == body["add_path"]
    gone = {"remove_path": ["/home/hcp", "/tmp"]}
    answer = judge("remove_agent_path", agent_id=AGENT, body=gone)
    assert (answer.removed, answer.not_existed) == (["/home/hcp"], ["/tmp"])
    assert [p.dir_path for p in judge("show_agent", agent_id=AGENT).agent.paths] == [
        "/opt/workspace/"
    ]
    with judge.refuses("7407"):
        judge("add_agent_path", agent_id=AGENT, body={"add_path": ["home"]})
    with judge.refuses("7410", 404):
        judge("remove_agent_path", agent_id=NOBODY, body=gone)


def test_check_agent(judge: Judge) -> None:
    with_agent, without = (judge.cloud.create_server(name) for name in ("web-01", "web-02"))
    with_agent.set_trait("agent", True)
    items = [
        {"resource_id": each.id, "resource_type": "OS::Nova::Server"}
        for each in (with_agent, without)
    ]
    answer = judge("check_agent", body={"agent_status": items})
    assert [each.installed for each in answer.agent_status] == [True, False]
    items[0]["resource_id"] = NOBODY
    with judge.refuses("6302", 404):
        judge("check_agent", body={"agent_status": items})


def test_projects(judge: Judge) -> None:
    names = [each.name for each in judge("list_projects").projects]
    assert names == ["eu-west-0", "eu-west-0_staging", "eu-west-1"]
    domain = judge.cloud.credentials.domain_name
    mine = judge("list_domain_projects", domain_name=domain).projects
    assert judge.project_id in [each.project_id for each in mine]
    assert judge("show_domain", source_project_id=judge.project_id).domain_name == domain
    with judge.refuses("6704"):
        judge("list_domain_projects", domain_name="mars")
    with judge.refuses("6704"):
        judge("show_domain", source_project_id="0" * 32)


def test_migration_runs_by_the_clock(judge: Judge) -> None:
    with judge.refuses("4001", 404):
        judge("show_migrate_status")
    judge("migrate_domain", body={"all_regions": True, "reservation": 0.2})
    judge.wait(60)
    assert judge("show_migrate_status").status == "migrating"
    judge.wait(120)
    done = judge("show_migrate_status", all_regions=True)
    assert {each.progress for each in done.project_status} == {100}
    with judge.refuses("9900"):
        judge("migrate_domain", body={"all_regions": True, "reservation": 2})


def test_features(judge: Judge) -> None:
    assert b"replication.enable" in judge("list_features").raw_content
    one = judge("show_feature", feature_key="replication.source_region")
    assert b"eu-west-0" in one.raw_content
    with judge.refuses("9900"):
        judge("show_feature", feature_key="levitation")
    with judge.refuses("9900"):
        judge("list_features", limit=0)


def test_replication_capabilities(judge: Judge) -> None:
    regions = judge("show_replication_capabilities").regions
    assert [(each.name, each.replication_destinations) for each in regions] == [
        ("eu-west-0", ["eu-west-1"])
    ]
