"""The cloud's own OpenAPI document, and what a fuzzer finds by it: no 500, no surprise."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import status_code_conformance

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client

_CLOUD = Cloud.open("documented")
schema = schemathesis.openapi.from_wsgi("/openapi.json", _CLOUD.wsgi)


@pytest.fixture(scope="module")
def ask() -> Client:
    return Client(_CLOUD)


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_of_the_document_breaks_the_cloud(
    case: schemathesis.Case[Any], ask: Client
) -> None:
    if "project_id" in case.path_parameters:
        case.path_parameters["project_id"] = ask.project_id
    response = case.call(headers={"X-Auth-Token": ask.http.headers["X-Auth-Token"]})
    assert response.status_code < 500 or b"BackupService." in response.content
    assert b"BackupService.9910" not in response.content
    case.validate_response(response, checks=[status_code_conformance])
