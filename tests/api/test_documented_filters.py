"""No list asks by a filter that the service does not document: it would be ignored in silence."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.operations import OPERATIONS
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.simulator.protocol.request_context import Query
from cbr_notebook.simulator.services import ROUTES

PAGE = frozenset({"limit", "offset"})
DOCUMENTED = {
    "agents.list": {"agent_id", "status"},
    "backups.list": {
        "checkpoint_id", "dec", "end_time", "enterprise_project_id", "image_type", "incremental",
        "marker", "member_status", "name", "own_type", "parent_id", "resource_az", "resource_id",
        "resource_name", "resource_type", "show_replication", "sort", "start_time", "status",
        "used_percent", "vault_id",
    },
    "features.list": set(),
    "members.list": {"dest_project_id", "image_id", "marker", "sort", "status", "vault_id"},
    "organization_policies.list": {"operation_type"},
    "policies.list": {"operation_type", "vault_id"},
    "protectables.list": {"id", "marker", "name", "server_id", "status"},
    "projects.list": set(),
    "projects.list_domain": set(),
    "tags.list": set(),
    "tags.list_project": set(),
    "tasks.list": {
        "end_time", "enterprise_project_id", "operation_type", "provider_id", "resource_id",
        "resource_name", "start_time", "status", "vault_id", "vault_name",
    },
    "usage.list": {"resource_id", "resource_type"},
    "vaults.list": {
        "cloud_type", "enterprise_project_id", "id", "name", "object_type", "policy_id",
        "protect_type", "resource_ids", "status",
    },
    "vaults.list_external": {
        "cloud_type", "external_project_id", "objcet_type", "protect_type", "region_id",
        "vault_id",
    },
}  # fmt: skip
"""The query parameters of each list in the API reference, without those of the page."""
PATHS = {"kind", "backup_id", "domain_name"}
"""Parameters that are part of the address."""
ANOTHER_NAME = {"object_type": "objcet_type"}
"""What the reference misspells."""


@pytest.mark.parametrize("call", DOCUMENTED)
def test_a_list_has_the_documented_filters_and_no_others(call: str) -> None:
    group, method = call.split(".")
    client = Client(Transport(httpx.Client(), "https://cbr.example.com", "p"))
    parameters = set(inspect.signature(getattr(getattr(client, group), method)).parameters)
    filters = parameters - PAGE - PATHS
    if call == "vaults.list_external":
        filters = {ANOTHER_NAME.get(each, each) for each in filters}
    if call == "tags.list":
        filters -= {"vault_id"}  # part of the address, here only
    assert filters == DOCUMENTED[call], (
        "A filter that the service does not know is answered as if it were not there. Filter "
        "the table in the session instead (session/queries/), or, where the reference has the "
        "parameter after all, add it here, to simulator/ and to tests/conformance/."
    )


def test_the_simulated_cloud_knows_the_same_filters() -> None:
    """What it does not know it would ignore, as the service does."""
    calls = {each.id: each.call for each in OPERATIONS}
    known = {calls[route.operation]: set(route.query) - PAGE for route in ROUTES}
    assert {call: known[call] for call in DOCUMENTED} == {
        call: filters - PAGE for call, filters in DOCUMENTED.items()
    }


ASKED_WITH: dict[str, dict[str, str]] = {
    "members.list": {"backup_id": "c892ed58-3a18-47c2-9e31-a1d543dc490a"},
    "organization_policies.list": {"operation_type": "backup"},
    "protectables.list": {"kind": "server"},
    "vaults.list_external": {
        "region_id": "eu-west-0", "external_project_id": "0605767b5780d5762fc5c0118072a564",
    },
}  # fmt: skip


@pytest.mark.parametrize("call", [call for call, filters in DOCUMENTED.items() if filters])
def test_the_simulated_cloud_reads_each_filter_that_it_names(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, texts = set[str](), Query.texts

    def noting(query: Query, name: str) -> Any:
        read.add(name)
        return texts(query, name)

    monkeypatch.setattr(Query, "texts", noting)
    group, method = call.split(".")
    with cbr.simulate("documented") as session:
        getattr(getattr(session.client, group), method)(**ASKED_WITH.get(call, {}))
    assert DOCUMENTED[call] - read == set()


def test_every_list_is_held_against_the_reference() -> None:
    client = Client(Transport(httpx.Client(), "https://cbr.example.com", "p"))
    lists = {
        f"{group}.{method}"
        for group, operations in vars(client).items()
        for method in dir(operations)
        if method == "list" or (method.startswith("list_") and method != "list_all")
    }
    assert lists == set(DOCUMENTED), (
        "A new list is named in DOCUMENTED here, with the query parameters of the API reference."
    )
