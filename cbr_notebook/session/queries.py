"""What a session can be asked: every answer is a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.protectables import KINDS
from cbr_notebook.api.records import Backup, Policy, Protectable, Vault
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.frames.schema import Schema
from cbr_notebook.session.context import Context
from cbr_notebook.session.moments import Moment, moment, wire
from cbr_notebook.session.names import Named, choose, is_id, one_text
from cbr_notebook.session.waiting import Task

ResourceKind = Literal["server", "disk", "turbo", "workspace"]


class Queries(Context):
    """Questions, and the finding of things by name."""

    def vaults(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        object_type: str | None = None,
        protect_type: str | None = None,
        policy: Named = None,
        limit: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Give one row a vault; sizes in GB, use in MB, times in UTC.

        Args:
            name: part of the name.
            status: ``available``, ``lock``, ``frozen``, ``deleting`` or ``error``.
            object_type: ``server``, ``disk``, ``turbo``, …
            protect_type: ``backup`` or ``replication``.
            policy: only vaults with this policy.
            limit: rows at most.
            filters: further ones of the service: ``id``, ``cloud_type``, ``resource_ids``,
                ``enterprise_project_id``.

        Returns:
            The columns of ``cbr.schema("vaults")``.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Vault, "Querying the Vault List".
        """
        asked = {
            "name": name,
            "status": status,
            "object_type": object_type,
            "protect_type": protect_type,
            "policy_id": None if policy is None else self.find_policy(policy).id,
            **filters,
        }
        return self._table(
            frames.VAULTS, self.client.vaults.list_all(**_page(limit), **asked), asked, limit
        )

    def backups(
        self,
        *,
        vault: Named = None,
        resource: Named = None,
        resource_type: str | None = None,
        status: str | None = None,
        name: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Give one row a backup, newest first; backups of a server's disks are left out.

        Args:
            vault: only in this vault.
            resource: only of this server, disk or file system.
            resource_type: such as ``OS::Nova::Server``.
            status: ``available``, ``error``, ``protecting``, …
            name: the exact name.
            since: not made before this: a time, or ``7d``, ``12h``.
            until: not made after this.
            limit: rows at most.
            filters: further ones of the service: ``sort``, ``offset``, ``image_type``,
                ``incremental``, ``own_type``, ``used_percent``, ``vault_id``, ….

        Returns:
            The columns of ``cbr.schema("backups")``.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Backup, "Querying All Backups".
        """
        asked = {
            "resource_type": resource_type,
            "status": status,
            "name": name,
            "start_time": self._wire(since, "since"),
            "end_time": self._wire(until, "until"),
            **filters,
        }
        if vault is not None:
            asked["vault_id"] = self.find_vault(vault).id
        if resource is not None:
            text = one_text(resource, "resource")
            asked["resource_id" if is_id(text) else "resource_name"] = text
        if "offset" in asked:
            page = self.client.backups.list(limit=limit, **asked)
            return self._table(frames.BACKUPS, page.backups, asked, limit)
        rows = self.client.backups.list_all(**_page(limit), **asked)
        return self._table(frames.BACKUPS, rows, asked, limit)

    def tasks(
        self,
        *,
        status: str | None = None,
        operation_type: str | None = None,
        vault: Named = None,
        resource: Named = None,
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Give one row a task, newest first.

        Args:
            status: ``waiting``, ``running``, ``success``, ``failed``, ``skipped``, ``timeout``.
            operation_type: ``backup``, ``restore``, ``delete``, ``replication``, …
            vault: only of this vault.
            resource: only of this server, disk or file system.
            since: not begun before this: a time, or ``7d``, ``12h``.
            until: not begun after this.
            limit: rows at most.
            filters: further ones of the service: ``vault_name``, ``provider_id``, ….

        Returns:
            The columns of ``cbr.schema("tasks")``.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Task, "Querying the Task List".
        """
        asked = {
            "status": status,
            "operation_type": operation_type,
            "start_time": self._wire(since, "since"),
            "end_time": self._wire(until, "until"),
            **filters,
        }
        if vault is not None:
            asked["vault_id"] = self.find_vault(vault).id
        if resource is not None:
            text = one_text(resource, "resource")
            asked["resource_id" if is_id(text) else "resource_name"] = text
        rows = self.client.tasks.list_all(**_page(limit), **asked)
        return self._table(frames.TASKS, rows, asked, limit)

    def policies(
        self,
        *,
        operation_type: Literal["backup", "replication"] | None = None,
        vault: Named = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Give one row a policy.

        Args:
            operation_type: ``backup`` or ``replication``.
            vault: only policies applied to this vault.
            limit: rows at most.

        Returns:
            The columns of ``cbr.schema("policies")``.

        API: Policy, "Querying the Policy List".
        """
        vault_id = None if vault is None else self.find_vault(vault).id
        page = self.client.policies.list(operation_type=operation_type, vault_id=vault_id)
        asked = {"operation_type": operation_type, "vault_id": vault_id}
        return self._table(frames.POLICIES, page.policies, asked, limit)

    def resources(
        self,
        kind: ResourceKind | None = None,
        *,
        name: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Give one row a server, disk or file system, with the vault that it is in.

        Args:
            kind: ``server``, ``disk``, ``turbo`` (file systems); the three if left out.
            name: part of the name.
            limit: rows at most.
            filters: further ones of the service: ``id``, ``status``, ``server_id``.

        Returns:
            The columns of ``cbr.schema("resources")``.

        Raises:
            InvalidRequest: there is no such kind.

        API: Protectable, "Querying Protectable Resources".
        """
        kinds: tuple[Any, ...] = ("server", "disk", "turbo") if kind is None else (kind,)
        rows = (
            row
            for each in kinds
            for row in self.client.protectables.list_all(each, name=name, **filters)
        )
        return self._table(frames.RESOURCES, rows, {"kind": kind, "name": name, **filters}, limit)

    def task(self, task_id: str) -> Task:
        """Take up a task again by its ID.

        Raises:
            NotFound: there is none of this ID (BackupService.6500).

        API: Task, "Querying a Specified Task".
        """
        record = self.client.tasks.show(task_id)
        resource = record.extra_info.resource if record.extra_info else None
        what = f"{record.operation_type or 'task'} of {resource.name if resource else task_id}"
        return self._task(what, lambda: [self.client.tasks.show(task_id)]).refresh()

    # -- finding ------------------------------------------------------------------------------

    def find_vault(self, vault: Named) -> Vault:
        """Give the record of a vault, by ID, name, record or row.

        Raises:
            NotFound: there is none; the message lists the vaults.
            InvalidRequest: the name fits several.
        """
        if isinstance(vault, Vault):
            return vault
        text = one_text(vault, "vault")
        if is_id(text):
            return self.client.vaults.show(text)
        return choose(text, list(self.client.vaults.list_all()), "vault", lambda v: v.name)

    def find_policy(self, policy: Named) -> Policy:
        """Give the record of a policy, by ID, name, record or row.

        Raises:
            NotFound: there is none; the message lists the policies.
            InvalidRequest: the name fits several.
        """
        if isinstance(policy, Policy):
            return policy
        text = one_text(policy, "policy")
        if is_id(text):
            return self.client.policies.show(text)
        return choose(text, self.client.policies.list().policies, "policy", lambda p: p.name)

    def find_backup(self, backup: Named) -> Backup:
        """Give the record of a backup with those of its disks, by ID, name, record or row.

        Raises:
            NotFound: there is none.
            InvalidRequest: the name fits several.
        """
        text = one_text(backup, "backup")
        if is_id(text):
            return self.client.backups.show(text)
        found = self.client.backups.list(name=text, limit=1000).backups
        if not found:
            found = self.client.backups.list(limit=20).backups
        return self.client.backups.show(choose(text, found, "backup", lambda b: b.name).id)

    def find_resource(self, resource: Named, kind: ResourceKind | None = None) -> Protectable:
        """Give the record of a server, disk or file system, by ID, name, record or row.

        Args:
            resource: which one.
            kind: ``server``, ``disk`` or ``turbo``, where that is known.

        Raises:
            NotFound: there is none; the message lists what there is.
            InvalidRequest: the name fits several.
        """
        if isinstance(resource, Protectable):
            return resource
        text = one_text(resource, "resource")
        if kind is not None and kind not in KINDS:
            raise InvalidRequest(f"There is no kind {kind!r}.", advice=f"Choose one of {KINDS}.")
        # A server's system disk often bears the server's name: then the server is meant.
        kinds: tuple[Any, ...] = (kind,) if kind else ("server", "turbo", "disk")
        search = {"id": text} if is_id(text) else {"name": text}
        for each in kinds:
            rows = self.client.protectables.list_all(each, **search)
            found = [row for row in rows if text in (row.id, row.name)]
            if found:
                return choose(text, found, each, lambda row: row.name)
        everything = [row for each in kinds for row in self.client.protectables.list_all(each)]
        return choose(text, everything, kind or "resource", lambda row: row.name)

    # -- helpers ------------------------------------------------------------------------------

    def _wire(self, value: Moment | None, field: str) -> str | None:
        return None if value is None else wire(moment(value, self.now, field))

    def _table(
        self, schema: Schema, rows: Iterable[Any], asked: dict[str, Any], limit: int | None
    ) -> pd.DataFrame:
        """Turn records into a DataFrame that says what was asked."""
        before = self.client.transport.requests
        records = list(rows if limit is None else islice(rows, limit))
        frame = schema.frame(records)
        frame.attrs = {
            "resource": schema.name,
            "region": self.identity.region,
            "project_id": self.identity.project_id,
            "filters": {key: value for key, value in asked.items() if value is not None},
            "asked_at": self.now.isoformat(timespec="seconds"),
            "requests": max(1, self.client.transport.requests - before),
        }
        return frame

    def _task(self, what: str, find: Any, *, expected: int = 1, result: Any = None) -> Task:
        return Task(
            what, find, sleep=self._sleep, clock=self._clock, expected=expected, result=result
        )


def _page(limit: int | None) -> dict[str, int]:
    if limit is None:
        return {}
    if limit < 1:
        raise InvalidRequest("limit must be at least 1.", field="limit")
    return {"page_size": min(limit, 1000)}
