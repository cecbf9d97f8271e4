"""Tags of vaults: set one by one or many at once, and listed for a project."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Tag
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import vaults

_PATH = "/v3/{project_id}/vault/{vault_id}/tags"
ROUTES = Routes("Tag")


class NewTag(Tag):
    """A tag whose value has to be given, though it may be empty."""

    value: str


class TagReq(msgspec.Struct):
    """The body of "Adding a Tag"."""

    tag: NewTag


class LooseTag(msgspec.Struct):
    """A tag to delete: without a value, whatever its value is."""

    key: Annotated[str, Meta(min_length=1, max_length=127)]
    value: Annotated[str, Meta(max_length=255)] | None = None


class TagsReq(msgspec.Struct):
    """The body of "Adding and Deleting Tags in Batches"."""

    action: Literal["create", "delete"]
    tags: Annotated[list[LooseTag], Meta(min_length=1)]


def put(engine: Engine, vault_id: str, tags: list[Tag]) -> None:
    """Set tags of a vault; one that it has already gets the new value.

    Raises:
        ApiError: a vault may not have so many (6600); none was set.
    """
    state = engine.state
    for tag in tags:
        state.run(
            "INSERT INTO vault_tag (vault_id, key, value, position) VALUES (?1, ?2, ?3, "
            "(SELECT coalesce(max(position) + 1, 0) FROM vault_tag WHERE vault_id = ?1)) "
            "ON CONFLICT DO UPDATE SET value = excluded.value",
            vault_id,
            tag.key,
            tag.value,
        )
    count = state.value("SELECT count(*) FROM vault_tag WHERE vault_id = ?", vault_id)
    if count > engine.options["tags_per_vault"]:
        raise ApiError("6600")


@ROUTES.add("POST", _PATH, status=204, body=TagReq)
def _create_vault_tags(context: RequestContext) -> None:
    put(context.engine, vaults.of_call(context).id, [context.body.tag.checked()])


@ROUTES.add("POST", f"{_PATH}/action", status=204, body=TagsReq)
def _batch_create_and_delete_vault_tags(context: RequestContext) -> None:
    engine, vault, given = context.engine, vaults.of_call(context), context.body.tags
    if context.body.action == "delete":
        for tag in given:
            engine.state.run(
                "DELETE FROM vault_tag WHERE vault_id = ?1 AND key = ?2 "
                "AND value = coalesce(?3, value)",
                vault.id,
                tag.key,
                tag.value,
            )
        return
    tags = [Tag(tag.key, tag.value or "").checked() for tag in given]
    if len({tag.key for tag in tags}) < len(tags):
        raise ApiError("9900")
    put(engine, vault.id, tags)


@ROUTES.add("DELETE", _PATH + "/{key}", status=204)
def _delete_vault_tag(context: RequestContext) -> None:
    gone = context.engine.state.run(
        "DELETE FROM vault_tag WHERE vault_id = ? AND key = ?",
        vaults.of_call(context).id,
        context.path["key"],
    )
    if not gone:
        raise ApiError("6601")


@ROUTES.add("GET", _PATH)
def _show_vault_tag(context: RequestContext) -> dict[str, Any]:
    rows = context.engine.state.all(
        "SELECT key, value FROM vault_tag WHERE vault_id = ? ORDER BY position",
        vaults.of_call(context).id,
    )
    return {"tags": [{"key": key, "value": value} for key, value in rows], "sys_tags": []}


@ROUTES.add("GET", "/v3/{project_id}/vault/tags")
def _show_vault_project_tag(context: RequestContext) -> dict[str, Any]:
    values: dict[str, list[str]] = defaultdict(list)
    for key, value in context.engine.state.all(
        "SELECT DISTINCT key, value FROM vault_tag JOIN vault ON vault.id = vault_id "
        "WHERE project_id = ? ORDER BY key, value",
        context.caller.project_id,
    ):
        values[key].append(value)
    return {"tags": [{"key": key, "values": found} for key, found in values.items()]}
