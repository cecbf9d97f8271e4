"""What this package tells IPython and an interactive Python: how its tables and errors are shown.

Everything is loaded when it is first needed; where nobody types, nothing happens.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any
from weakref import WeakSet

from cbr_notebook.errors import CBRError
from cbr_notebook.options import options

_complete: list[Callable[[Any, Any], Any]] = []
_told: WeakSet[Any] = WeakSet()


def install(shell: Any = None) -> None:
    """Register, once, tables and errors with a running IPython, or tables with plain Python.

    Args:
        shell: the interactive shell; the running one if left out.
    """
    if shell is None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        typed = hasattr(sys, "ps1") or sys.flags.interactive
        if typed and sys.displayhook is sys.__displayhook__:
            sys.displayhook = _show_plainly
        return
    if shell in _told:
        return
    _told.add(shell)
    _show_tables(shell)
    _show_errors(shell)
    _offer_values(shell)


def _show_plainly(value: object) -> None:
    """Show a value in an interactive Python: our tables as our text, all else as before."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame) and options.tables == "styled":
        from cbr_notebook.showing.html_tables import ours
        from cbr_notebook.showing.terminal import as_text

        if ours(value):
            sys.stdout.write(f"{as_text(value)}\n")
            builtins._ = value  # type: ignore[attr-defined]
            return
    sys.__displayhook__(value)


def complete_by(match: Callable[[Any, Any], Any]) -> None:
    """Register what completes: it stands above, and gets the shell and IPython's context."""
    _complete[:] = [match]


def _offer_values(shell: Any) -> None:
    """Register our completion with IPython, before its own."""
    from IPython.core.completer import context_matcher

    @context_matcher(identifier="cbr_notebook", priority=100)  # type: ignore[untyped-decorator]
    def match(context: Any) -> Any:
        return _complete[0](shell, context)

    shell.Completer.custom_matchers.append(match)


def _show_tables(shell: Any) -> None:
    """Register how our tables are shown, under both names that pandas has for its DataFrame."""
    for module in ("pandas", "pandas.core.frame"):  # pandas 3, pandas 2
        _show_html(shell, module)
        # In a notebook the text stays pandas' own, beside the HTML.
        if type(shell).__name__ == "TerminalInteractiveShell":
            _show_text(shell, module)


def _show_html(shell: Any, module: str) -> None:
    """Register our HTML for our tables; others are shown as they were before."""
    formatter = shell.display_formatter.formatters["text/html"]
    earlier = formatter.for_type_by_name(module, "DataFrame")

    def show(frame: Any) -> str | None:
        from cbr_notebook.showing.html_tables import as_html, ours

        if options.tables == "styled" and ours(frame):
            return as_html(frame)
        shown: str | None = frame._repr_html_() if earlier is None else earlier(frame)
        return shown

    formatter.for_type_by_name(module, "DataFrame", show)


def _show_text(shell: Any, module: str) -> None:
    """Register our text for our tables in a terminal."""
    formatter = shell.display_formatter.formatters["text/plain"]
    earlier = formatter.for_type_by_name(module, "DataFrame")

    def show(frame: Any, printer: Any, cycle: bool) -> None:
        from cbr_notebook.showing.html_tables import ours
        from cbr_notebook.showing.terminal import as_text

        if options.tables == "styled" and ours(frame):
            printer.text(as_text(frame))
        elif earlier is not None:
            earlier(frame, printer, cycle)
        else:
            printer.text(repr(frame))

    formatter.for_type_by_name(module, "DataFrame", show)


def _show_errors(shell: Any) -> None:
    """Show an error of ours in two or three lines; ``%tb`` shows the whole traceback."""
    others, handler = shell.custom_exceptions, shell.CustomTB

    def show(
        self: Any,
        kind: type[BaseException],
        problem: BaseException,
        trace: TracebackType | None,
        tb_offset: int | None = None,
    ) -> Any:
        if not isinstance(problem, CBRError):
            return handler(kind, problem, trace, tb_offset=tb_offset)
        if options.errors == "short":
            problem._render_traceback_ = lambda: _lines(problem)  # type: ignore[attr-defined]
        try:
            self.showtraceback((kind, problem, trace), tb_offset=tb_offset)
        finally:
            # %tb asks again, and then for all of it.
            vars(problem).pop("_render_traceback_", None)
        return None

    shell.set_custom_exc((*others, CBRError), show)


def _lines(problem: CBRError) -> list[str]:
    """Return what a person needs of an error, and how to see the rest."""
    lines = f"{type(problem).__name__}: {problem}".splitlines()
    cause = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    rest = f"it came of {type(cause).__name__}; " if isinstance(cause, Exception) else ""
    return [*lines, f"({rest}%tb shows the whole traceback)"]
