"""Answers of the real service, and of another operator: every cell right, every door open."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pandas as pd
import pytest

from cbr_notebook import Session, errors, frames
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.api.vault_bodies import ResourceItem
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema
from cbr_notebook.session.context import Identity
from tests import recorded

NOW = datetime(2025, 4, 1, tzinfo=UTC)
OPERATOR_LISTS = {
    "list_vault": "vaults", "list_backups": "backups", "list_policies": "policies",
    "list_op_logs": "operation_logs", "show_members_detail": "members",
}  # fmt: skip
ROWS_OF = {
    "vaults": ("list_vault", "vaults"),
    "backups": ("list_backups", "backups"),
    "policies": ("list_policies", "policies"),
    "resources": ("list_protectable", "instances"),
    "tasks": ("list_op_logs", "operation_logs"),
    "members": ("show_members_detail", "members"),
}


def recorded_rows(operation: str, member: str) -> list[dict[str, Any]]:
    """Return every row of an operation's recorded lists, each once."""
    rows = []
    if operation in recorded.operations():
        rows += [row for each in recorded.exchanges(operation) for row in each["body"][member]]
    rows += [
        row
        for body in recorded.of_another_operator().get(operation, ())
        for row in body.get(member, ())
    ]
    return list({row["id"]: row for row in rows}.values())


def bodies(operation: str) -> list[Any]:
    ours = recorded.exchanges(operation) if operation in recorded.operations() else []
    return [each["body"] for each in ours] + recorded.of_another_operator().get(operation, [])


class Replay:
    """A service that answers with recorded rows and bodies."""

    def __init__(self, *, count: int | None = None, rows: bool = True) -> None:
        self.count = count
        self.rows = rows
        self.requests: list[str] = []
        self.answers: dict[str, Any] = {}
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(
            http, "https://cbr.example.com", "p", sleep=lambda seconds: None, clock=lambda: NOW
        )
        identity = Identity("ada", "token", "eu-west-0", "p", "https://cbr.example.com", "test")
        self.session = Session(
            Client(transport), identity, http, sleep=lambda seconds: None, clock=lambda: NOW
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        self.requests.append(f"{method} {path}")
        for end, body in self.answers.items():
            if f"{method} {path}".endswith(end):
                return httpx.Response(200, json=body)
        query = parse_qs(request.url.query.decode())
        offset, limit = (int(query.get(key, ["0"])[0]) for key in ("offset", "limit"))
        for end, (operation, member) in {
            "/vaults": ("list_vault", "vaults"),
            "/backups": ("list_backups", "backups"),
            "/policies": ("list_policies", "policies"),
            "/operation-logs": ("list_op_logs", "operation_logs"),
            "/members": ("show_members_detail", "members"),
            "/server/instances": ("list_protectable", "instances"),
        }.items():
            if path.endswith(end):
                rows = recorded_rows(operation, member)
                page = rows[offset : offset + limit] if limit else rows
                count = len(rows) if self.count is None else self.count
                return httpx.Response(200, json={member: page, "count": count})
            if f"{end}/" in path and method == "GET":
                wanted = path.rsplit("/", 1)[-1]
                for row in recorded_rows(operation, member):
                    if row["id"] == wanted:
                        return httpx.Response(200, json={member.rstrip("s"): row})
        if path.endswith("/instances"):
            return httpx.Response(200, json={"instances": [], "count": 0})
        return httpx.Response(
            404, json={"error_code": "BackupService.6105", "error_msg": "There is none."}
        )


# -- every cell -----------------------------------------------------------------------------------


def _tags_of_vault(row: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag.get("value") for tag in row.get("tags") or ()}


def _pattern(row: dict[str, Any]) -> str:
    return " | ".join(row["trigger"]["properties"]["pattern"])


def _vault_ids(row: dict[str, Any]) -> str:
    return ", ".join(each["vault_id"] for each in row.get("associated_vaults") or ())


def _policy_of(kind: str) -> Callable[[dict[str, Any]], str | None]:
    """Return what names the policy of a vault, from the policies' own vaults."""

    def read(vault: dict[str, Any]) -> str | None:
        for policy in recorded_rows("list_policies", "policies"):
            applied = [each["vault_id"] for each in policy.get("associated_vaults") or ()]
            if policy["operation_type"] == kind and vault["id"] in applied:
                return str(policy["name"])
        return None

    return read


COMPUTED: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
    ("vaults", "resources"): lambda row: len(row.get("resources") or ()),
    ("vaults", "tags"): _tags_of_vault,
    ("vaults", "backup_policy"): _policy_of("backup"),
    ("vaults", "replication_policy"): _policy_of("replication"),
    ("policies", "pattern"): _pattern,
    # All recorded policies keep by days, and by nothing else.
    ("policies", "retention_days"): lambda row: row["operation_definition"][
        "retention_duration_days"
    ],
    ("policies", "vaults"): lambda row: len(row.get("associated_vaults") or ()),
    ("policies", "vault_ids"): _vault_ids,
    ("resources", "disks"): lambda row: len(row["children"]),
    ("resources", "tags"): lambda row: dict(each.split("=", 1) for each in row["detail"]["tags"]),
}
"""What columns hold that are no member as it is, read from the document once more."""


def expected(schema: Schema, column: Column, row: dict[str, Any]) -> Any:
    """Read a cell from the document, apart from how the package reads it."""
    if (schema.name, column.name) in COMPUTED:
        return COMPUTED[schema.name, column.name](row)
    value: Any = row
    for step in column.source.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return None
    if column.kind == "time":
        then = datetime.fromisoformat(value)
        return pd.Timestamp(then if then.tzinfo else then.replace(tzinfo=UTC)).tz_convert(UTC)
    if column.kind in ("text", "category"):
        return value if isinstance(value, str) else json.dumps(value)
    if column.kind == "flag":
        return value in (True, "true", "True")
    return int(float(value))


