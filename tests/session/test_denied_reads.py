"""Every question with each of its reads denied: the rest is told, and what was not seen is said.

A cell is as it would be, or missing, or says itself what it depends on. Where the list that is
denied is the question, there is one typed error that names the action that is missing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.api.http.permissions import ACTIONS, operation_of
from cbr_notebook.showing.html_tables import as_html

Ask = Callable[[cbr.Session], pd.DataFrame]
Read = str
"""An operation, and of resources their kind: ``list_protectable disk``."""

VAULTS, POLICIES, BACKUPS = "list_vault", "list_policies", "list_backups"
RESOURCES = [f"list_protectable {kind}" for kind in ("server", "disk", "turbo")]
POINTS, VAULT = "show_checkpoint", "show_vault"

QUESTIONS: dict[str, tuple[Ask, list[Read]]] = {
    "vaults": (lambda s: s.vaults(), [VAULTS]),
    "backups": (lambda s: s.backups(), [BACKUPS]),
    "backups of a resource": (lambda s: s.backups(resource="web-01"), [BACKUPS]),
    "backups of a vault": (lambda s: s.backups(vault="vault-web"), [BACKUPS, VAULTS]),
    "backups by tags": (lambda s: s.backups(tags={"env": "prod"}), [BACKUPS]),
    "restore_points": (lambda s: s.restore_points(), [BACKUPS]),
    "tasks": (lambda s: s.tasks(), ["list_op_logs"]),
    "policies": (lambda s: s.policies(), [POLICIES]),
    "policies by tags": (lambda s: s.policies(tags={"env": "prod"}), [POLICIES, VAULTS]),
    "policy_rules": (lambda s: s.policy_rules(), [POLICIES]),
    "resources": (lambda s: s.resources(), []),
    "servers": (lambda s: s.resources("server"), RESOURCES[:1]),
    "vault_resources": (lambda s: s.vault_resources(), [VAULTS]),
    "members": (
        lambda s: s.members(s.backups(limit=1)), [BACKUPS, "show_backup", "show_members_detail"],
    ),
    "tags": (lambda s: s.tags(), [VAULTS]),
    "tags of a vault": (lambda s: s.tags("vault-web"), [VAULTS, "show_vault_tag"]),
    "usage": (lambda s: s.usage(), ["show_storage_usage"]),
    "agents": (lambda s: s.agents(), ["list_agent"]),
    "features": (lambda s: s.features(), ["list_features"]),
    "replication_targets": (
        lambda s: s.replication_targets(), ["show_replication_capabilities"],
    ),
    "organization_policies": (
        lambda s: s.organization_policies(), ["list_organization_policies"],
    ),
    "unprotected": (lambda s: s.unprotected(), [VAULTS]),
    "unprotected by schedule": (lambda s: s.unprotected(target=None), [VAULTS]),
    "unprotected disks": (lambda s: s.unprotected("disk"), [VAULTS, RESOURCES[1]]),
    "capacity": (lambda s: s.capacity(), [VAULTS]),
    "recovery_points": (lambda s: s.recovery_points(), [BACKUPS]),
    "gaps": (lambda s: s.gaps(), [VAULTS, POLICIES, BACKUPS]),
    "failures": (lambda s: s.failures(), ["list_op_logs"]),
    "schedule": (lambda s: s.schedule(), [POLICIES]),
    "schedule by tags": (lambda s: s.schedule(tags={"env": "prod"}), [POLICIES, VAULTS]),
    "changed_data": (lambda s: s.changed_data("web-01"), [BACKUPS]),
    "suspicion": (lambda s: s.suspicion("web-01"), [BACKUPS]),
    "vault_policies": (lambda s: s.vault_policies(), [POLICIES]),
    "replication": (lambda s: s.replication(), [BACKUPS]),
    "retention_preview": (lambda s: s.retention_preview(days=30), [BACKUPS]),
    "what_if": (
        lambda s: s.what_if("daily-0300", retention_days=3),
        [POLICIES, "show_policy", VAULT, BACKUPS],
    ),
    "orphans": (lambda s: s.orphans(price_per_gb_month=0.1), [BACKUPS]),
    "cost": (lambda s: s.cost(0.1), [VAULTS]),
    "cost by resource": (lambda s: s.cost(0.1, by="resource"), [VAULTS]),
    "audit": (lambda s: s.audit(), []),
}  # fmt: skip
"""What is asked, and the reads without which it has no answer: what it is about."""

FEWER: dict[str, set[Read]] = {
    "backups by tags": {*RESOURCES},
    "resources": {*RESOURCES},
    "unprotected": {*RESOURCES},
    "unprotected by schedule": {*RESOURCES},
    "recovery_points": {VAULTS},
    "vault_policies": {VAULTS},
    "replication": {POLICIES, VAULTS},
    "retention_preview": {VAULTS, POLICIES},
    "orphans": {*RESOURCES},
    "audit": {*RESOURCES},
}
"""Where rows can be told by nobody but the list that is denied: fewer rows, and a note."""

GONE = "app-02"
UNSURE = (
    "could not be seen", "cannot be read", "does not tell what it added", "unless its policy",
    "if it still exists",
)  # fmt: skip
"""Words by which a cell says that it depends on what was not seen."""


@pytest.fixture(scope="module")
def built() -> Iterator[cbr.Session]:
    """An estate in which every question has rows."""
    with cbr.simulate() as session:
        there = session.in_project("eu-west-1")
        there.create_vault("copies", size_gb=1000, protect_type="replication")
        goal = {"destination_region": "eu-west-1", "destination_vault": "copies"}
        session.replicate(session.backups(resource="web-01", limit=1), **goal)
        receiver = session.in_project("eu-west-0_staging").identity.project_id
        session.share(session.backups(resource="web-01", limit=1), receiver)
        session.tag("vault-web", env="prod")
        session.cloud.tag("web-01", env="prod")
        session.cloud.advance(hours=2)
        session.cloud.delete_server(GONE)
        yield session


class Reads:
    """What goes over the wire: each read is noted, and some are denied."""

    def __init__(self) -> None:
        self.made: set[Read] = set()
        self.denied: set[Read] = set()

    def send(self, plain: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
        def send(client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
            operation = operation_of(request.method, request.url.path)
            if operation is None or request.method != "GET":
                return plain(client, request, **more)
            kind = (
                f" {request.url.path.split('/')[4]}"
                if "{protectable_type}" in (operation.path)
                else ""
            )
            read = operation.id + kind
            self.made.add(read)
            if read not in self.denied:
                return plain(client, request, **more)
            body = {"error_code": "BackupService.0403", "error_msg": "Policy doesn't allow it"}
            return httpx.Response(403, json=body, request=request)

        return send

    @contextmanager
    def without(self, *reads: Read) -> Iterator[None]:
        self.denied = set(reads)
        try:
            yield
        finally:
            self.denied = set()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    found = Reads()
    monkeypatch.setattr(httpx.Client, "send", found.send(httpx.Client.send))
    return found


def action(read: Read) -> str:
    """Return how the action that is missing is named, or that no document names it."""
    operation = read.split(" ")[0]
    return ACTIONS.get(operation) or f"permission for {operation}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_denied_read_ends_only_the_question_that_it_is(
    name: str, built: cbr.Session, reads: Reads
) -> None:
    ask, subject = QUESTIONS[name]
    whole = ask(built)
    made = set(reads.made)
    assert {*subject} <= made
    assert "notes" not in whole.attrs
    for read in sorted(made):
        with reads.without(read):
            if read in subject:
                with pytest.raises(errors.PermissionDenied, match=action(read)):
                    ask(built)
                continue
            with pytest.warns(errors.AnswerWarning) as told:
                table = ask(built)
        assert any(action(read) in str(each.message) for each in told), read
        notes = " ".join(table.attrs["notes"])
        assert action(read) in notes and "could not be seen" in notes
        assert "NOTE: " in as_html(table), "a notebook shows it, too"
        assert list(table.dtypes) == list(whole.dtypes), read
        fewer = read in FEWER.get(name, set())
        assert len(table) >= len(whole) > 0 or fewer, read
        if name == "audit":  # judged as their vaults have them, while nobody sees what is gone
            table = table[table["resource_name"] != GONE]
        wrong = differences(whole, table)
        assert not wrong, f"without {read}: {wrong[:5]}"


def differences(whole: pd.DataFrame, part: pd.DataFrame) -> list[str]:
    """Return the rows of a part that claim what the whole does not have, in words."""
    rows = list(whole.to_dict("records"))
    keys = [each for each in whole.columns if each == "id" or each.endswith("_id")]
    keys = keys[:1] if keys[:1] == ["id"] else [*keys, *set(whole.columns) & {
        "control", "runs_at", "time", "key", "resource_name", "destination_region",
    }]  # fmt: skip
    found = []
    for row in part.to_dict("records"):
        unsure = any(words in str(value) for value in row.values() for words in UNSURE)
        same = [each for each in rows if all(_fits(each[key], row[key]) for key in keys)]
        right = any(all(_fits(each[c], row[c]) for c in whole.columns) for each in same)
        if not right and not unsure:
            found.append(f"{row} instead of {same[:1]}")
    return found


def _fits(whole: object, part: Any) -> bool:
    """Return whether a cell is as it would be, or missing."""
    if isinstance(part, dict):
        return not part or part == whole
    return bool(pd.isna(part)) or part == whole


def test_all_kinds_of_resources_denied_is_an_error_where_they_are_the_question(
    built: cbr.Session, reads: Reads
) -> None:
    asks: tuple[Ask, ...] = (
        lambda s: s.resources(), lambda s: s.unprotected(), lambda s: s.orphans(),
    )  # fmt: skip
    for ask in asks:
        with reads.without(*RESOURCES), warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(errors.PermissionDenied, match="ecs:cloudServers:list"):
                ask(built)


def test_what_could_be_protected_is_listed_while_its_policies_are_not_seen(
    built: cbr.Session, reads: Reads
) -> None:
    with reads.without(POLICIES), pytest.warns(errors.AnswerWarning):
        table = built.unprotected()
    kept = {each for each in built.vault_resources()["name"] if each != GONE}
    assert kept <= set(table["name"])
    assert table.set_index("name").loc["web-01", "reason"] == "its policies could not be seen"


def test_an_audit_judges_no_disk_whose_server_it_cannot_see(
    built: cbr.Session, reads: Reads
) -> None:
    with reads.without(RESOURCES[0]), pytest.warns(errors.AnswerWarning):
        table = built.audit([{"control": "protected"}])
    disks = {each.name for each in built.client.protectables.list_all("disk")}
    alone = table[table["resource_name"].isin(disks - {*built.vault_resources()["name"]})]
    assert not alone.empty
    assert set(alone["outcome"]) == {"unknown"}


def test_an_operator_without_restore_points_is_said_and_not_taken_for_their_absence(
    built: cbr.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = httpx.Client.send

    def send(client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
        if "/checkpoints/" in request.url.path:
            return httpx.Response(404, json={"error_code": "APIGW.0101"}, request=request)
        return plain(client, request, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", send)
    with pytest.warns(errors.AnswerWarning, match="does not offer this operation"):
        table = built.capacity()
    assert table[table["backups"] > 0]["growth_mb_a_day"].isna().all()
