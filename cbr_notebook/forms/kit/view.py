"""What a form shows: its fields, what would happen, what is wrong, and its button."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Button
from cbr_notebook.forms.kit.form_state import StateMachine
from cbr_notebook.forms.kit.inputs import Inputs
from cbr_notebook.forms.kit.option_loader import OptionLoader
from cbr_notebook.forms.kit.panels import HtmlPanel


@dataclass(frozen=True, slots=True)
class Panels:
    """What every form shows besides its fields."""

    summary: HtmlPanel
    error: HtmlPanel
    load_error: HtmlPanel
    result: HtmlPanel
    code: HtmlPanel

    @classmethod
    def of(cls, create: Callable[..., HtmlPanel]) -> Panels:
        """Create them; ``create`` makes a panel by its name."""
        return cls(
            summary=create("summary", look="cbr-outline"),
            error=create("error", live="alert"),
            load_error=create("load_error", live="alert"),
            result=create("result", live="status"),
            code=create("code"),
        )


class View:
    """Shows the state of a form; it decides nothing."""

    def __init__(
        self,
        definition: FormDefinition,
        inputs: Inputs,
        machine: StateMachine,
        loader: OptionLoader,
        panels: Panels,
        button: Button,
    ) -> None:
        self.definition = definition
        self.inputs = inputs
        self.machine = machine
        self.loader = loader
        self.panels = panels
        self.button = button
        self.error: BaseException | None = None
        """What went wrong at the last attempt."""
        self.attempted = False
        """Whether somebody has tried to send it: then all that is wrong is said."""
        self._blocked = False
        """Whether it is said why nothing was sent."""
        self._drawing = threading.RLock()

    def show(self) -> None:
        """Show the present state; one thread after the other, so that the last one shows it."""
        with self._drawing:
            self._draw()

    def guarded(self, step: Callable[[], None]) -> None:
        """Run a step; what goes wrong is shown in the form, not in a log that nobody reads."""
        try:
            step()
        except Exception as problem:
            self.error = problem
            self.panels.error.html = markup.error_card(
                problem, self.definition.title, in_form=self.definition.in_form
            )

    def problems(self) -> dict[str, str]:
        """Return what is wrong now, by field, without waiting for what can be chosen."""
        if self.loader.error is not None:
            return {"": str(self.loader.error)}
        found = self.inputs.problems()
        if not found:
            found = self.definition.check(self.inputs.values())
        return self.definition.problems({**self.inputs.refused, **found})

    def attempt(self) -> dict[str, str]:
        """Show all that is wrong, because somebody wants to send it, and return it."""
        self.attempted = True
        self.inputs.refused = {}
        problems = self.problems()
        self.show()
        return problems

    def forget_attempt(self) -> None:
        """Say nothing any more of what was wrong when somebody tried to send it."""
        self.attempted = self._blocked = False
        self.inputs.refused = {}

    def tell_blocked(self, problems: Mapping[str, str]) -> None:
        """Say why nothing was sent, as long as it is so."""
        self._blocked = bool(problems)
        fields = self.inputs.fields
        self.panels.error.html = "" if not problems else markup.blocked_card(
            (name, fields[name].label, problem)
            if name in fields
            else ("", self.definition.title, problem)
            for name, problem in problems.items()
        )  # fmt: skip

    def tell_gap(self) -> None:
        """Say that a click was not handled, and show what is filled in here."""
        self.inputs.send_again()
        self.panels.error.html = _PRESS_AGAIN

    def tell_loading(self) -> None:
        """Say that what there is is being asked for."""
        self.button.disabled = True
        self.panels.summary.html = _ASKING if self.definition.action else ""

    def tell_loaded(self) -> None:
        """Show what there is, or why it could not be asked for."""
        problem = self.loader.error
        self.panels.load_error.html = "" if problem is None else markup.error_card(
            problem,
            f"{self.definition.title}: what there is could not be asked for",
            [markup.button("ask again", "Try again")],
        )  # fmt: skip
        self.show()

    def begin(self) -> None:
        """Show that the form is busy, and lock all that can be filled in."""
        self.button.disabled = self.button.busy = True
        self.button.label = self.definition.busy_label
        self._lock(True)
        self._blocked = False
        self.panels.error.html = self.panels.result.html = ""
        self.error = None

    def end(self) -> None:
        """Unlock what can be filled in."""
        self._lock(False)
        self.button.busy = False

    def _lock(self, locked: bool) -> None:
        self.inputs.lock(locked)
        self.definition.lock(locked)

    def _draw(self) -> None:
        """Update what stands beside the fields, in the summary and in the code."""
        self.definition.draw()
        if not self.machine.busy:
            self.button.label = self.definition.action
        if not self.loader.idle.is_set():
            return
        values, problems = self.inputs.values(), self.problems()
        if values != self.inputs.values():
            return  # whoever changes them draws them
        self.inputs.show(problems, attempted=self.attempted)
        wrong = bool(problems)
        self.panels.summary.html = self._summary(values, wrong=wrong)
        self.panels.code.html = "" if wrong else markup.code(self.definition.code(values))
        done = self.machine.is_done()
        self.button.disabled = self.machine.busy or done or self.loader.error is not None
        if self._blocked:
            self.tell_blocked(problems)

    def _summary(self, values: Mapping[str, Any], *, wrong: bool) -> str:
        """Return what will happen, or what is missing until it can."""
        definition = self.definition
        said = "" if wrong else definition.summary(values)
        if self.loader.error is not None or not definition.action:
            return ""
        if (outline := definition.outline()) is not None:
            return outline
        if empty := definition.empty():
            return empty
        if said:
            return markup.summary(said, warns=definition.warns(values))
        if missing := self.inputs.missing():
            return markup.summary(f"Still missing: {', '.join(missing)}.")
        return markup.summary("Something above is not right yet.")


_ASKING = markup.summary("Asking the service what there is…")
_PRESS_AGAIN = markup.card(
    "Press again",
    tone="warn",
    text="What was done just before had not arrived yet, perhaps because a cell was running. "
    "Nothing was sent. Look at what is filled in, and press again.",
)
