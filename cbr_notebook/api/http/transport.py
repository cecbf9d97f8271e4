"""Sending requests: one pooled client, timeouts, careful repetition, typed errors."""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import httpx
import msgspec

from cbr_notebook.api.http import background_decoding, time_limit
from cbr_notebook.api.http.accepted_changes import note_change
from cbr_notebook.api.http.attempts import Attempts, Repeatable
from cbr_notebook.api.http.decoding import Undecodable, decode
from cbr_notebook.api.http.permissions import operation_of
from cbr_notebook.api.http.response_errors import (
    LOOK_FIRST,
    connection_error,
    maybe_executed,
    page_error,
    refusal,
    request_id_of,
    unreadable,
)
from cbr_notebook.api.messages.request_shapes import check_body
from cbr_notebook.auth.network.bounds import forget_last_answer
from cbr_notebook.auth.throttling import (
    PATIENCE_S,
    RateLimiter,
    Throttle,
    asked_pause,
    in_words,
    limit_in,
    told_window,
    window_in,
    write_line,
)
from cbr_notebook.errors import AuthenticationError, CBRError, InvalidRequest, RateLimited
from cbr_notebook.text.arguments import texts

T = TypeVar("T")
QueryValue = str | int | bool | Sequence[str] | None

_BUSY = (502, 503, 504)
_MOST_KEPT = 64 * 2**20
"""Bytes of answers that a reading keeps."""
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
        patience: float = PATIENCE_S,
        write: Callable[[str], None] = write_line,
    ) -> None:
        """Create a transport from what requests need.

        Args:
            client: an httpx client that authenticates.
            base_url: the address of the service.
            project_id: the project of all requests.
            sleep: waits some seconds before a request is repeated.
            clock: gives the present moment, for records and ``Retry-After`` dates.
            patience: seconds that the pauses of one request may take together where the service
                says how long it turns requests away.
            write: writes the line that says how long such a pause is.
        """
        self._client = client
        self._base_url = base_url
        self.project_id = project_id
        self._sleep = sleep
        self._clock = clock
        self._patience = patience
        self._throttle = Throttle(clock, write)
        self._lock = threading.Lock()
        self.requests = 0
        """How many requests were sent, repeated ones included."""
        self.on_request: Callable[[RequestRecord], None] | None = None
        """Is told of every request, if set."""
        self.limiter: RateLimiter | None = None
        """Where requests wait for their turn, if several sessions share what is allowed."""
        self.only_asks = False
        """Whether everything that changes something is refused before it is sent."""
        self._kept: dict[tuple[str, str], bytes] | None = None
        self._read: dict[str, Any] = {}

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
        if (content := background_decoding.take()) is not None:
            return content
        kept = self._kept
        if kept is None:
            return background_decoding.arrived(self._send("GET", path, query, None).content)
        key = (path, _key(query or {}))
        if key not in kept:
            content = self._send("GET", path, query, None).content
            if sum(map(len, kept.values())) + len(content) > _MOST_KEPT:
                return background_decoding.arrived(content)
            kept[key] = content
        return background_decoding.arrived(kept[key])

    @property
    def reads_once(self) -> bool:
        """Whether this is the transport of a reading: nothing is read twice."""
        return self._kept is not None

    def once(self, what: str, read: Callable[[], T]) -> T:
        """Read something; within a reading once, and what was read then is returned again."""
        if not self.reads_once:
            return read()
        if what not in self._read:
            self._read[what] = read()
        return cast("T", self._read[what])

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        answer: type[T],
        *,
        read_back: bool = False,
        only_asks: bool = False,
    ) -> T:
        """Change something, and read the answer.

        The request is sent again only if it has certainly not been carried out: it never left
        this computer, or it was throttled (429), which happens before the service sees it. Any
        other trouble, such as a gateway's 502, 503 or 504, a cut connection or an answer that
        cannot be read, may come after the work has begun: then the error says so.

        Args:
            method: POST, PUT or DELETE.
            path: with ``{project_id}`` where the project goes.
            body: a msgspec struct, or ``None`` for no body.
            answer: the type of the answer; ``type(None)`` where nothing is read from it.
            read_back: where the change is acknowledged by an empty document, the path is read.
            only_asks: the request changes nothing, though it has a body: it is repeated as those
                of :meth:`get` are.

        Raises:
            CBRError: of the kind that fits; its ``may_have_happened`` says whether the request
                may have been carried out.
        """
        content = _encoded(method, path, body)
        response = self._send(method, path, None, content, only_asks=only_asks)
        if answer is type(None):
            _check_acknowledgement(response.content)
            return None
        if read_back and response.content.strip() in (b"", b"{}"):
            try:
                return self.get(path, answer)
            except CBRError as problem:
                problem.may_have_happened = True
                problem.advice = f"The service accepted the change. {LOOK_FIRST}"
                raise
        return _decode(response.content, answer, safe=only_asks)

    def send_for_text(self, method: str, path: str, body: Any, *, once: bool = False) -> bytes:
        """Change something, and return the answer, which may be empty; else as :meth:`send`.

        Args:
            method: POST, PUT or DELETE.
            path: with ``{project_id}`` where the project goes.
            body: a msgspec struct, or ``None`` for no body.
            once: send it a single time, whatever the answer: the caller asks the service what
                became of it.
        """
        content = _encoded(method, path, body)
        found = self._send(method, path, None, content, once=once).content
        _check_acknowledgement(found)
        return found

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, QueryValue] | None,
        content: bytes | None,
        *,
        once: bool = False,
        only_asks: bool = False,
    ) -> httpx.Response:
        safe = only_asks or method == "GET"
        self._check_open(safe)
        if self._kept is not None and not safe:
            self._kept.clear()
            self._read.clear()
        request = self._client.build_request(
            method,
            self._base_url + _checked_path(path.replace("{project_id}", self.project_id)),
            params=_parameters(query),
            content=content,
            headers={"Content-Type": "application/json"},
            extensions={SEND_ONCE: True} if once else None,
        )
        if safe and not once:
            self._wait_for_throttle()
        attempts = Attempts(self._patience, self._client.timeout.read or 30)
        while True:
            try:
                with self._turn():
                    attempts.begin()
                    response = self._attempt(request, safe=safe)
                if not safe:
                    note_change()
                return response
            except Repeatable as problem:
                pause = None if once else attempts.pause_after(problem)
                limit = time_limit.current()
                if pause is None or not (limit is None or limit.allows(pause)):
                    raise problem.error from None
                long = problem.is_long(pause)
            if long and self.limiter is not None:
                continue  # the limiter knows how long, and who comes first
            if long:
                self._throttle.begin(pause)
            self._sleep(pause)

    def _check_open(self, safe: bool) -> None:
        """Check that requests are sent here.

        Raises:
            AuthenticationError: the session is closed.
            InvalidRequest: the request changes something, and the session only asks.
        """
        if getattr(self._client, "is_closed", False):
            raise AuthenticationError(
                "This session is closed.",
                advice="Open another one: session = cbr.connect(…) or cbr.simulate().",
            )
        if self.only_asks and not safe:
            raise InvalidRequest(
                "This session only asks: nothing was sent.",
                advice="Change things in a session of your own: cbr.connect().",
            )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait at the limiter, if there is one, until a request may be sent."""
        limiter = self.limiter
        if limiter is not None:
            limiter.enter()
        try:
            yield
        finally:
            if limiter is not None:
                limiter.leave()

    def _attempt(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        """Send a request once.

        Raises:
            Repeatable: it may be sent again: it never left, was certainly turned away, or
                changes nothing and met with trouble that may pass.
            CBRError: else.
        """
        response = self._answer(request, safe=safe)
        if response.is_success or response.is_redirect:
            if (page := page_error(request, response, safe=safe)) is not None:
                raise page
            return response
        error = refusal(request, response, now=self._clock())
        error.may_have_happened = not safe and maybe_executed(response, error)
        if error.may_have_happened:
            error.advice = LOOK_FIRST
        pause = asked_pause(response, self._clock())
        if isinstance(error, RateLimited):
            raise self._throttled(response, error, pause)
        if safe and response.status_code in _BUSY:
            if self.limiter is not None:
                self.limiter.refused(pause, None, None)
            raise Repeatable(error, pause, pause is not None)
        raise error

    def _answer(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        """Send a request once, and record it.

        Raises:
            Repeatable: no answer came, and it may be sent again.
            CBRError: no answer came.
        """
        fresh = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=time_limit.timeouts_within(request.extensions),
        )
        forget_last_answer()
        trouble: tuple[CBRError, bool] | None
        try:
            response = self._client.send(fresh)
        except (httpx.RequestError, httpx.InvalidURL) as problem:
            self._record(request, 0, None)
            trouble = connection_error(request, problem, safe=safe)
        else:
            trouble = None
        if trouble is not None:  # raised here, where nothing leads to the headers that were sent
            failure, again = trouble
            raise Repeatable(failure) if again else failure
        self._record(request, response.status_code, request_id_of(response))
        return response

    def _throttled(
        self, response: httpx.Response, error: RateLimited, asked: float | None
    ) -> Repeatable:
        """Return what to do about a request that was turned away, and tell the limiter of it."""
        window = told_window(response, error.message, self._clock())
        if self.limiter is not None:
            self.limiter.refused(asked, window_in(error.message), limit_in(error.message))
        error.retry_after = window
        if window is not None and window > self._patience:
            error.advice = (
                f"The service turns requests away for {in_words(window)}. Nothing was "
                "changed. Try again then."
            )
        return Repeatable(error, window, window is not None)

    def _wait_for_throttle(self) -> None:
        """Wait until the service takes requests again, where another one was told how long."""
        left = self._throttle.left()
        limit = time_limit.current()
        if 0 < left <= self._patience and (limit is None or limit.left() >= left):
            self._sleep(left)

    def _record(self, request: httpx.Request, status: int, request_id: str | None) -> None:
        with self._lock:
            self.requests += 1
        if self.on_request is not None:
            self.on_request(
                RequestRecord(
                    self._clock().isoformat(), request.method, request.url.path, status, request_id
                )
            )

    @contextmanager
    def reading(self) -> Iterator[Transport]:
        """Return a transport on the same connections that reads nothing twice within the block.

        What it read is forgotten when it sends a change, and when the block ends.
        """
        other = copy.copy(self)
        other._kept, other._read, other.requests = {}, {}, 0
        try:
            yield other
        finally:
            other._kept, other._read = None, {}
            with self._lock:
                self.requests += other.requests

    def through(self, limiter: RateLimiter) -> Transport:
        """Return a transport on the same connections whose requests wait at another limiter."""
        other = copy.copy(self)
        other.limiter, other.requests = limiter, 0
        return other

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
    """Return a path, if every ID in it is one; an empty one would mean all things of a kind."""
    for part in path.split("/")[1:]:
        if not _PATH_PART.fullmatch(part) or part in (".", ".."):
            raise InvalidRequest(
                f"{part!r} is not an ID." if part else "An ID is empty.",
                advice="Name a thing by the ID that its list shows.",
            )
    return path


def _key(query: Mapping[str, QueryValue]) -> str:
    """Return what is asked for; the first page is one, with or without its offset 0."""
    return str(_parameters({**query, "offset": query.get("offset") or None}))


def _parameters(query: Mapping[str, QueryValue] | None) -> httpx.QueryParams:
    pairs: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is None:
            continue
        if isinstance(value, bool):
            pairs.append((name, str(value).lower()))
        elif isinstance(value, str | int | float):
            pairs.append((name, str(value)))
        else:
            pairs += [(name, each) for each in texts(value, name)]
    return httpx.QueryParams(tuple(pairs))


def _encoded(method: str, path: str, body: Any) -> bytes | None:
    """Return a body as JSON, if the service documents that it takes it.

    Raises:
        InvalidRequest: a value of it is none of JSON, or not what is documented.
    """
    if body is None:
        return None
    try:
        content = msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as problem:
        raise InvalidRequest(
            f"The request cannot be written: {problem}.",
            advice="Give texts, whole numbers, lists and dictionaries of them. Nothing was sent.",
        ) from None
    operation = operation_of(method, path)
    if operation is not None:
        check_body(operation.id, msgspec.json.decode(content))
    return content


def _decode(content: bytes, answer: type[T], *, safe: bool = True) -> T:
    try:
        return decode(content, answer)
    except Undecodable as problem:
        raise unreadable(str(problem), safe=safe) from None


def _check_acknowledgement(content: bytes) -> None:
    """Make sure that what acknowledges a change is the service's: nothing, or a JSON document.

    Raises:
        ServiceError: it is something else, or an error.
    """
    if not content.strip():
        return
    document = _decode(content, Any, safe=False)
    if document is None:
        return
    if isinstance(document, dict) and not document.keys() & {"error_code", "error_msg", "error"}:
        return
    raise unreadable("it is not what acknowledges a change", safe=False)
