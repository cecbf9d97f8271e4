"""What the simulator answers has the shape of what the real service was recorded to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cbr_notebook.simulator.cloud import Cloud
from tests import recorded
from tests.simulator.http_client import Client

KEYED_BY_ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f-]{27}$")
ONLY_THERE = {
    "list_policies": {".limit", ".offset"},  # a mock's wrapper; the service does not send them
    "list_protectable": {
        # what the service of servers and of disks passes through, beyond what a backup needs
        r".instances[].detail",
        r".instances[].children[].detail",
    },
    "create_checkpoint": set(),
}
OF_SERVERS = {
    "addresses", "created", "enterprise_project_id", "flavor", "id", "metadata", "name",
    "os-extended-volumes:volumes_attached", "security_groups", "status", "tags", "tenant_id",
    "updated",
}  # fmt: skip


def kinds(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the type of everything in a document; IDs as keys are one member."""
    if isinstance(value, dict):
        yield at, "object"
        for key, each in value.items():
            yield from kinds(each, f"{at}.{'*' if KEYED_BY_ID.match(key) else key}")
    elif isinstance(value, list):
        yield at, "list"
        for each in value:
            yield from kinds(each, f"{at}[]")
    elif isinstance(value, str):
        yield at, "time" if re.match(r"^\d{4}-\d\d-\d\d([T ]|$)", value) else "text"
    else:
        yield at, {type(None): "null", bool: "boolean", int: "number", float: "number"}[type(value)]


def merged(documents: list[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in documents:
        for path, kind in kinds(each):
            found.setdefault(path, set()).add(kind)
    return found


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Any]]:
    """What the simulated cloud answers, by operation."""
    client = Client(Cloud.open("empty"))
    server = client.cloud.create_server("web-01", tags={"tier": "web"}).id
    disk = client.cloud.create_disk("data", 10).id
    policy = client("POST", "policies", {"policy": {
        "name": "nightly", "operation_type": "backup",
        "operation_definition": {
            "max_backups": -1, "retention_duration_days": 30, "day_backups": 0,
            "week_backups": 0, "month_backups": 0, "year_backups": 0, "timezone": "UTC+08:00",
            "full_backup_interval": 10},
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;INTERVAL=1;BYHOUR=2;BYMINUTE=0"]}},
    }})  # fmt: skip
    made = client("POST", "vaults", {"vault": {
        "name": "web", "backup_policy_id": policy["policy"]["id"],
        "tags": [{"key": "a", "value": "b"}],
        "resources": [{"id": server, "type": "OS::Nova::Server"}],
        "billing": {"consistent_level": "crash_consistent", "object_type": "server",
                    "protect_type": "backup", "size": 100},
    }})  # fmt: skip
    disks = client.create_vault("disks", object_type="disk")
    added = client.add(disks, disk, kind="OS::Cinder::Volume")
    points = [
        client("POST", "checkpoints", {"checkpoint": {"vault_id": vault}})
        for vault in (made["vault"]["id"], disks)
    ]
    client.wait()
    return {
        "create_policy": [policy],
        "create_vault": [made],
        "add_vault_resource": [added],
        "create_checkpoint": points,
        "list_vault": [client("GET", "vaults")],
        "list_backups": [client("GET", "backups", show_replication="true")],
        "list_policies": [client("GET", "policies")],
        "list_protectable": [client("GET", "protectables/server/instances")],
    }


def _is_passed_through(operation: str, path: str) -> bool:
    for prefix in ONLY_THERE.get(operation, ()):
        if path == prefix:
            return operation == "list_policies"
        if path.startswith(f"{prefix}."):
            member = path.removeprefix(f"{prefix}.").split(".")[0].split("[")[0]
            return "children" in prefix or member not in OF_SERVERS
    return False


@pytest.mark.parametrize(
    "operation",
    ["list_vault", "create_vault", "list_backups", "list_policies", "create_policy",
     "create_checkpoint", "add_vault_resource", "list_protectable"],
)  # fmt: skip
def test_members_and_types_are_those_of_the_real_service(
    operation: str, answers: dict[str, list[Any]]
) -> None:
    real = merged([each["body"] for each in recorded.exchanges(operation)])
    ours = merged(answers[operation])
    missing = [
        path for path in real if path not in ours and not _is_passed_through(operation, path)
        and not any(path.startswith(f"{known}.metadata.") for known in (".instances[].detail",))
        and not path.startswith(".vaults[].bind_rules.")
    ]  # fmt: skip
    assert missing == []
    other = {
        path: (ours[path], real[path])
        for path in ours.keys() & real.keys()
        if not (ours[path] - {"null"}) <= real[path] and real[path] != {"null"}
    }
    assert other == {}


def _members(documents: list[Any], *path: str) -> list[list[str]]:
    found = documents
    for name in path:
        found = [each for document in found for each in document[name]]
    return [list(each) for each in found]


@pytest.mark.parametrize(
    ("operation", "path"), [("list_vault", ("vaults",)), ("list_backups", ("backups",))]
)
def test_members_come_in_the_order_of_the_real_service(
    operation: str, path: tuple[str, ...], answers: dict[str, list[Any]]
) -> None:
    (ours, *_) = _members(answers[operation], *path)
    whole = max(_members([e["body"] for e in recorded.exchanges(operation)], *path), key=len)
    assert [member for member in ours if member in whole] == whole


def test_what_is_unset_looks_as_it_does_there(answers: dict[str, list[Any]]) -> None:
    vault = answers["list_vault"][0]["vaults"][0]
    assert vault["backup_name_prefix"] is None and vault["bind_rules"] == {}
    for member in ("availability_zone", "supplier", "cross_account_urn", "sys_lock_source_service"):
        assert vault[member] == ""
    backups = {each["resource_type"]: each for each in answers["list_backups"][0]["backups"]}
    disk, server = backups["OS::Cinder::Volume"], backups["OS::Nova::Server"]
    assert disk["protected_at"] is None and server["protected_at"] is not None
    assert disk["extend_info"]["supported_restore_mode"] is None
    for each in (disk, server):
        assert each["description"] == "" and each["scheduled_operation_id"] is None
        assert each["extend_info"]["app_consistency"] is None


def test_a_replication_vault_lists_what_its_replicas_are_of() -> None:
    cloud = Cloud.open()
    here = Client(cloud)
    project = cloud.credentials_for(project="eu-west-1").project_id
    there = Client(cloud, project=project)
    replica = there("GET", "vaults?name=vault-replica")["vaults"][0]
    assert replica["resources"] == []
    backup = here("GET", "backups?resource_type=OS::Nova::Server&limit=1")["backups"][0]
    wanted = {
        "destination_project_id": project,
        "destination_region": "eu-west-1",
        "destination_vault_id": replica["id"],
    }
    here("POST", f"backups/{backup['id']}/replicate", {"replicate": wanted})
    cloud.advance(hours=5)
    vault = there.vault(replica["id"])
    (listed,) = vault["resources"]
    assert (listed["id"], listed["protect_status"]) == (backup["resource_id"], None)
    assert "extra_info" not in listed and listed["backup_count"] == 1
    assert vault["billing"]["allocated"] == 0


def test_times_of_servers_are_to_the_second_with_their_zone(answers: dict[str, list[Any]]) -> None:
    (server,) = answers["list_protectable"][0]["instances"]
    for member in ("created", "updated"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", server["detail"][member])
    (child,) = server["children"]
    assert child["detail"]["shareable"] == "false"
    assert child["vault_name"] == server["protectable"]["vault"]["name"]
