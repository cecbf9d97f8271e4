"""A policy whose rule nobody can read is named, and the other policies are told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session

POLICY = "daily-0300"
RULES = ["20261101T010203Z", "FREQ=DAILY;BYHOUR=99;BYMINUTE=0", "FREQ=WEEKLY;BYDAY=XX;BYHOUR=1", ""]
QUESTIONS: dict[str, Callable[[Session], pd.DataFrame]] = {
    "schedule": lambda s: s.schedule(),
    "vault_policies": lambda s: s.vault_policies(),
    "retention_preview": lambda s: s.retention_preview(days=7),
    "gaps": lambda s: s.gaps(),
    "recovery_points": lambda s: s.recovery_points(),
    "unprotected": lambda s: s.unprotected(),
    "audit": lambda s: s.audit(),
}


@pytest.fixture(params=RULES)
def session(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    plain = httpx.Client.send

    def send(self: httpx.Client, asked: httpx.Request, **options: object) -> httpx.Response:
        answer = plain(self, asked, **options)  # type: ignore[arg-type]
        if not asked.url.path.endswith("/policies"):
            return answer
        document = json.loads(answer.read())
        for policy in document["policies"]:
            if policy["name"] == POLICY:
                policy["trigger"]["properties"]["pattern"] = [request.param]
        return httpx.Response(200, json=document, request=asked)

    with cbr.simulate() as opened:
        monkeypatch.setattr(httpx.Client, "send", send)
        yield opened


@pytest.mark.parametrize("name", QUESTIONS)
def test_one_strange_rule_does_not_end_an_answer(name: str, session: Session) -> None:
    with pytest.warns(cbr.errors.AnswerWarning, match=f"'{POLICY}' runs is not known"):
        session.schedule()
    if name in ("unprotected", "audit"):  # they say it themselves
        QUESTIONS[name](session)
        return
    with pytest.warns(cbr.errors.AnswerWarning, match=POLICY):
        assert len(QUESTIONS[name](session)) > 0 or name == "gaps"


@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
def test_what_is_not_known_is_not_called_good(session: Session) -> None:
    mine = set(session.vault_policies().query("policy_name == @POLICY")["vault_name"])
    points = session.recovery_points().set_index("name")
    held = set(points.index[points["vault_name"].isin(mine)])
    assert held
    assert points.loc[sorted(held), "gaps"].isna().all()
    assert points["gaps"].notna().any()
    unprotected = session.unprotected().set_index("name")["reason"]
    assert (unprotected.reindex(sorted(held)) == "when its policy runs is not known").any()
    audit = session.audit()
    schedule = audit[audit["control"].str.startswith("schedule met")].set_index("resource_name")
    of_schedule = schedule.loc[sorted(held)]
    assert set(of_schedule["outcome"]) == {"unknown"}
