"""The memory of projects: a lake of tables by day, and what it tells."""

from __future__ import annotations

from cbr_notebook.histories.memory import History, history
from cbr_notebook.histories.past import Past

__all__ = ["History", "Past", "history"]
