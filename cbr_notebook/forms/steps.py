"""The rail of a form in steps: where one is, what is done, and the way back and forth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from cbr_notebook.forms.field import Button
from cbr_notebook.forms.region import Region, button, escaped


class Steps(widgets.VBox):
    """Steps of which one is shown; each is a title and what belongs to it.

    ``on_leave`` is asked before somebody goes on to a later step and says whether they may;
    ``on_enter`` hears where they are.
    """

    def __init__(self, steps: Sequence[tuple[str, Sequence[widgets.Widget]]], last: Button) -> None:
        """Begin at the first; ``last`` is the button that leads to the last step."""
        self.titles = [title for title, _ in steps]
        self.at = 0
        self.locked = False
        """Whether there is no way back, because it has been done."""
        self.on_leave: Callable[[int], bool] = lambda _: True
        self.on_enter: Callable[[int], None] = lambda _: None
        self._chosen = [""] * len(steps)
        self._rail = Region(look="cbr-rail")
        self._rail.on_act = lambda _, of: self.walk(int(of))
        self._boxes = [widgets.VBox(list(parts)) for _, parts in steps]
        self._back = Button("Back", lambda: self.walk(self.at - 1))
        self._next = Button("Next", lambda: self.walk(self.at + 1), look="primary")
        self._last = last
        self._ways = widgets.HBox([self._back, self._next, last])
        self._ways.add_class("cbr-ways")
        super().__init__([self._rail, *self._boxes, self._ways])
        self.go(0)

    def walk(self, to: int) -> None:
        """Go where somebody wants to, as far as each step on the way lets them."""
        if self.locked or not 0 <= to < len(self.titles) - 1:
            return
        before = at = self.at
        while at < to and self.on_leave(at):
            at += 1
        self.go(min(to, at))
        if self.at != before:
            self.lead()

    def lead(self) -> None:
        """Move the focus to where somebody is, since what was pressed may be hidden now."""
        self._rail.lead()

    def say(self, step: int, chosen: str) -> None:
        """Say in the rail what was chosen in a step; nothing: its title stands there."""
        self._chosen[step] = chosen
        self._rail.html = self._drawn()

    def go(self, to: int) -> None:
        """Show a step."""
        self.at = to
        for number, box in enumerate(self._boxes):
            box.layout.display = None if number == to else "none"
        last = len(self.titles) - 1
        self._back.hidden = to == 0 or self.locked
        self._next.hidden = to >= last - 1 or self.locked
        self._last.hidden = to != last - 1
        if to < last:
            self._next.label = f"Next: {self.titles[to + 1]}"
        self._rail.html = self._drawn()
        self.on_enter(to)

    def _drawn(self) -> str:
        rows = []
        for number, title in enumerate(self.titles):
            said = f"{number + 1}. {self._chosen[number] or title}"
            if number == self.at:
                here = 'aria-current="step" tabindex="-1" data-key="here"'
                rows.append(f"<li {here}>{escaped(said)}</li>")
            elif number < self.at:
                passed = escaped(said) if self.locked else button("go", said, of=str(number))
                rows.append(f'<li class="cbr-passed">{passed}</li>')
            else:
                rows.append(f"<li>{escaped(said)}</li>")
        return f'<nav aria-label="Steps"><ol>{"".join(rows)}</ol></nav>'
