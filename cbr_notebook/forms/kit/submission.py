"""Acts once at a time: takes the form, acts, shows what came of it, watches, gives it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest, TaskFailed, WaitTimeout
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.threads.interrupts import held_back
from cbr_notebook.forms.kit.threads.worker import Worker, Workers
from cbr_notebook.forms.kit.view import View

Outcome = tuple[Any, BaseException | None]
"""What came of an act, and what went wrong."""


class Submission:
    """What a form does when its button, or another one, is pressed."""

    def __init__(self, view: View, workers: Workers, reload: Callable[[], None]) -> None:
        """Begin without a result.

        Args:
            view: shows what happens.
            workers: carry out what is not to hold up the page.
            reload: asks anew for what can be chosen.
        """
        self._view = view
        self._definition = view.definition
        self._machine = view.machine
        self._panels = view.panels
        self._workers = workers
        self._reload = reload
        self.result: Any = None

    def submit(self) -> Any:
        """Act, and wait for it; as :meth:`Form.submit`."""
        if self._view.loader.error is not None:
            raise self._view.loader.error
        if self._machine.is_done():
            return self.result
        self._definition.look()
        if problems := self._view.attempt():
            raise self.incomplete(problems)
        values = self._view.inputs.values()
        if not self.acquire(values):
            raise self.busy()
        result, error = self._perform(values, None)
        if error is not None:
            raise error
        return result

    def press(self) -> None:
        """Act beside the main thread, or say why it cannot be done."""
        if not self._view.loader.idle.is_set() or self._machine.is_done():
            return
        values = self._view.inputs.values()
        if problems := self._view.attempt():
            self._view.tell_blocked(problems)
            return
        # Taken where the click was handled, so that a second click finds the form busy.
        with held_back():
            if self.acquire(values):
                self._start_worker(lambda worker: self._perform(values, worker))

    def run(self, step: Callable[[Worker], None], *, label: str = "") -> bool:
        """Run a step beside the main thread, unless the form is busy.

        Args:
            step: what to do; what goes wrong is told as of the button.
            label: what the button says meanwhile.

        Returns:
            Whether it is taken.
        """
        with held_back():
            if not self.acquire():
                return False
            if label:
                self._view.button.label = label
            self._start_worker(lambda worker: self._carry_out(lambda: step(worker)))
        return True

    def watch_again(self) -> None:
        """Follow once more what was begun."""
        if self._machine.is_done():
            self.run(self.watch_result)

    def acquire(self, values: Mapping[str, Any] | None = None) -> bool:
        """Acquire the only right to act, as :meth:`StateMachine.acquire`; return whether it was.

        Nothing can be filled in until it is released, so that what is told is what was done.
        """
        if not self._machine.acquire(values):
            return False
        self._view.begin()
        self._definition.acquired()
        return True

    def release(self) -> None:
        """Release the form: it can be filled in again, and acted on."""
        self._view.end()
        self._machine.release()
        self._view.guarded(self._view.show)

    def watch_result(self, worker: Worker | None, done: Mapping[str, Any] | None = None) -> None:
        """Show the result, and follow what was begun; it is done, whatever goes wrong here.

        Args:
            worker: the one that runs this, if any.
            done: the values that were sent, unless they are those that were sent before.
        """
        self._machine.watch(done)
        try:
            self._panels.result.html = self._definition.card(self.result)
            self._definition.follow(self.result, worker)
        except TaskFailed:
            raise
        except KeyboardInterrupt:
            self.tell_stopped()
            raise WaitTimeout(
                "You stopped waiting; what was asked for goes on.",
                advice="The form's result, and session.tasks(), say how it is.",
            ) from None
        except Exception as problem:
            self._view.error = problem
            if not self._definition.out_of_sight(problem):
                self.tell_stopped()
                self._panels.error.html = markup.error_card(
                    problem,
                    f"{self._definition.doing()}: asked for, but it is out of sight",
                    in_form=self._definition.in_form,
                )

    def tell_stopped(self) -> None:
        """Say that watching has ended, and the work has not."""
        if not self._definition.stopped(self.result):
            self._panels.result.html = markup.card(
                "It was asked for",
                text="Nobody is watching it here any more; session.tasks() says how it is.",
                buttons=[markup.button("watch", "Watch again")],
            )

    def tell_failure(self, problem: BaseException) -> None:
        """Say what went wrong: beside the field that it belongs to, and below with all there is."""
        inputs, field = self._view.inputs, getattr(problem, "field", None)
        if field in inputs.fields and isinstance(problem, CBRError):
            inputs.refused[field] = problem.message
        outcome, ways = "not done", list[str]()
        # Of what nobody expected, nobody knows when it happened.
        if not isinstance(problem, CBRError) or problem.may_have_happened:
            outcome = "nobody knows whether it was done"
            if self._definition.form.session is not None:
                ways = [markup.link_to_form("tasks", "Show tasks")]
            self._reload()  # if it was, that can be seen now
        self._panels.error.html = markup.error_card(
            problem,
            f"{self._definition.doing()}: {outcome}",
            ways,
            in_form=self._definition.in_form,
        )

    def busy(self) -> Conflict:
        """Return that nothing can be begun now."""
        return Conflict("This form is at it already.", advice="Wait for its result.")

    def incomplete(self, problems: Mapping[str, str]) -> InvalidRequest:
        """Return why nothing is sent."""
        fields = self._view.inputs.fields
        said = " ".join(
            f"{fields[name].label}: {problem}" if name in fields else problem
            for name, problem in problems.items()
        )
        return InvalidRequest(
            f"The form cannot be sent yet. {said}",
            advice="Nothing was sent. Mend the fields that .problems names.",
            field=next(iter(problems)),
        )

    def _start_worker(self, step: Callable[[Worker], object]) -> None:
        """Start a worker for which the form was acquired."""
        try:
            self._workers.start("acts", step)
        except BaseException:
            self.release()
            raise

    def _perform(self, values: dict[str, Any], worker: Worker | None) -> Outcome:
        """Act, show what came of it, and follow what was begun."""

        def act() -> None:
            self.result = self._definition.act(values)
            self.watch_result(worker, values)

        return self._carry_out(act)

    def _carry_out(self, step: Callable[[], None]) -> Outcome:
        """Run the step for which the form was acquired; what goes wrong is shown."""
        try:
            step()
        except Exception as problem:
            self._view.guarded(partial(self._tell, problem))
            self._view.error = problem
        finally:
            outcome = self.result, self._view.error
            self.release()
        return outcome

    def _tell(self, problem: BaseException) -> None:
        if not self._definition.failed(problem):
            self.tell_failure(problem)
