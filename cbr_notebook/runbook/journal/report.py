"""Evidence of restores, as a document that stands alone: HTML, Markdown or JSON.

A report carries the whole journal with its chain of hashes, and is signed by whoever writes it.
:func:`verify_report` computes all of it again, so that an edited report shows.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from cbr_notebook._version import __version__
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.evidence import Evidence, Table
from cbr_notebook.runbook.journal.handover import handover
from cbr_notebook.runbook.journal.journal import Entry, Journal, broken_link, read_entries
from cbr_notebook.runbook.journal.phase_bars import time_line
from cbr_notebook.runbook.journal.run_state import ENDED, state_of
from cbr_notebook.runbook.journal.submissions import is_forgotten
from cbr_notebook.sealing.keys import PublicKeys, Signer, SigningKey, person_key, simulated_key
from cbr_notebook.sealing.seal import Opened, ReportVerdict, open_sealed, read_sealed, seal
from cbr_notebook.session import Session

KIND = "restore report"
_MARK = "cbr-notebook-evidence"
_OUTCOMES = ("pass", "warn", "fail", "unknown")


@dataclass(frozen=True, slots=True)
class _Content:
    """All that a report is made from: the same content always gives the same text."""

    journals: Sequence[Sequence[Entry]]
    version: str
    signer: Signer
    open_runs: tuple[str, ...]
    """Other runs that had not ended when it was written, in words."""

    @property
    def runs(self) -> list[Evidence]:
        """What the journals of single runs prove."""
        return [Evidence(journal) for journal in self.journals if journal[0].kind == "confirmed"]

    @property
    def is_group(self) -> bool:
        """Whether the first journal is that of a group."""
        return self.journals[0][0].kind != "confirmed"

    @property
    def title(self) -> str:
        """What it is about."""
        if not self.is_group:
            return self.runs[0].title
        return f"Restore of {len(self.journals[0][0].facts['members'])} targets"

    def tables(self, run: Evidence) -> list[Table]:
        """Return the tables of one run: first what the next person has to know."""
        return [handover(run, self.open_runs), *run.tables]

    @property
    def document(self) -> dict[str, Any]:
        """What the report carries, so that all of it can be computed again."""
        return {
            "version": self.version,
            "open_runs": list(self.open_runs),
            "journals": [[entry.as_dict() for entry in journal] for journal in self.journals],
        }


def signing_key(session: Session) -> SigningKey:
    """Return the key that signs what a session did: the person's, or that of simulated clouds.

    Raises:
        InvalidRequest: the person's key cannot be read or kept.
    """
    return simulated_key() if session.simulated else person_key()


def refuse_unwritable(path: Path, session: Session | None) -> None:
    """Refuse a report that could not be written once everything has been overwritten.

    Args:
        path: where it will go.
        session: what it will be about; ``None``: a simulated cloud, whose key everybody has.

    Raises:
        InvalidRequest: another suffix, the file cannot be written, or the signing key cannot be
            read or kept.
    """
    _writer_of(path)
    try:
        # Tried, not asked: permissions alone tell neither of a full disk nor of a long name.
        with path.open("ab") if path.exists() else TemporaryFile(dir=path.parent):
            pass
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise InvalidRequest(
            f"The report {path} cannot be written: {why}.",
            advice="Name a file in a folder that exists and that you may write.",
            field="report",
        ) from None
    if session is not None:
        signing_key(session)


def _writer_of(path: Path) -> Callable[[_Content], str]:
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InvalidRequest(
            f"A report cannot be written as {path.suffix or 'a file without suffix'}.",
            advice="Choose a name that ends in .html, .md or .json.",
            field="path",
        )
    return writer


def write_report(journals: Sequence[Journal], path: Path, key: SigningKey) -> Path:
    """Write the evidence of one or more runs to a file, signed.

    Args:
        journals: of each run; of a group, its own journal first.
        path: ends in ``.html``, ``.md`` or ``.json``.
        key: signs it.

    Returns:
        The path.

    Raises:
        InvalidRequest: another suffix, the file cannot be written, or a journal is not the one
            that a run wrote.
    """
    writer = _writer_of(path)
    for journal in journals:
        _refuse_stranger(journal)
    content = _Content(
        [each.entries for each in journals], __version__, key.signer, _open_runs(journals)
    )
    try:
        path.write_text(seal(writer(content), KIND, key), encoding="utf-8", newline="\n")
    except OSError as problem:
        raise InvalidRequest(
            f"The report {path} cannot be written: {problem.strerror}.",
            advice="Name a file in a folder that exists.",
            field="path",
        ) from None
    return path


def verify_report(
    path: str | Path, trusted: PublicKeys | None = None, *, folder: str | Path | None = None
) -> ReportVerdict:
    """Say whether a sealed document is as it was written, and who signed it.

    Args:
        path: what ``run.report(path)`` wrote, in any of its forms, or another sealed document,
            such as the page of an audit.
        trusted: public keys, as ``cbr-notebook signing-key`` prints them: the text of one, the
            path of a file with one a line, or several. Without any, nobody vouches for it.
        folder: where the journals are kept, to compare the report with them as well.

    Returns:
        The verdict: ``outcome`` (``whole``, ``altered``, ``incomplete``), ``reason``,
        ``signed_by`` (the public key, if whole). True if it is whole and, where trusted keys
        were named, signed by one of them.

    Raises:
        InvalidRequest: the file is not sealed, or cannot be read; a trusted key is none.

    Example:
        >>> page = cbr.export(session.audit(), "audit.html")
        >>> cbr.verify_report(page).outcome
        'whole'
    """
    verdict, opened = open_sealed(read_sealed(path), trusted)
    if opened is None or opened.kind != KIND:
        return verdict
    wrong = _contradiction(opened, folder)
    return verdict if wrong is None else ReportVerdict("altered", wrong, KIND)


def _contradiction(opened: Opened, folder: str | Path | None) -> str | None:
    """Return in what a whole report contradicts itself or the journals in a folder."""
    try:
        carried = _carried(opened.text)
        journals = [read_entries(each) for each in carried["journals"]]
        open_runs = tuple(map(str, carried["open_runs"]))
    except (ValueError, KeyError, TypeError, InvalidRequest):
        return "It carries no journal of a restore."
    if not journals:
        return "It carries no journal of a restore."
    for journal in journals:
        broken = broken_link(journal)
        if broken is not None or not journal:
            return f"Entry {broken or 1} of the journal was changed."
        if not _tells_a_run(journal):
            return "Its journal is not one that a run writes: a step is missing."
        if folder is not None and not _as_kept(journal, Path(folder)):
            return "The journal in the folder says something else."
    if opened.version != __version__ or carried.get("version") != __version__:
        return None  # the tables of another version are not computed again
    writer = {"json": _as_json, "markup": _as_markdown}[opened.form]
    if opened.text.startswith("<!doctype html>"):
        writer = _as_html
    if writer(_Content(journals, __version__, opened.signer, open_runs)) != opened.text:
        return "The text does not say what the journal says."
    return None


def _carried(text: str) -> dict[str, Any]:
    """Return the journals that a report carries, and the version that wrote it.

    Raises:
        ValueError: it carries none.
    """
    found = re.search(rf"<!-- {_MARK}\n(.*?)\n-->", text, re.DOTALL)
    carried = json.loads(found[1] if found else text)
    if not isinstance(carried, dict):
        raise ValueError("no journal")
    return carried


def _refuse_stranger(journal: Journal) -> None:
    """Refuse a journal that was put together or copied: a report of it would prove nothing.

    Raises:
        InvalidRequest: it is one.
    """
    facts = journal.entries[0].facts if journal.entries else {}
    if journal.entries and is_forgotten(journal):
        raise InvalidRequest(
            f"The journal {journal.path} was cut off: it does not tell that the service was asked, "
            "which is noted beside it. No report is signed.",
            advice=f"Take the run up first: session.resume_restore({journal.path.stem!r}, "
            "confirm=…) finds what became of it.",
        )
    copied = facts.get("file_id") not in (None, journal.file_id)
    if facts.get("run_id") != journal.path.stem or copied or not _tells_a_run(journal.entries):
        raise InvalidRequest(
            f"The journal {journal.path} is not the one that the run wrote: no report is signed.",
            advice="Write the report where the restore was carried out.",
        )


def _open_runs(journals: Sequence[Journal]) -> tuple[str, ...]:
    """Return the other runs of the same project and folder that have not ended, in words."""
    own = {journal.path.name for journal in journals}
    project = journals[0].entries[0].facts["project_id"]
    found = []
    for journal in ledger.readable(journals[0].path.parent):
        begun, state = journal.entries[0].facts, state_of(journal.entries)
        if journal.path.name not in own and begun["project_id"] == project and state not in ENDED:
            found.append(f"{begun['target']['name']}: {state} (run {journal.path.stem})")
    return tuple(sorted(found))


def _tells_a_run(journal: Sequence[Entry]) -> bool:
    """Return whether entries are in an order in which a run writes them."""
    kinds = [entry.kind for entry in journal]
    if not kinds or kinds[0] not in ("confirmed", "group_confirmed"):
        return False
    needs = {
        "restore_answered": {"restore_intended"},
        "task_found": {"restore_intended", "resumed"},  # or found by whoever took it up
        "task_ended": {"task_found"},
        "verified": {"task_ended", "stopped", "given_up"},
        "roll_back_begun": {"task_ended"},
        "rolled_back": {"roll_back_begun", "task_ended"},
    }
    return all(
        not needed.isdisjoint(kinds[: kinds.index(kind)])
        for kind, needed in needs.items()
        if kind in kinds
    )


def _as_kept(journal: Sequence[Entry], folder: Path) -> bool:
    """Return whether the journal in a folder, if it is there, goes on from the report's."""
    run_id = Path(str(journal[0].facts.get("run_id"))).name
    kept = Journal(folder / f"{run_id}.jsonl").entries
    return kept[: len(journal)] == list(journal)


