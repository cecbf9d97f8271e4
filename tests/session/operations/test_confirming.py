"""What asks for a confirmation says in people's words what would be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import ConfirmationNeeded


@pytest.fixture
def session() -> Iterator[Session]:
    """A session with a backup of everything in its vaults, made on 17 August 2020 at 03:51 UTC."""
    with cbr.simulate("empty") as opened:
        opened.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10)))
        opened.cloud.create_server("web-02")
        opened.cloud.create_disk("archive", 10)
        opened.cloud.create_file_system("share", 100)
        for vault, kind, resources in (
            ("films", "server", ["web-01", "web-02"]),
            ("disks", "disk", "archive"),
            ("shares", "turbo", "share"),
        ):
            opened.create_vault(vault, size_gb=200, object_type=kind, resources=resources)  # type: ignore[arg-type]
            opened.back_up(vault, name=f"of-{vault}")
        opened.cloud.advance(days=2)
        yield opened


def question(ask: Callable[[], Any]) -> str:
    with pytest.raises(ConfirmationNeeded) as caught:
        ask()
    return caught.value.message


def test_deleting_a_backup_says_of_what_and_when_it_was_made(session: Session) -> None:
    assert question(lambda: session.delete_backup("of-disks")) == (
        "This deletes the backup of-disks of archive, made at 2020-08-17 03:51 UTC. "
        "It cannot be undone."
    )


def test_deleting_a_vault_and_removing_a_resource_say_how_many_backups_go(
    session: Session,
) -> None:
    assert question(lambda: session.delete_vault("films")) == (
        "This deletes the vault films: 2 backups, made on 2020-08-17. It cannot be undone."
    )
    assert question(lambda: session.remove_resources("films", "web-01")) == (
        "This deletes the backups of web-01 in the vault films: 1 backup, made on 2020-08-17. "
        "It cannot be undone."
    )


def test_restoring_says_what_is_overwritten_and_since_when_all_is_lost(session: Session) -> None:
    server = session.backups(resource="web-01")
    assert question(lambda: session.restore(server)) == (
        f"This overwrites 2 disks of the server web-01 with the backup {server['name'].item()}, "
        "made at 2020-08-17 03:51 UTC. All that was written since 2020-08-17 03:51 UTC is lost. "
        "It cannot be undone."
    )
    text = question(lambda: session.restore("of-disks"))
    assert text.startswith("This overwrites the disk archive with the backup of-disks, made at")
    assert "the file system share with" in question(lambda: session.restore("of-shares"))


def test_of_another_target_everything_that_is_there_is_lost(session: Session) -> None:
    session.cloud.create_disk("spare", 10)
    text = question(lambda: session.restore("of-disks", target="spare"))
    assert "the disk spare with the backup of-disks" in text
    assert "All that is there now is lost." in text


def test_deleting_a_policy_names_the_vaults_that_lose_its_schedule(session: Session) -> None:
    policy = session.create_policy("nightly", days="daily", times="23:00", max_backups=3)
    assert question(lambda: session.delete_policy("nightly")) == (
        "This deletes the policy nightly; no vault has its schedule."
    )
    for vault in ("films", "disks"):
        session.apply_policy("nightly", vault)
    # Also of a record of earlier the vaults of today are named.
    for named in ("nightly", policy):
        assert question(lambda named=named: session.delete_policy(named)) == (  # type: ignore[misc]
            "This deletes the policy nightly; 2 vaults would lose the schedule: disks, films."
        )
