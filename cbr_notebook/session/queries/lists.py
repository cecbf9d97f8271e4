"""Lists of the service as DataFrames."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.groups import backups as backups_api
from cbr_notebook.api.groups.protectables import Protectables
from cbr_notebook.api.groups.tasks import Tasks
from cbr_notebook.api.groups.vaults import Vaults
from cbr_notebook.api.messages.records import Backup, TaskRecord
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.api.paging.pager import LARGEST_PAGE
from cbr_notebook.frames.details import BackupsOfPoint
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import asked_for, reject_conflicts, reject_unknown
from cbr_notebook.session.lookup import (
    find_backup,
    find_policy,
    reject_unknown_resources,
    resource_filter,
    vault_ids,
)
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.references import (
    ResourceRef,
    one_id_or_name,
)
from cbr_notebook.session.tables import (
    Answer,
    describe,
    make_table,
    read_list,
    sorted_by,
    time_range,
)
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.tasks.task import Task
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.notes import note, noted
from cbr_notebook.text.timeparse import (
    TimeLike,
)

Values = str | Sequence[str] | None
"""A value of a filter, or several of which any will do."""


def _parameters(operation: Any, *besides: str) -> dict[str, inspect.Parameter]:
    """Return the filters of an operation, apart from those that a helper has as its own."""
    return {
        name: parameter
        for name, parameter in inspect.signature(operation).parameters.items()
        if name not in ("self", "session", "limit", *besides)
        and parameter.kind is not parameter.VAR_KEYWORD
    }


FURTHER_FILTERS = {
    "vaults": _parameters(Vaults.list, "offset"),
    "backups": _parameters(backups_api.Backups.list),
    "tasks": _parameters(Tasks.list, "offset"),
    "resources": _parameters(Protectables.list, "kind", "offset", "marker"),
}
"""The service's own filters that a helper takes as ``**filters``."""

_VAULT_FILTERS = tuple(FURTHER_FILTERS["vaults"])
_BACKUP_FILTERS = tuple(FURTHER_FILTERS["backups"])
_TASK_FILTERS = tuple(FURTHER_FILTERS["tasks"])

if TYPE_CHECKING:
    _BackupRow = Backup
else:
    _BackupRow = frames.BACKUPS.row_type(Backup)


class _BackupRows(msgspec.Struct):
    """A page of backups, of which only what the table shows is decoded."""

    backups: list[_BackupRow]
    count: int | None = None


def vaults(
    session: Context,
    *,
    name: str | None = None,
    status: Values = None,
    object_type: Values = None,
    protect_type: Values = None,
    policy: ResourceRef = None,
    tags: Tags = None,
    limit: int | None = None,
    **filters: Any,
) -> pd.DataFrame:
    """Return one row a vault; sizes in GB, use in MB, times in UTC.

    Args:
        name: part of the name.
        status: ``available``, ``lock``, ``frozen``, ``deleting`` or ``error``.
        object_type: ``server``, ``disk``, ``turbo``, …
        protect_type: ``backup`` or ``replication``.
        policy: only vaults with this policy.
        tags: only vaults with all of these keys, each with the value or one of the values;
            ``None`` means any value: ``{"env": ["prod", "dev"], "tier": None}``.
        limit: rows at most.
        filters: further ones of the service: ``id``, ``cloud_type``, ``resource_ids``,
            ``enterprise_project_id``.

    Returns:
        The columns of ``cbr.schema("vaults")``.

    Raises:
        InvalidRequest: a filter has a value that the service does not know, or ``tags`` cannot
            be read.

    API: Vault, "Querying the Vault List".

    Example:
        >>> list(session.vaults(object_type="disk")["name"])
        ['vault-disks']
    """
    chosen = TagChoice(session, tags, "vault")
    reject_unknown(filters, _VAULT_FILTERS, "vaults")
    reject_conflicts({"policy": policy, **filters}, {"policy": ("policy_id",)})
    asked = {
        "name": name,
        "status": status,
        "object_type": object_type,
        "protect_type": protect_type,
        **filters,
    }
    if policy is not None:
        asked["policy_id"] = find_policy(session, policy).id

    def ask(one: Mapping[str, Any], offset: int, size: int) -> Answer:
        page = session.client.vaults.list(limit=size, offset=offset or None, **one)
        return page.vaults, page.count

    frame = read_list(
        session, frames.VAULTS, asked, ask, limit=limit, repeatable=("id", "resource_ids"),
        keep=chosen.vault if chosen else None,
    )  # fmt: skip
    return chosen.noted(_with_policies(session, frame))


