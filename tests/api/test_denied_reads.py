"""A read that is denied is said, and does not end what can be answered without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.api.http.failures import refusal
from cbr_notebook.api.http.operations import OPERATIONS, Operation
from cbr_notebook.api.http.permissions import ACTIONS

UNKNOWN = {
    "policies": ["leaving_a_day", "growth_mb_a_day", "full_at"],
    "backups": ["backups", "made_a_day", "leaving_a_day", "growth_mb_a_day", "full_at"],
}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[cbr.Session]:
    with cbr.simulate() as opened:
        yield opened


def deny(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        if request.url.path.endswith(f"/{what}"):
            body = {"error_code": "x", "error_msg": "forbidden"}
            return httpx.Response(403, json=body, request=request)
        return plain(self, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", send)


@pytest.mark.parametrize("denied", UNKNOWN)
def test_capacity_says_what_it_could_not_see_and_tells_the_rest(
    denied: str, session: cbr.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = session.capacity()
    deny(monkeypatch, denied)
    with pytest.warns(errors.AnswerWarning, match=f"cbr:{denied}:list"):
        table = session.capacity()
    assert table[UNKNOWN[denied]].isna().all(axis=None)
    known = ["id", "size_gb", "used_mb", "used_percent"]
    pd.testing.assert_frame_equal(table[known], whole[known])
    assert list(table.dtypes) == list(whole.dtypes)


def test_capacity_without_vaults_is_an_error_that_names_the_permission(
    session: cbr.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    deny(monkeypatch, "vaults")
    with pytest.raises(errors.PermissionDenied, match="cbr:vaults:list"):
        session.capacity()


BESIDE: list[tuple[str, Callable[[cbr.Session], pd.DataFrame], str, list[str]]] = [
    ("policies", lambda s: s.vaults(), "policies", ["backup_policy", "replication_policy"]),
    ("policies", lambda s: s.recovery_points(), "policies", ["gaps"]),
    ("vaults", lambda s: s.schedule(), "vaults", ["vault_name", "resources"]),
]


@pytest.mark.parametrize(("denied", "ask", "action", "unknown"), BESIDE)
def test_what_is_read_beside_an_answer_is_missing_and_the_answer_is_not(
    denied: str,
    ask: Callable[[cbr.Session], pd.DataFrame],
    action: str,
    unknown: list[str],
    session: cbr.Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ask(session)
    deny(monkeypatch, denied)
    with pytest.warns(errors.AnswerWarning, match=f"cbr:{action}:list"):
        table = ask(session)
    assert table[unknown].isna().all(axis=None)
    known = [name for name in whole.columns if name not in unknown]
    assert len(table) == len(whole) > 0
    order = [name for name in ("id", "policy_id", "vault_id", "runs_at") if name in known]
    pd.testing.assert_frame_equal(
        table[known].sort_values(order, ignore_index=True),
        whole[known].sort_values(order, ignore_index=True),
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_a_refusal_of_any_operation_names_its_permission_or_that_no_document_does(
    operation: Operation,
) -> None:
    request = httpx.Request(operation.method, "https://cbr.example.com" + operation.path)
    error = refusal(request, httpx.Response(403, json={}), now=datetime.now(UTC))
    assert isinstance(error, errors.PermissionDenied)
    action = ACTIONS.get(operation.id)
    assert (action or f"No document of the service names the permission for {operation.id}") in (
        error.advice or ""
    )
