"""What a fleet and its history tell: what failed where, and what changed."""

from __future__ import annotations

from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

PLACE = ("profile", "region", "project")
"""The columns that a fleet puts in front of every table."""


def _text(name: str, description: str) -> Column:
    return Column(name, "text", name, description)


_WHERE = (
    _text("profile", "the profile that signs in"),
    _text("region", "the region; empty where none was reached"),
    _text("project", "the project; empty where none was reached"),
)

PROBLEMS = Schema(
    "problems",
    "a question that a project did not answer",
    (
        *_WHERE,
        _text("question", "what was asked"),
        _text("code", "the error code of the service, if it gave one"),
        _text("message", "what happened"),
        _text("advice", "what to do"),
        _text("request_id", "what to tell the operator of the cloud"),
    ),
)
"""One row a question without an answer."""
