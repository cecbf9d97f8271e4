"""Every question over a service whose pages are wrong: the whole answer, or an error soon."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.session.context import Identity

LARGEST = {"backups": 60, "checkpoints": 60}
"""Rows of a page at most, whatever is asked for: the service's own limit; 4 of other lists."""
MOST_REQUESTS = 400
Document = dict[str, Any]
Fault = Callable[[Document, str, int, "Service"], None]


class Service:
    """A simulated cloud with small pages, of which one way of being wrong is chosen."""

    def __init__(self, estate: str) -> None:
        self.cloud = cbr.simulate(estate)
        self.fault: Fault = honest
        self.requests = 0
        self._inner = self.cloud.client.transport._client
        project = self.cloud.identity.project_id
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(
            http, "http://127.0.0.1", project,
            sleep=lambda seconds: None, clock=lambda: self.cloud.now, write=lambda line: None,
        )  # fmt: skip
        who = Identity("ada", "key", "eu-west-0", project, "http://127.0.0.1", "test")
        self.session = Session(
            Client(transport), who, http,
            sleep=lambda seconds: None, clock=lambda: self.cloud.now,
        )  # fmt: skip

    @cache  # noqa: B019 - one service a module, and nothing changes in its cloud
    def expected(self, question: str) -> list[str]:
        """Return the whole answer, as the cloud itself gives it."""
        return told(QUESTIONS[question](self.cloud))

    def page(self, path: str, query: httpx.QueryParams, offset: int) -> Document:
        """Return the honest page at an offset."""
        limit = min(largest(path), int(query.get("limit", 1000)))
        asked = query.set("limit", limit).set("offset", offset)
        url = f"{self.cloud.identity.endpoint}{path}"
        found: Document = self._inner.get(url, params=asked).json()
        return found

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        assert self.requests < MOST_REQUESTS, "endless"
        path, query = request.url.path, request.url.params
        if request.method != "GET" or "limit" not in query:
            url = f"{self.cloud.identity.endpoint}{path}"
            answer = self._inner.request(
                request.method, url, params=query, content=request.content or None,
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
            return httpx.Response(answer.status_code, content=answer.content)
        offset = int(query.get("offset", 0))
        document = self.page(path, query, offset)
        name = next((key for key, value in document.items() if isinstance(value, list)), None)
        if name is not None:
            self.query, self.path = query, path
            self.fault(document, name, offset, self)
        return httpx.Response(200, content=json.dumps(document).encode())


def largest(path: str) -> int:
    return LARGEST.get(path.rpartition("/")[2], 4)


def honest(document: Document, name: str, offset: int, service: Service) -> None:
    """Small pages, and nothing else."""


def ignores_the_offset(document: Document, name: str, offset: int, service: Service) -> None:
    document[name] = service.page(service.path, service.query, 0)[name]


def repeats_a_page(document: Document, name: str, offset: int, service: Service) -> None:
    second = largest(service.path) - 1
    if offset > second:
        document[name] = service.page(service.path, service.query, second)[name]


def reverses_pages(document: Document, name: str, offset: int, service: Service) -> None:
    document[name] = document[name][::-1]


def counts_too_many(document: Document, name: str, offset: int, service: Service) -> None:
    document["count"] = document.get("count", len(document[name])) + 7


def counts_too_few(document: Document, name: str, offset: int, service: Service) -> None:
    document["count"] = 1


def counts_in_text(document: Document, name: str, offset: int, service: Service) -> None:
    if "count" in document:
        document["count"] = str(document["count"])


def counts_nothing(document: Document, name: str, offset: int, service: Service) -> None:
    document.pop("count", None)


def breaks_off(document: Document, name: str, offset: int, service: Service) -> None:
    if offset >= largest(service.path) - 1:
        document[name] = []


def breaks_off_with_null(document: Document, name: str, offset: int, service: Service) -> None:
    if offset >= largest(service.path) - 1:
        document[name] = None


FAULTS = (
    honest, ignores_the_offset, repeats_a_page, reverses_pages, counts_too_many, counts_too_few,
    counts_in_text, counts_nothing, breaks_off, breaks_off_with_null,
)  # fmt: skip
QUESTIONS: dict[str, Callable[[Session], pd.DataFrame]] = {
    "vaults": lambda s: s.vaults(),
    "backups": lambda s: s.backups(),
    "restore points": lambda s: s.restore_points(),
    "tasks": lambda s: s.tasks(),
    "resources": lambda s: s.resources("server"),
    "members of vaults": lambda s: s.vault_resources(),
    "unprotected": lambda s: s.unprotected(),
    "capacity": lambda s: s.capacity(),
    "recovery points": lambda s: s.recovery_points(),
    "failures": lambda s: s.failures(),
    "orphans": lambda s: s.orphans(),
    "audit": lambda s: s.audit(),
}


@pytest.fixture(scope="module")
def service() -> Service:
    return Service("demo")


def told(frame: pd.DataFrame) -> list[str]:
    return sorted(json.dumps(row, default=str) for row in frame.to_dict("records"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_over_wrong_pages_is_answered_whole_or_not_at_all(
    question: str, fault: Fault, service: Service
) -> None:
    ask = QUESTIONS[question]
    expected = service.expected(question)
    service.fault, service.requests = fault, 0
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", cbr.errors.AnswerWarning)
        try:
            table = ask(service.session)
            found: list[str] | cbr.errors.CBRError = told(table)
        except cbr.errors.CBRError as problem:
            found = problem
    if isinstance(found, cbr.errors.CBRError):
        assert fault not in (honest, counts_in_text), found
        assert found.advice
        return
    if fault in (breaks_off, breaks_off_with_null) and found != expected:
        # It cannot be told from a count that is too high; but it is never silent.
        said = "this is all that can be had"
        assert any(said in str(each.message) for each in heard)
        assert any(said in each for each in table.attrs["notes"])
        return
    assert found == expected
