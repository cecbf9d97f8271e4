"""What makes one form different from another: its fields, and what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.threads.worker import Worker

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession

Values = Mapping[str, Any]


class FormDefinition:
    """Defines a form. A :class:`Form` has one, shows what it says and calls it.

    Override :meth:`build`; of a form with a button also :meth:`act` and :meth:`card`; the other
    methods where the form needs them. What a form does is one call of the session, which
    :meth:`code` shows; so whatever a form does can be done, and is tested, without one.
    """

    form: Any
    """The form that has this definition; a definition names its type as ``Form``."""
    name = ""
    """Of the method of ``session.forms`` that opens it."""
    title = ""
    intro = ""
    action = ""
    """What the button says; a form without one only shows."""
    busy_label = "Working…"
    destroys = False
    """Whether the button deletes or overwrites something; then it looks like that."""
    repeatable = False
    """Whether the same may be done again and again, as in a list that is looked at again."""
    leading: Sequence[str] = ()
    """The fields on which others depend: what was typed belongs to what was chosen there."""
    given_anew: Sequence[str] = ()
    """The fields that a form which comes after does not take over, such as a confirmation."""

    @property
    def session(self) -> GuidedSession:
        """What the form works on."""
        session: GuidedSession = self.form.session
        return session

    @property
    def fields(self) -> dict[str, Field]:
        """The form's fields, by name."""
        fields: dict[str, Field] = self.form.fields
        return fields

    def in_form(self, advice: str) -> str:
        """Return advice with what the form has, such as a button, in place of calls of Python."""
        return advice

    # -- what it shows -----------------------------------------------------------------------------

    def build(self) -> Sequence[Field]:
        """Create the fields, in the order of reading."""
        raise AssertionError("a form has fields")

    def layout(self, widgets: list[ipywidgets.Widget]) -> list[ipywidgets.Widget]:
        """Put the widgets in order.

        Args:
            widgets: head, fields, summary, button, error, result, code, and what is opened
                below, as most forms show them.
        """
        return widgets

    def load(self) -> None:
        """Ask for what the fields offer; runs beside the main thread, at the beginning and anew."""

    def loaded(self) -> None:
        """Continue once it is known what can be chosen, and what was given is filled in."""

    def fill(self, accept: Callable[[Values], None], values: Values) -> None:
        """Fill in values; ``accept`` does so for all fields that they name."""
        accept(values)

    def changed(self, field: Field) -> None:
        """Update other fields after a change, such as offer what fits the new choice."""

    def draw(self) -> None:
        """Show more than every form shows; called whenever the form is drawn."""

    def look(self) -> None:
        """Look at what the check depends on, and wait for it; called when a program asks."""

    def check(self, value: Values) -> dict[str, str]:
        """Return by field what does not fit; asked once every field is right by itself."""
        return {}

    def problems(self, found: dict[str, str]) -> dict[str, str]:
        """Return what is wrong, by field; may say more or less than what was found."""
        return found

    def summary(self, value: Values) -> str:
        """Return in plain words what will happen; called when nothing is wrong."""
        return ""

    def warns(self, value: Values) -> bool:
        """Return whether the summary tells something that one may not expect."""
        return False

    def empty(self) -> str:
        """Return why nothing can be chosen, and what to do first; empty if something can."""
        return ""

    def outline(self) -> str | None:
        """Return what is shown above the button; ``None``: the summary, or what is missing."""
        return None

    def code(self, value: Values) -> str:
        """Return the Python line that does the same."""
        return ""

    # -- what it does ------------------------------------------------------------------------------

    def act(self, value: Values) -> Any:
        """Do it, and return the result."""
        raise AssertionError("a form with a button does something")

    def card(self, result: Any) -> str:
        """Return what came of it, with an ID and the next steps."""
        raise AssertionError("a form with a button says what came of it")

    def follow(self, result: Any, worker: Worker | None) -> None:
        """Watch what was begun until it ends.

        Args:
            result: what :meth:`act` returned.
            worker: the one that runs this; ``None`` after ``submit()``, in the main thread.
        """

    def pressed(self) -> bool:
        """Handle the button; return whether that is all there is to do."""
        return False

    def acquired(self) -> None:
        """Note that the form is busy from here on."""

    def lock(self, locked: bool) -> None:
        """Lock or unlock what can be filled in besides the fields."""

    def handle(self, act: str, of: str) -> bool:
        """Handle a button of one of its panels; return whether it is one of its own."""
        return False

    def again(self) -> None:
        """Forget what was done, after the form has."""

    # -- what it says when something goes wrong ----------------------------------------------------

    def doing(self) -> str:
        """Return what is done, as people read it on the button."""
        return self.action or self.title

    def failed(self, problem: BaseException) -> bool:
        """Say that it was not done; return whether it was said."""
        return False

    def stopped(self, result: Any) -> bool:
        """Say that nobody watches any more, and the work goes on; return whether it was said."""
        return False

    def out_of_sight(self, problem: Exception) -> bool:
        """Say that it was done, and what came of it cannot be seen; return whether it was said."""
        return False
