"""IAM: tokens, projects and the catalogue of addresses, with repetition and typed errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from cbr_notebook.auth.catalog import CatalogEndpoint, endpoints_in
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.iam_messages import (
    Token,
    account_token_request,
    agency_token_request,
    checked_project_id,
    described,
    description_request,
    document_in,
    refusal,
    text_or_none,
    token_in,
    token_request,
    unreadable_answer,
    window_of,
    words_in,
)
from cbr_notebook.auth.network.connection_errors import (
    PAGE_ADVICE,
    Trouble,
    page_instead_of_answer,
    trouble_of,
)
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.throttling import (
    PATIENCE_S,
    WORTH_A_LINE_S,
    asked_pause,
    iam_limiter,
    in_words,
    limit_in,
    window_in,
    write_line,
)
from cbr_notebook.errors import (
    AuthenticationError,
    ConnectionFailed,
)

_ATTEMPTS = 5
_CONNECTION_ATTEMPTS = 2
_THROTTLED = 429
_BUSY = (_THROTTLED, 502, 503, 504)
_CHECK_USER = (
    "Check the user, the password, the account (domain) and the project. The password was not "
    "stored anywhere."
)
_RENEW = (
    "A token is valid for a day at most, and for its own place and project: get a new one, or sign "
    "in with a user and a password."
)
_CHECK_AGENCY = "Check the agency's name, its account (domain), and whether you may take it up."


@dataclass(frozen=True, slots=True)
class Project:
    """A project that one may use."""

    id: str
    name: str
    domain_id: str


class Iam:
    """IAM at one address."""

    def __init__(
        self,
        http: httpx.Client,
        address: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a client of IAM at an address.

        Args:
            http: sends the requests.
            address: IAM's address, without a version.
            sleep: waits some seconds before a request is repeated.
        """
        self._http = http
        self.address = address.rstrip("/")
        self._sleep = sleep

    def issue(self, who: Credentials, *, catalog: bool) -> Token:
        """Return a new token for a user, or for an agency that the user takes up.

        Args:
            who: a user with a password, or a token to be had for another project.
            catalog: whether the catalogue of addresses is wanted, too.

        Raises:
            AuthenticationError: IAM does not accept the user, the agency or the project.
            ConnectionFailed: IAM cannot be reached, or something else answers.
            RateLimited: IAM is asked too often.
            ServiceError: IAM fails, or its answer cannot be read.
        """
        to_check = _RENEW if who.token else _CHECK_USER
        if not who.agency_name:
            request = token_request(self.address, who, catalog=catalog)
            return self._issued(request, to_check)
        request = account_token_request(self.address, who)
        own = self._issued(request, to_check)
        request = agency_token_request(self.address, who, catalog=catalog)
        request.headers["X-Auth-Token"] = own.value.reveal()
        return self._issued(request, _CHECK_AGENCY)

    def read(self, token: Secret) -> Token:
        """Return what IAM says about a token that one has.

        Raises:
            AuthenticationError: IAM does not accept it.
            CBRError: as in :meth:`issue`.
        """
        try:
            answer = self._send(description_request(self.address, token), (200,))
        except AuthenticationError as problem:
            problem.advice = f"IAM at {self.address} refused the token. {_RENEW}"
            raise
        return described(answer, token, self.address)

    def project_id(self, auth: httpx.Auth, name: str) -> str:
        """Return the ID of a project by its name.

        Args:
            auth: signs the request.
            name: the project's name; the default project of a region bears the region's.

        Raises:
            AuthenticationError: there is no such project; the message lists those there are.
            PermissionDenied: one may not list projects.
            CBRError: as in :meth:`issue`.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/projects")
        rows = document_in(self._send(request, (200,), auth=auth), self.address).get("projects")
        projects: dict[str, list[Any]] = {}
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("name"):
                projects.setdefault(str(row["name"]), []).append(row.get("id"))
        if len(projects.get(name, ())) > 1:
            raise AuthenticationError(
                f"There are several projects {name!r}.",
                advice=f"Name one by project_id: {', '.join(map(str, projects[name]))}.",
                field="project_id",
            )
        if name not in projects:
            raise AuthenticationError(
                f"There is no project {name!r} in this account.",
                advice=f"There are: {', '.join(sorted(projects)) or 'none'}. "
                "Name one by project_name or project_id.",
            )
        return checked_project_id(projects[name][0], self.address)

    def projects(self, auth: httpx.Auth | None) -> tuple[Project, ...]:
        """Return the projects that one may use; those that are switched off are left out.

        Args:
            auth: signs the request.

        Raises:
            PermissionDenied: one may not list projects.
            CBRError: as in :meth:`issue`.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/auth/projects")
        rows = document_in(self._send(request, (200,), auth=auth), self.address).get("projects")
        return tuple(
            Project(
                checked_project_id(row.get("id"), self.address),
                text_or_none(row.get("name")) or str(row.get("id")),
                text_or_none(row.get("domain_id")) or "",
            )
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("enabled") is not False
        )

    def addresses(self, auth: httpx.Auth | None) -> tuple[CatalogEndpoint, ...]:
        """Return the service's addresses in the catalogue, for one who signs requests.

        Raises:
            CBRError: as in :meth:`issue`, or one may not read the catalogue.
        """
        request = self._http.build_request("GET", f"{self.address}/v3/auth/catalog")
        document = document_in(self._send(request, (200,), auth=auth), self.address)
        return endpoints_in(document.get("catalog"))

    def _issued(self, request: httpx.Request, to_check: str) -> Token:
        response = self._send(request, (200, 201), to_check=to_check)
        value = token_in(response)
        if value is None:
            raise unreadable_answer(self.address, "it holds no usable token", response)
        return described(response, value, self.address)

    def _send(
        self,
        request: httpx.Request,
        good: tuple[int, ...],
        *,
        auth: httpx.Auth | None = None,
        to_check: str | None = None,
    ) -> httpx.Response:
        """Send a request, again after a pause where IAM is busy; nothing is changed by it.

        Where IAM says for how long it turns requests away, that is respected, within the patience
        that questions have by default.
        """
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._attempt(request, auth)
            if isinstance(answer, Trouble):
                if attempt >= _CONNECTION_ATTEMPTS or not answer.passing:
                    raise _unreachable(answer)
                self._sleep(_pause(attempt))
                continue
            if answer.status_code in good:
                if page := page_instead_of_answer(answer):
                    raise ConnectionFailed(page, advice=PAGE_ADVICE)
                return answer
            pause = window_of(answer) or _pause(attempt)
            goes_on = attempt < _ATTEMPTS and waited + pause <= PATIENCE_S
            if answer.status_code not in _BUSY or not goes_on:
                raise refusal(answer, self.address, to_check=to_check)
            if pause >= WORTH_A_LINE_S:
                write_line(f"IAM is throttling: {in_words(pause)} until the next attempt.")
            self._sleep(pause)
            waited += pause
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response | Trouble:
        fresh = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content
        )
        limiter = iam_limiter()
        if limiter is not None:
            limiter.enter()
        try:
            answer = self._http.send(fresh, auth=auth, follow_redirects=False)
            if limiter is not None and answer.status_code == _THROTTLED:
                words = words_in(answer)[1] or ""
                asked = asked_pause(answer, datetime.now(UTC))
                limiter.refused(asked, window_in(words), limit_in(words))
            return answer
        except httpx.TransportError as problem:
            return trouble_of(problem, request.url)
        except httpx.DecodingError as problem:
            why = type(problem).__name__
        finally:
            if limiter is not None:
                limiter.leave()
        raise unreadable_answer(self.address, why, None)


def _unreachable(trouble: Trouble) -> ConnectionFailed:
    return ConnectionFailed(
        f"Signing in: {trouble.message}",
        advice=f"Nothing was changed. {trouble.advice}",
    )


def _pause(attempt: int) -> float:
    return float(2 ** (attempt - 1))
