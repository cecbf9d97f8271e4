"""Sharing backups between projects: offered by one, accepted or rejected by the other."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.backups import backups
from cbr_notebook.simulator.backups.backup_rows import BackupRow, MemberRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Response, Routes
from cbr_notebook.simulator.vaults import vaults

_STATUSES = ("pending", "accepted", "rejected")
_SORT_KEYS = ("created_at", "updated_at", "status", "id")


_PATH = "/v3/{project_id}/backups/{backup_id}/members"
_QUERY = (
    "dest_project_id", "image_id", "status", "vault_id", "limit", "marker", "offset", "sort",
)  # fmt: skip
ROUTES = Routes("Backup sharing")


class AddMembersReq(msgspec.Struct):
    """The body of "Adding Share Members"."""

    members: Annotated[list[str], Meta(min_length=1, max_length=10)]


class UpdateMemberReq(msgspec.Struct):
    """The body of "Updating a Share Member"."""

    status: Literal["pending", "accepted", "rejected"]
    vault_id: str | None = None


def document(row: MemberRow) -> dict[str, Any]:
    """Return a member as the service's document of it."""
    return {
        "id": row.id,
        "backup_id": row.backup_id,
        "dest_project_id": row.dest_project_id,
        "status": row.status,
        "created_at": clock.to_api_time(row.created_at),
        "updated_at": clock.to_api_time(row.updated_at),
        "image_id": row.image_id,
        "vault_id": row.vault_id,
    }


def _own_backup(context: RequestContext) -> BackupRow:
    row = backups.of_call(context)
    if row.project_id != context.caller.project_id:
        raise ApiError("6707")
    return row


def _check_shareable(engine: Engine, backup: BackupRow) -> None:
    if backup.parent_id is not None or backup.resource_type != resources.SERVER:
        raise ApiError("6700")
    if backup.image_type == "replication":
        raise ApiError("6707")
    if backup.status != "available":
        raise ApiError("6702")
    if json.loads(backup.extend_info).get("encrypted"):
        raise ApiError("6709")
    vault = vaults.by_id(engine, backup.vault_id)
    if vault is None or vault.status not in ("available", "lock"):
        raise ApiError("6712")


@ROUTES.add("POST", _PATH, body=AddMembersReq)
def _add_member(context: RequestContext) -> dict[str, Any]:
    engine, backup = context.engine, _own_backup(context)
    _check_shareable(engine, backup)
    wanted = context.body.members
    if len(set(wanted)) < len(wanted):
        raise ApiError("9900")
    for project_id in wanted:
        project = accounts.find_project(engine.state, project_id)
        if (
            project is None
            or project_id == backup.project_id
            or project.region != context.caller.region
        ):
            raise ApiError("6704")
        if _member(engine, backup.id, project_id) is not None:
            raise ApiError("6714")
    present = engine.state.value("SELECT count(*) FROM member WHERE backup_id = ?", backup.id)
    if present + len(wanted) > engine.options["projects_per_shared_backup"]:
        raise ApiError("6701")
    for project_id in wanted:
        engine.state.insert(
            "member",
            id=engine.state.new_id("member"),
            backup_id=backup.id,
            project_id=backup.project_id,
            dest_project_id=project_id,
            status="pending",
            created_at=engine.now(),
        )
    made = [_member(engine, backup.id, project_id) for project_id in wanted]
    return {"members": [document(row) for row in made if row is not None], "count": len(made)}


def _member(engine: Engine, backup_id: str, project_id: str) -> MemberRow | None:
    return engine.state.one_of(
        MemberRow,
        "SELECT * FROM member WHERE backup_id = ? AND dest_project_id = ?",
        backup_id,
        project_id,
    )


def _visible_member(context: RequestContext) -> tuple[BackupRow, MemberRow]:
    """Return a backup and one of its members, seen by the owner or by that member."""
    backup = backups.of_call(context)
    project_id = context.path["member_id"]
    member = _member(context.engine, backup.id, project_id)
    if member is None or context.caller.project_id not in (backup.project_id, project_id):
        raise ApiError("6705")
    return backup, member


