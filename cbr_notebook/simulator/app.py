"""The cloud's front: a WSGI application that routes, authenticates and answers."""

from __future__ import annotations

import logging
from collections import defaultdict
from functools import partial
from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator import iam
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.faults import Faults
from cbr_notebook.simulator.routing import Answer, Call, Query, Refusal, Route
from cbr_notebook.simulator.services import ROUTES

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_HEADERS = {
    "Server": "api-gateway",
    "Strict-Transport-Security": "max-age=31536000; includeSubdomains;",
    "X-Content-Type-Options": "nosniff",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block;",
}


class _Resource:
    """All routes of one path, as Falcon wants them."""


class Front:
    """Serves one engine over WSGI."""

    def __init__(self, engine: Engine, faults: Faults) -> None:
        self.engine = engine
        self.faults = faults
        self.wsgi = falcon.App()
        self.wsgi.req_options.auto_parse_qs_csv = False
        self.wsgi.req_options.keep_blank_qs_values = True
        by_path: dict[str, list[Route]] = defaultdict(list)
        for route in ROUTES:
            by_path[route.path].append(route)
        for path, routes in by_path.items():
            resource = _Resource()
            for route in routes:
                decoder = msgspec.json.Decoder(route.body) if route.body is not None else None
                setattr(resource, f"on_{route.method.lower()}", partial(self._serve, route, decoder))
            self.wsgi.add_route(path, resource)
        iam.add_routes(self.wsgi, engine)

    def _serve(
        self,
        route: Route,
        decoder: msgspec.json.Decoder[Any] | None,
        request: falcon.Request,
        response: falcon.Response,
        **path: str,
    ) -> None:
        raw = request.bounded_stream.read() if route.method != "GET" else b""
        engine = self.engine
        response.set_headers(_HEADERS)
        with engine.lock:
            engine.settle()
            request_id = iam.request_id(engine)
            response.set_header("X-Request-Id", request_id)
            try:
                caller = iam.authenticate(engine, request, raw, path)
                self.faults.before(route.operation)
                body = self._decode(decoder, raw)
                call = Call(engine, caller, path, Query(request.params), body, request_id)
                if route.changes and route.method != "GET":
                    with engine.work():
                        engine.tick()
                        result = route.handler(call)
                else:
                    result = route.handler(call)
            except Refusal as refusal:
                self._refuse(response, refusal)
                return
            if isinstance(result, Answer):
                response.status = result.status
                response.set_headers(dict(result.headers))
                result = result.document
            else:
                response.status = route.status
            if result is not None:
                response.content_type = "application/json"
                response.data = _encode(result)
        self.faults.after(route.operation)

    @staticmethod
    def _decode(decoder: msgspec.json.Decoder[Any] | None, raw: bytes) -> Any:
        if decoder is None:
            return None
        try:
            return decoder.decode(raw)
        except msgspec.DecodeError:
            raise Refusal("9900") from None

    @staticmethod
    def _refuse(response: falcon.Response, refusal: Refusal) -> None:
        response.status = refusal.status
        response.content_type = "application/json"
        response.data = _encode({"error_code": refusal.code, "error_msg": refusal.message})
