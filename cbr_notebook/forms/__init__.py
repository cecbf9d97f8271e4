"""Forms for people who would rather look and click: ``session.forms``.

Each form says what will happen before it happens, shows what came of it, and shows the line of
Python that does the same. A form is an anywidget; it works in JupyterLab, Notebook,
Voilà and marimo.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import AuthenticationError
from cbr_notebook.extras import needed_for

if TYPE_CHECKING:
    from cbr_notebook.forms.kit.definition import FormDefinition
    from cbr_notebook.forms.kit.form import Form
    from cbr_notebook.runbook.guided_session import GuidedSession

__all__ = ["Forms", "sign_in", "signed_in"]

Call = tuple["Form", dict[str, Any]]
"""A form, and the values that it was opened with."""
Opened = dict[tuple[str, str | None], Call]
"""The form that each cell has opened last, by its kind and the cell."""

_signing_in: Opened = {}
_NO_NOTEBOOK = "no notebook"


class Forms:
    """The forms of a session.

    Running a cell again gives a fresh form, which keeps what was typed and not sent; the form
    before it stops its threads. One that is just doing what its button does is shown again.
    Values given here are filled in from the start, such as
    ``session.forms.back_up(vault="vault-web")``.
    """

    def __init__(self, session: GuidedSession, *, by_cell: bool = True) -> None:
        """Begin without a form.

        Args:
            session: what the forms work on.
            by_cell: whether a form takes over what was typed into the one before, in the same
                cell. Those that are opened by another form are of no cell, and drawn by its script.
        """
        self._session = session
        self._opened: Opened | None = {} if by_cell else None

    def __repr__(self) -> str:
        names = (name for name in vars(type(self)) if not name.startswith("_"))
        return f"<Forms: {', '.join(sorted(names))}>"

    def sign_in(self, **values: Any) -> Form:
        """Sign in as somebody else, or elsewhere; the form's ``result`` is the new session."""
        return sign_in(**values)

    def overview(self) -> Form:
        """Show what needs attention first, and go on from there."""
        from cbr_notebook.forms.overview import Overview

        return self._form(Overview(), {})

    def vaults(self, **values: Any) -> Form:
        """List vaults; delete one, or take a resource out of one, after typing its name."""
        from cbr_notebook.forms.listing import ListForm
        from cbr_notebook.forms.lists import VAULTS

        return self._form(ListForm(VAULTS), values)

    def backups(self, **values: Any) -> Form:
        """List backups; restore from one, or delete one after typing its name."""
        from cbr_notebook.forms.listing import ListForm
        from cbr_notebook.forms.lists import BACKUPS

        return self._form(ListForm(BACKUPS), values)

    def policies(self, **values: Any) -> Form:
        """List policies; delete one after typing its name."""
        from cbr_notebook.forms.listing import ListForm
        from cbr_notebook.forms.lists import POLICIES

        return self._form(ListForm(POLICIES), values)

    def create_vault(self, **values: Any) -> Form:
        """Create a vault: the form's ``result`` is the vault."""
        from cbr_notebook.forms.create_vault import CreateVault

        return self._form(CreateVault(), values)

    def edit_vault(self, **values: Any) -> Form:
        """Expand or rename a vault, put resources into it; ``result`` is the vault."""
        from cbr_notebook.forms.edit_vault import EditVault

        return self._form(EditVault(), values)

    def create_policy(self, **values: Any) -> Form:
        """Create a policy, seeing its next runs and what it keeps; ``result`` is the policy."""
        from cbr_notebook.forms.create_policy import CreatePolicy

        return self._form(CreatePolicy(), values)

    def edit_policy(self, **values: Any) -> Form:
        """Change a policy, switch it on or off; ``result`` is the policy.

        A change that deletes backups says which and how many, and wants the policy's name.
        """
        from cbr_notebook.forms.edit_policy import EditPolicy

        return self._form(EditPolicy(), values)

    def back_up(self, **values: Any) -> Form:
        """Back up resources of a vault now, and watch it; ``result`` is the task."""
        from cbr_notebook.forms.back_up import BackUp

        return self._form(BackUp(), values)

    def restore(self, *, roll_back: Any = None, **values: Any) -> Form:
        """Guide through a restore: choose, check, confirm, watch, verify; ``result`` is the run.

        A restore that has not ended, such as after a crash, is offered first. ``contract`` (a
        file, or a recovery contract) and ``approval`` (``"two people"``, or the file of an
        approved plan) have a field where they are given. With ``roll_back``, a run that has
        ended, it goes back on that.
        """
        from cbr_notebook.forms.restore import Restore
        from cbr_notebook.forms.restore.way_back import WayBack

        way_back = None if roll_back is None else WayBack.of(roll_back)
        return self._form(Restore(way_back), values | (way_back.values if way_back else {}))

    def tasks(self, **values: Any) -> Form:
        """Watch what runs now, and see what ended and why."""
        from cbr_notebook.forms.tasks import Tasks

        return self._form(Tasks(), values)

    def share(self, **values: Any) -> Form:
        """Share a backup with projects; accept or reject what they share."""
        from cbr_notebook.forms.share import Share

        return self._form(Share(), values)

    def tags(self, **values: Any) -> Form:
        """Edit the tags of a vault; what differs is shown before it is saved."""
        from cbr_notebook.forms.tags import Tags

        return self._form(Tags(), values)

    def _form(self, definition: FormDefinition, values: dict[str, Any]) -> Form:
        with needed_for("Forms"):
            from cbr_notebook.forms.kit.form import Form, PageForm

        kind = Form if self._opened is None else PageForm

        def open_form(given: dict[str, Any]) -> Form:
            return kind(definition, self._session, given)

        return _fresh(self._opened, definition.name, open_form, values)