@ROUTES.add("GET", _PATH, query=_QUERY)
def _show_members_detail(context: RequestContext) -> dict[str, Any]:
    engine, query = context.engine, context.query
    backup = backups.of_call(context)
    wanted = Conditions("backup_id = ?", backup.id)
    if context.caller.project_id != backup.project_id:
        wanted.add_equal(dest_project_id=context.caller.project_id)
    query.choice("status", *_STATUSES)
    for name in ("dest_project_id", "image_id", "status", "vault_id"):
        wanted.add_equal(**{name: query.text(name)})
    key, _, direction = (query.text("sort") or "created_at:desc").partition(":")
    if key not in _SORT_KEYS or direction not in ("", "asc", "desc"):
        raise ApiError("9900")
    rows = wanted.rows(engine, MemberRow, "member", f"{key} {direction or 'desc'}, id")
    count = len(rows)
    page = query.page()
    if page.marker:
        ids = [row.id for row in rows]
        if page.marker not in ids:
            raise ApiError("9900")
        rows = rows[ids.index(page.marker) + 1 :]
    return {"members": [document(row) for row in page.of(rows)], "count": count}


@ROUTES.add("GET", _PATH + "/{member_id}")
def _show_member_detail(context: RequestContext) -> dict[str, Any]:
    return {"member": document(_visible_member(context)[1])}


@ROUTES.add("PUT", _PATH + "/{member_id}", body=UpdateMemberReq)
def _update_member_status(context: RequestContext) -> dict[str, Any]:
    engine = context.engine
    backup, member = _visible_member(context)
    if member.dest_project_id != context.caller.project_id:
        raise ApiError("6708")
    if member.image_id is not None:
        raise ApiError("6710")
    vault_id = None
    if context.body.status == "accepted":
        vault_id = _accepting_vault(context, backup)
    engine.state.run(
        "UPDATE member SET status = ?, vault_id = ?, updated_at = ? WHERE id = ?",
        context.body.status,
        vault_id,
        engine.now(),
        member.id,
    )
    changed = _member(engine, backup.id, member.dest_project_id)
    assert changed is not None
    return {"member": document(changed)}


def _accepting_vault(context: RequestContext, backup: BackupRow) -> str:
    """Return the vault that takes a shared backup; it must fit and have room."""
    if not context.body.vault_id:
        raise ApiError("6706")
    vault = vaults.find(context.engine, context.caller.project_id, context.body.vault_id)
    if vault.object_type != "server" or vault.protect_type != "backup":
        raise ApiError("6713")
    if vault.status not in ("available", "lock"):
        raise ApiError("6712")
    if megabytes(vault.used_blocks) + backup.resource_size_gb > vault.size_gb * 1024:
        raise ApiError("6114")
    return vault.id


@ROUTES.add("DELETE", _PATH + "/{member_id}", status=204)
def _delete_member(context: RequestContext) -> Response:
    backup = _own_backup(context)
    member = _member(context.engine, backup.id, context.path["member_id"])
    if member is None:
        raise ApiError("6705")
    if member.image_id is not None:
        raise ApiError("6710")
    context.engine.state.run("DELETE FROM member WHERE id = ?", member.id)
    return Response(204)


def register_image(engine: Engine, backup_id: str, project_id: str) -> str:
    """Create an image of a backup, in the owner's project or in one that accepted it.

    Returns:
        The image's ID. While it exists, the backup cannot be deleted nor its sharing ended.
    """
    backup = backups.find(engine, project_id, backup_id)
    member = _member(engine, backup_id, project_id)
    if member is not None and member.status != "accepted":
        raise ApiError("6200")
    if backup.resource_type != resources.SERVER or backup.parent_id is not None:
        raise ApiError("6207")
    if backup.status != "available":
        raise ApiError("6208")
    if not json.loads(backup.extend_info).get("contain_system_disk"):
        raise ApiError("6209")
    known = "SELECT 1 FROM image WHERE backup_id = ? AND project_id = ?"
    if engine.state.has(known, backup_id, project_id):
        raise ApiError("6210")
    image_id = engine.state.new_id("image")
    engine.state.insert("image", id=image_id, backup_id=backup_id, project_id=project_id)
    engine.state.run(
        "UPDATE member SET image_id = ? WHERE backup_id = ? AND dest_project_id = ?",
        image_id,
        backup_id,
        project_id,
    )
    return image_id
