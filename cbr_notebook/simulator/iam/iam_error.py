"""Errors in the shapes of IAM and of the gateway."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.protocol.api_error import ApiError


class IamError(Exception):
    """An error in IAM's own shape, or in the shape of the middleware before the service."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(str(document))
        self.status = status
        self.document = document


def iam_error(status: int, message: str, title: str) -> IamError:
    """Return an error in IAM's shape."""
    return IamError(status, {"error": {"code": status, "message": message, "title": title}})


def unauthorized(tail: str) -> ApiError:
    """Return the gateway's refusal of credentials, which names what is wrong with them."""
    return ApiError("APIGW.0301", f"Incorrect IAM authentication information: {tail}", status=401)
