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
from cbr_notebook.plots.narrow import Narrow, narrowed

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

_DPI = 100
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
        self.narrow = Narrow()

    def _repr_html_(self) -> str | None:
        alt = html.escape(self.alt_text or self.get_title(loc="left"), quote=True)
        data = base64.b64encode(self._repr_png_()).decode()
        # Untrusted pages drop the style, and with it what shows the drawings instead of the image.
        return (
            f'<div class="cbr-picture" role="img" aria-label="{alt}"><style>{_style()}</style>'
            f'<div class="wide" hidden="hidden">{self._drawing(narrow=False)}</div>'
            f'<div class="narrow" hidden="hidden">{self._drawing(narrow=True)}</div>'
            f'<img src="data:image/png;base64,{data}" alt="{alt}" style="max-width:100%"></div>'
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


@cache
def _style() -> str:
    text = files("cbr_notebook.plots").joinpath("static", "picture.css").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("/*"))
