"""The cloud's own OpenAPI document, made from its routes and their typed requests."""

from __future__ import annotations

from functools import cache
from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator.protocol.routes import Route
from cbr_notebook.simulator.services import ROUTES

_PATH_PARAMETER = {"in": "path", "required": True, "schema": {"type": "string"}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_REFUSED = {"description": "Refused", "content": _json({"$ref": "#/components/schemas/Error"})}
_REFUSALS = dict.fromkeys(("400", "401", "403", "404", "413", "500"), _REFUSED)


@cache
def document() -> dict[str, Any]:
    """Return the document as plain data."""
    bodies = [route.body for route in ROUTES if route.body is not None]
    schemas, components = msgspec.json.schema_components(
        bodies, ref_template="#/components/schemas/{name}"
    )
    schema_of = dict(zip((id(body) for body in bodies), schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in ROUTES:
        body = schema_of.get(id(route.body))
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, body)
    components["Error"] = {
        "type": "object",
        "properties": {"error_code": {"type": "string"}, "error_msg": {"type": "string"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Simulated Cloud Backup and Recovery", "version": "3"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
        },
        "security": [{"token": []}],
    }


def _operation(route: Route, body: dict[str, Any] | None) -> dict[str, Any]:
    """Describe one operation, with the schema of its body if it has one."""
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    described: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [route.group],
        "parameters": [{"name": name, **_PATH_PARAMETER} for name in names]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query],
        "responses": {str(route.status): {"description": "Done"}, **_REFUSALS},
    }
    if body is not None:
        described["requestBody"] = {"required": True, "content": _json(body)}
    return described


class Resource:
    """GET /openapi.json."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with the document."""
        response.content_type = "application/json"
        response.data = msgspec.json.encode(document())
