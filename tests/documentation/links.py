"""Where the links of a built site lead: ``python -m tests.documentation.links build/site``."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}
"""What a browser fetches by itself, and the attribute that says from where."""


class Page(HTMLParser):
    """The anchors and links of a page, and what it fetches."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in FETCHED and FETCHED[tag] in values:
            self.fetched.append(values[FETCHED[tag]])


def pages(site: Path) -> dict[Path, Page]:
    """Read all pages of a site."""
    return {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def dead(read: dict[Path, Page]) -> list[str]:
    """List links and pictures inside the site that lead nowhere."""
    found = []
    files = {path.resolve(): page for path, page in read.items()}
    for path, page in files.items():
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(normpath(path.parent / unquote(parts.path))) if parts.path else path
            there, anchor = files.get(target), unquote(parts.fragment)
            lost = there is not None and anchor and anchor not in there.anchors
            if lost or (there is None and not target.exists()):
                found.append(f"{path.name}: {link}")
    return found


def distant(read: dict[Path, Page]) -> list[str]:
    """List what a page fetches from another host."""
    return [
        f"{path.name}: {link}"
        for path, page in read.items()
        for link in page.fetched
        if urlsplit(link).netloc
    ]


if __name__ == "__main__":
    read = pages(Path(sys.argv[1]))
    wrong = dead(read) + distant(read)
    print("\n".join(wrong) or f"{len(read)} pages; every link inside leads somewhere.")
    sys.exit(1 if wrong else 0)
