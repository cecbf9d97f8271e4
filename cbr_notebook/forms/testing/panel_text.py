"""Read the HTML of a form's panel as a person reads it: its text, its buttons, its steps."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass
class PanelButton:
    """A button, or a link, in the HTML of a panel.

    Attributes:
        act: what a click means.
        of: what it is done to.
        enabled: whether a click does something.
        goal: the field that a click leads to, if that is all that it does.
        label: what people read.
    """

    act: str
    of: str
    enabled: bool
    goal: str | None = None
    label: str = ""


@dataclass
class Step:
    """A step of the rail of a form in steps."""

    current: bool
    label: str = ""


def buttons_in(written: str) -> list[PanelButton]:
    """Return the buttons and links of a panel's HTML."""
    return _read(written).buttons


def steps_in(written: str) -> list[Step]:
    """Return the steps of a rail's HTML."""
    return _read(written).steps


def text_of(written: str) -> str:
    """Return what people read of HTML, without what is only between the letters."""
    return " ".join("".join(_read(written).text).split())


def _read(written: str) -> _Reader:
    reader = _Reader()
    reader.feed(written)
    reader.close()
    return reader


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.buttons: list[PanelButton] = []
        self.steps: list[Step] = []
        self._button: PanelButton | None = None
        self._step: Step | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "li":
            self._step = Step("aria-current" in given)
            self.steps.append(self._step)
        elif tag == "button" and ("data-act" in given or "data-goal" in given):
            self._button = PanelButton(
                act=given.get("data-act") or "",
                of=given.get("data-of") or "",
                enabled=given.get("aria-disabled") != "true",
                goal=given.get("data-goal"),
            )
            self.buttons.append(self._button)

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        for each in (self._button, self._step):
            if each is not None:
                each.label += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None
        elif tag == "li":
            self._step = None
