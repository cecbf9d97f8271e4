"""A table of ours in a notebook: names first, ages, units, searched and sorted on the page.

It stays the DataFrame that it is: this only writes HTML beside the text that pandas writes. A table
is ours by what stands beside it (``attrs``), which pandas hands on when rows or columns are chosen.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from cbr_notebook.frames import SCHEMAS
from cbr_notebook.frames.column import Column
from cbr_notebook.options import options
from cbr_notebook.showing.html_cells import Look, cell
from cbr_notebook.text.formatting import pluralize

_MARKS = ("resource", "filters", "asked_at")
"""What stands beside a table of ours."""

_SCANNED = 10_000
"""Cells of a column that are looked at for a first value; a longer one is asked as a whole."""


def ours(frame: pd.DataFrame) -> bool:
    """Say whether a table is one of ours, and still has the shape of a table."""
    return (
        all(mark in frame.attrs for mark in _MARKS)
        and isinstance(frame.columns, pd.Index)
        and frame.columns.nlevels == 1
        and frame.columns.is_unique
        and all(isinstance(name, str) for name in frame.columns)
    )


def as_html(frame: pd.DataFrame) -> str:
    """Return a table of ours as HTML: bounded, escaped, the same bytes for the same table.

    Args:
        frame: a table that a session gave, or what was chosen of it.
    """
    if frame.empty:
        return _wrapped(f'<p class="none">{html.escape(why_empty(frame))}</p>', "")
    known = _columns(frame)
    shown, empty = chosen(frame)
    page = frame[shown].head(options.rows)
    index = _index(page)
    if index:
        page = page.reset_index()
        shown = [*index, *shown]
    looks = [_look(page[name], name, known.get(name)) for name in shown]
    heads = "".join(
        _head(name, look, known.get(name)) for name, look in zip(shown, looks, strict=True)
    )
    now = _asked_at(frame)
    rows = "".join(
        f"<tr>{''.join(map(_cell(now), looks, values))}</tr>"
        for values in page.itertuples(index=False, name=None)
    )
    title = html.escape(str(frame.attrs["resource"]).replace("_", " "))
    table = (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{title}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    return _wrapped(table, f"<p>{html.escape(_foot(frame, len(page), empty, now))}</p>")


def why_empty(frame: pd.DataFrame) -> str:
    """Return a sentence that says why a table of ours has no rows."""
    resource = str(frame.attrs["resource"])
    schema = SCHEMAS.get(resource)
    noun = schema.row if schema else f"a row of {resource}"
    noun = noun.removeprefix("a ").removeprefix("an ")
    asked = _filters(frame.attrs["filters"])
    where = f" Asked for: {asked}; {_without(frame)}." if asked else ""
    where += _missing(frame) + _carried_over(frame) + noted(frame)
    answered = frame.attrs.get("rows") or 0
    if answered:
        return f"None of the {pluralize(answered, 'row')} that were answered is left here.{where}"
    return f"No {noun} was found.{where}"


def _without(frame: pd.DataFrame) -> str:
    """Return how many rows there are without what was asked for, as far as that is known."""
    others = frame.attrs.get("without_filters")
    if not isinstance(others, int):
        return "without that there may be some"
    if others == 0:
        return "without that there is none either"
    return f"without that there {'is' if others == 1 else 'are'} {others:,}"


def _cell(now: datetime | None) -> Any:
    return lambda look, value: cell(look, value, now)


def _columns(frame: pd.DataFrame) -> Mapping[str, Column]:
    schema = SCHEMAS.get(str(frame.attrs["resource"]))
    return {column.name: column for column in schema.columns} if schema else {}


def is_id(name: str) -> bool:
    """Return whether a column holds IDs, by its name."""
    return name == "id" or name.endswith("_id")


def chosen(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns in the order in which they are shown, and those that hold nothing."""
    names = [str(name) for name in frame.columns]
    empty = [name for name in names if _holds_nothing(frame[name])]
    left = [name for name in names if name not in empty]
    if not left:
        return names, []
    plain = [name for name in left if not is_id(name)]
    if left and is_id(left[0]):
        # The name of what the first ID names stands first.
        of_it = "name" if left[0] == "id" else f"{left[0].removesuffix('_id')}_name"
        if of_it in plain:
            plain.remove(of_it)
            plain.insert(0, of_it)
    return [*plain, *(name for name in left if is_id(name))], empty


def _holds_nothing(series: pd.Series[Any]) -> bool:
    if not series.head(_SCANNED).isna().all():
        return bool(
            series.dtype == "str" and len(series) <= _SCANNED and series.fillna("").eq("").all()
        )
    return bool(series.isna().all())


