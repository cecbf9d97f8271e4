"""What a service leaves out of a new vault without a word is told by a warning."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session

LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "tags": ({"tags": {"env": "prod"}}, "did not keep tags="),
    "resources": ({"resources": "legacy-01"}, "did not put .* into the vault"),
    "backup_policy_id": ({"policy": "daily-0300"}, "did not apply the policy daily-0300"),
    "description": ({"description": "of films"}, "did not keep description="),
    "backup_name_prefix": ({"backup_name_prefix": "b"}, "did not keep backup_name_prefix="),
}


@pytest.fixture
def leave_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the service forget a member of what a new vault is made of."""
    plain = httpx.Client.send

    def begin(name: str) -> None:
        def send(self: httpx.Client, asked: httpx.Request, **options: object) -> httpx.Response:
            if asked.method == "POST" and asked.url.path.endswith("/addresources"):
                body = json.loads(asked.content)
                body["resources"] = body["resources"][:1]
                asked = self.build_request(
                    "POST", asked.url, json=body, headers={"Content-Type": "application/json"}
                )
            if asked.method == "POST" and asked.url.path.endswith("/vaults"):
                body = json.loads(asked.content)
                body["vault"].pop(name)
                if name == "resources":
                    body["vault"]["resources"] = []
                asked = self.build_request(
                    "POST", asked.url, json=body, headers={"Content-Type": "application/json"}
                )
            return plain(self, asked, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(httpx.Client, "send", send)

    return begin


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_told(
    name: str, session: Session, leave_out: Callable[[str], None]
) -> None:
    settings, said = LEFT_OUT[name]
    leave_out(name)
    with pytest.warns(cbr.errors.AnswerWarning, match=said):
        session.create_vault("films", size_gb=200, **settings)


def test_what_is_kept_is_not_warned_of(session: Session) -> None:
    everything: dict[str, Any] = {}
    for settings, _ in LEFT_OUT.values():
        everything |= settings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.create_vault("films", size_gb=200, **everything)


def test_a_resource_that_is_not_put_into_a_vault_is_told(
    session: Session, leave_out: Callable[[str], None]
) -> None:
    vault = session.create_vault("films", size_gb=200)
    servers = [session.cloud.create_server(name).id for name in ("one", "two")]
    leave_out("all but the first")
    with pytest.warns(cbr.errors.AnswerWarning, match="did not put two into the vault films"):
        added = session.add_resources(vault, servers)
    assert added == servers[:1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert session.add_resources(vault, servers[1]) == servers[1:]


def test_an_act_is_done_though_nobody_may_look_what_was_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, asked: httpx.Request, **options: object) -> httpx.Response:
        if asked.method == "GET" and "/vaults/" in asked.url.path:
            return httpx.Response(403, json={"error_msg": "forbidden"}, request=asked)
        answer = plain(self, asked, **options)  # type: ignore[arg-type]
        if asked.method == "POST" and asked.url.path.endswith("/vaults"):
            document = answer.json()
            document["vault"]["tags"] = []
            return httpx.Response(answer.status_code, json=document, request=asked)
        return answer

    monkeypatch.setattr(httpx.Client, "send", send)
    with pytest.warns(cbr.errors.AnswerWarning, match="could not be seen.*cbr:vaults:get"):
        made = session.create_vault("films", size_gb=200, tags={"env": "prod"})
    assert made.name == "films"
