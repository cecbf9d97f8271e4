"""The two shapes in which IAM and the gateway refuse a request."""

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


def invalid_body() -> IamError:
    """Return the refusal of a body that IAM cannot read."""
    return iam_error(400, "The request body is invalid", "Bad Request")


def too_large() -> ApiError:
    """Return the gateway's refusal of a body with more bytes than it takes."""
    return ApiError("APIGW.0201", "Request entity too large", status=413)


def unauthorized(tail: str) -> ApiError:
    """Return the gateway's refusal of credentials, which names what is wrong with them."""
    return ApiError("APIGW.0301", f"Incorrect IAM authentication information: {tail}", status=401)
