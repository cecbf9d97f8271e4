"""Sending requests: one pooled client, timeouts, careful repetition, typed errors."""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, cast

import httpx
import msgspec
import tenacity

from cbr_notebook.api.failures import connection_error, page_error, refusal, request_id_of
from cbr_notebook.errors import CBRError, InvalidRequest, RateLimited, ServiceError

T = TypeVar("T")
QueryValue = str | int | bool | Sequence[str] | None

_ATTEMPTS = 5
_BUSY = (429, 502, 503, 504)
_SURELY_NOT_DONE = (429, 503)
"""Answers after which also a request that changes something may be sent again."""
_LONGEST_PAUSE = 60.0
SEND_ONCE = "cbr_send_once"
"""The extension of a request that nobody may repeat, authentication included."""
_PATH_PART = re.compile(r"[A-Za-z0-9._~%-]+")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that was sent, for evidence: never a secret, never a body."""

    at: str
    method: str
    path: str
    status: int
    """0 when no answer came."""
    request_id: str | None


class _Repeatable(Exception):
    """An answer after which the request is sent again; carries the error to raise in the end."""

    def __init__(self, error: CBRError, pause: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause = pause


def _pause(state: tenacity.RetryCallState) -> float:
    """Wait as long as the service asks, else 1, 2, 4, … seconds."""
    problem = state.outcome.exception() if state.outcome else None
    if isinstance(problem, _Repeatable) and problem.pause is not None:
        return min(problem.pause, _LONGEST_PAUSE)
    return float(min(2 ** (state.attempt_number - 1), _LONGEST_PAUSE))


class Transport:
    """Sends the requests of one session and reads the answers; safe for many threads."""

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        project_id: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take what requests need.

        Args:
            client: an httpx client that authenticates.
            base_url: the address of the service.
            project_id: the project of all requests.
            sleep: waits some seconds before a request is repeated.
            clock: gives the present moment, for records and ``Retry-After`` dates.
        """
        self._client = client
        self._base_url = base_url
        self.project_id = project_id
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self.requests = 0
        """How many requests were sent, repeated ones included."""
        self.on_request: Callable[[RequestRecord], None] | None = None
        """Is told of every request, if set."""

    def get(self, path: str, answer: type[T], query: Mapping[str, QueryValue] | None = None) -> T:
        """Read something; repeated when the connection or the service is in trouble.

        Args:
            path: with ``{project_id}`` where the project goes.
            answer: the type of the answer.
            query: parameters; ``None`` values are left out, sequences repeat the parameter.

        Raises:
            CBRError: of the kind that fits.
        """
        return _decode(self.get_bytes(path, query), answer)

    def get_bytes(self, path: str, query: Mapping[str, QueryValue] | None = None) -> bytes:
        """Read something and leave it undecoded; otherwise as :meth:`get`."""
        return self._send("GET", path, query, None).content

    def send(self, method: str, path: str, body: Any, answer: type[T]) -> T:
        """Change something, and read the answer; never sent twice if it may have arrived.

        Args:
            method: POST, PUT or DELETE.
            path: with ``{project_id}`` where the project goes.
            body: a msgspec struct, or ``None`` for no body.
            answer: the type of the answer; ``type(None)`` where there is none.

        Raises:
            ConnectionFailed: no answer came; its ``may_have_happened`` says whether the
                request may have been carried out.
            CBRError: of the kind that fits.
        """
        content = None if body is None else msgspec.json.encode(body)
        response = self._send(method, path, None, content)
        if answer is type(None):
            return None
        return _decode(response.content, answer)

    def send_for_text(self, method: str, path: str, body: Any, *, once: bool = False) -> bytes:
        """As :meth:`send`, for an answer that may be empty.

        Args:
            method: POST, PUT or DELETE.
            path: with ``{project_id}`` where the project goes.
            body: a msgspec struct, or ``None`` for no body.
            once: send it a single time, whatever the answer: the caller asks the service what
                became of it.
        """
        content = None if body is None else msgspec.json.encode(body)
        return self._send(method, path, None, content, once=once).content

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, QueryValue] | None,
        content: bytes | None,
        *,
        once: bool = False,
    ) -> httpx.Response:
        request = self._client.build_request(
            method,
            self._base_url + _checked_path(path.replace("{project_id}", self.project_id)),
            params=_parameters(query),
            content=content,
            headers={"Content-Type": "application/json"},
            extensions={SEND_ONCE: True} if once else None,
        )
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(1 if once else _ATTEMPTS),
            wait=_pause,
            retry=tenacity.retry_if_exception_type(_Repeatable),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, request, safe=method == "GET")
        except _Repeatable as problem:
            raise problem.error from None

    def _once(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        fresh = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        try:
            response = self._client.send(fresh)
        except httpx.TransportError as problem:
            self._record(request, 0, None)
            failure, again = connection_error(request, problem, safe=safe)
            if again:
                raise _Repeatable(failure, None) from None
            raise failure from None
        self._record(request, response.status_code, request_id_of(response))
        if response.is_success or response.is_redirect:
            if (page := page_error(request, response, safe=safe)) is not None:
                raise page
            return response
        error = refusal(request, response, now=self._clock())
        repeatable = _BUSY if safe else _SURELY_NOT_DONE
        if response.status_code in repeatable:
            pause = self._asked_pause(response)
            if isinstance(error, RateLimited):
                error.retry_after = pause
            raise _Repeatable(error, pause)
        raise error

    def _asked_pause(self, response: httpx.Response) -> float | None:
        text = response.headers.get("Retry-After")
        if text is None:
            return None
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._clock()).total_seconds())
        except (ValueError, TypeError):
            return None

    def _record(self, request: httpx.Request, status: int, request_id: str | None) -> None:
        with self._lock:
            self.requests += 1
        if self.on_request is not None:
            self.on_request(
                RequestRecord(
                    self._clock().isoformat(), request.method, request.url.path, status, request_id
                )
            )

    def watched(self, tell: Callable[[httpx.Request, httpx.Response], None]) -> Transport:
        """Return a transport on the same connections that tells of each answer."""
        other = copy.copy(self)
        other._client = cast("httpx.Client", _WatchedClient(self._client, tell))
        return other