def sign_in(**values: Any) -> Form:
    """Sign in by hand: the form's ``result`` is the session, and so is :func:`signed_in`'s.

    This form needs no session: ``cbr.forms.sign_in()``.
    """
    with needed_for("Forms"):
        from cbr_notebook.forms.kit.form import PageForm
    from cbr_notebook.forms.signing_in import SignIn

    return _fresh(_signing_in, "sign_in", lambda given: PageForm(SignIn(), None, given), values)


def signed_in() -> GuidedSession:
    """Return the session of whoever has signed in last by a form of this notebook.

    Raises:
        AuthenticationError: nobody has.
    """
    signed_in_by = [form for form, _ in _signing_in.values() if form.result is not None]
    if not signed_in_by:
        raise AuthenticationError(
            "Nobody has signed in by a form yet.",
            advice="Run cbr.forms.sign_in(), fill it in and press Sign in.",
        )
    session: GuidedSession = signed_in_by[-1].result
    return session


def _fresh(
    opened: Opened | None,
    name: str,
    open_form: Callable[[dict[str, Any]], Form],
    values: dict[str, Any],
) -> Form:
    """Open a form in place of the one that the same cell has opened before."""
    if opened is None:
        return open_form(values)
    cell = _cell()
    # Of a form in a notebook whose cells have no ID, as in Voilà, nobody knows that it comes again.
    before, call = opened.get((name, cell), (None, {})) if cell else (None, {})
    if before is not None and before.in_flight and cell != _NO_NOTEBOOK:
        return before  # what comes of it is shown there
    form = open_form(values if before is None else _taken_over(before, call, values))
    if before is not None:
        # A program may still use it: then it only stops watching.
        before.stop() if cell == _NO_NOTEBOOK else before.close()
    opened[name, cell] = form, values
    return form


def _taken_over(before: Form, call: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a form that comes after another one.

    What was typed stays, unless the call says something new. If that is a choice on which other
    fields depend, what was typed belonged to another choice, and is let go.
    """
    new = {
        key: value
        for key, value in values.items()
        if key not in call or not _same(value, call[key])
    }
    typed = {} if new.keys() & set(before.definition.leading) else before.kept()
    return {**values, **typed, **new}


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same; of tables nobody knows."""
    try:
        return bool(one == other)
    except ValueError:
        return False


def _cell() -> str | None:
    """Return the ID of the notebook's cell that runs now; ``None`` if nobody knows it."""
    if "ipykernel" not in sys.modules:
        return _NO_NOTEBOOK
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if not parent:
        return _NO_NOTEBOOK
    return (parent.get("metadata") or {}).get("cellId")
