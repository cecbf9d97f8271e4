"""Evidence of restores, as a document that stands alone: HTML, Markdown or JSON.

A report carries the whole journal with its chain of hashes, and a seal over its own text.
:func:`verify_report` computes all of it again, so that an edited report shows. The seal says
that nothing was edited by chance or by hand; it does not say who wrote the report.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbr_notebook._version import __version__
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.journal.evidence import Evidence, Table
from cbr_notebook.runbook.journal.journal import Entry, broken_link, read_entries
from cbr_notebook.runbook.journal.timeline import time_line

_MARK = "cbr-notebook-evidence"
_NO_SEAL = "(here stands the seal)"
_OUTCOMES = ("pass", "warn", "fail", "unknown")


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """Whether a report is as it was written; true if it is."""

    intact: bool
    reason: str

    def __bool__(self) -> bool:
        """Whether the report is as it was written."""
        return self.intact


def write_report(journals: Sequence[Sequence[Entry]], path: Path) -> Path:
    """Write the evidence of one or more runs to a file.

    Args:
        journals: of each run; of a group, its own journal first.
        path: ends in ``.html``, ``.md`` or ``.json``.

    Returns:
        The path.

    Raises:
        InvalidRequest: another suffix, or the file cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InvalidRequest(
            f"A report cannot be written as {path.suffix or 'a file without suffix'}.",
            advice="Choose a name that ends in .html, .md or .json.",
            field="path",
        )
    text = _sealed(writer, journals, __version__)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise InvalidRequest(
            f"The report {path} cannot be written: {problem.strerror}.",
            advice="Name a file in a folder that exists.",
            field="path",
        ) from None
    return path


def verify_report(path: str | Path, *, folder: str | Path | None = None) -> ReportVerdict:
    """Say whether a report of a restore is as it was written.

    Args:
        path: a report that ``run.report(path)`` wrote, in any of its forms.
        folder: where the journals are kept, to compare the report with them as well.

    Returns:
        A verdict that is true or false, with the reason in words.

    Raises:
        InvalidRequest: the file is not such a report, or cannot be read.
    """
    text = _read(path)
    sealed = _sealed_part(text)
    journals = [read_entries(each) for each in sealed["journals"]]
    for journal in journals:
        broken = broken_link(journal)
        if broken is not None or not journal:
            return ReportVerdict(False, f"Entry {broken or 1} of the journal was changed.")
        if folder is not None and not _as_kept(journal, Path(folder)):
            return ReportVerdict(False, "The journal in the folder says something else.")
    seal = sealed["seal"]
    blank = text.replace(seal, _NO_SEAL)
    if hashlib.sha256(blank.encode()).hexdigest() != seal:
        return ReportVerdict(False, "The text was changed after it was written.")
    if sealed["version"] != __version__:
        return ReportVerdict(
            True,
            f"Chain and seal fit. Version {sealed['version']} wrote it, so its tables were not "
            "computed again.",
        )
    writer = {"{": _as_json, "<": _as_html}.get(text.lstrip()[:1], _as_markdown)
    if _sealed(writer, journals, __version__) != text:
        return ReportVerdict(False, "The text does not say what the journal says.")
    return ReportVerdict(True, "The report is as it was written.")


def _read(path: str | Path) -> str:
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest(
            f"The report {path} cannot be read: {problem}.", field="path"
        ) from None


def _sealed_part(text: str) -> dict[str, Any]:
    found = re.search(rf"<!-- {_MARK}\n(.*?)\n-->", text, re.DOTALL)
    try:
        sealed = json.loads(found[1] if found else text)
        if not {"journals", "seal", "version"} <= sealed.keys():
            raise ValueError("no seal")
        if not re.fullmatch(r"[0-9a-f]{64}", sealed["seal"]):
            raise ValueError("no seal")
    except (ValueError, AttributeError, TypeError):
        raise InvalidRequest(
            "This file is not a report of a restore.",
            advice="Name a file that run.report(path) wrote.",
            field="path",
        ) from None
    document: dict[str, Any] = sealed
    return document


def _as_kept(journal: Sequence[Entry], folder: Path) -> bool:
    """Whether the journal in a folder, if it is there, goes on from the report's."""
    from cbr_notebook.runbook.journal.journal import Journal

    run_id = Path(str(journal[0].facts.get("run_id"))).name
    kept = Journal(folder / f"{run_id}.jsonl").entries
    return kept[: len(journal)] == list(journal)


def _sealed(writer: Any, journals: Sequence[Sequence[Entry]], version: str) -> str:
    blank: str = writer(journals, version)
    seal = hashlib.sha256(blank.encode()).hexdigest()
    return blank.replace(_NO_SEAL, seal)


def _document(journals: Sequence[Sequence[Entry]], version: str) -> dict[str, Any]:
    return {
        "version": version,
        "seal": _NO_SEAL,
        "journals": [[entry.as_dict() for entry in journal] for journal in journals],
    }


def _runs(journals: Sequence[Sequence[Entry]]) -> list[Evidence]:
    return [Evidence(journal) for journal in journals if journal[0].kind == "confirmed"]


def _is_group(journals: Sequence[Sequence[Entry]]) -> bool:
    return journals[0][0].kind != "confirmed"


def _title(journals: Sequence[Sequence[Entry]]) -> str:
    runs = _runs(journals)
    if not _is_group(journals):
        return runs[0].title
    return f"Restore of {len(journals[0][0].facts['members'])} targets"


