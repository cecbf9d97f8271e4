"""The control API's OpenAPI document, made from its operations and their types."""

from __future__ import annotations

import inspect
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from cbr_notebook.simulator.classroom.control_operations import PREFIX, Operation, operations
from cbr_notebook.simulator.classroom.seat_progress import Progress
from cbr_notebook.simulator.control.resource_handles import Disk, Server

_SEAT = {
    "name": "seat",
    "in": "query",
    "schema": {"type": "string"},
    "description": "With the instructor's key: the number of a seat, or `all`.",
}
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "An ID, or a name that is unique.",
}
_PROBLEM = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {
        "error": {"type": "string", "description": "The name of the exception."},
        "message": {"type": "string"},
        "advice": {"type": ["string", "null"]},
        "code": {"type": ["string", "null"]},
    },
}
_REFUSED = {
    "description": "Refused; nothing was changed.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_REFERENCE = "#/components/schemas/{name}"
_REFUSALS = dict.fromkeys(("400", "401", "403", "404"), _REFUSED)


@cache
def document() -> dict[str, Any]:
    """Return the document as plain data."""
    paths: dict[str, Any] = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    paths |= _others()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control of simulated clouds", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM, **_components()},
            "securitySchemes": {
                "control_key": {"type": "apiKey", "in": "header", "name": "X-Control-Key"}
            },
        },
        "security": [{"control_key": []}],
    }


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.kind.__name__.lower()}_{operation.name}",
        "summary": (inspect.getdoc(operation.function) or "").partition("\n")[0],
        "tags": [operation.kind.__name__],
        "parameters": [_SEAT] if "{id}" not in operation.path else [_ID, _SEAT],
        "responses": {"200": _answer(operation.hints.get("return")), **_REFUSALS},
    }
    if not operation.reads:
        body = _body(operation)
        described["requestBody"] = {
            "required": bool(operation.required),
            "content": {"application/json": {"schema": body}},
        }
    return described


def _body(operation: Operation) -> dict[str, Any]:
    names = [name for name in operation.hints if name not in ("return", operation.extra)]
    body: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema(operation.hints[name]) for name in names},
        "additionalProperties": False,
    }
    if operation.required:
        body["required"] = list(operation.required)
    if operation.extra is not None:
        body["additionalProperties"] = _schema(operation.hints[operation.extra])
    return body


def _schema(hint: Any) -> dict[str, Any]:
    """Return the JSON schema of a type; handles of machines travel as their IDs."""
    (schema,), _ = msgspec.json.schema_components(
        (hint,), schema_hook=_machine, ref_template=_REFERENCE
    )
    return schema


def _components() -> dict[str, Any]:
    """Return the schemas that others refer to."""
    hints = [hint for operation in operations() for hint in operation.hints.values()]
    _, components = msgspec.json.schema_components(
        (*hints, Progress), schema_hook=_machine, ref_template=_REFERENCE
    )
    return components


def _machine(kind: type[Any]) -> dict[str, Any]:
    if kind in (Server, Disk):
        return {"type": ["string", "object"], "description": f"The ID of a {kind.__name__}."}
    return {}


def _answer(hint: Any) -> dict[str, Any]:
    schema = {"type": "string", "format": "date-time"} if hint is datetime else _schema(hint)
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _others() -> dict[str, Any]:
    """Return what is no method of a handle."""
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}

    def one(name: str, summary: str, **more: Any) -> dict[str, Any]:
        return {
            "operationId": name,
            "summary": summary,
            "parameters": [_SEAT],
            "responses": {"200": {"description": "Done."}, **_REFUSALS},
            **more,
        }

    change = {"required": True, "content": {"application/json": {"schema": numbers}}}
    return {
        f"{PREFIX}/cloud/options": {
            "get": one("cloud_options", "Return all quotas and switches."),
            "put": one("cloud_set_options", "Set quotas and switches.", requestBody=change),
        },
        f"{PREFIX}/cloud/scenarios": {
            "get": one("cloud_scenarios", "Return all scenarios, and whether they are running.")
        },
        f"{PREFIX}/cloud/snapshot": {
            "get": one("cloud_snapshot", "Return a copy of everything, as a state file.")
        },
        f"{PREFIX}/progress": {
            "get": one("progress", "Return how far the seats are with a workshop."),
            "put": one(
                "tell_progress",
                "Note how far a seat is.",
                requestBody={
                    "required": True,
                    "content": {"application/json": {"schema": _schema(Progress)}},
                },
            ),
        },
        f"{PREFIX}/seats": {"get": one("seats", "List the seats that the key controls.")},
    }