def _with_policies(session: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in the names of the policies of vaults."""
    if frame.empty:
        return frame
    names: dict[str, dict[str, list[str]]] = {"backup": {}, "replication": {}}
    found = if_permitted("Policies", session.client.policies.list)
    for policy in found.policies if found else ():
        for applied in policy.associated_vaults or ():
            mine = names.setdefault(policy.operation_type or "", {})
            mine.setdefault(applied.vault_id, []).append(policy.name or policy.id)
    for kind in ("backup", "replication"):
        told = {vault: ", ".join(sorted(each)) for vault, each in names[kind].items()}
        frame[f"{kind}_policy"] = frame["id"].map(told).astype(TEXT)
    frame.attrs["requests"] += 1
    return frame


def backups(
    session: Context,
    *,
    vault: ResourceRef = None,
    resource: ResourceRef = None,
    parent: ResourceRef = None,
    resource_type: Values = None,
    status: Values = None,
    name: Values = None,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    tags: Tags = None,
    limit: int | None = None,
    **filters: Any,
) -> pd.DataFrame:
    """Return one row a backup, newest first; backups of a server's disks are left out.

    Args:
        vault: only in this vault, or in these.
        resource: only of this server, disk or file system, or of these.
        parent: of a server's backup: the backups of its disks.
        resource_type: such as ``OS::Nova::Server``.
        status: ``available``, ``error``, ``protecting``, …
        name: the exact name.
        since: not made before this: a time, or ``7d``, ``12h``.
        until: not made after this.
        tags: only of resources that have these tags today, as in :meth:`resources`.
        limit: rows at most.
        filters: further ones of the service: ``sort``, ``offset``, ``marker``,
            ``image_type``, ``incremental``, ``own_type``, ``member_status``,
            ``used_percent``, ``checkpoint_id``, ``resource_az``, ….

    A list of values means any of them, also where the service takes but one: then several
    requests are made and merged, newest first.

    Returns:
        The columns of ``cbr.schema("backups")``.

    Raises:
        InvalidRequest: a filter has a value that the service does not know.

    API: Backup, "Querying All Backups".

    Example:
        >>> len(session.backups(resource="web-01", status="available", since="7d"))
        7
    """
    chosen = TagChoice(session, tags)
    reject_unknown(filters, _BACKUP_FILTERS, "backups")
    reject_conflicts(
        {"vault": vault, "resource": resource, "parent": parent, "since": since,
         "until": until, **filters},
        {"vault": ("vault_id",), "resource": ("resource_id", "resource_name"),
         "parent": ("parent_id",), "since": ("start_time",), "until": ("end_time",)},
    )  # fmt: skip
    asked = {
        "resource_type": resource_type,
        "status": status,
        "name": name,
        **time_range(session, since, until),
        **filters,
    }
    asked |= _of_vault_and_resource(session, vault, resource)
    if parent is not None:
        asked["parent_id"] = find_backup(session, parent).id
    if "offset" in asked or "marker" in asked:
        reject_conflicts({**asked, "tags": tags}, {"tags": ("offset", "marker")})
        page = session.client.backups.list(limit=limit, **asked)
        return make_table(session, frames.BACKUPS, page.backups, asked, limit)
    every = not chosen and limit is None and set(asked_for(asked)) <= {"status"}
    if every and session.client.transport.reads_once:
        return _from_all(session, asked)
    # Read in the order of creation, which no change of a backup disturbs, and sorted then.
    sort = asked.get("sort")
    later = sort is not None and (limit is None or limit > LARGEST_PAGE)
    if sort is not None:
        backups_api.list_query({"sort": sort})
    frame = read_list(
        session, frames.BACKUPS, asked, partial(_page_of_backups, session, unsorted=later),
        limit=None if later else limit, repeatable=("status",),
        keep=(lambda row: chosen.resource(row.resource_id)) if chosen else None,
    )  # fmt: skip
    frame = chosen.noted(frame)
    if resource is not None:
        reject_unknown_resources(session, asked, frame)
    if limit is not None:
        frame.attrs["limit"] = limit  # it may not be all that fits the filters
    return sorted_by(frame, sort).head(limit) if later else frame  # type: ignore[arg-type]


def _of_vault_and_resource(
    session: Context, vault: ResourceRef, resource: ResourceRef
) -> dict[str, Any]:
    """Return the filters for vaults and resources, as far as they are named."""
    asked = {} if vault is None else {"vault_id": vault_ids(session, vault)}
    return asked if resource is None else asked | resource_filter(session, resource)


def _page_of_backups(
    session: Context, one: Mapping[str, Any], offset: int, size: int, *, unsorted: bool = False
) -> Answer:
    """Return a page of backups, of which only what the table shows is decoded."""
    one = {**one, "sort": None} if unsorted else one
    query = backups_api.list_query({"limit": size, "offset": offset, **one})
    page = session.client.transport.get(backups_api.PATH, _BackupRows, query)
    return page.backups, page.count


def _from_all(session: Context, asked: Mapping[str, Any]) -> pd.DataFrame:
    """Return backups from the list of all, which one reading asks for once."""
    backups_api.list_query({"status": asked["status"]})  # refuses one that there is not
    before = session.client.transport.requests
    ask = partial(_page_of_backups, session)
    every = session.client.transport.once(
        "all backups", lambda: noted(read_list)(session, frames.BACKUPS, {}, ask, limit=None)
    )
    for each in every.attrs.get("notes", ()):
        note(each)
    status = asked["status"]
    among = [status] if isinstance(status, str) else status
    frame = every if among is None else every[every["status"].isin(list(among))]
    frame = describe(session, frames.BACKUPS, frame.reset_index(drop=True), asked, before)
    if frame.empty and among is not None:
        frame.attrs["without_filters"] = len(every)
    return frame


def tasks(
    session: Context,
    *,
    status: Values = None,
    operation_type: Values = None,
    vault: ResourceRef = None,
    resource: ResourceRef = None,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    tags: Tags = None,
    limit: int | None = None,
    **filters: Any,
) -> pd.DataFrame:
    """Return one row a task, newest first.

    Args:
        status: ``waiting``, ``running``, ``success``, ``failed``, ``skipped``, ``timeout``.
        operation_type: ``backup``, ``restore``, ``delete``, ``replication``, …
        vault: only of this vault, or of these.
        resource: only of this server, disk or file system, or of these.
        since: not begun before this: a time, or ``7d``, ``12h``.
        until: not begun after this.
        tags: only of resources that have these tags today, as in :meth:`resources`.
        limit: rows at most.
        filters: further ones of the service: ``vault_name``, ``provider_id``, ….

    Returns:
        The columns of ``cbr.schema("tasks")``.

    Raises:
        InvalidRequest: a filter has a value that the service does not know.

    API: Task, "Querying the Task List".

    Example:
        >>> session.tasks(status="failed", since="7d")["operation_type"].unique().tolist()
        ['backup']
    """
    chosen = TagChoice(session, tags)
    reject_unknown(filters, _TASK_FILTERS, "tasks")
    reject_conflicts(
        {"vault": vault, "resource": resource, "since": since, "until": until, **filters},
        {"vault": ("vault_id", "vault_name"), "resource": ("resource_id", "resource_name"),
         "since": ("start_time",), "until": ("end_time",)},
    )  # fmt: skip
    asked = {
        "status": status,
        "operation_type": operation_type,
        **time_range(session, since, until),
        **filters,
    }
    asked |= _of_vault_and_resource(session, vault, resource)

    def ask(one: Mapping[str, Any], offset: int, size: int) -> Answer:
        page = session.client.tasks.list(limit=size, offset=offset or None, **one)
        return page.operation_logs, page.count

    def keep(row: TaskRecord) -> bool:
        about = row.extra_info.resource if row.extra_info else None
        return chosen.resource(about.id if about else None)

    frame = read_list(session, frames.TASKS, asked, ask, limit=limit, keep=keep if chosen else None)
    frame = chosen.noted(frame)
    if resource is not None:
        reject_unknown_resources(session, asked, frame)
    return frame


def restore_points(session: Context, **filters: Any) -> pd.DataFrame:
    """Return one row a restore point that still has backups, newest first.

    The service has no list of restore points; this one is made from their backups.

    Args:
        filters: as for :meth:`backups`: ``vault``, ``resource``, ``since``, ``until``, ….

    Returns:
        The columns of ``cbr.schema("restore_points")``.

    Raises:
        InvalidRequest: a filter has a value that the service does not know.

    API: Backup, "Querying All Backups".

    Example:
        >>> session.restore_points(vault="vault-web")["available"].head(3).tolist()
        [4, 4, 4]
    """
    table = backups(session, **filters)
    points = [
        BackupsOfPoint(
            id=str(point),
            vault_id=rows["vault_id"].iloc[0],
            created_at=rows["created_at"].min().tz_localize(None).isoformat(),
            backups=len(rows),
            available=int((rows["status"] == BACKUP_AVAILABLE).sum()),
            resource_names=", ".join(sorted(rows["resource_name"].dropna())),
        )
        for point, rows in table.groupby("checkpoint_id", sort=False)
    ]
    frame = frames.RESTORE_POINTS.frame(points)
    frame.attrs = {**table.attrs, "resource": "restore_points"}
    frame.attrs.pop("without_filters", None)  # of backups, not of points
    return frame


def task(session: Context, task_id: ResourceRef) -> Task:
    """Return a task, to be waited for again.

    Args:
        task_id: its ID, or its row of :meth:`tasks`.

    Raises:
        NotFound: there is none of this ID (BackupService.6500).

    API: Task, "Querying a Specified Task".

    Example:
        >>> newest = session.tasks(status="success", limit=1)
        >>> session.task(newest).status
        'success'
    """
    task_id = one_id_or_name(task_id, "task")
    record = session.client.tasks.show(task_id)
    resource = record.extra_info.resource if record.extra_info else None
    what = f"{record.operation_type or 'task'} of {resource.name if resource else task_id}"
    return Task(session.poller, what, lambda: [session.client.tasks.show(task_id)]).refresh()


FURTHER_FILTERS["restore_points"] = {**_parameters(backups), **FURTHER_FILTERS["backups"]}
