"""How long a form takes in the kernel until it is usable, against the same fields unadorned.

What the browser adds is not measured here.

Run: python -m tests.benchmarks.forms.bench_forms
"""

from __future__ import annotations

from functools import partial

import ipywidgets as widgets

import cbr_notebook as cbr
from cbr_notebook import Session
from tests.benchmarks.measurement.ratios import compare, report

FORMS = (
    "overview",
    "create_vault",
    "create_policy",
    "back_up",
    "restore",
    "share",
    "tags",
    "tasks",
    "vaults",
    "backups",
    "policies",
)


def _form(session: Session, name: str) -> None:
    """Open a form, and wait until it knows what it offers."""
    form = getattr(session.forms, name)()
    _ = form.problems
    form.close()


def _bare(session: Session) -> None:
    """Ask one question and make a bare form of eight fields."""
    session.client.vaults.list_all()
    fields = [widgets.Text(description=f"Field {number}") for number in range(8)]
    form = widgets.VBox([*fields, widgets.Button(description="Send")])
    for part in form.children:
        part.close()
    form.close()


def main() -> None:
    """Print a line for each form."""
    with cbr.simulate("demo") as session:
        for name in FORMS:
            ours, bare, ratio = compare(
                partial(_form, session, name), lambda: _bare(session), times=3, rounds=7
            )
            report(f"{name}, against a bare form", ours, bare, ratio, "at most 300 ms of ours")


if __name__ == "__main__":
    main()
