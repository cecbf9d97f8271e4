"""A figure as inline SVG: the page's colours, words under the pointer, the same bytes each time."""

from __future__ import annotations

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import matplotlib

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

# Blue and red can be seen on white and on black; what cannot takes the page's colours.
INK, PAPER, LIGHT = "#1a1a1a", "#ffffff", "#dfe8f2"
# Black is Matplotlib's own ink, of what somebody adds to a picture.
_PAGE = {
    INK: "currentColor",
    "#000000": "currentColor",
    PAPER: "var(--cbr-paper)",
    LIGHT: "var(--cbr-light)",
}
_WORD = "cbr:"
"""A link that begins so is no link, but the word for a mark."""


def svg(
    figure: Figure,
    told: Sequence[tuple[Artist, Sequence[str]]],
    *,
    salt: str,
) -> str:
    """Return a figure as one ``<svg>`` element for a page.

    Args:
        figure: what to draw.
        told: artists, each with a word for every mark of it.
        salt: what tells this drawing from others on its page.
    """
    file = io.StringIO()
    key = hashlib.sha256(salt.encode()).hexdigest()[:8]
    settings: dict[Any, Any] = {"svg.hashsalt": key, "svg.fonttype": "none"}
    with any_letter(), matplotlib.rc_context(settings), _linked(told):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(file.getvalue(), key)


@contextmanager
def any_letter() -> Iterator[None]:
    """Silence warnings about letters that no font of this computer has."""
    with warnings.catch_warnings():
        # The alternative text has it, and so has the page's font.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


@contextmanager
def _linked(told: Sequence[tuple[Artist, Sequence[str]]]) -> Iterator[None]:
    """Pass words to Matplotlib as links, which it writes around the mark that they belong to."""
    for artist, words in told:
        links = [_WORD + quote(word) for word in words]
        if hasattr(artist, "set_urls"):
            artist.set_urls(links)
        else:
            artist.set_url(links[0])
    try:
        yield
    finally:
        for artist, _ in told:
            artist.set_urls([None]) if hasattr(artist, "set_urls") else artist.set_url(None)


def _for_a_page(text: str, key: str) -> str:
    text = text[text.index("<svg") :]
    # Matplotlib's style would hold for the whole page; the picture's own says the same.
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", text, flags=re.S)
    text = re.sub(rf'<a xlink:href="{_WORD}([^"]*)"[^>]*>', _title, text).replace("</a>", "</g>")
    # IDs in the order of their use: Matplotlib's depend on the last digit of a coordinate.
    used = dict.fromkeys(re.findall(r'(?:url\(|xlink:href=")#([\w-]+)', text))
    named = {each: f"{key}-{number}" for number, each in enumerate(used)}
    text = re.sub(r"<[^>]+>", lambda tag: _tag(tag[0], named), text)
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><")
    return re.sub(r"<g></g>|<defs></defs>", "", text).strip()


def _title(link: re.Match[str]) -> str:
    return f'<g class="mark"><title>{html.escape(unquote(link[1]), quote=False)}</title>'


def _tag(tag: str, named: dict[str, str]) -> str:
    """Return a tag in the page's colours and font, without IDs that nobody refers to."""
    for colour, page in _PAGE.items():
        tag = tag.replace(colour, page)
    tag = re.sub(
        r' id="([^"]+)"', lambda each: f' id="{named[each[1]]}"' if each[1] in named else "", tag
    )
    tag = re.sub(r"(?<=#)[\w-]+(?=[\")])", lambda each: named.get(each[0], each[0]), tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?| transform=\"rotate\(-0 [^\"]*\"", "", tag)
    return re.sub(r"\d+\.\d{2,}", lambda each: f"{float(each[0]):.1f}", tag)
