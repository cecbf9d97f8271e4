"""A way through each exercise by the forms alone, as a person clicks; not part of the package.

Beside the forms they use only what an exercise gives into a learner's hands: the cloud's clock,
and the server team's powers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cbr_notebook import Session
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready
from tests.forms.restore.walking import suggested


def _open(form: Any, **values: Any) -> FormPage:
    """Open a form, wait for what it offers, and fill it in."""
    page = ready(form)
    for name, value in values.items():
        page.fill(name, value)
        page.wait()
    return page


def _press(page: FormPage) -> None:
    page.press()
    assert page.form.error is None, page.error
    assert page.form.problems == {}, page.form.problems


def create_vault(session: Session) -> None:
    _press(_open(session.forms.create_vault(), name="finance", object_type="server", size_gb=200))


def _back_up(session: Session, vault: str, server: str) -> None:
    page = _open(session.forms.back_up(), vault=vault)
    page.fill("resources", [server])
    _press(page)


def back_up(session: Session) -> None:
    _back_up(session, "vault-web", "web-01")


def protect(session: Session) -> None:
    rows = session.unprotected()
    alone = set(rows.loc[rows["reason"] == "in no vault", "name"])
    for vault in ("vault-web", "vault-disks"):
        page = _open(session.forms.edit_vault(), vault=vault)
        page.fill("resources", [each for each in page.labels("resources") if each in alone])
        _press(page)


def policy(session: Session) -> None:
    _press(
        _open(
            session.forms.create_policy(), name="nightly-dev", times="02:00", vaults=["vault-dev"]
        )
    )
    session.cloud.advance(days=3)


def repair(session: Session) -> None:
    session.cloud.server("app-01").set_status("ACTIVE")
    _back_up(session, "vault-web", "app-01")


def make_room(session: Session) -> None:
    _press(_open(session.forms.edit_vault(), vault="vault-files", size_gb=20))
    _back_up(session, "vault-files", "files-01")


def _restore(
    session: Session,
    resource: str,
    backup: str | None = None,
    *,
    target: str | None = None,
    system_disk: bool = True,
    power_on: str | None = None,
    safety_backup: bool = True,
) -> None:
    """Walk through the steps: resource, backup, checks, confirmation, and watch it end.

    Args:
        session: on the exercise's cloud.
        resource: what was backed up.
        backup: its name, as it stands beside its time; what the form suggests if left out.
        target: what is overwritten, if it is something else.
        system_disk: whether the system disk is overwritten, too.
        power_on: what happens to the server afterwards.
        safety_backup: whether the present state is backed up first; it has to be in a vault.
    """
    page = _open(session.forms.restore(), resource=resource)
    page.press("Next")
    if backup is None:
        suggested(page)
    else:
        notes = page.notes("backup")
        page.fill("backup", next(at for at, note in notes.items() if note.startswith(backup)))
    page.press("Next")
    assert "Check" in page.step, page.form.problems
    if target is not None:
        page.fill("target", target)
        page.wait()
    if not system_disk:
        rows = page.field("disks").options
        disks = {row["value"]: "" if "system" in row["label"] else row["usual"] for row in rows}
        page.fill("disks", disks, leave=False)
        page.wait()
    if power_on is not None:
        page.fill("power_on", power_on)
    page.press("Next")
    page.fill("safety_backup", safety_backup)
    page.fill("acknowledge", page.labels("acknowledge"))
    page.fill("confirm", target or resource)
    _press(page)


def restore_file(session: Session) -> None:
    _restore(session, "web-01", "before-web-01")


def share(session: Session) -> None:
    page = _open(session.forms.share())
    page.fill("backup", next(each for each in page.labels("backup") if each.startswith("db-01")))
    page.wait()
    page.fill("projects", session.cloud.credentials_for(project="eu-west-0_staging").project_id)
    _press(page)


def rebuild(session: Session) -> None:
    session.cloud.create_disk("ledger-new", 10)
    _restore(session, "ledger", "before-ledger", target="ledger-new", safety_backup=False)


def recover(session: Session) -> None:
    _restore(session, "web-01")  # the newest without a jump


def restore_data_disk(session: Session) -> None:
    _restore(session, "db-01", "evening-db-01", system_disk=False)


def restore_and_start(session: Session) -> None:
    _restore(session, "app-02", "evening-app-02", power_on="start the server")


def restore_both(session: Session) -> None:
    for server in ("web-01", "web-02"):
        _restore(session, server, f"evening-{server}")


BY_FORM: dict[str, tuple[Callable[[Session], None], ...]] = {
    "basics": (
        create_vault, back_up, protect, policy, repair, make_room, restore_file, share, rebuild,
        recover,
    ),
    "restore night": (restore_data_disk, restore_and_start, restore_both),
}  # fmt: skip
