"""The error by which the service declines a request."""

from __future__ import annotations

from cbr_notebook import catalogue


class ApiError(Exception):
    """The service declines a request; becomes its error answer, and nothing has changed."""

    def __init__(self, code: str, message: str | None = None, *, status: int | None = None) -> None:
        """Refuse with a code.

        Args:
            code: a documented code; ``"6105"`` is short for ``"BackupService.6105"``.
            message: other words than the documented ones.
            status: another HTTP status than the documented one.
        """
        self.code = code if "." in code else f"BackupService.{code}"
        entry = catalogue.lookup(self.code)
        self.message = message or (entry.message if entry else "Unknown error.")
        self.status = status or (entry.http_status if entry else 400)
        super().__init__(f"{self.code}: {self.message}")
