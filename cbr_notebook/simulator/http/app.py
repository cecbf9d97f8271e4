"""The cloud's front: a WSGI application that routes, authenticates and answers."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import StateFileError
from cbr_notebook.simulator.http import openapi
from cbr_notebook.simulator.http.faults import ConnectionCut, Faults, instead_of_work
from cbr_notebook.simulator.http.headers import AddHeaders, Headers, cloud_time, request_id_of
from cbr_notebook.simulator.iam import iam_operations
from cbr_notebook.simulator.iam.authenticator import LARGEST_BODY, Authenticator
from cbr_notebook.simulator.iam.iam_error import IamError
from cbr_notebook.simulator.iam.iam_operations import CLOUD
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.nulls import without_nulls
from cbr_notebook.simulator.protocol.request_context import Query, RequestContext
from cbr_notebook.simulator.protocol.routes import Response, Route
from cbr_notebook.simulator.services import ROUTES

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_Decoder = msgspec.json.Decoder[Any] | None


class App:
    """Serves one engine over WSGI."""

    def __init__(self, engine: Engine, faults: Faults) -> None:
        self.engine = engine
        self.authenticator = Authenticator(engine)
        self.headers = Headers(engine)
        self._faults = faults

    def forget(self) -> None:
        """Forget all callers: the cloud has another state now."""
        self.authenticator.forget()

    def time_header(self) -> str:
        """Return the cloud's moment and speed, as the header of every answer tells them."""
        return cloud_time(self.engine)

    @staticmethod
    def check_operation(operation: str) -> None:
        """Raise a ValueError, which lists them all, for an unknown operation."""
        known = {route.operation for route in ROUTES}
        if operation != "*" and operation not in known:
            raise ValueError(f"no operation {operation!r}; there are: {', '.join(sorted(known))}")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, as a WSGI application does."""
        environ[CLOUD] = self
        answer: Iterable[bytes] = _routed()(environ, start_response)
        return answer

    def largest_body(self, environ: dict[str, Any]) -> int:
        """Return the bytes that a request's body may have; 0: its sender is not known."""
        if iam_operations.is_sign_in(environ["PATH_INFO"]):
            return iam_operations.LARGEST_SIGN_IN
        return LARGEST_BODY if self.authenticator.recognizes(environ) else 0

    def serve(
        self,
        route: Route,
        decoder: _Decoder,
        path: dict[str, str],
        request: falcon.Request,
        response: falcon.Response,
    ) -> None:
        """Answer a request of one of the service's operations."""
        fault = self._faults.take(route.operation)
        if fault is not None and fault.delay:
            self._faults.sleep(fault.delay)
        engine = self.engine
        with engine.lock:
            engine.run_due_events()
            request_id = request_id_of(request, engine)
            caller, raw = self.authenticator.caller(request, path)
            result = instead_of_work(fault, request_id) if fault is not None else None
            if result is None:
                body = _decode(decoder, raw)
                context = RequestContext(
                    engine, caller, path, Query(request.params), body, request_id
                )
                result = self._work(route, context)
        _answer(response, route, result)
        if fault is not None and fault.what == "cut after":
            raise ConnectionCut
        if fault is not None and fault.what == "truncated" and response.data:
            response.data = response.data[: len(response.data) // 2]

    def _work(self, route: Route, context: RequestContext) -> Any:
        if route.method == "GET" or not route.changes:
            return route.handler(context)
        with self.engine.work():
            self.engine.tick()
            return route.handler(context)


class _Resource:
    """All routes of one path, as Falcon wants them."""


@cache
def _routed() -> falcon.App[falcon.Request, falcon.Response]:
    """Return what finds the way of a request: the same for all clouds, as it takes long to make."""
    app = falcon.App(middleware=[AddHeaders()])
    app.req_options.auto_parse_qs_csv = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.strip_url_path_trailing_slash = True
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[_template(route.path)].append(route)
    for path, routes in by_path.items():
        resource = _Resource()
        for route in routes:
            decoder = msgspec.json.Decoder(route.body) if route.body is not None else None
            names = tuple(re.findall(r"{(\w+)}", route.path))
            setattr(resource, f"on_{route.method.lower()}", partial(_serve, route, decoder, names))
        app.add_route(path, resource)
    for path, served, suffix in iam_operations.routes():
        app.add_route(path, served, suffix=suffix)
    app.add_route("/openapi.json", openapi.Resource())
    app.add_error_handler(falcon.HTTPError, _gateway_error)
    app.add_error_handler(IamError, _iam_error)
    app.add_error_handler(ApiError, _refused)
    app.add_error_handler(Exception, _broken)
    return app


def _serve(
    route: Route,
    decoder: _Decoder,
    names: tuple[str, ...],
    request: falcon.Request,
    response: falcon.Response,
    **segments: str,
) -> None:
    app: App = request.env[CLOUD]
    app.serve(route, decoder, dict(zip(names, segments.values(), strict=True)), request, response)


# -- answers when something is wrong --------------------------------------------------


def _refused(
    request: falcon.Request, response: falcon.Response, error: ApiError, params: object
) -> None:
    response.status = error.status
    document = {"error_code": error.code, "error_msg": error.message}
    if error.code.startswith("APIGW."):
        document["request_id"] = request_id_of(request, request.env[CLOUD].engine)
    _write(response, document)


def _iam_error(
    request: falcon.Request,
    response: falcon.Response,
    error: IamError,
    params: object,
) -> None:
    response.status = error.status
    _write(response, error.document)


def _gateway_error(
    request: falcon.Request,
    response: falcon.Response,
    error: falcon.HTTPError,
    params: object,
) -> None:
    unknown = error.status_code == 404
    code = "APIGW.0101" if unknown else "APIGW.0201"
    message = (
        "The API does not exist or has not been published in the environment"
        if unknown
        else error.title
    )
    response.status = error.status_code
    response.set_headers(dict(error.headers or {}))  # 405: which methods are allowed
    request_id = request_id_of(request, request.env[CLOUD].engine)
    _write(response, {"error_msg": message, "error_code": code, "request_id": request_id})


def _broken(
    request: falcon.Request, response: falcon.Response, error: Exception, params: object
) -> None:
    if isinstance(error, ConnectionCut | falcon.HTTPStatus):
        raise error
    if isinstance(error, OverflowError):  # a number that no column holds
        _refused(request, response, ApiError("9900"), params)
        return
    if isinstance(error, StateFileError):
        _refused(request, response, ApiError("9910", error.message), params)
        return
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    _refused(request, response, ApiError("9910"), params)


def _template(path: str) -> str:
    """Return a path whose parameters are named by their place.

    Falcon wants one name at one place, while the service calls what stands there by several.
    """
    return "/".join(
        f"{{at_{place}}}" if segment.startswith("{") else segment
        for place, segment in enumerate(path.split("/"))
    )


def _decode(decoder: _Decoder, raw: bytes) -> Any:
    if decoder is None:
        return None
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        return _decode_without_nulls(decoder, raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError("9900") from None


def _decode_without_nulls(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    """Decode a body in which null stands for what is left out, for any optional member."""
    try:
        return decoder.decode(_encode(without_nulls(msgspec.json.decode(raw))))
    except msgspec.ValidationError as problem:
        raise ApiError("9900", _naming_member(str(problem))) from None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise ApiError("9900") from None


def _naming_member(problem: str) -> str:
    """Return the documented words, and which member of the body they are about.

    The real service does not name it; whoever learns to call it is helped by the name.
    """
    documented = ApiError("9900").message
    return f"{documented.rstrip('.')}: {problem.replace(' - at `$', ' - at `body')}."


def _answer(response: falcon.Response, route: Route, result: Any) -> None:
    if isinstance(result, Response):
        response.status = result.status
        response.set_headers(dict(result.headers))
        if isinstance(result.document, str):
            response.data = result.document.encode()
            return
        result = result.document
    else:
        response.status = route.status
    if result is not None:
        _write(response, result)


def _write(response: falcon.Response, document: Any) -> None:
    response.content_type = "application/json"
    response.data = _encode(document)
