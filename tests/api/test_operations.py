"""The client against the specification: every operation, every sample."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.agents import ExcludedPath
from cbr_notebook.api.groups.backups import SyncItem
from cbr_notebook.api.groups.protectables import AgentQuestion
from cbr_notebook.api.http.operations import OPERATIONS, Operation
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.api.vault_bodies import ResourceItem

ID = "8b0851a8-adf3-4f4c-a914-dead08bf9664"
RULE = ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=14;BYMINUTE=00"]
KEPT = {
    "day_backups": 0,
    "month_backups": 0,
    "retention_duration_days": 1,
    "timezone": "UTC+08:00",
    "week_backups": 0,
    "year_backups": 0,
}
DESTINATION: dict[str, Any] = {
    "destination_project_id": "68589cac08274b82b4e254268a3862d8",
    "destination_region": "region2",
    "destination_vault_id": "0ca3eb86-8800-46da-9c37-9d657a825274",
}
SYNCED = {
    "backup_id": "1f9e6b47-7655-4a19-b563-21b4ef023025",
    "backup_name": "backup_name",
    "bucket_name": "1555230361623e4ce4700dab84b7d8169a5eaec05227d",
    "created_at": 1553587260,
    "image_path": "a/b",
    "resource_id": "96f7512d-239d-3f31-80cf-d1ce041df9a6",
    "resource_name": "resource_name",
    "resource_type": "OS::Native::Server",
}
PREPAID: dict[str, Any] = {
    "product_id": "p-1", "size": 50, "spec_code": "vault.backup.server.normal",
}  # fmt: skip
ORGANIZATION: dict[str, Any] = {
    "policy_name": "p", "operation_type": "backup", "pattern": RULE, "definition": KEPT,
}  # fmt: skip

# What each operation is asked with, in the order of the table.
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "tasks.show": ((ID,), {}),
    "members.list": ((ID,), {}),
    "members.add": ((ID, ["075e6035d300d48c2fd0c00b78b71ebf"]), {}),
    "members.delete": ((ID, ID), {}),
    "members.show": ((ID, ID), {}),
    "members.update": (
        (ID, ID),
        {"status": "accepted", "vault_id": "4b27c05b-8ad7-48c6-a886-526666c035f0"},
    ),
    "tags.filter": ((), {}),
    "tags.list": ((ID,), {}),
    "tags.create": ((ID, "key1", "key2"), {}),
    "tags.action": ((ID, "create", {"string": "string", "string1": "string2"}), {}),
    "tags.delete": ((ID, "key1"), {}),
    "restore_points.create": ((ID,), {}),
    "restore_points.replicate": (("3b5816b5-f29c-4172-9d9a-76c719a659ce",), DESTINATION),
    "restore_points.sync": (("8d3a8b28-a697-41e2-8d5d-903669f8a02d",), {}),
    "restore_points.show": ((ID,), {}),
    "protectables.check_agents": (
        ([AgentQuestion("6c0e29fc-5eaa-4f76-af9e-cc79895f70d7", "OS::Nova::Server", "ecs-8f7b")],),
        {},
    ),
    "protectables.list": (("server",), {}),
    "protectables.show": (("server", ID), {}),
    "agents.register": (
        ("489654f2-363b-4ebf-966a-bdf079d97114",),
        {
            "host_name": "ecs-00002",
            "host_ip": "10.10.0.2",
            "host_os": "linux",
            "agent_version": "1.0.0",
            "agent_type": "native",
        },
    ),
    "agents.unregister": ((ID,), {}),
    "agents.show": ((ID,), {}),
    "agents.update": ((ID,), {}),
    "agents.add_paths": ((ID, ["/home/hcp", "/opt/workspace/"]), {}),
    "agents.remove_paths": ((ID, ["/tmp"]), {}),
    "organization_policies.list": (("backup",), {}),
    "organization_policies.create": (("o",), ORGANIZATION),
    "organization_policies.delete": ((ID,), {}),
    "organization_policies.show": ((ID,), {}),
    "organization_policies.update": ((ID,), {"name": "o"}),
    "organization_policies.deployments": ((ID,), {}),
    "policies.create": (
        ("policy001",),
        {"operation_type": "backup", "pattern": RULE, "definition": KEPT},
    ),
    "policies.delete": ((ID,), {}),
    "policies.show": ((ID,), {}),
    "policies.update": ((ID,), {"enabled": True}),
    "projects.list_domain": (("my domain",), {}),
    "projects.show_domain": ((ID,), {}),
    "features.show": (("features.bccrack_enable",), {}),
    "orders.change": ((ID,), PREPAID),
    "orders.update": ((ID,), {"resource_id": ID, **PREPAID}),
    "orders.change_charge_mode": (
        (["9dd8f8db-a926-440b-9af5-81b643618898"],),
        {
            "period_type": "year",
            "period_num": 2,
            "is_auto_pay": True,
            "is_auto_renew": True,
            "console_url": "https://www.{endpoint}/v3/",
        },
    ),
    "orders.create_vault": (
        ("vault_name",),
        {
            "size": 80,
            "period_type": "month",
            "period_num": 1,
            "consistent_level": "app_consistent",
        },
    ),
    "backups.sync": (([SyncItem(**SYNCED)],), {}),  # type: ignore[arg-type]
    "backups.delete": ((ID,), {}),
    "backups.show": ((ID,), {}),
    "backups.update": ((ID,), {"name": "backup-name02"}),
    "backups.metadata": ((ID,), {}),
    "backups.replicate": (
        (ID,),
        {
            **DESTINATION,
            "name": "backup_name",
            "description": "backup_description",
            "enable_acceleration": False,
        },
    ),
    "backups.restore": ((ID,), {"volume_id": ID}),
    "vaults.create": (("vault_name",), {"size": 100}),
    "vaults.batch_update": ((), {"smn_notify": True, "threshold": 60}),
    "vaults.list_external": ((), {"region_id": "region2", "external_project_id": "q"}),
    "vaults.delete": ((ID,), {}),
    "vaults.show": ((ID,), {}),
    "vaults.update": ((ID,), {"size": 200, "name": "vault_name02"}),
    "vaults.add_resources": (
        (
            ID,
            [
                ResourceItem(
                    "97595625-198e-4e4d-879b-9d53f68ba551",
                    "OS::Nova::Server",
                    extra_info={"exclude_volumes": ["bdef09bb-293f-446a-88a4-86e9f14408c4"]},
                )
            ],
        ),
        {},
    ),
    "vaults.apply_policy": ((ID, "7075c397-25a0-43e2-a83a-bb16eaca3ee5"), {}),
    "vaults.remove_policy": ((ID, "7075c397-25a0-43e2-a83a-bb16eaca3ee5"), {}),
    "vaults.migrate_resources": (
        (ID, ["abcdde3f-e0e3-403a-b690-fc259dd70008"]),
        {"destination_vault_id": "fe578a6c-d1a8-4790-bd52-5954af4d446c"},
    ),
    "vaults.remove_resources": ((ID, [ID]), {}),
    "vaults.set_resources": (
        (ID, ["2b076f26-391f-40fa-bf71-a798940facbb", "dfx76f26-391f-40fa-bf71-a798940facaa"]),
        {"action": "suspend"},
    ),
    "vaults.update_expiration_time": (
        (ID,),
        {"expect_expiration_date": "2020-09-30", "time_zone": "UTC+01:00"},
    ),
}
# Requests that the calls above put together exactly as a sample does.
AS_THE_SAMPLE = {
    "add_agent_path", "add_member", "add_vault_resource", "associate_vault_policy",
    "batch_create_and_delete_vault_tags", "batch_update_vault", "change_vault_charge_mode",
    "check_agent", "copy_backup", "copy_checkpoint", "create_policy", "create_post_paid_vault",
    "create_vault_tags", "disassociate_vault_policy", "import_checkpoint", "migrate_domain",
    "migrate_vault_resource", "register_agent", "set_vault_resource", "update_agent",
    "update_backup", "update_member_status", "update_vault",
}  # fmt: skip

WITHOUT_RESULT = {"vaults.apply_policy", "vaults.remove_policy"}

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)


def ask(operation: Operation, answer: httpx.Response) -> tuple[httpx.Request, Any]:
    """Call the client's method for an operation; return the request sent and the result."""
    sent: list[httpx.Request] = []

    def service(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer

    http = httpx.Client(transport=httpx.MockTransport(service))
    client = Client(Transport(http, "https://cbr.example.com", "p"))
    group, method = operation.call.split(".")
    arguments, named = CALLS.get(operation.call, ((), {}))
    result = getattr(getattr(client, group), method)(*arguments, **named)
    return sent[0], result


@pytest.fixture(scope="module")
def samples(spec: Path) -> dict[str, Any]:
    """The vendor's sample requests and answers, by operation."""
    return dict(json.loads((spec / "examples.json").read_text(encoding="utf-8")))


def sample_answer(samples: dict[str, Any], operation: Operation) -> httpx.Response:
    answers = samples.get(operation.id, {}).get("responses", {})
    sample = answers.get(str(operation.success))
    if sample is None:
        pytest.skip("the vendor gives no sample answer")
    return httpx.Response(operation.success, json=sample)


def test_the_table_holds_the_operations_of_the_specification(spec: Path) -> None:
    document = json.loads((spec / "cbr-v3.openapi.json").read_text(encoding="utf-8"))
    specified = {
        (entry["operationId"], method.upper(), path)
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
        if "IAM" not in entry["tags"]
    }
    assert {(each.id, each.method, each.path) for each in OPERATIONS} == specified
    assert len(OPERATIONS) == 74


@each_operation
def test_a_method_says_which_section_it_is_about(operation: Operation) -> None:
    group, method = operation.call.split(".")
    client = Client(Transport(httpx.Client(), "https://cbr.example.com", "p"))
    text = inspect.getdoc(getattr(getattr(client, group), method)) or ""
    assert f"API: {operation.section}, " in text


@each_operation
def test_a_sample_answer_is_read(operation: Operation, samples: dict[str, Any]) -> None:
    answer = sample_answer(samples, operation)
    request, result = ask(operation, answer)
    expected = operation.path.format_map(PathPattern())
    assert request.method == operation.method
    assert len(request.url.path.split("/")) == len(expected.split("/"))
    assert (result is None) == (operation.call in WITHOUT_RESULT)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.id in AS_THE_SAMPLE],
    ids=lambda each: each.id,
)
def test_a_request_is_put_together_as_in_the_sample(
    operation: Operation, samples: dict[str, Any]
) -> None:
    answer = httpx.Response(
        operation.success,
        json=samples[operation.id].get("responses", {}).get(str(operation.success), {}),
    )
    request, _ = ask(operation, answer)
    wanted = samples[operation.id]["requests"][0]
    assert json.loads(request.content) == wanted


class PathPattern(dict[str, str]):
    """Fills every parameter of a path."""

    def __missing__(self, name: str) -> str:
        return "x"


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("vaults.delete", ("",)),
        ("vaults.show", ("../policies",)),
        ("policies.show", ("a?b",)),
    ],
)
def test_what_is_no_id_is_refused_before_it_is_sent(call: str, arguments: tuple[str]) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    http = httpx.Client(transport=httpx.MockTransport(never))
    client = Client(Transport(http, "https://cbr.example.com", "p"))
    group, method = call.split(".")
    with pytest.raises(errors.InvalidRequest):
        getattr(getattr(client, group), method)(*arguments)


def test_excluded_paths_travel_with_the_paths() -> None:
    bodies: list[Any] = []

    def service(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"added": ["/home"], "existed": None})

    http = httpx.Client(transport=httpx.MockTransport(service))
    client = Client(Transport(http, "https://cbr.example.com", "p"))
    result = client.agents.add_paths(ID, ["/home"], exclude=[ExcludedPath("/home", ["/home/x"])])
    assert result.added == ["/home"]
    excluded = {"path_name": "/home", "exclude_path_name": ["/home/x"]}
    assert bodies == [{"add_path": ["/home"], "exclude_path": [excluded]}]
