"""Looking whether a restore did what it should: the target, its disks, and their content."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE, FILE_SYSTEM_AVAILABLE, TASK_SUCCESS
from cbr_notebook.errors import ConnectionFailed, InvalidRequest, NotFound, NotOffered
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.drift import other_target
from cbr_notebook.runbook.plan.facts import DiskFacts, TargetFacts
from cbr_notebook.runbook.plan.survey import target_now
from cbr_notebook.runbook.verify.checksum_manifest import (
    Checksum,
    compare_files,
    manifest_target,
    read_manifest,
    reader,
)
from cbr_notebook.runbook.verify.contract import RecoveryContract, contract_from_dict, probe_key
from cbr_notebook.runbook.verify.probes import is_about_content, look_at
from cbr_notebook.session import Session
from cbr_notebook.text.dtypes import TEXT

if TYPE_CHECKING:
    import pandas as pd

_EARLIER = " (earlier)"
_EMPTY = (int, float, bytes, list, tuple, dict, set)
"""Types of answers that are nothing at all, such as no rows, when they are empty."""
OwnCheck = Callable[[Any], Any]
"""A check of the user's own: a function of the session that they hold."""
Checks = Mapping[str, OwnCheck] | Iterable[OwnCheck]


Outcome = Literal["verified", "partly", "failed", "unknown"]
"""What a verification comes to.

``verified``: content was looked at, and all of it matched; ``partly``: nothing failed, but not
all content that was asked for could be looked at; ``failed``: something is not as it should be;
``unknown``: no content was looked at, so nobody knows what the target holds.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    outcome: str
    """``pass``, ``fail`` or ``unknown``."""
    seen: str
    content: bool = False
    """Whether it is about what the target holds, not only about how it stands there."""
    partial: bool = False
    """Whether some of its content matched, though not all could be looked at."""
    key: str = ""
    """What tells the check from others of its name, such as of other files."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found; true only if content was looked at and all of it matched."""

    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """What it comes to: ``verified``, ``partly``, ``failed`` or ``unknown``."""
        if self.failed:
            return "failed"
        content = [each for each in self.findings if each.content]
        if not any(each.outcome == "pass" or each.partial for each in content):
            return "unknown"
        complete = all(each.outcome == "pass" for each in self.findings)
        return "verified" if complete else "partly"

    def __bool__(self) -> bool:
        """Return whether it is verified."""
        return self.outcome == "verified"

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings that are not as they should be."""
        return tuple(each for each in self.findings if each.outcome == "fail")

    @property
    def frame(self) -> pd.DataFrame:
        """The findings as a DataFrame: ``name``, ``outcome``, ``seen`` (text)."""
        import pandas as pd

        rows = [asdict(each) for each in self.findings]
        return pd.DataFrame(rows, columns=["name", "outcome", "seen"], dtype=TEXT)

    def __repr__(self) -> str:
        lines = [f"{each.outcome:8}{each.name}: {each.seen}" for each in self.findings]
        return "\n".join([f"Outcome: {self.outcome}.", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:left">{html.escape(text)}</td>'
                for text in (each.name, each.outcome, each.seen)
            )
            + "</tr>"
            for each in self.findings
        )
        head = "".join(f'<th scope="col">{title}</th>' for title in ("Check", "Outcome", "Seen"))
        return (
            f"<p><b>Outcome: {self.outcome}</b></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def verify(
    run: RunRecord,
    checks: Checks = (),
    *,
    manifest: str | Path | Mapping[str, Any] | None = None,
    checksum: Checksum | None = None,
    contract: RecoveryContract | None = None,
) -> Verification:
    """Verify a run that has ended, and write the findings to its journal.

    Raises:
        InvalidRequest: it has not ended, or the manifest cannot be read.
    """
    if run.state not in run_state.CARRIED_OUT:
        raise InvalidRequest(
            f"{run.title} has not ended ({run.state}); there is nothing to verify yet.",
            advice="Wait for it with run.wait().",
        )
    findings = list(_structure(run))
    if manifest is not None:
        findings.append(_manifest_finding(run, manifest, checksum))
    findings += _probe_findings(run, contract, checksum)
    findings += [_judged(name, check, run.session) for name, check in _named(checks)]
    findings += _still_failed(run, findings)
    found = Verification(tuple(findings))
    run.note(
        "verified",
        passed=bool(found),
        outcome=found.outcome,
        findings=[asdict(each) for each in findings],
    )
    return found


def _still_failed(run: RunRecord, findings: Iterable[Finding]) -> list[Finding]:
    """Return what failed earlier and has not passed since: a lighter look does not wash it away."""
    now = {(each.name, each.key) for each in findings if each.outcome != "unknown"}
    failed: dict[tuple[str, str], Finding] = {}
    for entry in run.journal.entries:
        if entry.kind != "verified":
            continue
        for each in entry.facts["findings"]:
            key = (each["name"].removesuffix(_EARLIER), each.get("key", ""))
            if each["outcome"] == "fail" and key not in failed:
                seen = each["seen"]
                if not each["name"].endswith(_EARLIER):
                    at = entry.at[:19].replace("T", " ")
                    seen = f"At {at} UTC, and not passed since: {seen}"
                failed[key] = Finding(
                    key[0] + _EARLIER, "fail", seen, bool(each.get("content")), key=key[1]
                )
            elif each["outcome"] == "pass":
                failed.pop(key, None)
    return [each for key, each in failed.items() if key not in now]


def _manifest_finding(
    run: RunRecord, manifest: str | Path | Mapping[str, Any], checksum: Checksum | None
) -> Finding:
    files = read_manifest(manifest)
    key = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    if not files:
        return Finding("files", "unknown", "The manifest lists no file.", True, key=key)
    of = manifest_target(manifest)
    if of is not None and of not in (run.target["name"], run.target["id"]):
        seen = f"The manifest is of {of}, not of {run.target['name']}."
        return Finding("files", "unknown", seen, True, key=key)
    outcome, seen, good = compare_files(files, checksum or reader(run.session, run.target["id"]))
    return Finding("files", outcome, seen, True, outcome == "unknown" and good > 0, key)


def _probe_findings(
    run: RunRecord, contract: RecoveryContract | None, checksum: Checksum | None
) -> Iterator[Finding]:
    """Look at the probes of a contract: the one named, or the one that was confirmed with."""
    if contract is None:
        written = run.begun.get("contract")
        if written is None:
            return
        contract = contract_from_dict(written)
    member = contract.member(run.target["name"], run.target["id"])
    found = look_at(member.probes, run.session, run.target["id"], checksum=checksum)
    for probe, seen in zip(member.probes, found, strict=True):
        about = is_about_content(probe)
        yield Finding(probe.name, seen.outcome, seen.seen, about, seen.partial, probe_key(probe))


def _structure(run: RunRecord) -> Iterator[Finding]:
    ended = run.journal.last("task_ended")
    assert ended is not None
    yield _finding("task", ended.facts["status"] == TASK_SUCCESS, f"The task ended as "
                   f"{ended.facts['status']}.")  # fmt: skip
    try:
        target, backup = target_now(run.session, run.backup["id"], other_target(run))
    except NotOffered as problem:
        yield Finding("target", "unknown", f"{problem.message} {problem.advice}")
        return
    except NotFound as problem:
        yield Finding("target", "fail", problem.message)
        return
    if target is None:
        yield Finding("target", "fail", f"{run.target['name']} does not exist any more.")
        return
    yield _finding("target", target.id == run.target["id"], f"{target.name} exists.")
    yield _power(run, target)
    disks = {disk.id: disk for disk in target.disks}
    for written in run.begun["overwritten"]:
        yield _disk(written, disks.get(written["disk_id"]), target)
    yield _finding("backup", backup == BACKUP_AVAILABLE, f"The backup is {backup}.")


def _power(run: RunRecord, target: TargetFacts) -> Finding:
    status = target.status
    if target.type in (DISK, FILE_SYSTEM):
        return _finding("status", status.lower() == FILE_SYSTEM_AVAILABLE, f"It is {status}.")
    wanted = "ACTIVE" if run.begun["power_on"] else "SHUTOFF"
    return _finding(
        "power", status.upper() == wanted, f"The server is {status}, {wanted} was asked for."
    )


def _disk(written: Mapping[str, Any], disk: DiskFacts | None, target: TargetFacts) -> Finding:
    name = f"disk {written['disk']}"
    if disk is None:
        return Finding(name, "fail", f"It is not a disk of {target.name} any more.")
    well = disk.status == written["status"] and disk.size_gb == written["size_gb"]
    return _finding(
        name,
        well,
        f"It is {disk.status} and has {disk.size_gb} GB; "
        f"{written['status']} and {written['size_gb']} GB were expected.",
    )


def _named(checks: Checks) -> Iterator[tuple[str, OwnCheck]]:
    if isinstance(checks, Mapping):
        yield from checks.items()
        return
    for check in checks:
        yield getattr(check, "__name__", "check").replace("_", " "), check


def _judged(name: str, check: OwnCheck, session: Session) -> Finding:
    try:
        seen = check(session)
    except ConnectionFailed as problem:
        return Finding(name, "unknown", f"It could not be looked at: {problem}"[:500], True)
    except Exception as problem:
        return Finding(name, "fail", f"{type(problem).__name__}: {problem}"[:500], True)
    if seen is None:
        return Finding(name, "pass", "It ran without an error.", True)
    if isinstance(seen, bool) or type(seen).__name__ in ("bool", "bool_"):  # ours, or NumPy's
        return Finding(name, *(("pass", "It holds.") if seen else ("fail", "It does not hold.")),
                       content=True)  # fmt: skip
    if isinstance(seen, _EMPTY) and not seen:
        return Finding(name, "fail", f"It does not hold: the check says {seen!r}.", True)
    said = f"The check says {seen!r}"[:400]
    return Finding(name, "unknown", f"{said}; whether that is well, it does not say.", True)


def _finding(name: str, well: bool, seen: str) -> Finding:
    return Finding(name, "pass" if well else "fail", seen)
