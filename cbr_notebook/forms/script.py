"""The scripts that draw the parts of forms on the page."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """Give the script of a part, after what all parts share.

    A widget's script cannot import another one, so both come as one text.
    """
    return "\n".join((_HERE / each).read_text(encoding="utf-8") for each in ("steady.js", name))
