"""The pattern of all forms: fill in, see what will happen, press one button, see what came of it.

A form knows how to ask and how to show. What it does is one call of the session, which its
``code`` shows; so whatever a form does can be done, and is tested, without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl

import ipywidgets as widgets

from cbr_notebook.errors import (
    CBRError,
    InvalidRequest,
    TaskFailed,
    WaitTimeout,
)
from cbr_notebook.forms.filling import Filling
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.worker import Worker
from cbr_notebook.runbook.run.outcomes import maybe_executed

Outcome = tuple[Any, BaseException | None]
"""What came of an act, and what went wrong."""


class _OffersForms(Protocol):
    """A session as people hold it."""

    @property
    def forms(self) -> Any:
        """The forms of the session."""


class Form(Filling):
    """A form. A subclass says its fields, and what to do with them.

    Override ``_build``; ``_act`` and ``_card``; where needed ``_load``, ``_changed``,
    ``_check``, ``_summary``, ``_warns``, ``_empty``, ``_code``, ``_follow``, ``_act_on``.
    """

    # -- what a subclass says ----------------------------------------------------------------------

    def _act(self, value: Mapping[str, Any]) -> Any:
        """Do it; gives the result."""
        raise AssertionError("a form with a button says what it does")

    def _card(self, result: Any) -> str:
        """Write what came of it, with an ID and the next steps."""
        raise AssertionError("a form with a button says what came of it")

    def _follow(self, result: Any, work: Worker | None) -> None:
        """Watch what was begun until it ends; ``work`` is ``None`` without a form on a page.

        Runs beside the main thread if the button was pressed, in it after ``submit()``.
        """

    def _act_on(self, act: str, of: str) -> None:
        """Hear a button of the form's own HTML."""
        if act == "again":
            self.again()
        elif act == "ask again":
            self._questions.retry()
        elif act == "watch":
            self._watch_again()
        elif act == "stop":
            self.stop()
        elif act == "open":
            form, _, values = of.partition("?")
            self.open_below(form, **dict(parse_qsl(values)))

    # -- what a person or a program does with it ---------------------------------------------------

    def submit(self) -> Any:
        """Do what the button does, and wait for it.

        Once it is done, nothing is done again until something changes or :meth:`again` is called.

        Returns:
            The result.

        Raises:
            InvalidRequest: something is wrong with a field; nothing was sent.
            Conflict: it is being done already.
            CBRError: as the call of the session that ``code`` shows.
        """
        self._wait_until_loaded()
        if self._questions.error is not None:
            raise self._questions.error
        if self._is_done():
            return self.result
        self._attempted = True
        self._refused = {}
        problems = self.problems
        self._show()
        if problems:
            raise self._cannot_be_sent(problems)
        values = self._values()
        if not self._begin(values):
            raise self._at_it()
        result, error = self._perform(values, None)
        if error is not None:
            raise error
        return result

    def again(self) -> None:
        """Let the same be done once more."""
        self._done_with = None
        self._given = {}
        self._attempted = self._held_back = False
        self._refused = {}
        self._said.html = self._wrong.html = ""
        self._show()

    def stop(self) -> None:
        """Stop watching; what was begun goes on in the service."""
        for work in self._works:
            if work is not self._questions.worker or self._closed:
                work.stop()

    def close(self) -> None:
        """Stop watching and take the form off the page."""
        with self._lock:
            self._closed = True
        self.stop()
        _close_within(self)
        for field in self._fields.values():
            field.close()
        super().close()

    @property
    def in_flight(self) -> bool:
        """Whether it is doing what the button does, and nobody knows yet what comes of it."""
        return self._busy and not self._is_done()

    # -- how it works ------------------------------------------------------------------------------

    def _clicked(self) -> None:
        """Hear the button, where it was heard, so that a second click finds the form busy."""

        def press() -> None:
            if not self._loaded.is_set() or self._is_done():
                return
            self._attempted = True
            self._refused = {}
            values = self._values()
            problems = self._problems()
            self._show()
            if problems:
                self._hold_back(problems)
            elif self._begin(values):
                self._go(lambda work: self._perform(values, work))

        self._guarded(press)

    def _is_done(self) -> bool:
        return self._done_with is not None and self._done_with == self._values()

    def _begin(self, values: Mapping[str, Any] | None = None) -> bool:
        """Take the only right to act, if nobody else has it; says whether it was taken.

        Nothing can be filled in until it is given back, so that what is told is what was done.

        Args:
            values: what was found to be right; if it has changed since, or was done since,
                nothing is begun.
        """
        with self._lock:
            if self._busy or self._closed:
                return False
            if values is not None and (self._values() != values or self._is_done()):
                return False
            self._busy = True
        self._button.disabled = True
        self._button.busy = True
        self._button.label = self.busy_label
        self._lock_fields(True)
        self._held_back = False
        self._wrong.html = self._said.html = ""
        self.error = None
        return True

    def _lock_fields(self, locked: bool) -> None:
        for each in self._fields.values():
            each.disabled = locked

    def _go(self, step: Callable[[Worker], object]) -> None:
        """Take a step beside the main thread, for which the form was taken by :meth:`_begin`."""
        try:
            self._start("acts", step)
        except BaseException:
            self._give_back()
            raise

    def _perform(self, values: dict[str, Any], work: Worker | None) -> Outcome:
        """Act, show what came of it, and follow what was begun."""

        def act() -> None:
            self.result = self._act(values)
            self._done_with = values
            self._see_through(work)

        return self._carry_out(act)

    def _see_through(self, work: Worker | None) -> None:
        """Show the result, and follow what was begun; it is done, whatever goes wrong here."""
        try:
            self._said.html = self._card(self.result)
            self._follow(self.result, work)
        except TaskFailed:
            raise
        except KeyboardInterrupt:
            self._tell_stopped(self.result)
            raise WaitTimeout(
                "You stopped waiting; what was asked for goes on.",
                advice="Nothing is lost. The form's result, and session.tasks(), say how it is.",
            ) from None
        except Exception as problem:
            self.error = problem
            self._tell_out_of_sight(problem)

    def _watch_again(self) -> None:
        """Follow once more what was begun."""
        if self._done_with is not None and self._begin():
            self._go(lambda work: self._carry_out(lambda: self._see_through(work)))

    def _tell_out_of_sight(self, problem: Exception) -> None:
        """Say that it was asked for, and that what came of it could not be seen."""
        self._tell_stopped(self.result)
        self._wrong.html = markup.error_card(
            problem, f"{self._doing()}: asked for, but it is out of sight"
        )

    def _tell_stopped(self, result: Any) -> None:
        """Say that watching has ended, and the work has not."""
        self._said.html = markup.card(
            "It was asked for",
            text="Nobody is watching it here any more; nothing is lost.",
            buttons=[markup.button("watch", "Watch again")],
        )

    def _carry_out(self, step: Callable[[], None]) -> Outcome:
        """Take the step for which the form was taken by :meth:`_begin`; trouble is shown."""
        try:
            step()
        except Exception as problem:
            self._guarded(partial(self._tell, problem))
            self.error = problem
        finally:
            outcome = self.result, self.error
            self._give_back()
        return outcome

    def _give_back(self) -> None:
        """Let it be filled in again, and acted on."""
        self._lock_fields(False)
        self._button.busy = False
        self._busy = False
        self._guarded(self._show)

    def _tell(self, problem: BaseException) -> None:
        """Show trouble: beside the field that it belongs to, and below with all there is to say."""
        field = self._field_of(problem)
        if field is not None and isinstance(problem, CBRError):
            self._refused[field] = problem.message
        outcome = "not done"
        if isinstance(problem, CBRError) and maybe_executed(problem):
            outcome = "nobody knows whether it was done"
            self._ask(self._load_and_fill)  # if it was, that can be seen now
        self._wrong.html = markup.error_card(problem, f"{self._doing()}: {outcome}")

    def _doing(self) -> str:
        """Give what is done, as people read it on the button."""
        return self.action or self.title

    def _field_of(self, problem: BaseException) -> str | None:
        """Give the name of the field that an error is about."""
        field = getattr(problem, "field", None)
        return field if field in self._fields else None

    def open_below(self, form: str, **values: Any) -> None:
        """Show another form below this one: the next step. One that is at work stays."""
        forms = cast("_OffersForms", self.session).forms
        opened = getattr(type(forms)(self.session, by_cell=False), form)(**values)
        with self._lock:
            before = cast("tuple[Form, ...]", self._next.children)
            at_work = [each for each in before if each.busy]
            self._next.children = (*at_work, opened)
        for each in before:
            if each not in at_work:
                each.close()

    def _cannot_be_sent(self, problems: Mapping[str, str]) -> InvalidRequest:
        said = " ".join(
            f"{self._fields[name].label}: {problem}" if name in self._fields else problem
            for name, problem in problems.items()
        )
        return InvalidRequest(
            f"The form cannot be sent yet. {said}",
            advice="Nothing was sent. Mend the fields that .problems names.",
            field=next(iter(problems)),
        )


def _close_within(box: widgets.Box) -> None:
    for part in box.children:
        if isinstance(part, widgets.Box) and not isinstance(part, Form):
            _close_within(part)
        if part._view_count is not None:
            part._view_count = None  # or the page would count on where nobody hears it
        part.close()
        part.layout.close()
