"""What an answer repeats of a request is not shown, and nothing that is no text signs in."""

from __future__ import annotations

import json
import traceback
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr

USER = {"user_name": "pat", "password": 'canary-"ä\\', "domain_name": "ACME"}
KEYS = {"access_key": "AK", "secret_key": "canary-secret", "security_token": "canary-sts"}
TOKEN = {"token": "canary-token"}
PLACE = {
    "region": "eu-de", "project_id": "0" * 32, "endpoint": "https://cbr.own.example",
    "iam_endpoint": "https://iam.own.example",
}  # fmt: skip


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that refuses everything, and repeats what it was sent."""

    def answer(_: object, request: httpx.Request) -> httpx.Response:
        content = request.read()
        said = [*request.headers.values(), content.decode()]
        if content:
            identity = json.loads(content).get("auth", {}).get("identity", {})
            said.append(identity.get("password", {}).get("user", {}).get("password", ""))
        error = {"code": 401, "message": f"Refused: {' '.join(said)}"}
        return httpx.Response(401, json={"error": error})

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)


@pytest.mark.parametrize("who", [USER, KEYS, TOKEN], ids=["user", "keys", "token"])
def test_a_secret_that_an_answer_repeats_is_not_shown(who: dict[str, Any], mirror: None) -> None:
    with pytest.raises(cbr.errors.AuthenticationError, match="Refused") as caught:
        cbr.connect(**who, **PLACE).vaults()
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(vars(caught.value))


@pytest.mark.parametrize("name", ["password", "secret_key", "token", "user_name", "region"])
@pytest.mark.parametrize("value", [b"canary-bytes", ["canary"], 4711])
def test_what_is_not_a_text_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(cbr.errors.InvalidRequest, match="not a text") as caught:
        cbr.connect(**{**USER, **PLACE, name: value})
    assert caught.value.field == name
    assert "canary" not in str(caught.value)


def test_an_address_with_a_password_is_in_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "https://joe:canary-url@iam.own.example/v3")
    for name, value in USER.items():
        monkeypatch.setenv(f"OS_{name.replace('user_name', 'username').upper()}", value)
    monkeypatch.setenv("OS_USER_DOMAIN_NAME", "ACME")
    with pytest.raises(cbr.errors.InvalidRequest, match="not a full URL") as caught:
        cbr.connect()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [each for each in told.stack if "cbr_notebook" in each.filename]
    assert ours
    assert "canary-url" not in str([each.locals for each in ours])
