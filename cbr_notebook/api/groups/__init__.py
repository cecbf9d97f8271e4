"""The operations, one file a group of the service's reference."""

from __future__ import annotations

from cbr_notebook.api.http.transport import Transport


class Group:
    """Operations that belong together."""

    def __init__(self, transport: Transport) -> None:
        """Create a group on the transport that sends its requests."""
        self._transport = transport
