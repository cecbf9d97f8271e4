"""A refusal names the permission that is missing; what it means for answers, tests/session says."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from cbr_notebook import errors
from cbr_notebook.api.http.operations import OPERATIONS, Operation
from cbr_notebook.api.http.permissions import ACTIONS
from cbr_notebook.api.http.response_errors import refusal


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_a_refusal_of_any_operation_names_its_permission_or_that_no_document_does(
    operation: Operation,
) -> None:
    request = httpx.Request(operation.method, "https://cbr.example.com" + operation.path)
    error = refusal(request, httpx.Response(403, json={}), now=datetime.now(UTC))
    assert isinstance(error, errors.PermissionDenied)
    action = ACTIONS.get(operation.id)
    assert (action or f"No document of the service names the permission for {operation.id}") in (
        error.advice or ""
    )
