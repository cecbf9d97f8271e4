"""What the service would refuse without naming it is named before anything is sent."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.backups import SyncItem
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.api.messages.request_shapes import SHAPES, check_body
from cbr_notebook.api.vault_bodies import ResourceItem
from tests.api.test_operations import DESTINATION, ID, KEPT, RULE, SYNCED

SPARED = {
    # The document contradicts the vendor's own sample, or the reference.
    "add_policy_ids", "timezone", "add_path", "agent_version",
}  # fmt: skip

WORDS = {
    "period_type": "month", "cloud_type": "public", "consistent_level": "crash_consistent",
    "object_type": "server", "protect_type": "backup", "charging_mode": "pre_paid",
    "action": "filter", "time_zone": "UTC+01:00", "size": 100,
    "limit": "10", "offset": "0",
}  # fmt: skip
"""What is documented elsewhere than in the schema."""


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.method} {request.url} was sent: {request.content!r}")


@pytest.fixture
def client() -> Client:
    return Client(
        Transport(
            httpx.Client(transport=httpx.MockTransport(never)), "https://cbr.example.com", "p"
        )
    )


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema of each operation's body, with all references followed."""

    def whole(schema: Any) -> Any:
        if isinstance(schema, dict):
            if "$ref" in schema:
                return whole(document["components"]["schemas"][schema["$ref"].split("/")[-1]])
            return {key: whole(each) for key, each in schema.items()}
        return [whole(each) for each in schema] if isinstance(schema, list) else schema

    for methods in document["paths"].values():
        for entry in methods.values():
            if "IAM" not in entry["tags"] and "requestBody" in entry:
                yield (
                    entry["operationId"],
                    whole(entry["requestBody"]["content"])["application/json"]["schema"],
                )


def good(schema: dict[str, Any], *, all_members: bool, name: str = "") -> Any:
    """Return a value that fits a schema."""
    if name in WORDS and "enum" not in schema:
        return WORDS[name]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {
            member: good(each, all_members=all_members, name=member)
            for member, each in schema.get("properties", {}).items()
            if (all_members and member not in SPARED) or member in schema.get("required", ())
        }
    if kind == "array":
        number = max(1, schema.get("minItems", 0))
        return [good(schema["items"], all_members=all_members)] * number
    if kind == "string":
        return "1.0.0" if "agent" in str(schema) else "a" * max(8, schema.get("minLength", 0))
    return {"boolean": True, "integer": max(1, schema.get("minimum", 1)), "number": 0.5}[kind]


