"""The README's list of tables is the one that the schemas give.

After a change of a schema: ``CBR_WRITE_README=1 python -m pytest tests/test_readme.py``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from cbr_notebook.frames import SCHEMAS, Schema

README = Path(__file__).parent.parent / "README.md"
PART = re.compile(r"(?<=<!-- tables: from the schemas -->\n).*?(?=<!-- end of tables -->)", re.S)


def row(schema: Schema) -> str:
    columns = ", ".join(
        f"`{column.name}`" + (f" ({column.unit})" if column.unit else "")
        for column in schema.columns
    )
    return f"| `{schema.name}` | {schema.row} | {columns} |"


def test_the_readme_lists_every_table_with_its_columns() -> None:
    lines = ["| table | a row is | columns (unit) |", "|---|---|---|"]
    wanted = "\n".join([*lines, *(row(schema) for schema in SCHEMAS.values())]) + "\n"
    text = README.read_text(encoding="utf-8")
    if os.environ.get("CBR_WRITE_README"):
        text = PART.sub(lambda _: wanted, text)
        README.write_text(text, encoding="utf-8")
    assert PART.findall(text) == [wanted]