def _overview(content: _Content) -> list[Table]:
    """Return what a report on a group begins with."""
    if not content.is_group:
        return []
    runs = {each.begun["run_id"]: each for each in content.runs}
    rows = []
    for member in content.journals[0][0].facts["members"]:
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


def _as_json(content: _Content) -> str:
    shown = {
        "title": content.title,
        "signed_by": {"name": content.signer.name, "key": content.signer.public},
        "overview": [_table_as_list(table) for table in _overview(content)],
        "runs": [
            {
                "title": run.title,
                "state": run.state,
                "recovery_time_seconds": run.recovery_time.seconds,
                "recovery_time_met": run.recovery_time.met,
                "recovery_point_seconds": run.recovery_point.seconds,
                "recovery_point_met": run.recovery_point.met,
                "tables": {table.title: _table_as_list(table) for table in content.tables(run)},
            }
            for run in content.runs
        ],
    }
    document = shown | content.document
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _table_as_list(table: Table) -> list[dict[str, str]] | dict[str, str]:
    if not any(table.headings):
        return {row[0]: row[1] for row in table.rows}
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def _comment(content: _Content) -> str:
    text = json.dumps(content.document, ensure_ascii=False)
    # "--" may not stand in a comment of HTML; as an escape it is the same JSON.
    return f"<!-- {_MARK}\n{text.replace('--', chr(92) + 'u002d' + chr(92) + 'u002d')}\n-->\n"


