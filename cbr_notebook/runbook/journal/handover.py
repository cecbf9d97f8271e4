"""The hand-over note of a restore: what the next person has to know, from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.api.messages.constants import SERVER
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.evidence import Evidence, Table
from cbr_notebook.text.formatting import pluralize

_MINUTES = "%Y-%m-%d %H:%M"


def handover(run: Evidence, open_runs: tuple[str, ...] = ()) -> Table:
    """Return the note as a table of two columns without headings.

    Args:
        run: what the journal of the run proves.
        open_runs: other runs that have not ended, in words.
    """
    rows = [
        ("Restored", _restored(run)),
        ("From", _origin(run)),
        ("By", _people(run)),
        ("Verified", _verified(run) or "nothing"),
        ("Not verified", "; ".join(_not_verified(run)) or "nothing that was asked for is left"),
        ("Way back", _way_back(run)),
        ("Still to be done", " ".join(_to_do(run)) or "Nothing that the journal knows of."),
        ("Open runs", "; ".join(open_runs) or "none that this computer knows of"),
    ]
    return Table("Hand-over note", ("", ""), rows)


def _restored(run: Evidence) -> str:
    name = run.begun["target"]["name"]
    disks = ", ".join(each["disk"] for each in run.begun["overwritten"]) or "itself"
    back = run.last("rolled_back")
    if back is not None:
        how = "failed" if run.state == run_state.FAILED else "was carried out"
        return (
            f"{name}: this restore {how}; since then run {back.facts['by_run']} has restored the "
            "safety backup, what was there before"
        )
    match run.state:
        case run_state.SUCCESS:
            return f"{name}: {disks}"
        case run_state.FAILED:
            return f"{name} was not restored: the restore failed; {disks} may be half written"
        case run_state.STOPPED:
            return f"{name} was not restored by this run: the service was not asked, or it refused"
        case run_state.RUNNING:
            return f"{name}: {disks}; the restore had not ended when last seen"
        case run_state.NOT_ASKED:
            return f"{name} is not restored yet by this run: the service has not been asked"
    return f"{name}: whether {disks} is restored is not known"


def _origin(run: Evidence) -> str:
    backup = run.begun["backup"]
    made = datetime.fromisoformat(backup["created_at"])
    return f"backup {backup['name']} ({backup['id']}) of {made:{_MINUTES}} UTC"


def _people(run: Evidence) -> str:
    said = [f"{run.begun['who']} (confirmed at {run.entries[0].moment:{_MINUTES}} UTC)"]
    approval = run.begun.get("approval")
    if approval:
        said.append(f"approved by {approval['name']} with the key {approval['key']}")
    said += [
        f"{entry.facts['who']} (took it up at {entry.moment:{_MINUTES}} UTC)"
        for entry in run.entries
        if entry.kind == "resumed" and entry.facts.get("who")
    ]
    return "; ".join(said)


def _findings(run: Evidence) -> list[dict[str, Any]]:
    found = run.last("verified")
    return list(found.facts["findings"]) if found else []


def _names(run: Evidence, outcome: str) -> str:
    return ", ".join(each["name"] for each in _findings(run) if each["outcome"] == outcome)


def _verified(run: Evidence) -> str:
    """Return what of the content was looked at and matched; how things stand is not meant."""
    found = [each for each in _findings(run) if each.get("content")]
    return ", ".join(each["name"] for each in found if each["outcome"] == "pass")


def _not_verified(run: Evidence) -> Iterator[str]:
    found = _findings(run)
    if not found:
        yield "anything: nobody verified it"
        return
    if not any(each.get("content") for each in found):
        yield "what is on the disks: nobody looked"
    for outcome, what in (("fail", "not as it should be"), ("unknown", "could not be judged")):
        if names := _names(run, outcome):
            yield f"{what}: {names}"


def _way_back(run: Evidence) -> str:
    back = run.last("rolled_back")
    if back is not None:
        return f"taken: run {back.facts['by_run']}"
    begun = run.last("roll_back_begun")
    if begun is not None:
        return f"begun as run {begun.facts['by_run']}, whose own report tells how it ended"
    made = run.last("safety_backup_made")
    if made is None:
        return "none: no safety backup was made"
    days = run.begun.get("safety_keep_days")
    until = "until somebody deletes it"
    if days is not None:
        end = made.moment + timedelta(days=days)
        until = f"until {end:{_MINUTES}} UTC, when its {pluralize(days, 'day')} are over"
    which = made.facts.get("backup_id") or "its ID was not told"
    disks = made.facts.get("disks")
    part = f"; it holds only {', '.join(disks)}" if disks else ""
    return (
        f"safety backup {made.facts['name']} ({which}), kept {until}{part}: run.roll_back(), or "
        f"cbr-notebook rollback {run.begun['run_id']}"
    )


def _to_do(run: Evidence) -> Iterator[str]:
    name, plan = run.begun["target"]["name"], run.begun["plan"]
    run_id = run.begun["run_id"]
    if run.last("rolled_back"):
        yield f"Restore {name} anew, from another backup: what was there before is back."
        return
    if run.state in run_state.UNFINISHED:
        yield f"Take the run up to its end: cbr-notebook resume {run_id}."
        return
    if run.state == run_state.GIVEN_UP:
        yield "Look in the service's tasks whether it was restored."
    if run.state in (run_state.FAILED, run_state.STOPPED):
        back = run.state == run_state.FAILED and run.last("safety_backup_made")
        yield f"Restore {name} anew, or go back." if back else f"Restore {name} anew."
        return
    if run.verification == "failed":
        yield f"Look at what is not as it should be: {_names(run, 'fail')}."
    elif run.verification != "verified":
        yield "Look at the content: run.verify(manifest=…) or checks of your own."
    target = plan.get("target") or {}
    if target.get("type") == SERVER and not run.begun["power_on"]:
        yield f"Start {name}: it was left stopped."
    written = {disk for _, disk in plan["mappings"]}
    stays = [each["name"] for each in target.get("disks", ()) if each["id"] not in written]
    if stays:
        yield f"Look whether {', '.join(stays)}, which stayed newer, fits the rest."
    if run.last("safety_backup_made") and run.begun.get("safety_keep_days") is None:
        yield "Delete the safety backup once nobody needs it."