def _overview(journals: Sequence[Sequence[Entry]]) -> list[Table]:
    """Return what a report on a group begins with."""
    if not _is_group(journals):
        return []
    runs = {each.begun["run_id"]: each for each in _runs(journals)}
    rows: list[tuple[str, ...]] = []
    for member in journals[0][0].facts["members"]:
        run = runs.get(member["run_id"])
        rows.append(
            (
                member["target"],
                ", ".join(member["after"]) or "none",
                run.state if run else "not begun",
                str(run.recovery_time) if run else "not reached",
                str(run.recovery_point) if run else "",
            )
        )
    headings = ("Target", "After", "State", "Recovery time", "Recovery point")
    return [Table("All targets", headings, rows)]


def _as_json(journals: Sequence[Sequence[Entry]], version: str) -> str:
    shown = {
        "title": _title(journals),
        "overview": [_table_as_list(table) for table in _overview(journals)],
        "runs": [
            {
                "title": run.title,
                "state": run.state,
                "recovery_time_seconds": run.recovery_time.seconds,
                "recovery_time_met": run.recovery_time.met,
                "recovery_point_seconds": run.recovery_point.seconds,
                "recovery_point_met": run.recovery_point.met,
                "tables": {table.title: _table_as_list(table) for table in run.tables},
            }
            for run in _runs(journals)
        ],
    }
    document = shown | _document(journals, version)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _table_as_list(table: Table) -> list[dict[str, str]] | dict[str, str]:
    if not any(table.headings):
        return {row[0]: row[1] for row in table.rows}
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def _comment(journals: Sequence[Sequence[Entry]], version: str) -> str:
    text = json.dumps(_document(journals, version), ensure_ascii=False)
    # "--" may not stand in a comment of HTML; as an escape it is the same JSON.
    return f"<!-- {_MARK}\n{text.replace('--', chr(92) + 'u002d' + chr(92) + 'u002d')}\n-->\n"


def _as_markdown(journals: Sequence[Sequence[Entry]], version: str) -> str:
    def cell(text: str) -> str:
        text = html.escape(text, quote=False).replace("\\", "\\\\").replace("\n", " ")
        return re.sub(r"([|*_`\[\]])", r"\\\1", text)

    def written(table: Table) -> list[str]:
        lines = [f"{'###' if _is_group(journals) else '##'} {table.title}", ""]
        if table.rows:
            lines.append("| " + " | ".join(table.headings) + " |")
            lines.append("|" + " --- |" * len(table.headings))
            lines += ["| " + " | ".join(map(cell, row)) + " |" for row in table.rows]
        else:
            lines.append("None.")
        return [*lines, ""]

    lines = [f"# {cell(_title(journals))}", ""]
    for table in _overview(journals):
        lines += written(table)
    for run in _runs(journals):
        if _is_group(journals):
            lines += [f"## {cell(run.title)}", ""]
        for table in run.tables:
            lines += written(table)
    lines += [f"Seal (SHA-256): `{_NO_SEAL}`", ""]
    return "\n".join(lines) + _comment(journals, version)


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
th, td { border-bottom: 1px solid #8888; padding: .35rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
thead th { white-space: nowrap; }
.fail { font-weight: bold; } .fail::before { content: "\\2717\\00a0"; }
.pass::before { content: "\\2713\\00a0"; } .warn::before { content: "!\\00a0"; }
.unknown::before { content: "?\\00a0"; }
figure { margin: 0 0 1.5rem; } figure svg { max-width: 100%; height: auto; background: #fff; }
code { overflow-wrap: anywhere; }
"""


def _as_html(journals: Sequence[Sequence[Entry]], version: str) -> str:
    e = html.escape
    level = "h3" if _is_group(journals) else "h2"

    def written(table: Table) -> str:
        if not table.rows:
            return f"<{level}>{e(table.title)}</{level}><p>None.</p>"
        plain = not any(table.headings)
        head = "".join(f'<th scope="col">{e(each)}</th>' for each in table.headings)
        body = []
        for row in table.rows:
            cells = [
                f'<th scope="row">{e(text)}</th>' if plain and number == 0
                else f'<td class="{text}">{text}</td>' if text in _OUTCOMES
                else f"<td>{e(text)}</td>"
                for number, text in enumerate(row)
            ]  # fmt: skip
            body.append(f"<tr>{''.join(cells)}</tr>")
        return (
            f"<{level}>{e(table.title)}</{level}>\n<table>"
            + ("" if plain else f"<thead><tr>{head}</tr></thead>")
            + "<tbody>\n"
            + "\n".join(body)
            + "\n</tbody></table>"
        )

    title = e(_title(journals))
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        *(written(table) for table in _overview(journals)),
    ]
    for run in _runs(journals):
        if _is_group(journals):
            parts.append(f"<h2>{e(run.title)}</h2>")
        if picture := time_line(run.phases):
            caption = "What the time went into"
            parts.append(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>")
        parts += [written(table) for table in run.tables]
    parts.append(f"<p>Seal (SHA-256): <code>{_NO_SEAL}</code></p></main>")
    return "\n".join(parts) + "\n" + _comment(journals, version) + "</body></html>\n"


_WRITERS = {".html": _as_html, ".htm": _as_html, ".md": _as_markdown, ".json": _as_json}