def _as_markdown(content: _Content) -> str:
    def cell(text: str) -> str:
        text = html.escape(text, quote=False).replace("\\", "\\\\").replace("\n", " ")
        return re.sub(r"([|*_`\[\]])", r"\\\1", text)

    def written(table: Table) -> list[str]:
        lines = [f"{'###' if content.is_group else '##'} {table.title}", ""]
        if table.rows:
            lines.append("| " + " | ".join(table.headings) + " |")
            lines.append("|" + " --- |" * len(table.headings))
            lines += ["| " + " | ".join(map(cell, row)) + " |" for row in table.rows]
        else:
            lines.append("None.")
        return [*lines, ""]

    lines = [f"# {cell(content.title)}", ""]
    for table in _overview(content):
        lines += written(table)
    for run in content.runs:
        if content.is_group:
            lines += [f"## {cell(run.title)}", ""]
        for table in content.tables(run):
            lines += written(table)
    lines += [f"Signed by {cell(content.signer.name)} with the key `{content.signer.public}`.", ""]
    return "\n".join(lines) + _comment(content)


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


def _as_html(content: _Content) -> str:
    e = html.escape
    level = "h3" if content.is_group else "h2"
    title = e(content.title)
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        *(_html_table(table, level) for table in _overview(content)),
    ]
    for run in content.runs:
        if content.is_group:
            parts.append(f"<h2>{e(run.title)}</h2>")
        if picture := time_line(run.phases):
            caption = "What the time went into"
            parts.append(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>")
        parts += [_html_table(table, level) for table in content.tables(run)]
    signer = content.signer
    parts.append(f"<p>Signed by {e(signer.name)} with the key <code>{signer.public}</code>.</p>")
    parts.append("</main>")
    return "\n".join(parts) + "\n" + _comment(content) + "</body></html>\n"


def _html_table(table: Table, level: str) -> str:
    e = html.escape
    title = f"<{level}>{e(table.title)}</{level}>"
    if not table.rows:
        return f"{title}<p>None.</p>"
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
    heads = "" if plain else f"<thead><tr>{head}</tr></thead>"
    rows = "\n".join(body)
    return f"{title}\n<table>{heads}<tbody>\n{rows}\n</tbody></table>"


_WRITERS = {".html": _as_html, ".htm": _as_html, ".md": _as_markdown, ".json": _as_json}