def _index(page: pd.DataFrame) -> list[str]:
    """Return the names of the index, where it says more than a row's number."""
    plain = page.index.nlevels == 1 and (
        page.index.name is None and pd.api.types.is_integer_dtype(page.index.dtype)
    )
    names = [str(name) for name in page.index.names]
    if plain or any(name in page.columns or name == "None" for name in names):
        return []
    return names


def _look(series: pd.Series[Any], name: str, column: Column | None) -> Look:
    kind = series.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        return "time"
    if pd.api.types.is_bool_dtype(kind):
        return "flag"
    if pd.api.types.is_numeric_dtype(kind):
        return "number"
    if is_id(name) and (column is None or column.kind == "text"):
        return "id"
    return "text"


def _head(name: str, look: Look, column: Column | None) -> str:
    unit = f" <small>{html.escape(column.unit)}</small>" if column and column.unit else ""
    told = f' title="{html.escape(column.description)}"' if column else ""
    side = ' class="n"' if look == "number" else ""
    return f'<th scope="col"{side}{told}>{html.escape(name)}{unit}</th>'


def _asked_at(frame: pd.DataFrame) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(frame.attrs["asked_at"]))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _filters(asked: Any) -> str:
    if not isinstance(asked, Mapping):
        return ""
    return ", ".join(f"{key} = {_value(value)}" for key, value in asked.items())


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value[:80]
    if isinstance(value, Sequence):
        more = f" and {len(value) - 5} more" if len(value) > 5 else ""
        return " or ".join(str(each)[:80] for each in value[:5]) + more
    return str(value)[:80]


def _foot(frame: pd.DataFrame, on_page: int, empty: list[str], now: datetime | None) -> str:
    said = []
    if on_page < len(frame):
        said.append(
            f"{len(frame):,} rows; the first {on_page:,} are on this page, and what is searched "
            "and sorted here are these."
        )
    else:
        said.append(f"{pluralize(len(frame), 'row')}.")
    if missing := _missing(frame):
        said.append(missing.strip())
    if carried := _carried_over(frame):
        said.append(carried.strip())
    if told := noted(frame):
        said.append(told.strip())
    asked = _filters(frame.attrs["filters"])
    if asked:
        said.append(f"Asked for: {asked}.")
    if now is not None:
        said.append(f"Ages as of {now:%Y-%m-%d %H:%M} UTC.")
    if empty:
        said.append(f"Without values, and not shown: {', '.join(empty)}.")
    return " ".join(said)


def _missing(frame: pd.DataFrame) -> str:
    """Return a sentence that says which projects of a fleet are not in a table, if some are not."""
    missing = frame.attrs.get("missing")
    if not missing:
        return ""
    names = ", ".join(str(each)[:80] for each in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    why = "It was interrupted" if frame.attrs.get("interrupted") else "NOT ALL PROJECTS"
    return f" {why}: without {names}{more}; fleet.problems() says why."


def noted(frame: pd.DataFrame) -> str:
    """Return what is to be said of a table beside its rows, such as what could not be seen."""
    notes = frame.attrs.get("notes")
    if not isinstance(notes, list | tuple) or not notes:
        return ""
    more = f" And {len(notes) - 3} more, in attrs." if len(notes) > 3 else ""
    return "".join(f" NOTE: {str(each)[:300]}" for each in notes[:3]) + more


def _carried_over(frame: pd.DataFrame) -> str:
    """Return what is to be said of a table from a lake that is older than its day, if it is."""
    said = ""
    older, carried = frame.attrs.get("older"), frame.attrs.get("carried_over")
    if isinstance(older, dict) and older:
        where = pluralize(len(older), "project")
        said += (
            f" Of {where} it is the state of an earlier day, the oldest of {min(older.values())}."
        )
    if isinstance(carried, dict) and carried:
        oldest = str(min(carried.values()))[:16].replace("T", " ")
        where = pluralize(len(carried), "project")
        said += f" Resources of {where} were not read anew; the oldest are of {oldest} UTC."
    return said


def _wrapped(body: str, foot: str) -> str:
    return (
        f'<div class="cbr-data"><style>{_static("table.css")}</style>{body}{foot}'
        + (f"<script>{_static('table.js')}</script>" if foot else "")
        + "</div>"
    )


@cache
def _static(name: str) -> str:
    text = files("cbr_notebook.showing").joinpath("static", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("/*", "//")))
