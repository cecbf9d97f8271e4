"""Where people come in: the session that they hold, and the ways to open one."""

from __future__ import annotations

from cbr_notebook.entry.connection import connect
from cbr_notebook.entry.session import Session, fleet_forms
from cbr_notebook.entry.simulation import on_cloud, simulate
from cbr_notebook.entry.tutorials import tutorial

__all__ = ["Session", "connect", "fleet_forms", "on_cloud", "simulate", "tutorial"]
