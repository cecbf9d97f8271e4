"""The README as an index page shows it: links and pictures lead somewhere from there, too.

``CBR_REPOSITORY_URL`` names where the files of this version are looked at, such as
``https://host/owner/name/blob/v0.2.0``; without it the README stays as it is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?P<picture>!?)(?P<words>\[[^\[\]]*\])\((?P<path>(?![a-z]+:|#)[^)\s]+)\)")
_LINKED_PICTURE = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)\s]+)(?=\))")


def absolute(text: str, base: str) -> str:
    """Return Markdown with absolute links.

    Args:
        text: of a file at the top of the repository.
        base: the address of the repository's files; pictures are at ``raw`` in place of ``blob``.
    """
    base = base.rstrip("/")
    raw = base.replace("/blob/", "/raw/")

    def lead(found: re.Match[str]) -> str:
        at = raw if found["picture"] else base
        return f"{found['picture']}{found['words']}({at}/{found['path']})"

    # First the pictures and plain links, then what is around a picture.
    return _LINKED_PICTURE.sub(lambda found: f"{base}/{found['path']}", _LINK.sub(lead, text))


class Readme(MetadataHookInterface):
    """Writes the README into the metadata of a build."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme."""
        text = Path(self.root, "README.md").read_text("utf-8")
        if base := os.environ.get("CBR_REPOSITORY_URL"):
            text = absolute(text, base)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
