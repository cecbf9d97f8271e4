"""Tables out of the notebook: files for colleagues and auditors, and plain text for tickets."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from cbr_notebook.calendars import write_calendar
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import library, needed_for

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are wide = + - @."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What no spreadsheet can hold, and what would steer the terminal that shows it."""
_EXCEL_ROWS, _EXCEL_COLUMNS, _EXCEL_CELL = 1_048_575, 16_384, 32_767
_MINUTES = "%Y-%m-%d %H:%M"
_SECONDS = "%Y-%m-%d %H:%M:%S"


def export(frame: pd.DataFrame, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a table to a file, in the format that its name ends with.

    Sizes keep their unit in the column's name. Times are UTC: ISO 8601 in CSV; where a format
    or its readers drop the zone (Excel, Markdown, HTML), the header says ``(UTC)``. What was
    asked, and when, goes along: as a second sheet in Excel, as a caption in HTML and Markdown,
    as metadata in Parquet; CSV has no place for it. A text that a spreadsheet would run as a
    formula is written so that it stays text; control characters become ``\ufffd``. An index
    that says something (of ``groupby``, of ``set_index``) becomes the first columns; one that
    only counts rows is left out.

    An audit (``session.audit()``) as HTML or Markdown is sealed and signed with the key of the
    person who exports it, like the report of a restore; ``cbr.verify_report(path)`` says whether
    it is as it was written. Other formats are not signed.

    Args:
        frame: the table.
        path: ends with ``.csv``, ``.xlsx``, ``.parquet``, ``.md`` or ``.html``; of
            ``session.schedule()`` and ``session.policies()`` also with ``.ics``, for a calendar.
            ``~`` is the home folder.
        overwrite: replace a file that is there already.

    Returns:
        The file.

    Raises:
        InvalidRequest: no such format, the file is there already, or its folder is not; the
            table is none, has two columns of one name, or is too large for Excel; of an audit,
            the signing key cannot be read.

    Example:
        >>> cbr.export(session.vaults(), "vaults.csv").name
        'vaults.csv'
    """
    table = _prepared(frame)
    target = Path(path).expanduser()
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise InvalidRequest(
            f"A table cannot be written as {target.suffix or 'a file without suffix'!r}.",
            advice=f"End the name with one of: {', '.join(_WRITERS)}.",
            field="path",
        )
    ensure_writable(target, overwrite=overwrite)
    # Written beside and moved, so that a failure leaves the old file as it was.
    beside = target.with_name(f".{target.name}.part{target.suffix}")
    try:
        write(table, beside)
        if table.attrs.get("resource") in _SEALED and target.suffix.lower() in _SEALABLE:
            _seal(table, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def ensure_writable(target: Path, *, overwrite: bool) -> None:
    """Refuse a file that is there already, unless it may be overwritten, or whose folder is not.

    Raises:
        InvalidRequest: says which.
    """
    if not target.parent.is_dir():
        raise InvalidRequest(
            f"There is no folder {target.parent}.", advice="Make it first.", field="path"
        )
    if target.exists() and not overwrite:
        raise InvalidRequest(
            f"{target} is there already.",
            advice="Choose another name, or say overwrite=True.",
            field="path",
        )


def to_text(frame: pd.DataFrame, *, style: str = "simple", missing: str = "") -> str:
    """Return a table as plain text, for a terminal or a ticket.

    Args:
        frame: the table; times are shown to the minute, in UTC, as the header says.
        style: a format of tabulate, such as ``simple``, ``github``, ``grid``, ``plain``.
        missing: what stands for a value that is not there.

    Returns:
        The text, one line a row; of an empty table its header and ``(no rows)``.

    Raises:
        InvalidRequest: there is no such style, or what was given is no table.

    Example:
        >>> print(cbr.to_text(session.vaults()[["name", "size_gb"]].head(2)))
        name            size_gb
        ------------  ---------
        vault-disks         100
        vault-office        100
    """
    from tabulate import tabulate, tabulate_formats

    if style not in tabulate_formats:
        raise InvalidRequest(
            f"There is no table style {style!r}.",
            advice=f"There are: {', '.join(tabulate_formats)}.",
            field="style",
        )
    table = _prepared(frame)
    shown = _readable(table, _MINUTES, missing)
    text = tabulate(
        shown.to_numpy().tolist(),
        headers=[_one_line(_header(table, name)) for name in table.columns],
        tablefmt=style,
        disable_numparse=True,
        colalign=_sides(table) if len(shown) else None,
    )
    return text if len(shown) else f"{text}\n(no rows)"


# -- formats ---------------------------------------------------------------------------------------


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """Write ISO 8601 times; UTF-8 with a mark, without which Excel shows wrong letters."""
    out = frame.copy()
    for name in _times(out):
        out[name] = out[name].dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in _texts(out):
        out[name] = out[name].astype(object).map(_harmless, na_action="ignore")
    out.columns = [_harmless(name) for name in out.columns]
    out.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _excel(frame: pd.DataFrame, path: Path) -> None:
    out = frame.copy()
    for name in _times(out):
        out[name] = out[name].dt.tz_convert("UTC").dt.tz_localize(None).dt.floor("s")
    for name in _texts(out):
        out[name] = out[name].astype(object).map(_plain, na_action="ignore")
    _check_excel(out)
    out.columns = [_header(frame, name) for name in frame.columns]
    about = pd.DataFrame(_about(frame), columns=["what", "value"])
    library("xlsxwriter", "Excel")
    as_told = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(
        path,
        engine="xlsxwriter",
        datetime_format="yyyy-mm-dd hh:mm:ss",
        engine_kwargs={"options": as_told},
    ) as book:
        out.to_excel(book, sheet_name="table", index=False, freeze_panes=(1, 0))
        _finish_sheet(book, "table", out)
        if len(about):
            about.to_excel(book, sheet_name="about", index=False)
            _finish_sheet(book, "about", about)


def _finish_sheet(book: Any, name: str, frame: pd.DataFrame) -> None:
    """Make columns as wide as what they hold, and let what looks like a formula stay a text."""
    sheet = book.sheets[name]
    text = book.book.add_format({"quote_prefix": True})
    for place, (header, column) in enumerate(frame.items()):
        widest = 0
        for row, cell in enumerate([header, *column.astype(object)]):
            if _is_missing(cell):
                continue
            shown = str(cell)
            widest = max(widest, len(shown))
            if isinstance(cell, str) and shown.startswith(_FORMULA):
                sheet.write_string(row, place, shown, text)
        sheet.set_column(place, place, min(60, widest + 2))


def _check_excel(frame: pd.DataFrame) -> None:
    """Refuse what Excel would cut off.

    Raises:
        InvalidRequest: too many rows or columns, or too long a text.
    """
    longest = max(
        (int(frame[name].dropna().map(len).max() or 0) for name in _texts(frame) if len(frame)),
        default=0,
    )
    for number, most, what in (
        (len(frame), _EXCEL_ROWS, "rows"),
        (frame.shape[1], _EXCEL_COLUMNS, "columns"),
        (longest, _EXCEL_CELL, "letters in a cell"),
    ):
        if number > most:
            raise InvalidRequest(
                f"Excel holds at most {most:,} {what}, and the table has {number:,}.",
                advice="Write it as .parquet or .csv, or a part of it.",
                field="frame",
            )


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write dtypes, zones and ``attrs`` as they are; mappings such as tags are Arrow's maps."""
    with needed_for("Parquet"):
        import pyarrow.parquet as pq

        from cbr_notebook.frames.building.arrow_columns import arrow_table

    pq.write_table(arrow_table(frame), path)


def _markdown(frame: pd.DataFrame, path: Path) -> None:
    from tabulate import tabulate

    shown = _readable(frame, _SECONDS, "").map(_marked)
    text = tabulate(
        shown.to_numpy().tolist(),
        headers=[_marked(_one_line(_header(frame, name))) for name in frame.columns],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=_sides(frame) if len(shown) else None,
    )
    caption = f"\n{_marked(_caption(frame))}\n" if _about(frame) else ""
    path.write_text(f"{text}\n{caption}", encoding="utf-8")


def _marked(text: str) -> str:
    """Return a text that Markdown shows as it is: no column's end, no HTML."""
    return html.escape(text, quote=False).replace("|", "\\|")


_STYLE = (
    "body{font:14px sans-serif;color:#111;background:#fff}table{border-collapse:collapse}"
    "caption{text-align:left;padding:4px 0;color:#444}"
    "th,td{border:1px solid #bbb;padding:3px 8px;text-align:left}"
    "td.number{text-align:right}th{background:#eee}"
)


def _html(frame: pd.DataFrame, path: Path) -> None:
    shown = _readable(frame, _SECONDS, "")
    numbers = [_is_number(frame[name]) for name in frame.columns]
    head = "".join(
        f'<th scope="col">{html.escape(_one_line(_header(frame, name)))}</th>'
        for name in frame.columns
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{' class=number' if number else ''}>{html.escape(value)}</td>"
            for value, number in zip(row, numbers, strict=True)
        )
        + "</tr>"
        for row in shown.to_numpy().tolist()
    )
    title = html.escape(str(frame.attrs.get("resource", "table")))
    caption = f"<caption>{html.escape(_caption(frame))}</caption>" if _about(frame) else ""
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><table>{caption}\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></body></html>\n",
        encoding="utf-8",
    )


