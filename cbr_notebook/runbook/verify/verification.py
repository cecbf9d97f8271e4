"""Looking whether a restore did what it should: the target, its disks, and their content."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError, InvalidRequest, NotFound
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.checks import DISK_TYPE, FILE_SYSTEM_TYPE
from cbr_notebook.runbook.plan.drift import planned_again
from cbr_notebook.runbook.plan.facts import DiskFacts, TargetFacts
from cbr_notebook.runbook.verify.manifest import Checksum, read_manifest, reader
from cbr_notebook.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook.runbook.plan.facts import DiskFacts, TargetFacts

__all__ = ["Checksum", "Finding", "Verification", "verify"]

_SHOWN = 5
Checks = Mapping[str, Callable[[Session], Any]] | Iterable[Callable[[Session], Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    outcome: str
    """``pass``, ``fail`` or ``unknown``."""
    seen: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found; true if nothing failed."""

    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings that are not as they should be."""
        return tuple(each for each in self.findings if each.outcome == "fail")

    @property
    def frame(self) -> pd.DataFrame:
        """The findings as a DataFrame: ``name``, ``outcome``, ``seen`` (text)."""
        import pandas as pd

        rows = [asdict(each) for each in self.findings]
        return pd.DataFrame(rows, columns=["name", "outcome", "seen"], dtype="str")

    def __repr__(self) -> str:
        lines = [f"{each.outcome:8}{each.name}: {each.seen}" for each in self.findings]
        return "\n".join(lines)

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
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def verify(
    run: RunRecord,
    checks: Checks = (),
    *,
    manifest: str | Path | Mapping[str, Any] | None = None,
    checksum: Checksum | None = None,
) -> Verification:
    """Verify a run that has ended, and write the findings to its journal.

    Raises:
        InvalidRequest: it has not ended, or the manifest cannot be read.
    """
    if run.state not in ("success", "failed"):
        raise InvalidRequest(
            f"{run.title} has not ended ({run.state}); there is nothing to verify yet.",
            advice="Wait for it with run.wait().",
        )
    files = None if manifest is None else read_manifest(manifest)
    read = None if files is None else checksum or reader(run.session, run.target["id"])
    findings = list(_structure(run))
    if files is not None and read is not None:
        findings.append(_content(files, read))
    findings += [_judged(name, check, run.session) for name, check in _named(checks)]
    found = Verification(tuple(findings))
    run.note("verified", passed=bool(found), findings=[asdict(each) for each in findings])
    return found


def _structure(run: RunRecord) -> Iterator[Finding]:
    ended = run.journal.last("task_ended")
    assert ended is not None
    yield _finding("task", ended.facts["status"] == "success", f"The task ended as "
                   f"{ended.facts['status']}.")  # fmt: skip
    try:
        facts = planned_again(run).facts
    except NotFound as problem:
        yield Finding("target", "fail", problem.message)
        return
    target = facts.target
    if target is None:
        yield Finding("target", "fail", f"{run.target['name']} does not exist any more.")
        return
    yield _finding("target", target.id == run.target["id"], f"{target.name} exists.")
    yield _power(run, target)
    disks = {disk.id: disk for disk in target.disks}
    for written in run.begun["overwritten"]:
        yield _disk(written, disks.get(written["disk_id"]), target)
    backup = facts.backup.status
    yield _finding("backup", backup == "available", f"The backup is {backup}.")


def _power(run: RunRecord, target: TargetFacts) -> Finding:
    status = target.status
    if target.type in (DISK_TYPE, FILE_SYSTEM_TYPE):
        return _finding("status", status.lower() == "available", f"It is {status}.")
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


def _content(files: list[dict[str, str]], read: Checksum) -> Finding:
    missing, different = [], []
    for each in files:
        place = f"{each['disk']}:{each['path']}".lstrip(":")
        try:
            digest = read(each["disk"], each["path"])
        except CBRError as problem:
            return Finding("files", "unknown", problem.message)
        if digest is None:
            missing.append(place)
        elif digest != each["sha256"]:
            different.append(place)
    parts = [f"{len(files) - len(missing) - len(different)} of {len(files)} files are as then."]
    for what, places in (("Missing", missing), ("Different", different)):
        if places:
            more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
            parts.append(f"{what}: {', '.join(places[:_SHOWN])}{more}.")
    return _finding("files", not missing and not different, " ".join(parts))


def _named(checks: Checks) -> Iterator[tuple[str, Callable[[Session], Any]]]:
    if isinstance(checks, Mapping):
        yield from checks.items()
        return
    for check in checks:
        yield getattr(check, "__name__", "check").replace("_", " "), check


def _judged(name: str, check: Callable[[Session], Any], session: Session) -> Finding:
    try:
        seen = check(session)
    except Exception as problem:
        return Finding(name, "fail", f"{type(problem).__name__}: {problem}"[:500])
    if isinstance(seen, str):
        return Finding(name, "pass", seen)
    holds = seen is None or bool(seen)
    return _finding(name, holds, "It holds." if holds else "It does not hold.")


def _finding(name: str, well: bool, seen: str) -> Finding:
    return Finding(name, "pass" if well else "fail", seen)
