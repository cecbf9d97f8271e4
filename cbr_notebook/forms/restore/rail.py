"""The rail of a form in steps: where one is, what is done, and the way back and forth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import ipywidgets as widgets

from cbr_notebook.forms.kit.field import Button
from cbr_notebook.forms.kit.markup import button, escaped
from cbr_notebook.forms.kit.panels import HtmlPanel
from cbr_notebook.forms.kit.widget import Box


class Steps(Box):
    """Steps of which one is shown; each is a title and what belongs to it.

    ``may_move`` says whether somebody may go anywhere now. ``on_leave`` is asked before they go
    on to a later step and says whether they may; ``on_enter`` is called when they are elsewhere.
    """

    def __init__(
        self,
        steps: Sequence[tuple[str, Sequence[widgets.Widget]]],
        last: Button,
        guarded: Callable[[Callable[[], None]], None],
        note: str = "",
    ) -> None:
        """Begin at the first.

        Args:
            steps: each a title and what belongs to it.
            last: the button that leads to the last step.
            guarded: takes a step of the program for somebody, and shows what goes wrong.
            note: what is said above the steps, whichever is shown.
        """
        self._lock = threading.RLock()
        """Held while it is decided which step is shown; never while anything else is asked."""
        self.titles = [title for title, _ in steps]
        self._note = note
        self.at = 0
        self.locked = False
        """Whether there is no way back, because it has been done."""
        self.may_move: Callable[[], bool] = lambda: True
        self.on_leave: Callable[[int], bool] = lambda _: True
        self.on_enter: Callable[[], None] = lambda: None
        self._chosen = [""] * len(steps)
        self._rail = HtmlPanel(name="steps", look="cbr-rail")
        self._rail.on_act = lambda _, of: guarded(lambda: self.walk(int(of)))
        self._boxes = [Box(parts) for _, parts in steps]
        self._back = Button("Back", lambda: guarded(lambda: self.walk(self.at - 1)))
        self._next = Button("Next", lambda: guarded(lambda: self.walk(self.at + 1)), look="primary")
        self._last = last
        self._ways = Box([self._back, self._next, last], look="cbr-ways")
        super().__init__([self._rail, *self._boxes, self._ways])
        self.go(0)

    def walk(self, to: int) -> None:
        """Open the step that somebody wants, as far as each step on the way lets them."""
        if self.locked or not 0 <= to < len(self.titles) - 1:
            return
        before = at = self.at
        while at < to and self.on_leave(at):
            at += 1
        if self.move(min(to, at), since=before) and self.at != before:
            self.focus_rail()

    def move(self, to: int, *, since: int | None = None) -> bool:
        """Show a step unless there is no way to it now. Return whether it is shown.

        Args:
            to: the step.
            since: where somebody was when they wanted to; they may be elsewhere now.
        """
        with self._lock:
            if self.locked or not self.may_move() or since not in (None, self.at):
                return False
            self._show(to)
        self.on_enter()
        return True

    def focus_rail(self) -> None:
        """Move the focus to where somebody is, since what was pressed may be hidden now."""
        self._rail.focus()

    def set_chosen(self, step: int, chosen: str) -> None:
        """Show in the rail what was chosen in a step; an empty text shows its title."""
        with self._lock:
            self._chosen[step] = chosen
            self._rail.html = self._drawn()

    def go(self, to: int) -> None:
        """Show a step, wherever somebody is."""
        with self._lock:
            self._show(to)
        self.on_enter()

    def lock(self, to: int) -> None:
        """Show a step from which there is no way back."""
        self.locked = True
        self.go(to)

    def unlock(self, to: int) -> None:
        """Show a step from which all ways are open again."""
        self.locked = False
        self.go(to)

    def _show(self, to: int) -> None:
        self.at = to
        for number, box in enumerate(self._boxes):
            box.hidden = number != to
        last = len(self.titles) - 1
        self._back.hidden = to == 0 or self.locked
        self._next.hidden = to >= last - 1 or self.locked
        self._last.hidden = to != last - 1
        if to < last:
            self._next.label = f"Next: {self.titles[to + 1]}"
        self._rail.html = self._drawn()

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
        note = f'<p class="cbr-note">{escaped(self._note)}</p>' if self._note else ""
        return f'{note}<nav aria-label="Steps"><ol>{"".join(rows)}</ol></nav>'
