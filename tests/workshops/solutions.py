"""A way through each exercise by methods, and one by forms; not part of the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cbr_notebook import Session
from tests.workshops.by_form import BY_FORM


def create_vault(session: Session) -> None:
    session.create_vault("finance", size_gb=200, object_type="server")


def back_up(session: Session) -> None:
    session.back_up("vault-web", resources="web-01", name="before-update").wait(progress=False)


def protect(session: Session) -> None:
    rows = session.unprotected()
    alone = rows[rows["reason"] == "in no vault"]
    for _, row in alone.iterrows():
        is_disk = row["type"] == "OS::Cinder::Volume"
        session.add_resources("vault-disks" if is_disk else "vault-web", row["id"])


def policy(session: Session) -> None:
    session.create_policy("nightly-dev", days="daily", times=["02:00"], retention_days=7)
    session.apply_policy("nightly-dev", "vault-dev")
    session.cloud.advance(days=3)


def repair(session: Session) -> None:
    assert "app-01" in set(session.failures()["resource_name"])
    session.cloud.server("app-01").set_status("ACTIVE")
    session.back_up("vault-web", resources="app-01").wait(progress=False)


def make_room(session: Session) -> None:
    session.update_vault("vault-files", size_gb=20)
    session.back_up("vault-files", resources="files-01").wait(progress=False)


def _restore(session: Session, backup: str, target: str, **choices: Any) -> None:
    plan = session.plan_restore(backup, target=target, **choices)
    run = plan.execute(
        confirm=target,
        safety_backup=False,
        acknowledge=[*plan.warnings, "safety backup"],
        on_progress=lambda _: None,
    )
    run.wait()


def restore_file(session: Session) -> None:
    _restore(session, "before-web-01", "web-01")


def share(session: Session) -> None:
    backup = session.backups(resource="db-01", status="available", limit=1)["id"].iloc[0]
    project = session.cloud.credentials_for(project="eu-west-0_staging").project_id
    session.share(backup, project)


def rebuild(session: Session) -> None:
    session.cloud.create_disk("ledger-new", 10)
    _restore(session, "before-ledger", "ledger-new")


def recover(session: Session) -> None:
    _restore(session, "before-web-01", "web-01")


SOLUTIONS: tuple[Callable[[Session], None], ...] = (
    create_vault, back_up, protect, policy, repair, make_room, restore_file, share, rebuild,
    recover,
)  # fmt: skip


def restore_data_disk(session: Session) -> None:
    (backup,) = session.backups(resource="db-01").loc[lambda t: t["name"] == "evening-db-01", "id"]
    data = session.cloud.server("db-01").disk("vdb").id
    children = session.client.backups.show(backup).children
    (child,) = [each.id for each in children if each.resource_id == data]
    _restore(session, backup, "db-01", disks={child: data})


def restore_and_start(session: Session) -> None:
    _restore(session, "evening-app-02", "app-02", power_on=True)


def restore_both(session: Session) -> None:
    for server in ("web-01", "web-02"):
        _restore(session, f"evening-{server}", server)


RESTORE_NIGHT: tuple[Callable[[Session], None], ...] = (
    restore_data_disk, restore_and_start, restore_both,
)  # fmt: skip

WAYS: dict[str, dict[str, tuple[Callable[[Session], None], ...]]] = {
    "by methods": {"basics": SOLUTIONS, "restore night": RESTORE_NIGHT},
    "by form": BY_FORM,
}
"""What ``cbr-notebook workshop check-all --solutions tests.workshops.solutions`` tries."""