def _seal(frame: pd.DataFrame, path: Path) -> None:
    """Sign what was written, with the person's key or that of simulated clouds."""
    from cbr_notebook.sealing.keys import person_key, simulated_key
    from cbr_notebook.sealing.seal import seal

    key = simulated_key() if frame.attrs.get("simulated") else person_key()
    text = seal(path.read_text(encoding="utf-8"), str(frame.attrs["resource"]), key)
    path.write_text(text, encoding="utf-8", newline="\n")


_SEALED = ("audit",)
"""The tables that are evidence."""
_SEALABLE = (".md", ".html")
_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _csv,
    ".xlsx": _excel,
    ".parquet": _parquet,
    ".md": _markdown,
    ".html": _html,
    ".ics": write_calendar,
}


# -- cells -----------------------------------------------------------------------------------------


def _prepared(frame: Any) -> pd.DataFrame:
    """Return the table as it goes out: texts as names of columns, and no index but the rows'.

    Raises:
        InvalidRequest: it is no table, or two columns have one name.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InvalidRequest(
            f"A table is needed, not {type(frame).__name__}.",
            advice="Give a DataFrame; series.to_frame() makes one of a column.",
            field="frame",
        )
    named = any(name is not None for name in frame.index.names)
    counts = pd.api.types.is_integer_dtype(frame.index.dtype) and not named
    table = frame.copy() if counts else _with_index(frame)
    table.columns = [
        " ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in table.columns
    ]
    if len(twice := table.columns[table.columns.duplicated()]):
        raise InvalidRequest(
            f"Two columns are named {twice[0]!r}.",
            advice="Rename one of them: a file could not tell them apart.",
            field="frame",
        )
    table.attrs = json.loads(json.dumps(frame.attrs, default=str))
    return table


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the index as the first columns, also where a column has its name already."""
    levels = [str(name) if name is not None else "index" for name in frame.index.names]
    names = [f"{name} (index)" if name in frame.columns else name for name in levels]
    return frame.reset_index(names=names)


