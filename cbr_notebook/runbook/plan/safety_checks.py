"""The checks of common sense: a way back, room for it, and nothing in between."""

from __future__ import annotations

from datetime import timedelta

from cbr_notebook.runbook.plan.facts import Facts, Unread
from cbr_notebook.runbook.plan.verdict import LOOK_AGAIN, NO_TARGET, PASS, UNKNOWN, WARN, Verdict

SAFETY_AGE = timedelta(hours=1)
"""A backup of the target this recent counts as a safety backup."""
VAULT_ROOM = "vault room"
"""The name of the check whether a safety backup can be made."""


def policy_run(facts: Facts) -> Verdict:
    """Check whether a scheduled backup comes in between."""
    if Unread.POLICIES in facts.unreadable:
        return UNKNOWN, "The policies of the vault could not be read.", ""
    if facts.next_policy_run is None:
        return PASS, "No policy is about to run.", ""
    window = facts.expected_duration or timedelta(hours=1)
    due_in = facts.next_policy_run - facts.asked_at
    seen = f"Policy {facts.policy_name} runs next at {facts.next_policy_run:%Y-%m-%d %H:%M} UTC"
    if due_in <= window:
        return (
            WARN,
            f"{seen}, perhaps during the restore.",
            "It will skip the target or fail. Restore now and accept that, or wait it out.",
        )
    return PASS, f"{seen}, after the restore.", ""


def safety_backup(facts: Facts) -> Verdict:
    """Check whether there is a way back."""
    recent = [at for _, at in facts.newer_backups if abs(facts.asked_at - at) <= SAFETY_AGE]
    restored = max((each.created_at for each in facts.restores if each.created_at), default=None)
    # What was backed up before a restore is not what is there since.
    present = [at for at in recent if restored is None or at > restored]
    untold = Unread.RESTORES in facts.unreadable
    if present and not untold:
        return PASS, f"A backup of the present state was made at {present[0]:%H:%M} UTC.", ""
    seen = "There is no backup of the present state."
    if Unread.BACKUPS in facts.unreadable:
        seen = "The backups could not be read; there may be none of the present state."
    elif untold and recent:
        seen = (
            f"A backup was made at {recent[0]:%H:%M} UTC; whether a restore has changed the "
            "state since cannot be told."
        )
    elif recent:
        seen += f" The newest was made before the restore of {restored:%Y-%m-%d %H:%M} UTC."
    # Not "unknown", which needs no acknowledgement: without a way back, someone must say yes.
    return (
        WARN,
        seen,
        "Let execute(safety_backup=True) make one first; it is the only way back.",
    )


def without_way_back(facts: Facts) -> bool:
    """Return whether a safety backup would be refused: there is no vault for it, or it is full."""
    vault = facts.safety_vault
    if facts.target is None:
        return False
    full = vault is not None and vault.free_mb is not None and vault.free_mb <= 0
    return vault is None or (full and not vault.expands)


def vault_room(facts: Facts) -> Verdict:
    """Check whether a safety backup fits into its vault."""
    vault = facts.safety_vault
    if facts.target is None:
        return NO_TARGET
    name = facts.target.name
    go_without = (
        "go on without a safety backup: "
        'execute(…, safety_backup=False, acknowledge=["safety backup"]).'
    )
    if vault is None:
        return (
            WARN,
            f"{name} is in no vault, so its present state cannot be backed up.",
            f"Put it into a vault: session.add_resources(vault, resources); or {go_without}",
        )
    if vault.expands:
        return PASS, f"Vault {vault.name} grows by itself.", ""
    if vault.free_mb is None:
        return UNKNOWN, f"The service does not tell how full vault {vault.name} is.", LOOK_AGAIN
    make_room = f"Make room (a larger vault, or fewer backups), or {go_without}"
    if vault.free_mb <= 0:
        return WARN, f"Vault {vault.name} is full: it takes no safety backup.", make_room
    left = f"{vault.free_mb / 1024:.1f} GB"
    if vault.usual_mb is not None and vault.usual_mb > vault.free_mb:
        usual = f"{vault.usual_mb / 1024:.1f} GB"
        return (
            WARN,
            f"Vault {vault.name} has {left} left, and backups of {name} took {usual} on average: "
            "a safety backup would overfill it.",
            make_room,
        )
    most = sum(disk.size_gb for disk in facts.target.disks)
    seen = f"Vault {vault.name} has {left} left."
    if most * 1024 > vault.free_mb:
        seen += f" If all {most} GB of {name} were rewritten, a safety backup may take more."
    return PASS, seen, ""
