"""Questions asked wrongly, and a service that answers badly: handled, or a typed error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.iam import Iam
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token import TokenAuth
from cbr_notebook.session.context import Identity

NOW = datetime(2020, 8, 17, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response | Exception | None]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "name": f"backup-{number}",
        "status": "available",
        "resource_type": "OS::Nova::Server",
        "resource_size": 40,
        "created_at": "2020-08-16T01:00:00.000000",
        "extend_info": {"auto_trigger": True},
        **changes,
    }


class Service:
    """A service with many backups, in which things go wrong on request."""

    def __init__(self, size: int, trouble: Answer = lambda request: None) -> None:
        self.rows = [row(number) for number in range(size)]
        self.trouble = trouble
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.lock = threading.Lock()
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(
            http, "https://cbr.example.com", "p", sleep=self.pauses.append, clock=lambda: NOW
        )
        identity = Identity("ada", "token", "eu-west-0", "p", "https://cbr.example.com", "test")
        self.session = Session(
            Client(transport), identity, http, sleep=self.pauses.append, clock=lambda: NOW
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.requests.append(request)
            answer = self.trouble(request)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        query = request.url.params
        chosen = [
            each
            for each in self.rows
            if each["resource_type"] in (query.get("resource_type"), each["resource_type"])
            and query.get("resource_type", each["resource_type"]) == each["resource_type"]
        ]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 1000))
        page = {"backups": chosen[offset : offset + limit], "count": len(chosen)}
        return httpx.Response(200, json=page)


def once_in_the_middle(*answers: httpx.Response | Exception) -> Answer:
    """Answer so to requests for pages after the first, then no trouble."""
    left = list(answers)

    def trouble(request: httpx.Request) -> httpx.Response | Exception | None:
        return left.pop(0) if left and request.url.params.get("offset") != "0" else None

    return trouble


@pytest.mark.parametrize(
    ("problem", "pause"),
    [
        (httpx.Response(503), 1),
        (httpx.Response(429), 1),
        (httpx.Response(429, headers={"Retry-After": "9"}), 9),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.RemoteProtocolError("cut"), 1),
        (httpx.Response(502, html="<html>Bad gateway</html>"), 1),
    ],
)
def test_trouble_with_one_page_costs_a_pause_and_no_row(
    problem: httpx.Response | Exception, pause: float
) -> None:
    service = Service(3500, once_in_the_middle(problem))
    frame = service.session.backups()
    assert list(frame["id"]) == [each["id"] for each in service.rows]
    assert service.pauses == [pause]
    assert frame.attrs["requests"] == 5


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (httpx.Response(503), errors.ServiceError),
        (httpx.Response(429, headers={"Retry-After": "1"}), errors.RateLimited),
        (httpx.ReadTimeout("slow"), errors.ConnectionFailed),
        (
            httpx.Response(200, html="<html>Sign in to the hotel's Wi-Fi</html>"),
            errors.ServiceError,
        ),
        (httpx.Response(200, text='{"backups": [{"id": "1'), errors.ServiceError),
        (httpx.Response(200, json={"backups": "none"}), errors.ServiceError),
        (httpx.Response(403, json={"error_code": "BackupService.9904"}), errors.CBRError),
    ],
)
def test_trouble_that_stays_is_a_typed_error_with_nothing_half_built(
    problem: httpx.Response | Exception, kind: type[errors.CBRError]
) -> None:
    service = Service(3500, once_in_the_middle(*[problem] * 50))
    with pytest.raises(kind):
        service.session.backups()
    assert not [each for each in threading.enumerate() if each.name.startswith("cbr-pages")]


def test_what_the_document_does_not_promise_survives() -> None:
    service = Service(3)
    service.rows[0] |= {"status": "hibernating", "resource_type": "OS::New::Thing", "colour": 1}
    service.rows[1] |= {"name": None, "status": None, "created_at": None, "extend_info": None}
    service.rows[2] |= {"created_at": "2020-08-16T01:00:00Z", "updated_at": "2020-08-16 01:00:00"}
    del service.rows[2]["resource_size"]
    frame = service.session.backups()
    assert frame["status"].iloc[0] == "hibernating"
    assert "available" in frame["status"].cat.categories
    assert "waiting_restore" in frame["status"].cat.categories
    assert frame.loc[1, ["name", "status", "created_at", "auto_trigger"]].isna().all()
    assert frame["created_at"].iloc[2] == pd.Timestamp("2020-08-16T01:00Z")
    assert frame["updated_at"].iloc[2] == pd.Timestamp("2020-08-16T01:00Z")
    assert frame["resource_size_gb"].isna().tolist() == [False, False, True]
    same = cbr.schema("backups").set_index("column")["dtype"].to_dict()
    assert frame.dtypes.astype(str).to_dict() == same


def test_a_time_that_is_none_is_a_missing_cell_and_a_warning_that_names_the_column() -> None:
    service = Service(2)
    service.rows[0]["created_at"] = "tomorrow, perhaps"
    with pytest.warns(errors.AnswerWarning, match="created_at.*tomorrow.*backup-0"):
        frame = service.session.backups()
    assert frame["created_at"].isna().tolist() == [True, False]


def test_several_values_are_several_requests_where_the_service_takes_but_one() -> None:
    service = Service(4)
    service.rows[1]["resource_type"] = service.rows[2]["resource_type"] = "OS::Cinder::Volume"
    service.rows[2]["created_at"] = "2020-08-16T02:00:00.000000"
    frame = service.session.backups(
        resource_type=["OS::Cinder::Volume", "OS::Sfs::Turbo"], status=["available", "error"]
    )
    assert list(frame["name"]) == ["backup-2", "backup-1"]  # merged, newest first
    asked = [each.url.params for each in service.requests]
    assert [each["resource_type"] for each in asked] == ["OS::Cinder::Volume", "OS::Sfs::Turbo"]
    assert all(each.get_list("status") == ["available", "error"] for each in asked)


def test_a_long_list_is_read_by_creation_and_sorted_afterwards() -> None:
    service = Service(1200)
    frame = service.session.backups(sort="name:desc")
    assert all("sort" not in each.url.params for each in service.requests)
    names = sorted((each["name"] for each in service.rows), reverse=True)
    assert list(frame["name"]) == names
    service.session.backups(sort="name:desc", limit=5)
    assert service.requests[-1].url.params["sort"] == "name:desc"


@pytest.mark.parametrize(
    ("helper", "wrong", "hint"),
    [
        ("backups", {"statsu": "available"}, "Did you mean status"),
        ("backups", {"status": "availble"}, "available, protecting"),
        ("backups", {"status": ["available", "broken"]}, "available, protecting"),
        ("backups", {"resource_type": "server"}, "OS::Nova::Server"),
        ("backups", {"since": "2020-02-30"}, "2020-08-17T06:00Z"),
        ("backups", {"since": "1d", "until": "2d"}, "Exchange"),
        ("backups", {"since": "1d", "start_time": "2020-08-01T00:00:00Z"}, "twice"),
        ("backups", {"resource": "web-01", "resource_id": "x"}, "twice"),
        ("backups", {"limit": 0}, "at least 1"),
        ("backups", {"sort": "size"}, "created_at"),
        ("tasks", {"operation_type": "bakcup"}, "backup, copy"),
        ("tasks", {"vault_nam": "films"}, "Did you mean vault_name"),
        ("vaults", {"object_type": "serverr"}, "server"),
        ("vaults", {"colour": "red"}, "There are:"),
        ("resources", {"serverid": "x"}, "Did you mean server_id"),
        ("resources", {"kind": "servers"}, "server"),
    ],
)
def test_a_question_asked_wrongly_is_refused_before_anything_is_sent(
    helper: str, wrong: dict[str, Any], hint: str
) -> None:
    service = Service(0)
    with pytest.raises(errors.InvalidRequest, match=hint):
        getattr(service.session, helper)(**wrong)
    assert service.requests == []


def test_an_ambiguous_name_lists_the_candidates() -> None:
    with cbr.simulate("empty") as session:
        ids = [session.create_vault("films", size_gb=10).id for _ in range(2)]
        with pytest.raises(errors.InvalidRequest) as caught:
            session.backups(vault="films")
        assert all(each in str(caught.value) for each in ids)
        assert len(session.backups(vault=ids)) == 0


def test_a_token_that_expires_between_pages_is_renewed() -> None:
    with cbr.simulate("large") as session:
        account = session.cloud.credentials
        pages = 0

        class Aging(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                nonlocal pages
                answer = inner.handle_request(request)
                if request.url.path.endswith("/backups"):
                    pages += 1
                    if pages == 2:
                        session.cloud.advance(days=2)
                return answer

        inner = session.cloud.transport()
        who = Credentials(
            user_name=account.user_name, password=Secret(account.password),
            domain_name=account.domain_name, project_id=account.project_id, source="test",
        )  # fmt: skip
        iam = Iam(httpx.Client(transport=inner), account.base_url, sleep=session.cloud.sleep)
        auth = TokenAuth(iam, who, clock=lambda: session.now.timestamp())
        http = httpx.Client(transport=Aging(), auth=auth)
        session.client.transport._client = http
        frame = session.backups(limit=3500)
    assert len(frame) == 3500
    assert frame["id"].is_unique


def test_few_vaults_cost_one_request_and_their_policies_another() -> None:
    with cbr.simulate("demo") as session:
        assert session.vaults().attrs["requests"] == 2


def test_an_empty_answer_knows_how_many_there_are_without_its_filters() -> None:
    with cbr.simulate() as session:
        for empty, all_of_it in (
            (session.backups(status="deleting"), session.backups()),
            (session.vaults(name="nothing like it"), session.vaults()),
            (session.tasks(until="2000-01-01"), session.tasks()),
            (session.resources("server", name="nothing"), session.resources("server")),
            (session.resources(tags={"env": "nowhere"}), session.resources()),
        ):
            assert empty.empty
            assert empty.attrs["without_filters"] == len(all_of_it)
            assert "without_filters" not in all_of_it.attrs
