"""Tables out of the notebook: files for colleagues and auditors, and plain text for tickets."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from cbr_notebook.errors import InvalidRequest

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_MINUTES = "%Y-%m-%d %H:%M"
_SECONDS = "%Y-%m-%d %H:%M:%S"


def export(frame: pd.DataFrame, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a table to a file, in the format that its name ends with.

    Sizes keep their unit in the column's name. Times are UTC: ISO 8601 in CSV; where a format
    or its readers drop the zone (Excel, Markdown, HTML), the header says ``(UTC)``. What was
    asked, and when, goes along: as a second sheet in Excel, as a caption in HTML and Markdown,
    as metadata in Parquet; CSV has no place for it. A text that a spreadsheet would run as a
    formula is written so that it stays text.

    Args:
        frame: the table.
        path: ends with ``.csv``, ``.xlsx``, ``.parquet``, ``.md`` or ``.html``.
        overwrite: replace a file that is there already.

    Returns:
        The file.

    Raises:
        InvalidRequest: no such format, the file is there already, or its folder is not.
    """
    target = Path(path)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise InvalidRequest(
            f"A table cannot be written as {target.suffix or 'a file without suffix'!r}.",
            advice=f"End the name with one of: {', '.join(_WRITERS)}.",
            field="path",
        )
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
    # Written beside and moved, so that a failure leaves the old file as it was.
    beside = target.with_name(f".{target.name}.part{target.suffix}")
    try:
        write(frame, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def to_text(frame: pd.DataFrame, *, style: str = "simple", missing: str = "") -> str:
    """Give a table as plain text, for a terminal or a ticket.

    Args:
        frame: the table; times are shown to the minute, in UTC.
        style: a format of tabulate, such as ``simple``, ``github``, ``grid``, ``plain``.
        missing: what stands for a value that is not there.

    Returns:
        The text, one line a row; of an empty table its header and ``(no rows)``.

    Raises:
        InvalidRequest: there is no such style.
    """
    from tabulate import tabulate, tabulate_formats

    if style not in tabulate_formats:
        raise InvalidRequest(
            f"There is no table style {style!r}.",
            advice=f"There are: {', '.join(tabulate_formats)}.",
            field="style",
        )
    shown = _readable(frame, _MINUTES, missing)
    numbers = [_is_number(frame.iloc[:, place]) for place in range(frame.shape[1])]
    text = tabulate(
        shown.to_numpy().tolist(),
        headers=list(shown.columns),
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if number else "left" for number in numbers] if len(shown) else None,
    )
    return text if len(shown) else f"{text}\n(no rows)"


# -- formats ---------------------------------------------------------------------------------------


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """ISO 8601 times; UTF-8 with a mark, without which Excel shows wrong letters."""
    out = frame.copy()
    for name in _times(out):
        out[name] = out[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in _texts(out):
        out[name] = out[name].map(_harmless, na_action="ignore")
    out.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _excel(frame: pd.DataFrame, path: Path) -> None:
    out = frame.copy()
    for name in _times(out):
        out[name] = out[name].dt.tz_localize(None).dt.floor("s")
    for name in _texts(out):
        out[name] = out[name].astype(object).map(_plain, na_action="ignore")
    out.columns = [_header(frame, name) for name in frame.columns]
    with pd.ExcelWriter(path, engine="openpyxl", datetime_format="yyyy-mm-dd hh:mm:ss") as book:
        out.to_excel(book, sheet_name="table", index=False, freeze_panes=(1, 0))
        sheet = book.sheets["table"]
        for column in sheet.columns:
            widest = max(len(str(cell.value)) for cell in column if cell.value is not None)
            sheet.column_dimensions[column[0].column_letter].width = min(60, widest + 2)
            for cell in column:
                if cell.data_type in ("f", "s") and str(cell.value).startswith(_FORMULA):
                    cell.data_type, cell.quotePrefix = "s", True
        about = pd.DataFrame(_about(frame), columns=["what", "value"])
        if len(about):
            about.to_excel(book, sheet_name="about", index=False)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    """Dtypes, zones and ``attrs`` are kept as they are."""
    frame.to_parquet(path, index=False)


def _markdown(frame: pd.DataFrame, path: Path) -> None:
    shown = _readable(frame, _SECONDS, "")
    shown = shown.map(lambda value: value.replace("|", "\\|").replace("\n", " "))
    shown.columns = [_header(frame, name) for name in frame.columns]
    from tabulate import tabulate

    lines = [
        tabulate(
            shown.to_numpy().tolist(), headers=list(shown.columns), tablefmt="pipe",
            disable_numparse=True,
        )
    ]  # fmt: skip
    lines += [f"\n{_caption(frame)}"] if _about(frame) else []
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_STYLE = (
    "body{font:14px sans-serif;color:#111;background:#fff}table{border-collapse:collapse}"
    "caption{text-align:left;padding:4px 0;color:#444}"
    "th,td{border:1px solid #bbb;padding:3px 8px;text-align:left}"
    "td.number{text-align:right}th{background:#eee}"
)


def _html(frame: pd.DataFrame, path: Path) -> None:
    shown = _readable(frame, _SECONDS, "")
    numbers = [_is_number(frame.iloc[:, place]) for place in range(frame.shape[1])]
    head = "".join(
        f'<th scope="col">{html.escape(_header(frame, name))}</th>' for name in frame.columns
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


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _csv,
    ".xlsx": _excel,
    ".parquet": _parquet,
    ".md": _markdown,
    ".html": _html,
}


# -- cells -----------------------------------------------------------------------------------------


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


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _header(frame: pd.DataFrame, name: Any) -> str:
    return f"{name} (UTC)" if name in _times(frame) else str(name)


def _plain(value: Any) -> str:
    """Give a value that is no text as one: lists and the like as JSON."""
    return json.dumps(value) if isinstance(value, (dict, list, tuple)) else str(value)


def _harmless(value: Any) -> str:
    text = _plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _readable(frame: pd.DataFrame, times: str, missing: str) -> pd.DataFrame:
    """Give every cell as a text for people."""
    out = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_convert("UTC").dt.strftime(times)
        texts = [missing if _is_missing(value) else _plain(value) for value in column]
        out[name] = pd.Series(texts, dtype=object)
    return pd.DataFrame(out, columns=frame.columns)


def _is_missing(value: Any) -> bool:
    return not isinstance(value, (dict, list, tuple)) and bool(pd.isna(value))


def _about(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Give what the table remembers of its question."""
    return [(str(name), _plain(value)) for name, value in frame.attrs.items()]


def _caption(frame: pd.DataFrame) -> str:
    return ", ".join(f"{name}: {value}" for name, value in _about(frame)) + "; times in UTC"
