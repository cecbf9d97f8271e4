"""The session: operations, queries and reports of one object, flat as a table of contents."""

from __future__ import annotations

from cbr_notebook.session.session import Session
from cbr_notebook.tasks.task import Task

__all__ = ["Session", "Task"]