class _WatchedClient:
    """An HTTP client that tells of each answer before it is read by others."""

    def __init__(
        self, client: httpx.Client, tell: Callable[[httpx.Request, httpx.Response], None]
    ) -> None:
        self._client = client
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, and tell of its answer."""
        response = self._client.send(request, **options)
        self._tell(request, response)
        return response


def _checked_path(path: str) -> str:
    """Give a path, if every ID in it is one; an empty one would mean all things of a kind."""
    for part in path.split("/")[1:]:
        if not _PATH_PART.fullmatch(part) or part in (".", ".."):
            raise InvalidRequest(
                f"{part!r} is not an ID." if part else "An ID is empty.",
                advice="Name a thing by the ID that its list shows.",
            )
    return path


def _parameters(query: Mapping[str, QueryValue] | None) -> httpx.QueryParams:
    pairs: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is None:
            continue
        if isinstance(value, bool):
            pairs.append((name, str(value).lower()))
        elif isinstance(value, str | int):
            pairs.append((name, str(value)))
        else:
            pairs += [(name, each) for each in value]
    return httpx.QueryParams(tuple(pairs))


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_decoders_lock = threading.Lock()


def _decoder(answer: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, built once and by one thread.

    msgspec crashes the interpreter where two threads meet a type for the first time at once.
    """
    with _decoders_lock:
        if answer not in _decoders:
            _decoders[answer] = msgspec.json.Decoder(answer)
        return _decoders[answer]


def _decode(content: bytes, answer: type[T]) -> T:
    try:
        return _decoder(answer).decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ServiceError(
            f"The service's answer cannot be read: {problem}.",
            advice="Ask again; if it stays so, something between you and the service changes "
            "its answers, such as a proxy.",
        ) from None
