"""An assistant asks and plans; nothing that it says can change anything."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.neighbours.assistant import QUESTIONS, Assistant, server


def state(session: Any) -> list[str]:
    """Return all that the service lists."""
    client = session.client
    lists = (client.vaults.list_all(), client.backups.list_all(), client.policies.list().policies,
             client.tasks.list_all())  # fmt: skip
    return [repr(each) for found in lists for each in found]


def test_every_question_answers_with_how_many_rows_there_are() -> None:
    session = cbr.simulate()
    assistant = Assistant(session)
    needs = {
        "tags": {}, "what_if": {"policy": "daily-0300", "retention_days": 14},
        "cost": {"price_per_gb_month": 0.1}, "suspicion": {"resource": "web-01"},
        "changed_data": {"resource": "web-01"},
    }  # fmt: skip
    before = state(session)
    for name, line in assistant.questions().items():
        assert line, name
        answer = assistant.ask(name, needs.get(name), rows=2)
        assert len(answer["rows"]) <= 2 <= 200
        assert answer["rows_in_all"] >= len(answer["rows"]), name
        json.dumps(answer)
    assert state(session) == before
    assert assistant.ask("backups", {"status": "available"}, rows=1)["rows_in_all"] > 100


def test_a_plan_tells_its_checks_and_that_a_person_carries_it_out() -> None:
    session = cbr.simulate()
    before = state(session)
    newest = session.last_quiet_backup("web-01", accept_unjudged=True)
    plan = Assistant(session).plan_restore(newest.id)
    assert plan["would_overwrite"] == "web-01"
    assert plan["checks"]["rows_in_all"] > 10
    assert "A person carries it out" in plan["next"]
    assert state(session) == before


def test_the_session_of_an_assistant_refuses_every_change() -> None:
    session = cbr.simulate()
    Assistant(session)
    before = state(session)
    acts = (
        lambda: session.create_vault("v", size_gb=10, object_type="server"),
        lambda: session.delete_vault("vault-dev", confirm="vault-dev"),
        lambda: session.back_up("vault-web"),
        lambda: session.client.policies.delete(session.policies()["id"].iloc[0]),
        lambda: session.set_tags("vault-web", {"a": "b"}),
    )
    for act in acts:
        with pytest.raises(InvalidRequest, match="only asks: nothing was sent"):
            act()
    assert state(session) == before


def test_only_questions_have_a_tool() -> None:
    acts = {
        name
        for name, value in inspect.getmembers(cbr.Session, inspect.isfunction)
        if "confirm" in inspect.signature(value).parameters
    }
    assert len(acts) > 5
    assert not acts & set(QUESTIONS)
    tools = asyncio.run(server(cbr.simulate("empty")).list_tools())
    assert {each.name for each in tools} == {"questions", "describe", "ask", "plan_restore"}
    assert all(each.annotations.read_only_hint for each in tools)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("vault-web"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=3,
)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_words_of_an_assistant_change_anything(data: st.DataObject) -> None:
    session = cbr.simulate()
    sent: list[str] = []
    session.client.transport.on_request = lambda record: sent.append(record.method)
    assistant = Assistant(session)
    question = data.draw(st.sampled_from([*QUESTIONS, "delete_vault", "sync", "__class__"]))
    names = st.sampled_from(["resource", "vault", "status", "since", "tags", "rules", "days",
                             "policy", "path", "folder", "confirm", "limit"])  # fmt: skip
    filters = data.draw(st.dictionaries(names, values, max_size=2))
    with contextlib.suppress(cbr.errors.CBRError):
        assistant.ask(question, filters, data.draw(st.integers(-1, 300)))
    assert set(sent) <= {"GET"}


def test_rules_are_no_path_and_errors_are_told() -> None:
    async def talk() -> Any:
        async with Client(server(cbr.simulate("empty"))) as client:
            return await client.call_tool(
                "ask", {"question": "audit", "filters": {"rules": "/etc/passwd"}}
            )

    answer = asyncio.run(talk())
    assert answer.is_error
    assert "not as a text or a file" in answer.content[0].text


def test_the_command_speaks_the_protocol_and_shows_no_secret() -> None:
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "cbr_notebook.cli", "assist", "--simulate"],
        input=json.dumps(hello) + "\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    first = json.loads(done.stdout.splitlines()[0])
    assert first["result"]["serverInfo"]["name"] == "cbr-notebook"
    assert done.stderr.startswith("Account: ada in simulated cloud")