def bad(
    schema: dict[str, Any], path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Ways into a value, each with something that the schema there does not allow."""
    if path and path[-1] in SPARED:
        return
    kind = schema.get("type", "object")
    yield path, {"object": 5, "array": "text", "string": {}, "boolean": "true"}.get(kind, "many")
    if kind in ("integer", "number"):
        yield path, True
    for word, beyond in (("minimum", -1), ("maximum", 1)):
        if word in schema:
            yield path, schema[word] + beyond
    if "maxLength" in schema:
        yield path, "a" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield path, ""
    if "enum" in schema:
        yield path, "something else"
    if schema.get("pattern", "").startswith("^["):
        yield path, "a<b>"
    for name, each in schema.get("properties", {}).items():
        yield from bad(each, (*path, name))
    for name in schema.get("required", ()):
        yield (*path, name), None
    if "items" in schema:
        if "maxItems" in schema:
            one = good(schema["items"], all_members=False)
            yield path, [one] * (schema["maxItems"] + 1)
        if schema.get("minItems"):
            yield path, []
        yield from bad(schema["items"], (*path, 0))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    result = copy.deepcopy(value)
    if not path:
        return new
    inner = result
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return result


def refusal_of(operation: str, body: Any) -> errors.InvalidRequest | None:
    try:
        check_body(operation, body)
    except errors.InvalidRequest as problem:
        return problem
    return None


def dotted(path: tuple[Any, ...]) -> str:
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def test_every_documented_limit_of_every_body_is_checked(spec: Path) -> None:
    document = json.loads((spec / "cbr-v3.openapi.json").read_text(encoding="utf-8"))
    tried, missed = 0, []
    for operation, schema in bodies(document):
        assert operation in SHAPES
        whole = good(schema, all_members=True)
        check_body(operation, whole)
        check_body(operation, good(schema, all_members=False))
        for path, value in bad(schema):
            body = changed(whole, path, value)
            tried += 1
            problem = refusal_of(operation, body)
            if problem is None or not problem.message.startswith(dotted(path)):
                missed.append((operation, path, value, problem))
    assert missed == []
    assert tried > 900


def test_every_sample_of_the_vendor_is_let_through(spec: Path) -> None:
    samples = json.loads((spec / "examples.json").read_text(encoding="utf-8"))
    tried = 0
    del samples["change_order"]  # in the words of another operation
    for operation, sample in samples.items():
        for body in sample.get("requests", ()):
            check_body(operation, body)
            tried += operation in SHAPES
    assert tried > 20


REPLICATED = {**KEPT, "destination_region": "eu-west-1"}
AGENT = {"host_name": "h", "host_ip": "10.0.0.1", "host_os": "linux"}
SERVER = ResourceItem(ID, "OS::Nova::Server")
WRONG: tuple[tuple[str, tuple[Any, ...], dict[str, Any], str], ...] = (
    ("vaults.create", ("v",), {"size": 100, "object_type": "tape"}, "object_type"),
    ("vaults.create", ("v",), {"size": 100, "consistent_level": "some"}, "consistent_level"),
    ("vaults.create", ("v",), {"size": 100, "protect_type": "hybrid"}, "protect_type"),
    ("vaults.create", ("v",), {"size": 100, "cloud_type": "private"}, "cloud_type"),
    ("vaults.create", ("v",), {"size": 100, "availability_zone": "z" * 33}, "availability_zone"),
    ("vaults.create", ("v",), {"size": 100, "backup_name_prefix": "p" * 33}, "backup_name_prefix"),
    ("vaults.create", ("v",), {"size": 100, "smn_notify": "yes"}, "smn_notify"),
    ("vaults.create", ("v",), {"size": 100, "locked": 1}, "locked"),
    ("vaults.create", ("v",), {"size": 100, "enterprise_project_id": 0}, "enterprise_project_id"),
    ("vaults.create", ("v",), {"size": 100, "backup_policy_id": ""}, "backup_policy_id"),
    ("vaults.create", ("v",), {"size": 100, "resources": [SERVER] * 256}, "resources"),
    ("vaults.create", ("v",), {"size": 100, "resources": [ResourceItem(ID, "")]}, "type"),
    (
        "vaults.create",
        ("v",),
        {"size": 100, "resources": [ResourceItem(ID, "t", extra_info={"exclude_volumes": ID})]},
        "exclude_volumes",
    ),
    ("vaults.update", (ID,), {"auto_expand": "false"}, "auto_expand"),
    ("vaults.update", (ID,), {"consistent_level": "best"}, "consistent_level"),
    ("vaults.apply_policy", (ID, ""), {}, "policy_id"),
    ("vaults.remove_policy", (ID, ""), {}, "policy_id"),
    ("vaults.add_resources", (ID, [ResourceItem(ID, "t", name="n" * 256)]), {}, "name"),
    ("vaults.set_resources", (ID, [ID]), {"action": "stop"}, "action"),
    ("vaults.migrate_resources", (ID, [ID]), {"destination_vault_id": ""}, "destination_vault_id"),
    (
        "vaults.update_expiration_time",
        (ID,),
        {"expect_expiration_date": "2020-09-30", "time_zone": "CET"},
        "time_zone",
    ),
    ("policies.create", ("p",), {"pattern": RULE, "definition": KEPT, "enabled": "yes"}, "enabled"),
    (
        "policies.create",
        ("p",),
        {"pattern": RULE, "definition": KEPT, "operation_type": "copy"},
        "operation_type",
    ),
    (
        "policies.create",
        ("p",),
        {"pattern": RULE, "definition": KEPT, "operation_type": "replication"},
        "destination_region",
    ),
    (
        "policies.create",
        ("p",),
        {"pattern": RULE, "definition": REPLICATED, "operation_type": "replication"},
        "destination_project_id",
    ),
    ("policies.update", (ID,), {"definition": {"destination_region": "a b"}}, "destination_region"),
    ("policies.update", (ID,), {"enabled": 1}, "enabled"),
    ("restore_points.create", (ID,), {"name": "a b"}, "name"),
    ("restore_points.create", (ID,), {"description": "<b>"}, "description"),
    ("restore_points.replicate", (ID,), {**DESTINATION, "destination_region": "a b"},
     "destination_region"),
    ("backups.replicate", (ID,), {**DESTINATION, "name": "a b"}, "name"),
    ("backups.update", (ID,), {"name": ""}, "name"),
    ("backups.sync", ([SyncItem(**{**SYNCED, "created_at": "now"})],), {}, "created_at"),  # type: ignore[arg-type]
    ("members.add", (ID, ["p"] * 11), {}, "project_ids"),
    ("members.update", (ID, ID), {"status": "maybe"}, "status"),
    ("tags.action", (ID, "replace", {"a": "b"}), {}, "action"),
    ("tags.filter", (), {"object_type": "tape"}, "object_type"),
    ("agents.register", ("",), AGENT, "agent_id"),
    ("agents.register", (ID,), {**AGENT, "agent_version": "one"}, "agent_version"),
    ("agents.add_paths", (ID, [""]), {}, "add_path"),
    ("migrations.start", (), {"all_regions": "yes"}, "all_regions"),
    ("orders.change", (ID,), {"product_id": "p 1", "size": 50, "spec_code": "s"}, "product_id"),
    ("orders.change", (ID,), {"product_id": "p", "size": 50, "spec_code": "s"},
     "resource_spec_code"),
    ("orders.change_charge_mode", ([],), {"period_type": "year", "period_num": 2}, "vault_ids"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "arguments", "named", "field"),
    WRONG,
    ids=[f"{call}-{field}-{place}" for place, (call, _, _, field) in enumerate(WRONG)],
)
def test_a_wrong_value_is_named_and_nothing_is_sent(
    client: Client, call: str, arguments: tuple[Any, ...], named: dict[str, Any], field: str
) -> None:
    group, method = call.split(".")
    ask = getattr(getattr(client, group), method)
    missing = {
        name: True
        for name, each in inspect.signature(ask).parameters.items()
        if each.kind is each.KEYWORD_ONLY and each.default is each.empty and name not in named
    }
    with pytest.raises(errors.InvalidRequest) as caught:
        ask(*arguments, **named, **missing)
    assert field in f"{caught.value.field} {caught.value.message}"
    assert caught.value.advice
    assert not caught.value.may_have_happened


def test_whole_numbers_of_tables_are_whole_numbers(client: Client) -> None:
    with pytest.raises(AssertionError, match=r'was sent: .*"size":200'):
        client.vaults.create("v", size=np.int64(200), threshold=np.int32(80))  # type: ignore[arg-type]
    for value in (200.0, True, "200", np.float64(200), np.bool_(True), None):
        with pytest.raises(errors.InvalidRequest):
            client.vaults.create("v", size=value)  # type: ignore[arg-type]


def test_what_is_no_json_is_refused(client: Client) -> None:
    extra = {"exclude_volumes": [{1, 2}], "x": object()}
    with pytest.raises(errors.InvalidRequest, match="cannot be written"):
        client.vaults.add_resources(ID, [ResourceItem(ID, "t", extra_info=extra)])
