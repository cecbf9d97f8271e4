"""Every question and picture can be asked for by tags, but for those to which tags say nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import cbr_notebook as cbr
from cbr_notebook.plots import Plots

WITHOUT = {
    "agents": "hosts of one's own, which have no tags",
    "diagnose": "checks of the account",
    "features": "of the service",
    "organization_policies": "of the organization",
    "policy_rules": "of one policy; policies() chooses by tags",
    "replication_targets": "regions",
    "restores": "the notes of this computer, also of what is gone",
    "sync": "what was written into the lake: all there is",
    "tags": "the tags themselves",
    "usage": "sums of the project",
}
"""Answers that take no tags, each with what they are about."""


def answers(kind: type, returned: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the public methods of a class that return something, by their names."""
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_") and method.__annotations__.get("return") == returned:
            yield name, method


def takes_tags(method: Callable[..., Any]) -> bool:
    """Return whether a method takes tags, by name or among the filters that it hands on."""
    return not {"tags", "filters"}.isdisjoint(inspect.signature(method).parameters)


def test_every_answer_takes_tags_where_they_mean_something() -> None:
    found = dict(answers(cbr.Session, "pd.DataFrame"))
    assert len(found) > 25
    assert {name for name, method in found.items() if not takes_tags(method)} == set(WITHOUT)


def test_every_picture_takes_tags() -> None:
    found = dict(answers(Plots, "Axes"))
    assert len(found) == 4
    assert all("tags" in inspect.signature(each).parameters for each in found.values())
