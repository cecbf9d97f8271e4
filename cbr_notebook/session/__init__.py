"""The session: context, questions, acts."""

from __future__ import annotations

from cbr_notebook.session.opening import connect, on_cloud, simulate, tutorial
from cbr_notebook.session.session import Session
from cbr_notebook.session.waiting import Task

__all__ = ["Session", "Task", "connect", "on_cloud", "simulate", "tutorial"]
