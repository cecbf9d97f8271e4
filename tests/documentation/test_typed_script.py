"""What a user's script sees of the types: mypy checks this file strictly, and the test runs it.

No error code is switched off here, as they are for other tests (``pyproject.toml``): each
``assert_type`` fails in ``nox -s types`` where a public name has lost its type.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import pandas as pd

import cbr_notebook as cbr
from cbr_notebook.api.groups.backups import BackupPage
from cbr_notebook.api.groups.tasks import TaskPage
from cbr_notebook.api.messages.records import Backup, Policy, Vault
from cbr_notebook.api.messages.vault_bodies import VaultPage
from cbr_notebook.forms import Forms
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.verification import Verification
from tests.repository.places import PACKAGE, REPOSITORY


def test_tables_are_tables(tmp_path: Path) -> None:
    with cbr.simulate() as session:
        assert_type(session, cbr.Session)
        assert_type(session.vaults(object_type="server"), pd.DataFrame)
        backups = session.backups(status="available", since="7d", limit=3)
        assert_type(backups, pd.DataFrame)
        assert_type(session.tasks(status=["failed", "timeout"]), pd.DataFrame)
        assert_type(session.unprotected(), pd.DataFrame)
        assert_type(session.capacity(), pd.DataFrame)
        assert_type(session.failures(since="7d"), pd.DataFrame)
        assert_type(session.restores(), pd.DataFrame)
        assert_type(cbr.to_text(backups), str)
        assert_type(cbr.export(backups, tmp_path / "backups.csv"), Path)
    assert_type(cbr.schema("backups"), pd.DataFrame)
    assert_type(cbr.error_codes(), pd.DataFrame)


def test_records_of_the_service_have_their_members() -> None:
    with cbr.simulate() as session:
        client = session.client
        vaults = client.vaults.list(object_type="server", status="available", limit=5)
        assert_type(vaults, VaultPage)
        assert_type(client.vaults.list_all(object_type="server"), Iterator[Vault])
        assert_type(client.backups.list(status=["available"], sort="name:asc"), BackupPage)
        assert_type(client.backups.list_all(status="available"), Iterator[Backup])
        assert_type(client.tasks.list(operation_type="backup", limit=3), TaskPage)
        vault = session.find_vault(vaults.vaults[0].id)
        assert_type(vault, Vault)
        assert_type(vault.billing.status, str | None)
        assert_type([each.status for each in session.records.backups()], list[str | None])


def test_what_is_done_tells_what_came_of_it() -> None:
    with cbr.simulate() as session:
        assert_type(session.create_vault("vault-new", size_gb=100), Vault)
        assert_type(session.create_policy("nightly", times="02:00"), Policy)
        task = session.back_up("vault-web")
        assert_type(task, cbr.Task)
        assert_type(task.wait(), cbr.Task)
        assert_type(task.status, str)
        try:
            session.find_vault("no such vault")
        except cbr.CBRError as problem:
            assert_type(problem.code, str | None)


def test_a_restore_is_typed_from_its_plan_to_its_report(tmp_path: Path) -> None:
    with cbr.simulate() as session:
        backup = session.backups(resource="web-01", status="available", limit=1)["id"].iloc[0]
        plan = session.plan_restore(backup)
        assert_type(plan, RestorePlan)
        assert_type(plan.checks, pd.DataFrame)
        run = plan.execute(confirm="web-01")
        assert_type(run, RestoreRun)
        assert_type(run.wait(), RestoreRun)
        assert_type(run.ended, bool)
        assert_type(run.verify([_is_listed]), Verification)
        assert_type(run.report(tmp_path / "report.html"), Path)


def _is_listed(session: cbr.Session) -> bool:
    return "web-01" in set(session.resources()["name"])


def test_forms_are_forms() -> None:
    with cbr.simulate() as session:
        assert_type(session.forms, Forms)
        form = session.forms.create_vault(name="vault-new", size_gb=100)
        assert_type(form, Form)
        assert_type(form.problems, dict[str, str])
        assert_type(form.result, Any)  # what it is, each form says


def test_types_travel_with_the_package_and_are_checked_strictly_here() -> None:
    assert (PACKAGE / "py.typed").is_file()
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    overrides = {tuple(each["module"]): each for each in settings["tool"]["mypy"]["overrides"]}
    off = overrides["tests.*",]["disable_error_code"]
    assert set(overrides["tests.documentation.test_typed_script",]["enable_error_code"]) == {*off}