@pytest.mark.parametrize("name", ROWS_OF)
def test_every_cell_of_every_recorded_row_is_right(name: str) -> None:
    replay, schema = Replay(), frames.SCHEMAS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.AnswerWarning)
        if name == "resources":
            table = replay.session.resources("server")
        elif name == "members":
            table = replay.session.members(recorded_rows("list_backups", "backups")[0]["id"])
        else:
            table = getattr(replay.session, name)()
    rows = recorded_rows(*ROWS_OF[name])
    assert rows
    assert sorted(table["id"]) == sorted(row["id"] for row in rows)
    by_id = table.set_index("id", drop=False)
    right = 0
    for row in rows:
        for column in schema.columns:
            cell, wanted = by_id.loc[row["id"], column.name], expected(schema, column, row)
            if wanted is None:
                assert pd.isna(cell), (column.name, cell)
            else:
                assert cell == wanted, (column.name, cell, wanted)
            right += 1
    assert right == len(rows) * len(schema.columns) == table.size


def test_times_keep_their_microseconds_in_every_table() -> None:
    session = Replay().session
    backups = session.backups()
    points = session.restore_points()
    assert set(points["created_at"]) == set(backups.groupby("checkpoint_id")["created_at"].min())
    newest = session.recovery_points()["newest"].dropna()
    assert len(newest)
    assert set(newest) <= set(backups["created_at"])


# -- every question -------------------------------------------------------------------------------

QUESTIONS = (
    "vaults", "backups", "policies", "tasks", "resources", "vault_resources", "policy_rules",
    "restore_points", "capacity", "unprotected", "recovery_points", "gaps", "schedule", "failures",
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_from_recorded_answers(question: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.AnswerWarning)
        assert isinstance(getattr(Replay().session, question)(), pd.DataFrame)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_count_above_the_rows_is_told_and_the_rows_come(question: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.AnswerWarning)
        many = getattr(Replay(count=50).session, question)()
    assert len(many) == len(getattr(Replay().session, question)())


@pytest.mark.parametrize("operation", sorted(OPERATOR_LISTS))
def test_every_recorded_list_is_read_as_a_page(operation: str) -> None:
    call = {
        "list_vault": lambda client: client.vaults.list().vaults,
        "list_backups": lambda client: client.backups.list().backups,
        "list_policies": lambda client: client.policies.list().policies,
        "list_op_logs": lambda client: client.tasks.list().operation_logs,
        "show_members_detail": lambda client: client.members.list("b").members,
    }[operation]
    member = OPERATOR_LISTS[operation]
    for body in bodies(operation):
        replay = Replay()
        replay.answers[""] = body
        rows = call(replay.session.client)
        assert [row.id for row in rows] == [row["id"] for row in body[member]]
        # What this package does not know is kept.
        assert [row.raw for row in rows] == body[member]


def test_the_overview_is_shown_from_recorded_answers() -> None:
    form = Replay().session.forms.overview()
    assert form is not None


# -- every act ------------------------------------------------------------------------------------

ACTS: dict[str, tuple[str, Callable[[Client], Any]]] = {
    "create_vault": ("POST /v3/p/vaults", lambda c: c.vaults.create("v", size=50).id),
    "update_vault": ("PUT /v3/p/vaults/", lambda c: c.vaults.update(_a_vault(), size=50).id),
    "add_vault_resource": (
        "/addresources",
        lambda c: c.vaults.add_resources("v", [ResourceItem("r", "OS::Nova::Server")]),
    ),
    "associate_vault_policy": ("/associatepolicy", lambda c: c.vaults.apply_policy("v", "p")),
    "disassociate_vault_policy": (
        "/dissociatepolicy", lambda c: c.vaults.remove_policy("v", "p")
    ),
    "create_policy": (
        "POST /v3/p/policies",
        lambda c: c.policies.create(
            "p", pattern=["FREQ=DAILY;BYHOUR=1;BYMINUTE=0"],
            definition={"retention_duration_days": 30},
        ).id,
    ),
    "create_checkpoint": ("/checkpoints", lambda c: c.restore_points.create("v").id),
    "delete_backup": ("/backups/b", lambda c: c.backups.delete("b")),
    "batch_create_and_delete_vault_tags": (
        "/tags/action", lambda c: c.tags.action("v", "create", {"a": "b"})
    ),
    "add_member": ("/members", lambda c: c.members.add("b", ["0" * 32])[0].id),
    "copy_backup": (
        "/replicate",
        lambda c: c.backups.replicate(
            "b", destination_project_id="p", destination_region="r", destination_vault_id="v"
        ).replication_record_id,
    ),
}  # fmt: skip


def _a_vault() -> str:
    return str(recorded_rows("list_vault", "vaults")[0]["id"])


@pytest.mark.parametrize("operation", ACTS)
def test_every_act_is_acknowledged_by_its_recorded_answers(operation: str) -> None:
    end, act = ACTS[operation]
    answers = bodies(operation)
    assert answers
    for body in answers:
        replay = Replay()
        method = "" if end.startswith("P") else {"delete_backup": "DELETE "}.get(operation, "")
        key = f"{end}{_a_vault()}" if operation == "update_vault" else f"{method}{end}"
        replay.answers[key if not method else f"/v3/p{end}"] = body
        act(replay.session.client)
        assert len([each for each in replay.requests if not each.startswith("GET")]) == 1
