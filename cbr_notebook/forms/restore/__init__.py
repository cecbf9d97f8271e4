"""The form of the guided restore, composed of steps."""

from __future__ import annotations

from cbr_notebook.forms.restore.restore_form import Restore

__all__ = ["Restore"]
