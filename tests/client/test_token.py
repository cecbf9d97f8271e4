"""Tokens: got once, renewed in time, renewed on a 401, never shown."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token import TokenAuth
from cbr_notebook.errors import AuthenticationError


class Iam:
    """Issues numbered tokens; accepts only the newest unless told otherwise."""

    def __init__(self, status: int = 201) -> None:
        self.issued = 0
        self.status = status
        self.refuse_once = False
        self.now = 0.0
        self.seen: list[str] = []
        self.lock = threading.Lock()
        self.auth = TokenAuth(
            iam_endpoint="https://iam.example.com",
            user_name="ada",
            password=Secret("very-secret"),
            domain_name="northwind",
            project_name="eu-west-0",
            clock=lambda: self.now,
        )
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer), auth=self.auth)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "iam.example.com":
            with self.lock:
                self.issued += 1
            token: dict[str, Any] = {
                # a clock years away from the client's
                "issued_at": "2020-08-17T03:51:24.000000Z",
                "expires_at": "2020-08-18T03:51:24.000000Z",
                "project": {"id": "p1", "name": "eu-west-0"},
            }
            return httpx.Response(
                self.status,
                json={"token": token} if self.status == 201 else {"error": {"message": "wrong"}},
                headers={"X-Subject-Token": f"token-{self.issued}"},
            )
        self.seen.append(request.headers["X-Auth-Token"])
        if self.refuse_once:
            self.refuse_once = False
            return httpx.Response(401, json={"error_code": "APIGW.0301", "error_msg": "expired"})
        return httpx.Response(200, json={})

    def ask(self) -> httpx.Response:
        return self.http.get("https://cbr.example.com/v3/p1/vaults")


def test_one_token_serves_many_requests() -> None:
    iam = Iam()
    for _ in range(3):
        iam.ask()
    assert (iam.issued, iam.seen) == (1, ["token-1"] * 3)


def test_a_token_is_renewed_before_it_ends_by_the_clients_own_clock() -> None:
    iam = Iam()
    iam.ask()
    iam.now = 24 * 3600 - 299
    iam.ask()
    assert iam.seen == ["token-1", "token-2"]


def test_a_401_is_answered_by_one_new_token() -> None:
    iam = Iam()
    iam.ask()
    iam.refuse_once = True
    assert iam.ask().status_code == 200
    assert iam.seen == ["token-1", "token-1", "token-2"]


def test_many_threads_share_one_token() -> None:
    iam = Iam()
    threads = [threading.Thread(target=iam.ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (iam.issued, set(iam.seen)) == (1, {"token-1"})


def test_the_project_is_known_from_the_token() -> None:
    iam = Iam()
    iam.ask()
    assert iam.auth.project_id == "p1"


def test_a_wrong_password_is_an_error_that_does_not_show_it() -> None:
    iam = Iam(status=401)
    with pytest.raises(AuthenticationError) as caught:
        iam.ask()
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in repr(iam.auth)