def _times(frame: pd.DataFrame) -> list[Any]:
    return [name for name in frame.columns if isinstance(frame[name].dtype, pd.DatetimeTZDtype)]


def _texts(frame: pd.DataFrame) -> list[Any]:
    return [
        name
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
        or pd.api.types.is_string_dtype(frame[name])
        or pd.api.types.is_object_dtype(frame[name])
    ]


def _sides(frame: pd.DataFrame) -> list[str]:
    """Return where the columns' texts stand: numbers to the right."""
    return ["right" if _is_number(frame[name]) else "left" for name in frame.columns]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _header(frame: pd.DataFrame, name: Any) -> str:
    return f"{name} (UTC)" if name in _times(frame) else str(name)


def _plain(value: Any) -> str:
    """Return a value that is no text as one, lists and the like as JSON; nothing that steers."""
    text = (
        json.dumps(value, default=str, ensure_ascii=False)
        if isinstance(value, (dict, list, tuple))
        else str(value)
    )
    return _CONTROL.sub("\ufffd", text)


def _one_line(value: Any) -> str:
    return re.sub(r"\s*[\r\n\t]+\s*", " ", _plain(value))


def _harmless(value: Any) -> str:
    text = _plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _readable(frame: pd.DataFrame, times: str, missing: str) -> pd.DataFrame:
    """Return every cell as a text for people."""
    out = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_convert("UTC").dt.strftime(times)
        texts = [missing if _is_missing(value) else _one_line(value) for value in column]
        out[name] = pd.Series(texts, dtype=object)
    return pd.DataFrame(out, columns=frame.columns)


def _is_missing(value: Any) -> bool:
    return not isinstance(value, (dict, list, tuple)) and bool(pd.isna(value))


def _about(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return what the table remembers of its question."""
    return [(str(name), _plain(value)) for name, value in frame.attrs.items()]


def _caption(frame: pd.DataFrame) -> str:
    return ", ".join(f"{name}: {value}" for name, value in _about(frame)) + "; times in UTC"
