"""Tasks as their table holds them; other rooms get these."""

from __future__ import annotations

from typing import NamedTuple, TypedDict


class TaskColumns(TypedDict, total=False):
    """What a task is about: the columns of ``task`` that only some tasks have."""

    vault_id: str | None
    vault_name: str | None
    restore_point_id: str | None
    policy_id: str | None
    provider_id: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None


class VaultColumns(TypedDict):
    """What a task in a vault tells of it."""

    vault_id: str
    vault_name: str
    provider_id: str


class TaskRow(NamedTuple):
    """A row of ``task``; times in microseconds since 1970, ``extra_info`` JSON."""

    id: str
    project_id: str
    operation_type: str
    status: str
    created_at: int
    started_at: int
    due_at: int
    ended_at: int | None
    updated_at: int
    vault_id: str | None
    vault_name: str | None
    restore_point_id: str | None
    policy_id: str | None
    provider_id: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None
    request_id: str
    error_code: str
    error_message: str
    extra_info: str
    subject_id: str | None
    enterprise_project_id: str
    """Of the vault that it was begun in; the task keeps it when the vault is gone."""

    @property
    def subject(self) -> str:
        """What the task works on: an ID, or a plan in JSON."""
        assert self.subject_id is not None, "every task is begun with one"
        return self.subject_id
