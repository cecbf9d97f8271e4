"""Whether a backup that a person named looks as usual: one more check of a plan."""

from __future__ import annotations

from cbr_notebook.errors import CBRError
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.facts import BackupFacts
from cbr_notebook.runbook.plan.verdict import WARN
from cbr_notebook.session import Session

NOT_QUIET = "backup not quiet"
"""The name of the warning; it is accepted under this name."""
_SAID = {"jump": "a jump. ", "unjudged": "cannot be judged. "}
_WHY = "A jump in changed data may be the damage itself."
_TO_DO = "Go on only if you know why. session.suspicion(...) says it of each backup."


def check_quiet(session: Session, backup: BackupFacts) -> tuple[Check, ...]:
    """Return the warning ``backup not quiet`` for a plan; nothing if the backup is quiet.

    A backup that nobody could look at is not quiet either.

    Args:
        session: is asked how much the newest backups of the resource added.
        backup: the one that would be restored.
    """
    made = f"{backup.name} of {backup.created_at:%Y-%m-%d %H:%M} UTC"
    try:
        judged = session.suspicion(backup.resource_id)
        found = judged[judged["backup_id"] == backup.id].to_dict("records")
    except CBRError as problem:
        found, why = [], problem.message
    else:
        why = f"It is older than the {len(judged)} backups that were looked at."
    if not found:
        seen = f"{made}: nobody has looked whether it is a jump. {why}"
    elif found[0]["verdict"] == "quiet":
        return ()
    else:
        seen = f"{made}: {_SAID.get(found[0]['verdict'], '')}{found[0]['reason']}"
    return (Check(NOT_QUIET, WARN, seen, _WHY, "", _TO_DO),)
