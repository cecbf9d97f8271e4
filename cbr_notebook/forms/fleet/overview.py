"""All projects at a glance: which need attention, and of which nobody knows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
from ipywidgets import Widget

from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.markup import (
    bar,
    bullets,
    card,
    escaped,
    how_to_list,
    link_to_form,
    summary,
)
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from cbr_notebook.fleets import Fleet, Progress

_SHOWN = 20
"""Projects and problems that are shown; of more it is said how many."""
_WORDS = {
    "unprotected": "resource not protected|resources not protected",
    "too_old": "resource without its last backup|resources without their last backup",
    "failed": "failed task|failed tasks",
    "filling_up": "vault filling up|vaults filling up",
}
_FOUND_OUT = ("sign in", "projects", "regions")
"""What a fleet asks before any question."""
Row = Mapping[Hashable, Any]


class FleetOverview(FormDefinition):
    """Show how all projects stand; ``result`` is the table of ``fleet.overview()``."""

    form: Form
    name = "overview"
    title = "Overview of all projects"
    intro = "What nobody knows and what needs attention come first. Nothing is changed here."
    action = "Look again"
    busy_label = "Looking…"
    repeatable = True

    @property
    def fleet(self) -> Fleet:
        """What the form looks at."""
        return cast("Fleet", self.form.session)

    def build(self) -> Sequence[Field]:
        self._seen = self.form.panel("overview", saved=True, look="cbr-overview")
        return ()

    def layout(self, widgets: list[Widget]) -> list[Widget]:
        head, _, _, *below = widgets
        return [head, self._seen, *below]

    def load(self) -> None:
        self._look()

    def code(self, value: Mapping[str, Any]) -> str:
        return "fleet.overview()\nfleet.problems()"

    def act(self, value: Mapping[str, Any]) -> pd.DataFrame:
        return self._look()

    def card(self, result: pd.DataFrame) -> str:
        return ""

    def _look(self) -> pd.DataFrame:
        """Ask all projects, and show what they answered."""
        before = self._seen.html

        def show(now: Progress) -> None:
            said = f"Looking: {now.done} of {pluralize(now.projects, 'project')} answered…"
            self._seen.html = summary(said) + before

        found = self.fleet.overview(on_progress=show)
        self._seen.html = "".join(
            [_unanswered(self.fleet.problems()), _attention(found), _capacity(found)]
        )
        return found


def _unanswered(problems: pd.DataFrame) -> str:
    """Return what was not answered, by project, with the reason and what to do."""
    asked = problems["question"]
    mine = problems[asked.str.startswith("overview") | asked.isin(_FOUND_OUT)]
    if mine.empty:
        return ""
    items = [
        f"<b>{escaped('/'.join(filter(None, (row['profile'], row['region'], row['project']))))}</b>"
        f", {escaped(row['question'].removeprefix('overview '))}: {escaped(row['message'])} "
        f"{escaped(row['advice'])}{_code(row)}"
        for row in mine.head(_SHOWN).to_dict("records")
    ]
    return card(
        f"{pluralize(len(mine), 'question')} not answered: what follows is not all",
        tone="wrong",
        body=bullets(items, len(mine)) + how_to_list("fleet.problems()"),
    )


def _attention(found: pd.DataFrame) -> str:
    """Return the projects that need attention, each with what it is and a way to it."""
    counts = found[list(_WORDS)].fillna(0).sum(axis="columns")
    urgent = found[counts > 0]
    if urgent.empty:
        if (found["unanswered"] != "").any():
            return card("Nothing needs attention in what was answered")
        return card("Nothing needs attention", tone="good")
    items = [f"<b>{escaped(_path(row))}</b>: {_counts(row)}. {_door(row)}"
             for row in urgent.head(_SHOWN).to_dict("records")]  # fmt: skip
    title = f"{len(urgent)} of {pluralize(len(found), 'project')} need attention"
    body = bullets(items, len(urgent)) + how_to_list("fleet.overview()")
    return card(title, tone="warn", body=body)


def _capacity(found: pd.DataFrame) -> str:
    """Return how full the vaults of all projects are, and the fullest projects."""
    known = found[found["vaults"].notna()]
    size, used = int(known["size_gb"].sum()), float(known["used_mb"].sum()) / 1024
    fullest = known.dropna(subset=["used_percent"]).nlargest(3, "used_percent").to_dict("records")
    bars = "".join(
        f"<p><b>{escaped(_path(row))}</b> {row['used_percent']:.0f} % of {row['size_gb']} GB</p>"
        + bar(f"{min(100, row['used_percent']):.0f}", _path(row))
        for row in fullest
    )
    vaults = pluralize(int(known["vaults"].sum()), "vault")
    where = pluralize(len(known), "project")
    return card(f"{used:.1f} of {size} GB used in {vaults} of {where}", body=bars)


def _path(row: Row) -> str:
    return f"{row['profile']}/{row['region']}/{row['project']}"


def _door(row: Row) -> str:
    return link_to_form("project", "Look at it", beside=_path(row), path=_path(row))


def _counts(row: Row) -> str:
    said: list[str] = []
    for name, words in _WORDS.items():
        one, several = words.split("|")
        number = row[name]
        if pd.notna(number) and number:
            said.append(f"{number} {one if number == 1 else several}")
    return ", ".join(said)


def _code(row: Row) -> str:
    return f" ({escaped(row['code'])})" if row["code"] else ""
