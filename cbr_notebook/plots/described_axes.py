"""Axes that a notebook shows: as drawings that take the page's colours, and as an image.

A drawing is inline SVG, once for a wide place and once for a narrow one; the page shows the one
that fits. Where a page takes no drawings, such as a notebook that is not trusted yet, it shows the
image that stands beside them. The reasons are in ``docs/decisions``.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from matplotlib.axes import Axes
from matplotlib.projections import register_projection
from PIL import Image

from cbr_notebook.plots import drawing
from cbr_notebook.plots.narrow_layout import Narrow, narrowed
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

_DPI = 100
MOST_LISTED = 2000
"""Marks that are listed in words below a picture."""
_COLOURS = 64
"""Colours of the image: text in ink and a few fills, with their smooth edges."""


class DescribedAxes(Axes):
    """Axes that a notebook shows as a picture with an alternative text."""

    name = "described"
    alt_text = ""
    """What the picture shows, in words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.told: list[tuple[Artist, Sequence[str]]] = []
        """Artists with a word for each of their marks, which a page shows under the pointer."""
        self.words: list[Sequence[str]] = []
        """The words of all marks, by artist; also of marks that are too many to be pointed at."""
        self.narrow = Narrow()

    def _repr_html_(self) -> str | None:
        alt = html.escape(self.alt_text or self.get_title(loc="left"), quote=True)
        data = base64.b64encode(self._repr_png_()).decode()
        # Untrusted pages drop the style, and with it what shows the drawings instead of the image.
        return (
            f'<div class="cbr-picture"><style>{_style()}</style><div role="img" aria-label="{alt}">'
            f'<div class="wide" hidden="hidden">{self._drawing(narrow=False)}</div>'
            f'<div class="narrow" hidden="hidden">{self._drawing(narrow=True)}</div>'
            f'<img src="data:image/png;base64,{data}" alt="{alt}" style="max-width:100%"></div>'
            f"{_listed(self.words)}</div>"
        )

    def _repr_png_(self) -> bytes:
        figure = cast("Figure", self.figure)
        picture = io.BytesIO()
        with drawing.any_letter():
            figure.savefig(picture, format="png", dpi=_DPI, metadata={"Software": None})
        smaller = io.BytesIO()
        with Image.open(picture) as image:
            image.convert("RGB").quantize(_COLOURS).save(smaller, format="png", optimize=True)
        return smaller.getvalue()

    def _drawing(self, *, narrow: bool) -> str:
        figure = cast("Figure", self.figure)
        with narrowed(self, self.narrow) if narrow else nullcontext():
            return drawing.svg(figure, self.told, salt=f"{self.alt_text}{narrow}")

    def __repr__(self) -> str:
        title = self.get_title(loc="left").replace("\n", " ")
        return f"<Picture: {title or 'empty'}>"


register_projection(DescribedAxes)


def _listed(words: Sequence[Sequence[str]]) -> str:
    """Return the words of all marks as a list to open, the rarest kind first: it needs no pointer.

    Args:
        words: of the marks of each artist.
    """
    every = [word for some in sorted(words, key=len) for word in some]
    if not every:
        return ""
    more = len(every) - MOST_LISTED
    rest = f"<li>… and {more:,} more, which are in the tables of the session.</li>"
    listed = "".join(f"<li>{html.escape(word, quote=False)}</li>" for word in every[:MOST_LISTED])
    return (
        f"<details><summary>In words: {pluralize(len(every), 'mark')}</summary>"
        f'<ol tabindex="0" aria-label="The marks in words">{listed}{rest if more > 0 else ""}</ol>'
        "</details>"
    )


@cache
def _style() -> str:
    text = files("cbr_notebook.plots").joinpath("static", "picture.css").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("/*"))
