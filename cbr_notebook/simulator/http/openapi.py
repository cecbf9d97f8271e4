"""The cloud's own OpenAPI document, made from its routes and their typed requests."""

from __future__ import annotations

from functools import cache
from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator.services import ROUTES

_PATH_PARAMETER = {"in": "path", "required": True, "schema": {"type": "string"}}


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
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        operation: dict[str, Any] = {
            "operationId": route.operation,
            "tags": [route.group],
            "parameters": [{"name": name, **_PATH_PARAMETER} for name in names]
            + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query],
            "responses": {
                str(route.status): {"description": "Done"},
                **{
                    status: {
                        "description": "Refused",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                        },
                    }
                    for status in ("400", "401", "403", "404", "413", "500")
                },
            },
        }
        if route.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema_of[id(route.body)]}},
            }
        paths.setdefault(route.path, {})[route.method.lower()] = operation
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


class Resource:
    """GET /openapi.json."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer with the document."""
        response.content_type = "application/json"
        response.data = msgspec.json.encode(document())
