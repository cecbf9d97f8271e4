"""What another service would refuse, as the error of whoever handles a cloud in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.protocol.api_error import ApiError


@contextmanager
def refused() -> Iterator[None]:
    """Raise a refusal as ``InvalidRequest``, with its code."""
    try:
        yield
    except ApiError as error:
        raise InvalidRequest(error.message, code=error.code) from None
