"""The cloud's front: who may in, and what comes back when something is wrong."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.signature import SignatureAuth
from cbr_notebook.simulator.classroom import openapi as control_openapi
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.http import openapi
from tests.simulator.http_client import Client


def token_request(cloud: Cloud, http: httpx.Client, **changes: str) -> httpx.Response:
    who = cloud.credentials
    user = {
        "name": changes.get("user", who.user_name),
        "password": changes.get("password", who.password),
        "domain": {"name": changes.get("domain", who.domain_name)},
    }
    scope = {"project": {"name": changes.get("project", who.region)}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return http.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})


@pytest.fixture
def http(cloud: Cloud) -> httpx.Client:
    return httpx.Client(transport=cloud.transport(), base_url=cloud.credentials.base_url)


def signed(
    cloud: Cloud, http: httpx.Client, *, at: datetime | None = None, secret: str = ""
) -> int:
    who = cloud.credentials
    auth = SignatureAuth(
        who.access_key,
        Secret(secret or who.secret_key),
        project_id=who.project_id,
        clock=lambda: at or cloud.now,
    )
    return http.get(f"/v3/{who.project_id}/vaults", auth=auth).status_code


def test_a_token_says_for_whom_and_until_when(cloud: Cloud, http: httpx.Client) -> None:
    answer = token_request(cloud, http)
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token["project"]["id"] == cloud.credentials.project_id
    assert token["issued_at"] == "2020-08-17T03:51:24.000000Z"
    assert token["expires_at"] == "2020-08-18T03:51:24.000000Z"
    assert answer.headers["X-Subject-Token"]


@pytest.mark.parametrize(
    "wrong", [{"password": "no"}, {"user": "nobody"}, {"domain": "mars"}, {"project": "mars"}]
)
def test_a_wrong_sign_in_is_refused(
    cloud: Cloud, http: httpx.Client, wrong: dict[str, str]
) -> None:
    answer = token_request(cloud, http, **wrong)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"auth": 1}', b'{"auth": {"identity": {}}}'])
def test_a_malformed_sign_in_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/v3/auth/tokens", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The request body is invalid"


def test_a_token_ends_after_a_day_of_the_clouds_time(cloud: Cloud, ask: Client) -> None:
    url = f"/v3/{ask.project_id}/vaults"
    assert ask.http.get(url).status_code == 200
    cloud.advance(hours=25)
    answer = ask.http.get(url)
    assert answer.status_code == 401
    assert "token expires, expires_at:2020-08-18T03:51:24" in answer.json()["error_msg"]


def test_without_a_token_nobody_is_let_in(cloud: Cloud, http: httpx.Client) -> None:
    answer = http.get(f"/v3/{cloud.credentials.project_id}/vaults")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_an_unknown_project_is_a_malformed_address(ask: Client) -> None:
    answer = ask.http.get(f"/v3/{'0' * 32}/vaults")
    assert answer.status_code == 401
    assert answer.json() == {"unauthorized": {"code": "401", "message": "Malformed request url"}}


def test_a_token_is_good_for_its_own_project_only(cloud: Cloud, ask: Client) -> None:
    other = cloud.credentials_for(project="eu-west-1").project_id
    answer = ask.http.get(f"/v3/{other}/vaults")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "BackupService.8600")


def test_an_unknown_path_is_answered_by_the_gateway(ask: Client) -> None:
    answer = ask.http.get(f"/v3/{ask.project_id}/spaceships")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIGW.0101")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"vault": {"name": 7}}'])
def test_a_malformed_body_is_refused_and_changes_nothing(ask: Client, body: bytes) -> None:
    answer = ask.http.post(f"/v3/{ask.project_id}/vaults", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BackupService.9900")
    assert ask("GET", "vaults")["count"] == 0


def test_signatures_are_verified(cloud: Cloud, http: httpx.Client) -> None:
    assert signed(cloud, http) == 200
    assert signed(cloud, http, secret="wrong") == 401


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_far_off_is_refused(cloud: Cloud, http: httpx.Client, minutes: int) -> None:
    assert signed(cloud, http, at=cloud.now + timedelta(minutes=minutes)) == 401
    assert signed(cloud, http, at=cloud.now + timedelta(minutes=minutes // 2)) == 200


def test_the_hosts_clock_will_do_as_well(cloud: Cloud, http: httpx.Client) -> None:
    assert signed(cloud, http, at=datetime.now(UTC)) == 200


def test_a_key_with_many_bad_signatures_is_blocked_for_five_minutes(
    cloud: Cloud, http: httpx.Client
) -> None:
    for _ in range(6):
        signed(cloud, http, secret="wrong")
    assert signed(cloud, http) == 401
    cloud.advance(minutes=6)
    assert signed(cloud, http) == 200


def test_a_blocked_key_is_free_again_where_the_clouds_clock_stands_still(
    cloud: Cloud, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        signed(cloud, http, secret="wrong")
    really = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: really() + 299)
    assert signed(cloud, http) == 401
    monkeypatch.setattr(time, "monotonic", lambda: really() + 301)
    assert signed(cloud, http) == 200


def test_temporary_keys_need_their_security_token_and_end(
    cloud: Cloud, ask: Client, http: httpx.Client
) -> None:
    identity = {"methods": ["token"], "token": {"duration_seconds": 900}}
    answer = ask.http.post(
        "/v3.0/OS-CREDENTIAL/securitytokens", json={"auth": {"identity": identity}}
    )
    keys = answer.json()["credential"]

    def status(security_token: str | None) -> int:
        auth = SignatureAuth(
            keys["access"],
            Secret(keys["secret"]),
            project_id=ask.project_id,
            security_token=Secret(security_token) if security_token else None,
            clock=lambda: cloud.now,
        )
        return http.get(f"/v3/{ask.project_id}/vaults", auth=auth).status_code

    assert [status(keys["securitytoken"]), status(None), status("other")] == [200, 401, 401]
    cloud.advance(minutes=16)
    assert status(keys["securitytoken"]) == 401


def test_projects_are_found_by_name(cloud: Cloud, ask: Client) -> None:
    found = ask.http.get("/v3/projects", params={"name": "eu-west-1"}).json()["projects"]
    assert [each["name"] for each in found] == ["eu-west-1"]
    assert len(ask.http.get("/v3/projects").json()["projects"]) == 3


def test_the_answers_have_the_gateways_headers(ask: Client) -> None:
    answer = ask.http.get(f"/v3/{ask.project_id}/vaults")
    assert answer.headers["Server"] == "api-gateway"
    assert len(answer.headers["X-Request-Id"]) == 32
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# -- trouble on request ---------------------------------------------------------------------


def test_an_error_code_is_answered_as_often_as_asked(cloud: Cloud, ask: Client) -> None:
    cloud.fail("list_vault", "BackupService.9910", times=2)
    codes = [ask.send("GET", "vaults").status_code for _ in range(3)]
    assert codes == [500, 500, 200]


def test_rate_limiting_says_when_to_come_back(cloud: Cloud, ask: Client) -> None:
    cloud.fail("list_vault", 429, retry_after=3)
    answer = ask.send("GET", "vaults")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json()["error_code"] == "APIGW.0308"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "APIGW.0201"), (401, "APIGW.0301"), (403, None), (404, "APIGW.0101"),
        (413, "APIGW.0201"), (429, "APIGW.0308"), (500, None), (502, None), (503, None),
        (504, None),
    ],
)  # fmt: skip
def test_a_bare_status_bears_no_code_that_means_another(
    cloud: Cloud, ask: Client, status: int, code: str | None
) -> None:
    cloud.fail("list_vault", status)
    answer = ask.send("GET", "vaults")
    document = answer.json()
    assert (answer.status_code, document.get("error_code")) == (status, code)
    assert document["error_msg"]
    assert document["request_id"] == answer.headers["X-Request-Id"]


def test_a_connection_cut_before_the_work_changes_nothing(cloud: Cloud, ask: Client) -> None:
    cloud.fail("batch_update_vault", "cut before")
    with pytest.raises(httpx.ReadError):
        ask.send("PUT", "vaults/batch-update", {"vault": {"threshold": 50}})


def test_a_connection_cut_after_the_work_has_changed_everything(cloud: Cloud, ask: Client) -> None:
    body = {
        "vault": {
            "name": "films",
            "resources": [],
            "billing": {
                "consistent_level": "crash_consistent",
                "object_type": "server",
                "protect_type": "backup",
                "size": 10,
            },
        }
    }
    for how, count in (("cut before", 0), ("cut after", 1)):
        cloud.fail("create_vault", how)
        with pytest.raises(httpx.ReadError):
            ask.send("POST", "vaults", body)
        assert ask("GET", "vaults")["count"] == count


@pytest.mark.parametrize("what", ["html", "truncated"])
def test_an_answer_can_be_garbled(cloud: Cloud, ask: Client, what: str) -> None:
    cloud.fail("list_vault", what)
    with pytest.raises(ValueError):
        ask.send("GET", "vaults").json()


def test_a_delay_lets_the_clouds_clock_jump(cloud: Cloud, ask: Client) -> None:
    before = cloud.now
    cloud.fail("list_vault", delay=30)
    ask.send("GET", "vaults")
    assert cloud.now - before == timedelta(seconds=30)


@pytest.mark.parametrize(("operation", "what"), [("dance", 500), ("list_vault", "Backup.1")])
def test_trouble_that_does_not_exist_cannot_be_asked_for(
    cloud: Cloud, operation: str, what: object
) -> None:
    with pytest.raises(Exception, match=r"no (operation|documented)") as caught:
        cloud.fail(operation, what)  # type: ignore[arg-type]
    assert type(caught.value).__name__ == "InvalidRequest"


def test_the_openapi_document_holds_every_route(http: httpx.Client) -> None:
    from cbr_notebook.simulator.services import ROUTES

    document = http.get("/openapi.json").json()
    listed = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert listed == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("described", [openapi, control_openapi])
def test_what_an_openapi_document_refers_to_is_in_it(described: ModuleType) -> None:
    document = described.document()
    found = set(re.findall(r'"\$ref": "(.*?)"', json.dumps(document)))
    assert len(found) > 1
    for reference in found:
        where, *path = reference.split("/")
        assert where == "#"
        part = document
        for name in path:
            part = part[name]
        assert part


def test_all_operations_of_the_service_are_there(spec: Path) -> None:
    from cbr_notebook.simulator.services import ROUTES

    document = json.loads((spec / "cbr-v3.openapi.json").read_text())
    documented = {
        (operation["operationId"], method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and operation["tags"] != ["IAM"]
    }
    ours = {(route.operation, route.method, route.path) for route in ROUTES}
    assert len(documented) == 74
    assert ours == documented


@pytest.mark.parametrize("agent_id", ["", "x", "0" * 32, "AAAAAAAA-0000-4000-8000-000000000000"])
def test_an_agent_that_could_not_be_shown_is_not_registered(ask: Client, agent_id: str) -> None:
    body = {"agent": {"agent_id": agent_id, "hostname": "h", "os": "linux", "version": "1"}}
    assert ask.send("POST", "agents", body).status_code == 400
    assert ask("GET", "agents")["agents"] == []


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_that_no_column_holds_is_refused(ask: Client, number: int) -> None:
    vault_id = ask.create_vault("films")
    wanted = {"billing": {"size": number}, "threshold": number}
    for method, path, body in (
        ("PUT", f"vaults/{vault_id}", {"vault": wanted}),
        ("PUT", f"vaults/{vault_id}", {"vault": {"billing": {"size": number}}}),
        ("GET", f"backups?offset={number}", None),
        ("GET", f"vaults?offset={number}", None),
        ("GET", f"operation-logs?offset={number}", None),
        ("GET", f"protectables/server/instances?offset={number}", None),
        ("GET", f"protectables/server/instances?limit={number}", None),
        ("GET", f"storage_usage?offset={number}", None),
    ):
        assert 400 <= ask.send(method, path, body).status_code < 500, path
