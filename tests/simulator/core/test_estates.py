"""The example clouds: what is in them, and that it holds together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.inventory.disks import Disks
from tests.simulator.http_client import Client
from tests.simulator.policies.policy_builders import backups, policy_body

STAGED = "62617971-839d-4d23-8dfd-4ca65c039bdf"
"""A backup that the reference shows."""


@pytest.fixture(scope="module")
def documented() -> Iterator[Client]:
    yield from _opened("documented")


@pytest.fixture(scope="module")
def demo() -> Iterator[Client]:
    yield from _opened("demo")


def _opened(estate: Any, **more: Any) -> Iterator[Client]:
    cloud = Cloud.open(estate, **more)
    yield Client(cloud)
    cloud.close()


def _rows(ask: Client, sql: str, *values: Any) -> list[Any]:
    return [tuple(row) for row in ask.cloud._engine.state.all(sql, *values)]


def holds_together(ask: Client) -> None:
    """Check that what vaults and backups say they store is stored, and nothing hangs in the air."""
    stored = dict(_rows(ask, "SELECT id, used_blocks FROM vault"))
    counted = dict(
        _rows(
            ask,
            "SELECT vault_id, count(*) FROM stored_block JOIN chain ON chain.id = chain "
            "GROUP BY vault_id",
        )
    )
    assert {key: value for key, value in stored.items() if value} == counted
    by_backup = dict(
        _rows(
            ask,
            "SELECT vault_id, sum(stored_blocks) FROM backup WHERE parent_id IS NULL "
            "GROUP BY vault_id HAVING sum(stored_blocks) > 0",
        )
    )
    assert by_backup == counted
    points = "SELECT 1 FROM restore_point WHERE id = restore_point_id"
    assert _rows(ask, f"SELECT id FROM backup WHERE NOT EXISTS ({points})") == []
    children = "SELECT 1 FROM backup child WHERE child.parent_id = backup.id"
    whole = "parent_id IS NULL AND chain IS NULL AND status = 'available'"
    assert _rows(ask, f"SELECT id FROM backup WHERE {whole} AND NOT EXISTS ({children})") == []


def test_there_is_no_estate_of_another_name() -> None:
    with pytest.raises(InvalidRequest, match="documented"):
        Cloud.open("paradise")  # type: ignore[arg-type]


def test_the_empty_cloud_has_an_account_in_two_regions_and_nothing_else(ask: Client) -> None:
    assert ask("GET", "vaults")["vaults"] == []
    assert ask("GET", "protectables/server/instances")["instances"] == []
    regions = {row[0] for row in _rows(ask, "SELECT region FROM project")}
    assert regions == {"eu-west-0", "eu-west-1"}
    assert ask.tasks() == []


# -- documented ----------------------------------------------------------------------------


def test_the_documented_backups_can_be_restored(documented: Client) -> None:
    engine = documented.cloud._engine
    shown = documented("GET", f"backups/{STAGED}")["backup"]
    (child,) = shown["children"]
    assert child["resource_type"] == "OS::Cinder::Volume"
    rows = engine.state.all("SELECT chain, sequence FROM backup WHERE chain IS NOT NULL")
    assert len(rows) == 1663
    store = engine.state.number("SELECT store FROM disk WHERE id = ?", child["resource_id"])
    last = Disks(engine).contents(rows[-1]["chain"], 1662)
    present = engine.state.all(
        "SELECT position, hash FROM disk_block WHERE store = ? AND hash IS NOT NULL", store
    )
    assert last == {row["position"]: row["hash"] for row in present}
    assert Disks(engine).contents(rows[-1]["chain"], 1661) != last


def test_the_documented_cloud_holds_together(documented: Client) -> None:
    holds_together(documented)


def test_the_documented_requests_give_the_documented_ids() -> None:
    (ask,) = _opened_once("documented")
    vault = ask("POST", "vaults", {"vault": {
        "billing": {"cloud_type": "public", "consistent_level": "crash_consistent",
                    "object_type": "server", "protect_type": "backup", "size": 200},
        "name": "my_vault", "resources": []}})["vault"]  # fmt: skip
    assert vault["id"] == "ea7b8717-2543-478a-a92d-3ca7ee448f67"
    assert vault["created_at"] == "2020-08-17T03:51:24.678916"
    assert vault["project_id"] == "0605767b5780d5762fc5c0118072a564"
    assert vault["user_id"] == "aa2999fa5ae640f28926f8fd79188934"
    server = "e8cc6bfd-d324-4b88-9109-9fb0ba70676f"
    assert ask.add(vault["id"], server) == {"add_resource_ids": [server]}
    parameters = {"auto_trigger": False, "description": "backupauto", "incremental": True,
                  "name": "backup_auto", "resources": [server]}  # fmt: skip
    body = {"checkpoint": {"parameters": parameters, "vault_id": vault["id"]}}
    point = ask("POST", "checkpoints", body)["checkpoint"]
    assert point["id"] == "d9ce6924-d753-4132-bd16-a9f8838ea7d2"
    (resource,) = point["vault"]["resources"]
    assert resource | {"name": ""} == {
        "id": server, "type": "OS::Nova::Server", "name": "", "extra_info": "{}",
        "resource_size": "40", "backup_size": "0", "backup_count": "0",
        "protect_status": "available", "auto_protect": "True", "backup_size_multiaz": "0",
    }  # fmt: skip
    ask.wait()
    assert ask("GET", f"checkpoints/{point['id']}")["checkpoint"]["status"] == "available"
    rule = "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYHOUR=23;BYMINUTE=00"
    body = policy_body({"retention_duration_days": 30}, rule, name="dh_test_policy")
    policy = ask("POST", "policies", body)["policy"]
    assert policy["id"] == "30d7cf2d-14fc-415b-b7da-858b37f47250"
    assert policy["trigger"]["id"] == "7954175b-ef2c-432c-b936-f6c83df7a593"
    later = ask("POST", "policies", body)["policy"]
    assert later["id"] != policy["id"]
    ask.cloud.close()


def _opened_once(estate: Any, **more: Any) -> list[Client]:
    return [Client(Cloud.open(estate, **more))]


# -- demo ----------------------------------------------------------------------------


def test_the_demo_cloud_holds_together(demo: Client) -> None:
    holds_together(demo)


def test_the_demo_cloud_is_a_small_company(demo: Client) -> None:
    names = {row[0] for row in _rows(demo, "SELECT name FROM server")}
    assert {"web-01", "web-02", "db-01", "db-02", "legacy-01", "metal-01"} <= names
    assert len(names) >= 12
    motd = demo.cloud.server("web-01").disk("vda").read_file("/etc/motd")
    assert motd == b"Welcome to web-01\n"
    page = demo.cloud.server("web-02").disk("vda").read_file("/var/www/index.html")
    assert b"Northwind" in page
    assert demo.cloud.disk("shared-docs").read_file("/handbook.txt")
    projects = _rows(demo, "SELECT count(DISTINCT project_id) FROM server")
    assert projects == [(3,)]
    kinds = {row[0] for row in _rows(demo, "SELECT object_type FROM vault")}
    assert kinds == {"server", "disk", "turbo"}


def test_the_demo_cloud_has_ninety_days_behind_it(demo: Client) -> None:
    now = demo.cloud.now
    assert now - datetime(2020, 8, 17, 3, 51, 24, tzinfo=UTC) < timedelta(minutes=1)
    first = datetime.fromisoformat(f"{demo.tasks()[-1]['created_at']}+00:00")
    assert timedelta(days=89) <= now - first <= timedelta(days=90)
    running = demo.tasks(status="running") + demo.tasks(status="waiting")
    assert running == []
    for vault in demo("GET", "vaults")["vaults"]:
        assert vault["billing"]["status"] == "available"
        for resource in vault["resources"]:
            assert resource["protect_status"] == "available"


def test_in_the_demo_cloud_something_has_gone_wrong(demo: Client) -> None:
    failed = demo.tasks(status="failed")
    assert {each["error_info"]["code"][-4:] for each in failed} == {"7203", "8300"}
    assert len(backups(demo, status="error")) >= 2
    usage = {
        each["name"]: each["billing"]["used"] / 1024 / each["billing"]["size"]
        for each in demo("GET", "vaults")["vaults"]
    }
    assert 0.85 < usage["vault-files"] < 1
    policies = demo("GET", "policies")["policies"]
    assert [each["name"] for each in policies if not each["enabled"]] == ["paused-nightly"]
    unprotected = _rows(
        demo,
        "SELECT name FROM server WHERE project_id = ? AND id NOT IN "
        "(SELECT resource_id FROM vault_resource)",
        demo.project_id,
    )
    assert unprotected == [("legacy-01",)]


def test_the_demo_cloud_lives_on() -> None:
    (ask,) = _opened_once("demo")
    before = {each["id"] for each in backups(ask)}
    ask.cloud.advance(days=8)
    after = {each["id"] for each in backups(ask)}
    assert after - before
    assert before - after
    failed = ask.tasks(status="failed", start_time="2020-08-17T04:00:00Z")
    assert failed == []
    holds_together(ask)
    ask.cloud.close()


def test_demo_clouds_of_a_seed_are_the_same_and_of_another_are_not(demo: Client) -> None:
    def content(ask: Client) -> list[Any]:
        return _rows(ask, "SELECT * FROM backup ORDER BY id") + _rows(ask, "SELECT * FROM task")

    for seed, same in ((7, True), (8, False)):
        (other,) = _opened_once("demo", seed=seed)
        assert (content(other) == content(demo)) == same
        other.cloud.close()


# -- large ----------------------------------------------------------------------------


def test_the_large_cloud_has_as_many_backups_as_asked_for() -> None:
    (ask,) = _opened_once("large", backups=2503)
    page = ask("GET", "backups", limit=10)
    assert page["count"] == 2503
    newest = page["backups"][0]
    point = ask("GET", f"checkpoints/{newest['checkpoint_id']}")["checkpoint"]
    assert point["created_at"] == newest["created_at"]
    assert ask("GET", "backups", checkpoint_id=newest["checkpoint_id"])["count"] in (3, 25)
    assert len({row[0] for row in _rows(ask, "SELECT id FROM backup")}) == 2503
    (made,) = _rows(ask, "SELECT max(created_at), min(created_at) FROM backup")
    assert timedelta(microseconds=made[0] - made[1]) == timedelta(days=3.5) * (2 + 6)
    failed = _rows(ask, "SELECT count(*) FROM task WHERE status = 'failed'")
    assert failed == _rows(ask, "SELECT count(*) FROM backup WHERE status = 'error'") == [(16,)]
    assert _rows(ask, "SELECT count(DISTINCT vault_id) FROM vault_policy") == [(39,)]
    assert _rows(ask, "SELECT count(DISTINCT vault_id) FROM vault_tag") == [(39,)]
    assert _rows(ask, "SELECT count(*) FROM vault_resource WHERE NOT auto_protect") == [(2,)]
    assert ask("GET", "protectables/server/instances", limit=1)["count"] == 1000 + 12 - 3
    ask.cloud.advance(days=4)  # one run: of all but those without a policy that is on
    made = ask("GET", "backups", limit=1)["count"] - 2503
    assert made == 1000 - 2 * 25 - 2 - 3
    indexes = _rows(ask, "SELECT name FROM sqlite_master WHERE tbl_name = 'backup' AND sql > ''")
    assert ("backup_by_time",) in indexes
    ask.cloud.close()


def test_a_large_cloud_is_taken_up_again_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "large.db"
    Cloud.open("large", backups=1000, state=path).close()
    (ask,) = _opened_once("large", backups=5, state=path)
    assert ask("GET", "backups", limit=1)["count"] == 1000
    ask.cloud.close()
