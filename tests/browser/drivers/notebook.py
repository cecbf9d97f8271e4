"""A notebook open in JupyterLab, and what a person does with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import expect

from tests.browser.drivers import accessibility

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.drivers.lab import Lab

_LOAD = 30_000  # milliseconds that a page, a kernel or a run of all cells may take
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
_PANEL = "window.jupyterapp.shell.currentWidget"
_SESSION = f"{_PANEL}.context.sessionContext"
_OUTPUT = ".jp-Notebook .jp-Cell-outputArea"
_INTERRUPT = f"""async () => {{
    const kernel = {_SESSION}.session.kernel;
    const heard = new Promise((resolve, reject) => {{
        kernel.anyMessage.connect((_, {{ msg }}) => {{
            const {{ content, parent_header: cause }} = msg;
            if (cause.msg_type === "interrupt_request" && content.execution_state === "idle")
                resolve();
        }});
        setTimeout(() => reject(new Error("the kernel heard of no interrupt")), {_LOAD});
    }});
    await kernel.interrupt();
    await heard;
}}"""


class Notebook:
    """A notebook open in a page of its own.

    ``page`` is Playwright's page: find what is on it as a person would, by role and name, such
    as ``notebook.page.get_by_role("button", name="Create vault")``.
    """

    def __init__(self, lab: Lab, page: Page, path: Path, screenshots: Path) -> None:
        """Open a notebook file in JupyterLab and wait until its kernel is there."""
        self.page = page
        self.path = path
        self._lab = lab
        self._screenshots = screenshots
        self.elsewhere: list[str] = []
        """Addresses outside this machine that the page asked for."""
        self.exceptions: list[str] = []
        """What was thrown in the page and caught by nobody."""
        page.on("request", self._note_where_it_goes)
        page.on("pageerror", self._note_exception)
        if page.url.startswith(lab.url):
            self._open_in_the_same_page()
        else:
            self._open()

    def _open(self) -> None:
        self.page.goto(f"{self._lab.url}/doc/tree/{self.path.name}?reset")
        expect(self.page.locator(".jp-Notebook-cell").first).to_be_visible(timeout=_LOAD)
        self._wait_for_the_kernel()

    def _open_in_the_same_page(self) -> None:
        """Open it where another one was closed: JupyterLab need not be loaded anew."""
        self._command("docmanager:open", path=self.path.name, factory="Notebook")
        self._wait_for(f"path => {_PANEL}?.context?.path === path", self.path.name)
        self._wait_for_the_kernel()

    def _wait_for_the_kernel(self) -> None:
        # Whoever runs a cell before the session is there is asked to choose a kernel.
        self._wait_for(f"!!{_SESSION}.session?.kernel && {_SESSION}.isReady")
        self.wait_until_idle()

    def _wait_for(self, condition: str, argument: str | None = None) -> None:
        # Every 50 ms: looking at each frame makes the page draw sixty a second meanwhile.
        self.page.wait_for_function(condition, arg=argument, polling=50)

    def _note_exception(self, problem: Any) -> None:
        self.exceptions.append(str(problem))

    def _note_where_it_goes(self, request: Any) -> None:
        if request.url.startswith(("http", "ws")) and not request.url.startswith(
            (self._lab.url, self._lab.url.replace("http", "ws", 1))
        ):
            self.elsewhere.append(request.url)

    def run_all(self) -> None:
        """Run all cells, top to bottom, and wait for the last.

        By the command, not by keys: a click into a cell and Ctrl+Enter are lost now and then.
        """
        self._command("notebook:run-all-cells")
        self.wait_until_idle()

    def run(self, cell: int) -> None:
        """Run one cell (counted from 0) once more, and wait for it."""
        self._command("notebook:run-cell", first=f"{_PANEL}.content.activeCellIndex = {cell}")
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until the kernel has nothing to do and every widget is drawn."""
        expect(self.page.locator(IDLE)).to_have_count(1, timeout=_LOAD)
        expect(self.page.get_by_text("Loading widget...")).to_have_count(0, timeout=_LOAD)

    def output(self, cell: int) -> Locator:
        """Return the output area of a cell (counted from 0)."""
        return self.page.locator(".jp-Notebook-cell").nth(cell).locator(".jp-Cell-outputArea")

    def save(self, *, with_widget_state: bool = False) -> str:
        """Save the notebook, as Ctrl+S does; return the text of the file.

        Args:
            with_widget_state: what "Save Widget State Automatically" adds to the file.
        """
        switch = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
        if with_widget_state:
            self._command(switch)
        self._command("docmanager:save")
        if with_widget_state:
            self._command(switch)  # for all notebooks of this JupyterLab, so back again
        return self.path.read_text(encoding="utf-8")

    def errors(self) -> list[str]:
        """Return the names of the exceptions that the saved notebook's cells show."""
        document = nbformat.reads(self.save(), as_version=4)
        return [
            output.ename
            for cell in document.cells
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]

    def interrupt_kernel(self) -> None:
        """Interrupt the kernel, as the square button does, and wait until it has heard of it.

        The server answers before: a cell that is run at once could be interrupted instead.
        """
        self.page.evaluate(_INTERRUPT)

    def restart_kernel(self) -> None:
        """Restart the kernel and wait until it is there again."""
        self.page.evaluate(f"{_SESSION}.session.kernel.restart()")
        self.wait_until_idle()

    def reload(self) -> None:
        """Close the page and come back to it: the kernel has gone on meanwhile."""
        self._open()

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Save a picture of the whole page, or of one part of it; look at it.

        Args:
            name: the file's name without suffix.
            of: a part of the page; everything that the window shows if left out.
        """
        path = self._screenshots / f"{name}.png"
        (of or self.page).screenshot(path=path, animations="disabled")
        return path

    def violations(self, within: str = _OUTPUT) -> list[str]:
        """List what axe-core finds serious or critical in the cells' outputs; best is nothing."""
        return accessibility.violations(self.page, within)

    def use_theme(self, name: str) -> None:
        """Change the theme of the page."""
        self._command("apputils:change-theme", theme=name)

    def close(self) -> None:
        """Close the notebook and its kernel; the page is there for the next one.

        The kernel ends meanwhile: to wait for it takes a second. The file goes, too: JupyterLab
        lists the folder many times a test, and would look at the files of all tests before.
        """
        self.page.evaluate(
            f"() => {{ {_SESSION}.session?.kernel?.shutdown().catch(() => null);"
            f" {_PANEL}.context.model.dirty = false; {_PANEL}.dispose(); }}"
        )
        self.path.unlink()
        self.page.remove_listener("request", self._note_where_it_goes)
        self.page.remove_listener("pageerror", self._note_exception)

    def _command(self, name: str, *, first: str = "", **arguments: str) -> None:
        """Run a command of JupyterLab.

        Args:
            name: the command's.
            first: what the page does just before; what happened in between could undo it, such as
                a form that moves the focus, and with it the active cell.
            arguments: of the command.
        """
        self.page.evaluate(
            f"async ([name, limit, given]) => {{ {first};"
            """ const late = new Promise((_, reject) =>
                    setTimeout(() => reject(new Error(`${name} took too long`)), limit));
                await Promise.race([window.jupyterapp.commands.execute(name, given), late]);
            }""",
            [name, _LOAD, arguments],
        )
