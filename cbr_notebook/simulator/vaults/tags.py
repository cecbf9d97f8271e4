"""Tags of vaults: set one by one or many at once, and listed for a project."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.requests import Tag
from cbr_notebook.simulator.protocol.routing import Call, Refusal, Route
from cbr_notebook.simulator.vaults import vaults


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
    """Give a vault tags; one that it has already gets the new value.

    Raises:
        Refusal: a vault may not have so many (6600); none was set.
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
        raise Refusal("6600")


def _create(call: Call) -> None:
    put(call.engine, vaults.of_call(call)["id"], [call.body.tag.checked()])


def _change_many(call: Call) -> None:
    engine, vault, given = call.engine, vaults.of_call(call), call.body.tags
    if call.body.action == "delete":
        for tag in given:
            engine.state.run(
                "DELETE FROM vault_tag WHERE vault_id = ?1 AND key = ?2 "
                "AND value = coalesce(?3, value)",
                vault["id"],
                tag.key,
                tag.value,
            )
        return
    tags = [Tag(tag.key, tag.value or "").checked() for tag in given]
    if len({tag.key for tag in tags}) < len(tags):
        raise Refusal("9900")
    put(engine, vault["id"], tags)


def _delete(call: Call) -> None:
    gone = call.engine.state.run(
        "DELETE FROM vault_tag WHERE vault_id = ? AND key = ?",
        vaults.of_call(call)["id"],
        call.path["key"],
    )
    if not gone:
        raise Refusal("6601")


def _show(call: Call) -> dict[str, Any]:
    rows = call.engine.state.all(
        "SELECT key, value FROM vault_tag WHERE vault_id = ? ORDER BY position",
        vaults.of_call(call)["id"],
    )
    return {"tags": [dict(row) for row in rows], "sys_tags": []}


def _show_project(call: Call) -> dict[str, Any]:
    values: dict[str, list[str]] = defaultdict(list)
    for row in call.engine.state.all(
        "SELECT DISTINCT key, value FROM vault_tag JOIN vault ON vault.id = vault_id "
        "WHERE project_id = ? ORDER BY key, value",
        call.caller.project_id,
    ):
        values[row["key"]].append(row["value"])
    return {"tags": [{"key": key, "values": found} for key, found in values.items()]}


_PATH = "/v3/{project_id}/vault/{vault_id}/tags"

ROUTES = (
    Route(
        "show_vault_project_tag", "GET", "/v3/{project_id}/vault/tags", _show_project, group="Tag"
    ),
    Route("show_vault_tag", "GET", _PATH, _show, group="Tag"),
    Route("create_vault_tags", "POST", _PATH, _create, status=204, body=TagReq, group="Tag"),
    Route(
        "batch_create_and_delete_vault_tags",
        "POST",
        f"{_PATH}/action",
        _change_many,
        status=204,
        body=TagsReq,
        group="Tag",
    ),
    Route("delete_vault_tag", "DELETE", _PATH + "/{key}", _delete, status=204, group="Tag"),
)
