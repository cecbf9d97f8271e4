"""Signing in as clients do that know nothing but an address: tokens, catalogue, versions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import falcon.testing
import httpx
import pytest

from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.signature import SignatureAuth
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.iam import iam_operations
from cbr_notebook.simulator.server import CloudServer
from tests.simulator.http_client import Client


@pytest.fixture
def url(cloud: Cloud) -> Iterator[str]:
    """The address of the cloud, served."""
    server = CloudServer(cloud)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server.base_url
    server.stop()
    thread.join()


def sign_in(cloud: Cloud, url: str, **more: Any) -> httpx.Response:
    who = cloud.credentials
    user = {
        "name": who.user_name,
        "password": who.password,
        "domain": {"name": who.domain_name},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": who.project_id}}
    return httpx.post(
        f"{url}/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}, **more
    )


def links(document: Any) -> Iterator[str]:
    """Yield every address in a document."""
    if isinstance(document, str):
        if "://" in document:
            yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from links(value)
    elif isinstance(document, list):
        for value in document:
            yield from links(value)


@pytest.mark.parametrize(
    ("address", "url"), [("::1", "http://[::1]:80"), ("10.0.0.1", "http://10.0.0.1:80")]
)
def test_a_client_that_names_no_host_is_led_to_the_address(address: str, url: str) -> None:
    environ = falcon.testing.create_environ(host=address, headers={"Host": "no name"})
    assert iam_operations.door_of(falcon.Request(environ)).base_url == url


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_every_link_names_the_host_by_which_the_client_came(
    cloud: Cloud, url: str, name: str
) -> None:
    url = url.replace("127.0.0.1", name)
    answer = sign_in(cloud, url)
    token = answer.headers["X-Subject-Token"]
    found = list(links(answer.json()))
    for path in ("/", "/v3", "/v3/auth/domains", "/v3/projects", "/v3/auth/projects",
                 "/v3/auth/catalog", "/v3/auth/tokens"):  # fmt: skip
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        found += links(httpx.get(url + path, headers=headers).json())
    assert len(found) > 12
    assert [link for link in found if not link.startswith(f"{url}/v3")] == []


def test_the_catalogue_leads_to_the_service(cloud: Cloud, url: str) -> None:
    answer = sign_in(cloud, url)
    (service,) = [each for each in answer.json()["token"]["catalog"] if each["type"] == "cbr"]
    vaults = service["endpoints"][0]["url"] + "/vaults"
    token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert httpx.get(vaults, headers=token).json()["count"] == 0
    assert sign_in(cloud, url, params={"nocatalog": "true"}).json()["token"]["catalog"] == []


def test_a_served_token_ends_by_the_clients_clock(cloud: Cloud, url: str) -> None:
    token = sign_in(cloud, url).json()["token"]
    ends = datetime.fromisoformat(token["expires_at"])
    assert timedelta(hours=23) < ends - datetime.now(UTC) < timedelta(hours=25)


def test_a_served_token_outlives_the_clouds_days(
    cloud: Cloud, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"X-Auth-Token": sign_in(cloud, url).headers["X-Subject-Token"]}
    vaults = f"{url}/v3/{cloud.credentials.project_id}/vaults"
    cloud.advance(days=30)
    assert httpx.get(vaults, headers=headers).status_code == 200
    really = time.time
    monkeypatch.setattr(time, "time", lambda: really() + 25 * 3600)
    answer = httpx.get(vaults, headers=headers)
    assert (answer.status_code, "token expires" in answer.text) == (401, True)


def test_the_end_of_a_token_cannot_be_moved_by_its_owner(cloud: Cloud, url: str) -> None:
    token = sign_in(cloud, url).headers["X-Subject-Token"]
    longer = token[:4] + "f" * 14 + token[18:]
    vaults = f"{url}/v3/{cloud.credentials.project_id}/vaults"
    assert httpx.get(vaults, headers={"X-Auth-Token": longer}).status_code == 401


def test_a_token_of_a_served_cloud_cannot_be_guessed_from_its_seed(cloud: Cloud, url: str) -> None:
    twin = Cloud.open("empty")
    assert twin.fingerprint() == cloud.fingerprint()
    there = Client(twin).http.headers["X-Auth-Token"]
    assert sign_in(cloud, url).headers["X-Subject-Token"] != there


def test_temporary_keys_of_a_served_cloud_end_by_the_clients_clock(cloud: Cloud, url: str) -> None:
    token = sign_in(cloud, url).headers["X-Subject-Token"]
    body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}}
    answer = httpx.post(
        f"{url}/v3.0/OS-CREDENTIAL/securitytokens", json=body, headers={"X-Auth-Token": token}
    )
    keys = answer.json()["credential"]
    left = datetime.fromisoformat(keys["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=13) < left < timedelta(minutes=16)
    project_id = cloud.credentials.project_id
    auth = SignatureAuth(
        keys["access"],
        Secret(keys["secret"]),
        project_id=project_id,
        security_token=Secret(keys["securitytoken"]),
        clock=lambda: datetime.now(UTC),
    )
    cloud.advance(hours=3)
    assert httpx.get(f"{url}/v3/{project_id}/vaults", auth=auth).status_code == 200


@pytest.fixture
def http(cloud: Cloud) -> httpx.Client:
    return httpx.Client(transport=cloud.transport(), base_url=cloud.credentials.base_url)


def test_a_token_is_described_to_whoever_has_one(cloud: Cloud, ask: Client) -> None:
    token = ask.http.headers["X-Auth-Token"]
    answer = ask.http.get("/v3/auth/tokens", headers={"X-Subject-Token": token})
    found = answer.json()["token"]
    assert found["project"]["id"] == ask.project_id
    assert found["expires_at"] == "2020-08-18T03:51:24.000000Z"
    assert answer.headers["X-Subject-Token"] == token
    assert found["catalog"][0]["type"] == "cbr"
    for wrong in ("", "MIIno"):
        answer = ask.http.get("/v3/auth/tokens", headers={"X-Subject-Token": wrong})
        assert answer.status_code == 404


def test_the_versions_are_told_to_anybody(http: httpx.Client) -> None:
    answer = http.get("/")
    assert answer.status_code == 300
    assert answer.json()["versions"]["values"][0]["id"].startswith("v3.")
    assert http.get("/v3").json()["version"]["links"][0]["href"] == "https://cloud.simulated/v3/"


def test_the_account_of_the_caller_is_told(cloud: Cloud, ask: Client) -> None:
    (domain,) = ask.http.get("/v3/auth/domains").json()["domains"]
    assert (domain["id"], domain["name"]) == (cloud.credentials.domain_id, "workshop")


def test_a_project_is_described(ask: Client) -> None:
    found = ask.http.get(f"/v3/projects/{ask.project_id}").json()["project"]
    assert (found["id"], found["name"]) == (ask.project_id, "eu-west-0")
    assert ask.http.get(f"/v3/projects/{'0' * 32}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v3/auth/tokens", 400), ("GET", "/v3/auth/tokens", 404),
        ("GET", "/v3/auth/domains", 200), ("GET", "/v3/auth/projects", 200),
        ("GET", "/v3/projects", 200), ("GET", "/", 300), ("GET", "/v3", 200),
        ("POST", "/v3.0/OS-CREDENTIAL/securitytokens", 400),
    ],
)  # fmt: skip
def test_iams_answers_carry_a_trace(ask: Client, method: str, path: str, status: int) -> None:
    answer = ask.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["X-IAM-Trace-Id"]
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_body_is_signed_also_where_none_is_needed(
    cloud: Cloud, http: httpx.Client, method: str
) -> None:
    who = cloud.credentials
    url = f"/v3/{who.project_id}/vaults/00000000-0000-4000-a000-000000000000"

    def status(signed: bytes, sent: bytes) -> int:
        auth = SignatureAuth(
            who.access_key,
            Secret(who.secret_key),
            project_id=who.project_id,
            clock=lambda: cloud.now,
        )
        request = http.build_request(method, url, content=signed)
        headers = next(auth.sync_auth_flow(request)).headers
        headers["Content-Length"] = str(len(sent))
        return http.request(method, url, content=sent, headers=headers).status_code

    assert status(b"{}", b"{}") == 404
    assert status(b"{}", b"[]") == 401
    assert status(b"", b"{}") == 401
    assert status(b"{}", b"") == 401


def test_null_stands_for_what_is_left_out_here_too(
    cloud: Cloud, ask: Client, http: httpx.Client
) -> None:
    who = cloud.credentials
    user = {"name": who.user_name, "password": who.password, "id": None,
            "domain": {"name": who.domain_name, "id": None}}  # fmt: skip
    identity = {"methods": ["password"], "password": {"user": user}, "token": None}
    for scope in ({"project": None}, {"project": {"id": None, "name": who.region}}, None):
        body: dict[str, Any] = {"auth": {"identity": identity, "scope": scope}}
        assert http.post("/v3/auth/tokens", json=body).status_code == 201
    for token in (None, {"duration_seconds": None}):
        body = {"auth": {"identity": {"methods": ["token"], "token": token}}}
        answer = ask.http.post("/v3.0/OS-CREDENTIAL/securitytokens", json=body)
        assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"vault":' * 100_000])
def test_a_deep_body_is_refused(ask: Client, http: httpx.Client, body: bytes) -> None:
    answer = ask.http.post(f"/v3/{ask.project_id}/vaults", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BackupService.9900")
    assert http.post("/v3/auth/tokens", content=body[:60_000]).status_code == 400


def test_a_refused_body_says_which_member(ask: Client) -> None:
    body = {"vault": {"name": "v", "resources": [], "billing": {"size": "big"}}}
    message = ask.send("POST", "vaults", body).json()["error_msg"]
    assert "vault.billing" in message


def test_an_unknown_path_and_a_wrong_method_have_their_headers(ask: Client) -> None:
    unknown = ask.http.get(f"/v3/{ask.project_id}/spaceships")
    wrong = ask.http.patch(f"/v3/{ask.project_id}/vaults")
    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "POST"}
    for answer in (unknown, wrong):
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
        assert answer.headers["Server"] == "api-gateway"


def test_the_clouds_time_is_in_every_answer(cloud: Cloud, ask: Client) -> None:
    cloud.advance(days=1)
    for answer in (ask.send("GET", "vaults"), ask.http.get("/nothing"), ask.http.get("/")):
        assert answer.headers["Date"] == "Tue, 18 Aug 2020 03:51:24 GMT"
        assert answer.headers["X-Cloud-Time"] == "2020-08-18T03:51:24.000000Z; speed=0"


@pytest.mark.parametrize(
    ("headers", "led_to"),
    [
        ({"Host": "cloud.class:8443"}, "http://cloud.class:8443/"),
        ({"Host": "[::1]:80"}, "http://[::1]:80/"),
        (
            {"X-Forwarded-Host": "hub.example", "X-Forwarded-Proto": "https"},
            "https://hub.example/",
        ),
        ({"X-Forwarded-Host": "hub.example:8443, inner"}, "http://hub.example:8443/"),
        ({"Forwarded": "proto=https;host=hub.example"}, "https://hub.example/"),
        ({"Host": 'a" onload="b'}, "http://cloud.simulated:80/"),
        ({"Host": "x/../y"}, "http://cloud.simulated:80/"),
        ({"X-Forwarded-Proto": "javascript", "Host": "here"}, "http://cloud.simulated:80/"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_catalogue_leads_where_the_client_came_from(
    headers: dict[str, str], led_to: str
) -> None:
    """By whatever name, and through a proxy; a made-up name leads to the cloud itself."""
    cloud = Cloud.open("empty")
    account = cloud.credentials
    user = {"name": account.user_name, "password": account.password,
            "domain": {"name": account.domain_name}}  # fmt: skip
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                     "scope": {"project": {"id": account.project_id}}}}  # fmt: skip
    answer = falcon.testing.TestClient(cloud.wsgi).simulate_post(
        "/v3/auth/tokens", json=body, headers=headers, host="cloud.simulated", protocol="http"
    )
    urls = [end["url"] for entry in answer.json["token"]["catalog"] for end in entry["endpoints"]]
    assert urls
    assert all(url.startswith(led_to) for url in urls), urls
