"""The reference's three application cases, run and told in the terminal."""

from __future__ import annotations

import pandas as pd

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.messages.constants import SERVER


def tour() -> None:
    """Run the three cases on a simulated cloud and print what is asked and answered."""
    session = cbr.simulate("documented")
    _title("A simulated cloud with the reference's own IDs and names")
    print(repr(session))
    _back_up_a_server(session)
    _automatic_backup(session)
    _query_backups(session)
    print("\nThat was the tour. The same cases are notebooks: cbr-notebook lab opens them.")


def _title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}")


def _step(text: str) -> None:
    print(f"\n- {text}")


def _table(frame: pd.DataFrame) -> None:
    text = cbr.to_text(frame, missing="never")
    print("\n".join(f"  {line}" for line in text.splitlines()))


def _back_up_a_server(session: Session) -> None:
    _title("Case 1: back up a server")
    _step("Create a vault of 200 GB for servers: POST /v3/{project_id}/vaults")
    vault = session.create_vault("my_vault", size_gb=200, object_type="server")
    _table(session.vaults(name="my_vault")[["id", "name", "status", "size_gb", "used_mb"]])
    _step("Put the server server-4690-0002 into it: POST …/vaults/{vault_id}/addresources")
    session.add_resources(vault, "server-4690-0002")
    servers = session.resources("server", name="4690")
    _table(servers[["id", "name", "status", "size_gb", "vault_name"]])
    _step("Make a restore point: POST /v3/{project_id}/checkpoints, then wait for it")
    task = session.back_up(
        vault, resources="server-4690-0002", name="backup_auto", description="backupauto"
    )
    task.wait()
    _step("See that the server is backed up: GET /v3/{project_id}/checkpoints/{checkpoint_id}")
    point = session.client.restore_points.show(task.result.id)
    print(f"  Restore point {point.id} is {point.status}.")
    backups = session.backups(vault=vault)
    _table(backups[["name", "resource_name", "status", "created_at", "incremental"]])


def _automatic_backup(session: Session) -> None:
    _title("Case 2: automatic backup for a vault")
    _step("Create a policy, every day at 23:00 UTC, kept 30 days: POST /v3/{project_id}/policies")
    policy = session.create_policy("dh_test_policy", days="daily", times="23:00", retention_days=30)
    policies = session.policies()
    _table(policies[["id", "name", "pattern", "retention_duration_days"]])
    _step("Apply it to the vault: POST …/vaults/{vault_id}/associatepolicy")
    session.apply_policy(policy, "my_vault")
    _table(session.policies()[["name", "enabled", "vaults", "vault_ids"]])
    _step("Let a week pass on the simulated clock, and see what the policy did")
    session.cloud.advance(days=7)
    backups = session.backups(vault="my_vault")
    _table(backups[["name", "status", "created_at", "expired_at", "incremental"]])


def _query_backups(session: Session) -> None:
    _title("Case 3: query backups by page")
    _step("The first page of 100 backups: GET /v3/{project_id}/backups?limit=100&offset=0")
    page = session.client.backups.list(limit=100, offset=0)
    print(f"  {len(page.backups)} backups of {page.count} in all; the newest five:")
    columns = ["name", "resource_name", "status", "created_at"]
    _table(session.backups(limit=5)[columns])
    _step("Five backups of servers: GET …/backups?resource_type=OS::Nova::Server&limit=5&offset=0")
    _table(session.backups(resource_type=SERVER, limit=5, offset=0)[columns])
    _step("All of them, page after page, counted by server")
    everything = session.backups()
    counted = everything.groupby("resource_name", observed=True).size().reset_index(name="backups")
    _table(counted)
