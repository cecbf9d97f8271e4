"""The workshop ``basics``: ten exercises as a ladder, from the first vault to ransomware."""

from __future__ import annotations

import pandas as pd

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE, VAULT_AVAILABLE
from cbr_notebook.entry import Session
from cbr_notebook.workshops import basics_restores
from cbr_notebook.workshops.exercise import Exercise, Facts, Finding, nothing_to_prepare


def new_backups(session: Session, facts: Facts, server: str) -> pd.DataFrame:
    """Return the usable backups of a server that were made since an exercise began."""
    backups = session.backups(resource=server, status=BACKUP_AVAILABLE)
    return backups[backups["created_at"] > pd.Timestamp(facts["began"])]


def _has_new_backup(session: Session, facts: Facts, server: str) -> Finding:
    found = new_backups(session, facts, server)
    if found.empty:
        return Finding(False, f"{server} has no usable backup from after the exercise began.")
    return Finding(True, f"{server} has {len(found)} usable backup(s) from after that.")


def _check_vault(session: Session, facts: Facts) -> list[Finding]:
    vaults = session.vaults()
    named = vaults[vaults["name"] == "finance"]
    if named.empty:
        return [Finding(False, f"No vault is called finance; there are {len(vaults)} others.")]
    seen = [_look_at_finance(vault) for _, vault in named.iterrows()]
    return max(seen, key=lambda findings: sum(each.passed for each in findings))


def _look_at_finance(vault: pd.Series) -> list[Finding]:
    return [
        Finding(vault["object_type"] == "server", f"finance takes a {vault['object_type']}."),
        Finding(vault["size_gb"] >= 200, f"finance has {vault['size_gb']} GB."),
        Finding(vault["status"] == VAULT_AVAILABLE, f"finance is {vault['status']}."),
    ]


def _check_backup(session: Session, facts: Facts) -> list[Finding]:
    found = new_backups(session, facts, "web-01")
    by_hand = found[~found["auto_trigger"].fillna(False).astype(bool)]
    if by_hand.empty:
        return [
            Finding(
                False, "web-01 has no usable backup that somebody asked for since it began; "
                f"{len(found)} came from a policy.",
            )
        ]  # fmt: skip
    return [Finding(True, f"web-01 was backed up as {by_hand.iloc[0]['name']}.")]


def _check_unprotected(session: Session, facts: Facts) -> list[Finding]:
    rows = session.unprotected()
    alone = sorted(rows[rows["reason"] == "in no vault"]["name"])
    if alone:
        return [Finding(False, f"In no vault: {', '.join(alone)}.")]
    return [Finding(True, "Everything that can be backed up is in a vault.")]


def _check_policy(session: Session, facts: Facts) -> list[Finding]:
    policies = session.policies()
    vaults = set(session.vaults().loc[lambda table: table["name"] == "vault-dev", "id"])
    if not vaults:
        return [Finding(False, "No vault is called vault-dev any more.")]
    applied = policies[
        policies["enabled"]
        & policies["vault_ids"].map(lambda ids: not vaults.isdisjoint((ids or "").split(", ")))
    ]
    found = new_backups(session, facts, "build-01")
    nightly = found[found["auto_trigger"].fillna(False).astype(bool)]
    days = nightly["created_at"].dt.date.nunique()
    return [
        Finding(not applied.empty, f"{len(applied)} policies that are on apply to vault-dev."),
        Finding(days >= 2, f"Policies backed build-01 up on {days} day(s) since; two would do."),
    ]


def _start_failing(session: Session) -> Facts:
    session.cloud.server("app-01").set_status("ERROR")
    session.cloud.advance(days=1, hours=2)
    return nothing_to_prepare(session)


def _check_failing(session: Session, facts: Facts) -> list[Finding]:
    return [_has_new_backup(session, facts, "app-01")]


def _start_full(session: Session) -> Facts:
    session.cloud.server("files-01").disk("vdb").fill(400, seed=6)
    session.cloud.advance(days=7)
    return nothing_to_prepare(session)


def _check_full(session: Session, facts: Facts) -> list[Finding]:
    capacity = session.capacity()
    vaults = capacity[capacity["name"] == "vault-files"]
    if vaults.empty:
        return [Finding(False, "No vault is called vault-files any more.")]
    used = float(vaults["used_percent"].max())
    return [
        Finding(used < 80, f"vault-files is used to {used:.0f} percent."),
        _has_new_backup(session, facts, "files-01"),
    ]


BASICS: tuple[Exercise, ...] = (
    Exercise(
        "Create a vault",
        "The finance department gets its own servers next week. Prepare a place for their "
        "backups: a vault called finance, for servers, with room for 200 GB.",
        nothing_to_prepare,
        _check_vault,
        (
            "A vault is created from a session, or with a form.",
            "Whoever creates a vault says its name, its size and what it takes: servers, disks "
            "or file systems.",
            "Look at session.forms.create_vault(), or at the help of session.create_vault.",
        ),
    ),
    Exercise(
        "Back up web-01",
        "Somebody will update the web shop tonight and wants a backup of web-01 from just before. "
        "Make one now; do not wait for the policy.",
        nothing_to_prepare,
        _check_backup,
        (
            "The server is in a vault already: which one?",
            "A backup goes into the server's vault; one server of a vault can be named.",
            "session.forms.back_up() asks for the vault and the server; wait until it is done.",
        ),
    ),
    Exercise(
        "Find the unprotected",
        "An auditor asks which servers and disks are in no vault at all. See to it that there is "
        "none.",
        nothing_to_prepare,
        _check_unprotected,
        (
            "There is a question for it: what is unprotected?",
            "A server goes into a vault for servers, a disk into one for disks.",
            "Look at session.unprotected(), then at session.add_resources.",
        ),
    ),
    Exercise(
        "A nightly policy, proven",
        "build-01 is in vault-dev, but nothing is ever backed up: the policy is off. Arrange for "
        "a backup every night, and prove with the cloud's clock that it happens.",
        nothing_to_prepare,
        _check_policy,
        (
            "A vault without a working policy waits for somebody to press a button.",
            "A policy runs on days and at times; it is applied to a vault. Then days must pass.",
            "Create or switch on a policy, apply it to vault-dev, and let two days pass with "
            "session.cloud.advance.",
        ),
    ),
    Exercise(
        "Why did it fail?",
        "Last night's backup of app-01 failed. Find out why, have the reason removed, and make "
        "the backup good.",
        _start_failing,
        _check_failing,
        (
            "Failed work says why it failed, and what to do.",
            "The service backs up a server only in some of its states.",
            "Read session.failures(). You have the hands of the server team, too: "
            "session.cloud.server(...).",
        ),
    ),
    Exercise(
        "The full vault",
        "vault-files is nearly full and its newest backup did not fit. Make room, without losing "
        "a backup, and catch up on files-01.",
        _start_full,
        _check_full,
        (
            "How full is each vault?",
            "A vault can be made larger at any time; below 80 percent nobody is warned.",
            "Look at session.capacity() and session.update_vault, then back files-01 up.",
        ),
    ),
    *basics_restores.EXERCISES,
)
