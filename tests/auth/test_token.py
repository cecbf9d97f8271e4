"""Tokens: got once, renewed in time, renewed on a 401, never shown."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from cbr_notebook.auth import iam as iam_room
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token import TokenAuth
from cbr_notebook.auth.token_cache import TokenCache
from cbr_notebook.errors import AuthenticationError


class Iam:
    """Issues numbered tokens; accepts only the newest unless told otherwise."""

    def __init__(self, status: int = 201, cache: TokenCache | None = None) -> None:
        self.issued = 0
        self.status = status
        self.refuse_once = False
        self.now = 0.0
        self.seen: list[str] = []
        self.lock = threading.Lock()
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        who = Credentials(
            user_name="pat",
            password=Secret("very-secret"),
            domain_name="northwind",
            project_name="eu-west-0",
        )
        iam = iam_room.Iam(self.http, "https://iam.example.com", sleep=lambda seconds: None)
        self.auth = TokenAuth(iam, who, clock=lambda: self.now, cache=cache)
        self.http.auth = self.auth

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


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    return TokenCache(("https://iam.example.com", "northwind", "pat", "eu-west-0"), tmp_path / "t")


def test_a_cached_token_serves_the_next_process(cache: TokenCache) -> None:
    Iam(cache=cache).ask()
    second = Iam(cache=cache)
    second.ask()
    assert (second.issued, second.seen) == (0, ["token-1"])


def test_a_cached_token_is_readable_by_its_owner_only_and_names_nobody(cache: TokenCache) -> None:
    Iam(cache=cache).ask()
    assert cache.path.stat().st_mode & 0o777 == 0o600
    assert cache.path.parent.stat().st_mode & 0o777 == 0o700
    assert "pat" not in str(cache.path.name) + cache.path.read_text()
    cache.path.chmod(0o644)
    assert cache.load() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"token": "t", "renew_at": "soon"}'])
def test_a_damaged_cache_is_no_cache(cache: TokenCache, text: str) -> None:
    Iam(cache=cache).ask()
    cache.path.write_text(text)
    iam = Iam(cache=cache)
    iam.ask()
    assert iam.issued == 1


def test_a_cached_token_that_is_refused_or_old_is_replaced(cache: TokenCache) -> None:
    Iam(cache=cache).ask()
    refused = Iam(cache=cache)
    refused.refuse_once = True
    refused.issued = 1
    refused.ask()
    assert refused.seen == ["token-1", "token-2"]
    late = Iam(cache=cache)
    late.now = 24 * 3600.0
    late.ask()
    assert late.issued == 1


def test_a_cache_that_cannot_be_written_keeps_nobody_from_working(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    iam = Iam(cache=TokenCache(("a",), tmp_path / "file" / "below"))
    assert iam.ask().status_code == 200


def test_another_identity_has_another_token(tmp_path: Path) -> None:
    one, two = (TokenCache((who, "rest"), tmp_path) for who in ("a", "b"))
    assert one.path != two.path


def test_a_forgotten_token_is_gone_from_disk_too(cache: TokenCache) -> None:
    iam = Iam(cache=cache)
    iam.ask()
    iam.auth.forget()
    assert not cache.path.exists()
    iam.ask()
    assert iam.seen == ["token-1", "token-2"]


def kept_by(tmp_path: Path, password: str = "very-secret") -> TokenCache:
    return TokenCache(("https://iam.example.com", "pat"), tmp_path, password=Secret(password))


def test_a_token_that_was_had_with_another_password_is_not_found(tmp_path: Path) -> None:
    kept_by(tmp_path).save(Secret("token-1"), 1e12)
    assert kept_by(tmp_path).load() == (Secret("token-1"), 1e12)
    assert kept_by(tmp_path, "wrong").load() is None
    assert "very-secret" not in kept_by(tmp_path).path.read_text()


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    cache = kept_by(tmp_path)
    cache.save(Secret("token-1"), 1e12)
    tmp_path.chmod(0o777)
    assert cache.load() is None
    cache.path.unlink()
    cache.save(Secret("token-1"), 1e12)
    assert not cache.path.exists()


def test_a_link_in_the_place_of_file_or_folder_is_not_used(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    cache = kept_by(real)
    cache.save(Secret("token-1"), 1e12)
    elsewhere = real / "elsewhere.json"
    cache.path.rename(elsewhere)
    cache.path.symlink_to(elsewhere)
    assert cache.load() is None
    (tmp_path / "link").symlink_to(real)
    linked = kept_by(tmp_path / "link")
    linked.path.unlink()
    linked.save(Secret("token-1"), 1e12)
    assert not linked.path.exists()


@pytest.mark.parametrize("token", ["a b", "töken", "x\nX-Evil: 1", ""])
def test_an_illegal_kept_token_is_no_token_and_not_shown(tmp_path: Path, token: str) -> None:
    cache = kept_by(tmp_path)
    cache.save(Secret(token), 1e12)
    assert cache.load() is None
