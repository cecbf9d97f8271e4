"""Vaults and their kin, held against the vendor's own samples where the specification is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cbr_notebook.simulator.services import ROUTES
from tests.simulator.http_client import Client

OPERATIONS = {
    route.operation: route for route in ROUTES if route.group in ("Vault", "Tag", "Order", "Usage")
}
MISSPELT = {"change_order"}
"""Its sample writes members in camel case; its definition, and the SDK, with underscores."""


@pytest.fixture(scope="session")
def examples(spec: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((spec / "examples.json").read_text("utf-8"))
    return loaded


def test_every_sample_request_is_understood(examples: dict[str, Any]) -> None:
    seen = 0
    for name, route in OPERATIONS.items():
        for body in examples.get(name, {}).get("requests", ()):
            if name not in MISSPELT:
                msgspec.convert(body, route.body)
                seen += 1
    assert seen >= 14


def same_shape(sample: Any, ours: Any, place: str) -> None:
    """Hold an answer against a sample: every member of the sample, with the same JSON type."""
    if sample is None or ours is None:
        return
    if isinstance(sample, dict):
        assert isinstance(ours, dict), f"{place}: {ours!r}"
        for key, value in sample.items():
            assert key in ours, f"{place}.{key} is missing"
            same_shape(value, ours[key], f"{place}.{key}")
    elif isinstance(sample, list):
        assert isinstance(ours, list), f"{place}: {ours!r}"
        if sample and ours:
            same_shape(sample[0], ours[0], f"{place}[0]")
    else:
        assert type(ours) is type(sample), f"{place}: {ours!r} is not like {sample!r}"


def test_every_sample_answer_has_our_shape(ask: Client, examples: dict[str, Any]) -> None:
    server = ask.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10)))
    choice = {"exclude_volumes": [server.disk("vdb").id]}
    item = {"id": server.id, "type": "OS::Nova::Server", "extra_info": choice}
    vault_id = ask.create_vault(tags=[{"key": "k", "value": "v"}])
    other = ask.create_vault("other")
    path = f"vaults/{vault_id}"
    definition = {
        "name": "nightly",
        "operation_type": "backup",
        "operation_definition": {"retention_duration_days": 1},
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;BYHOUR=1;BYMINUTE=00"]}},
    }
    policy = {"policy_id": ask("POST", "policies", {"policy": definition})["policy"]["id"]}
    answers = {
        "add_vault_resource": ask("POST", f"{path}/addresources", {"resources": [item]}),
        "associate_vault_policy": ask("POST", f"{path}/associatepolicy", policy),
        "disassociate_vault_policy": ask("POST", f"{path}/dissociatepolicy", policy),
        "list_vault": ask("GET", "vaults"),
        "show_vault": ask("GET", path),
        "update_vault": ask("PUT", path, {"vault": {"name": "new"}}),
        "batch_update_vault": ask("PUT", "vaults/batch-update", {"vault": {"threshold": 60}}),
        "show_summary": ask("GET", "vaults/summary"),
        "set_vault_resource": ask(
            "PUT", f"{path}/set-resources", {"resource_ids": [server.id], "action": "suspend"}
        ),
        "list_external_vault": ask(
            "GET", "vaults/external", external_project_id=ask.project_id, region_id="eu-west-0"
        ),
        "show_vault_resource_instances": ask(
            "POST", "vault/resource_instances/action", {"action": "filter"}
        ),
    }
    ask.back_up(vault_id)
    answers["show_storage_usage"] = ask("GET", "storage_usage")
    answers["migrate_vault_resource"] = ask(
        "POST",
        f"{path}/migrateresources",
        {"destination_vault_id": other, "resource_ids": [server.id]},
    )
    answers["remove_vault_resource"] = ask(
        "POST", f"vaults/{other}/removeresources", {"resource_ids": [server.id]}
    )
    billing: dict[str, Any] = {"consistent_level": "crash_consistent", "object_type": "server"}
    billing |= {"protect_type": "backup", "size": 10}
    wanted: dict[str, Any] = {"name": "v", "billing": billing, "resources": []}
    answers["create_vault"] = ask("POST", "vaults", {"vault": wanted})
    wanted["billing"] = billing | {
        "charging_mode": "pre_paid",
        "period_type": "month",
        "period_num": 1,
    }
    answers["create_post_paid_vault"] = ask("POST", "vaults/order", {"vault": wanted})
    for name, answer in answers.items():
        same_shape(examples[name]["responses"]["200"], answer, name)
