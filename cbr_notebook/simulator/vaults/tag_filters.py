"""Vaults found by their tags: the filter language of the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import Page, RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults.vault_creation import ObjectType
from cbr_notebook.simulator.vaults.vault_documents import documents
from cbr_notebook.simulator.vaults.vault_rows import VaultRow
from cbr_notebook.simulator.vaults.vaults import NEWEST_FIRST

ROUTES = Routes("Tag")


class TagFilter(msgspec.Struct):
    """A key with some of its values; without values, with any."""

    key: Annotated[str, Meta(min_length=1, max_length=127)]
    values: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=10)]


Filters = Annotated[list[TagFilter], Meta(max_length=10)]


class Match(msgspec.Struct):
    """A vault's name: a part of it, or, if empty, an empty one."""

    key: Literal["resource_name"]
    value: Annotated[str, Meta(max_length=255)]


class InstancesReq(msgspec.Struct):
    """The body of "Querying Vaults by Tag"."""

    action: Literal["filter", "count"]
    tags: Filters = []
    tags_any: Filters = []
    not_tags: Filters = []
    not_tags_any: Filters = []
    without_any_tag: bool = False
    matches: Annotated[list[Match], Meta(max_length=1)] = []
    cloud_type: Literal["public", "hybrid"] | None = None
    object_type: ObjectType | None = None
    limit: str | None = None
    offset: str | None = None


def _one(wanted: TagFilter) -> tuple[str, list[str]]:
    """Return the condition that a vault has a key with one of the values."""
    if len(set(wanted.values)) < len(wanted.values):
        raise ApiError("9900")
    either: list[str] = []
    values = [wanted.key]
    for value in wanted.values:
        if value == "*":
            raise ApiError("9900")
        either.append("instr(value, ?) > 0" if value.startswith("*") else "value = ?")
        values.append(value.removeprefix("*"))
    more = f" AND ({' OR '.join(either)})" if either else ""
    return (
        f"EXISTS (SELECT 1 FROM vault_tag WHERE vault_id = vault.id AND key = ?{more})",
        values,
    )


def _several(filters: Sequence[TagFilter], link: str) -> tuple[str, list[str]]:
    """Return the condition that a vault fulfils all or any of some filters."""
    if len({each.key for each in filters}) < len(filters):
        raise ApiError("9900")
    parts = [_one(each) for each in filters]
    return (
        f"({link.join(term for term, _ in parts)})",
        [value for _, values in parts for value in values],
    )


def _condition(project_id: str, wanted: InstancesReq) -> Conditions:
    condition = Conditions("project_id = ?", project_id)
    # Read even where they do not count, so that what is wrong in them is refused.
    by_tags = [
        (negation, *_several(filters, link))
        for filters, link, negation in (
            (wanted.tags, " AND ", ""),
            (wanted.tags_any, " OR ", ""),
            (wanted.not_tags, " AND ", "NOT "),
            (wanted.not_tags_any, " OR ", "NOT "),
        )
        if filters
    ]
    if wanted.without_any_tag:
        condition.add("NOT EXISTS (SELECT 1 FROM vault_tag WHERE vault_id = vault.id)")
    else:
        for negation, term, values in by_tags:
            condition.add(negation + term, *values)
    for match in wanted.matches:
        term = "instr(name, ?) > 0" if match.value else "name = ?"
        condition.add(term, match.value)
    condition.add_equal(cloud_type=wanted.cloud_type, object_type=wanted.object_type)
    return condition


@ROUTES.add(
    "POST", "/v3/{project_id}/vault/resource_instances/action", body=InstancesReq, changes=False
)
def _show_vault_resource_instances(context: RequestContext) -> dict[str, Any]:
    engine, wanted = context.engine, context.body
    condition = _condition(context.caller.project_id, wanted)
    count = condition.count(engine, "vault")
    if wanted.action == "count":
        if wanted.limit is not None or wanted.offset is not None:
            raise ApiError("9900")
        return {"total_count": count}
    page = Page.read(wanted.limit, wanted.offset, furthest=999_999_999)
    found = documents(engine, condition.rows(engine, VaultRow, "vault", NEWEST_FIRST, page))
    return {
        "resources": [
            {
                "resource_id": vault["id"],
                "resource_name": vault["name"],
                "resource_detail": {"vault": vault},
                "tags": vault["tags"],
                "sys_tags": [],
            }
            for vault in found
        ],
        "total_count": count,
    }
