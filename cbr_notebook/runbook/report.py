"""Evidence of a restore, as a document that stands alone: HTML, Markdown or JSON.

A report carries the whole journal with its chain of hashes, and a hash of everything that
it says. :func:`verify_report` computes both again, so that an edited report shows.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.journal import broken_link, read_entries

_MARK = "cbr-notebook-evidence"


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """Whether a report is as it was written."""

    intact: bool
    reason: str

    def __bool__(self) -> bool:
        """A report that is intact is true."""
        return self.intact


def _seal(evidence: dict[str, Any]) -> str:
    text = json.dumps(evidence, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_report(evidence: dict[str, Any], path: Path, pictures: dict[str, str]) -> None:
    """Write evidence to a file.

    Args:
        evidence: what :meth:`Run.evidence` gives.
        path: ends in ``.html``, ``.md`` or ``.json``.
        pictures: SVG documents by their title, for HTML.

    Raises:
        InvalidRequest: another suffix.
    """
    writers = {".html": _as_html, ".htm": _as_html, ".md": _as_markdown, ".json": _as_json}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InvalidRequest(
            f"A report cannot be written as {path.suffix or 'a file without suffix'}.",
            advice="Choose a name that ends in .html, .md or .json.",
        )
    path.write_text(writer(evidence, pictures), encoding="utf-8")


def verify_report(path: str | Path) -> ReportVerdict:
    """Say whether a report of a restore is as it was written.

    Args:
        path: a report written by ``run.report(path)``, in any of its forms.

    Returns:
        A verdict that is true or false, with the reason in words.

    Raises:
        InvalidRequest: the file is not such a report.
    """
    text = Path(path).read_text(encoding="utf-8")
    sealed, pictures = _sealed_part(text)
    evidence = sealed["evidence"]
    if _seal(evidence) != sealed["seal"]:
        return ReportVerdict(False, "The evidence was changed after it was written.")
    broken = broken_link(read_entries(evidence["journal"]))
    if broken is not None:
        return ReportVerdict(False, f"Entry {broken} of the journal was changed.")
    writer = {"{": _as_json, "<": _as_html}.get(text.lstrip()[:1], _as_markdown)
    if writer(evidence, pictures) != text:
        return ReportVerdict(False, "The text does not say what the evidence says.")
    return ReportVerdict(True, "The report is as it was written.")


def _sealed_part(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    found = re.search(rf"<!-- {_MARK}\n(.*?)\n-->", text, re.DOTALL)
    try:
        sealed = json.loads(found.group(1).replace("\\u002d\\u002d", "--") if found else text)
        pictures = dict(sealed.get("pictures", {}))
        if not {"evidence", "seal"} <= sealed.keys():
            raise ValueError("no seal")
    except (ValueError, AttributeError) as problem:
        raise InvalidRequest(
            "This file is not a report of a restore.",
            advice="Name a file that run.report(path) wrote.",
        ) from problem
    return sealed, pictures


def _sealed_text(evidence: dict[str, Any], pictures: dict[str, str]) -> str:
    sealed = {"evidence": evidence, "seal": _seal(evidence), "pictures": pictures}
    # "--" may not stand in a comment of HTML; as an escape it is the same JSON.
    return json.dumps(sealed, ensure_ascii=False, sort_keys=True).replace("--", "\\u002d\\u002d")


def _as_json(evidence: dict[str, Any], pictures: dict[str, str]) -> str:
    sealed = {"evidence": evidence, "seal": _seal(evidence)}
    return json.dumps(sealed, ensure_ascii=False, indent=2) + "\n"


Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def _tables(evidence: dict[str, Any]) -> list[Table]:
    """Give the report's tables: title, headings, rows."""
    summary, plan = evidence["summary"], evidence["plan"]
    tables: list[Table] = [
        ("In short", ("", ""), [(key, str(value)) for key, value in summary.items()]),
        (
            "What was overwritten",
            ("Disk", "Size", "Backup"),
            [(d["disk"], f"{d['size_gb']} GB", d["backup_id"]) for d in plan["overwritten"]],
        ),
        (
            "Checks",
            ("Check", "Outcome", "Seen", "Prevents"),
            [(c["name"], c["outcome"], c["seen"], c["prevents"]) for c in plan["checks"]],
        ),
        (
            "Verification",
            ("Check", "Outcome", "Seen"),
            [(v["name"], v["outcome"], v["seen"]) for v in evidence["verification"]],
        ),
        (
            "Time line",
            ("When (UTC)", "What", "Facts"),
            [
                (e["at"], e["kind"].replace("_", " "), _brief(e["facts"]))
                for e in evidence["journal"]
            ],
        ),
        (
            "Requests",
            ("When (UTC)", "Request", "Status", "Request ID"),
            [
                (r["at"], f"{r['method']} {r['path']}", str(r["status"]), r["request_id"] or "")
                for r in evidence["requests"]
            ],
        ),
    ]
    return tables


def _brief(facts: dict[str, Any]) -> str:
    shown = {k: v for k, v in facts.items() if not isinstance(v, dict | list)}
    return ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in shown.items())


def _as_markdown(evidence: dict[str, Any], pictures: dict[str, str]) -> str:
    def cell(text: str) -> str:
        return text.replace("|", "\\|").replace("\n", " ")

    lines = [f"# {evidence['title']}", ""]
    for title, headings, rows in _tables(evidence):
        lines += [f"## {title}", ""]
        if rows:
            lines.append("| " + " | ".join(headings) + " |")
            lines.append("|" + " --- |" * len(headings))
            lines += ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
        else:
            lines.append("None.")
        lines.append("")
    lines += [f"Seal (SHA-256): `{_seal(evidence)}`", ""]
    return "\n".join(lines) + f"<!-- {_MARK}\n{_sealed_text(evidence, {})}\n-->\n"


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
th, td { border-bottom: 1px solid #8888; padding: .35rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
.fail { font-weight: bold; } .fail::before { content: "\\2717 "; }
.pass::before { content: "\\2713 "; } .warn::before { content: "! "; }
.unknown::before { content: "? "; }
figure { margin: 0 0 1.5rem; } figure svg { max-width: 100%; height: auto; background: #fff; }
code { overflow-wrap: anywhere; }
"""


def _as_html(evidence: dict[str, Any], pictures: dict[str, str]) -> str:
    e = html.escape
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{e(evidence['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{e(evidence['title'])}</h1>",
    ]
    for title, picture in pictures.items():
        parts.append(f"<figure>{picture}<figcaption>{e(title)}</figcaption></figure>")
    for title, headings, rows in _tables(evidence):
        parts.append(f"<h2>{e(title)}</h2>")
        if not rows:
            parts.append("<p>None.</p>")
            continue
        head = "".join(f'<th scope="col">{e(h)}</th>' for h in headings) if any(headings) else ""
        parts.append(f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>")
        for row in rows:
            cells = "".join(
                f'<td class="{e(c)}">{e(c)}</td>'
                if c in ("pass", "warn", "fail", "unknown")
                else f"<td>{e(c)}</td>"
                for c in row
            )
            parts.append(f"<tr>{cells}</tr>")
        parts.append("</tbody></table>")
    parts.append(f"<p>Seal (SHA-256): <code>{_seal(evidence)}</code></p>")
    parts.append(f"<!-- {_MARK}\n{_sealed_text(evidence, pictures)}\n-->")
    parts.append("</body></html>\n")
    return "\n".join(parts)
