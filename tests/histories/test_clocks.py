"""Clocks that are wrong: of the computer that syncs, once or all the time."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.histories.prune import prune


def shift(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the computer's clock wrong, while the service's goes on as it should."""
    right = inspect.getattr_static(Session, "now").fget

    def wrong(session: Session) -> datetime:
        found: datetime = right(session)
        return found + by

    monkeypatch.setattr(Session, "now", property(wrong))


@pytest.mark.parametrize("hours", [-30, -5, 5, 20])
def test_a_clock_that_is_hours_wrong_hides_no_change(
    hours: int, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift(monkeypatch, timedelta(hours=hours))
    session.sync(tmp_path)
    backup = session.client.backups.list(limit=1, status="available").backups[0]
    session.client.backups.update(backup.id, name="renamed-meanwhile")
    told = session.sync(tmp_path).set_index("table")["read"]
    assert told["backups"] == "what is new"
    kept = cbr.history(tmp_path).at("0d").backups(id=backup.id)
    assert kept["name"].tolist() == ["renamed-meanwhile"]
    for vault in ("vault-web", "vault-db"):
        session.back_up(vault).wait()
    told = session.sync(tmp_path).set_index("table")["read"]
    assert told["backups"] == told["tasks"] == "what is new"
    past = cbr.history(tmp_path).at("0d")
    assert set(past.backups()["id"]) == set(session.backups()["id"])
    assert set(past.tasks()["id"]) == set(session.tasks()["id"])


def test_a_state_of_next_month_is_no_reason_to_read_little(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        shift(patched, timedelta(hours=20))
        session.sync(tmp_path)
    told = session.sync(tmp_path).set_index("table")["read"]
    assert told["backups"] == told["tasks"] == told["resources"] == "all"


def test_a_state_that_would_hide_what_is_read_now_is_named_and_can_be_removed(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.sync(tmp_path)
    with monkeypatch.context() as patched:
        shift(patched, timedelta(days=4000))
        session.sync(tmp_path)
    session.cloud.advance(days=1)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*.*")}
    with pytest.raises(InvalidRequest, match=r"a state of this project of 2031-\d\d") as caught:
        session.sync(tmp_path)
    assert 'latest="2020-08-18"' in (caught.value.advice or "")
    with cbr.fleet({"name": "ada", "session": session}, on_progress=lambda now: None) as fleet:
        assert fleet.sync(tmp_path)["problem"].tolist() == [""] * 8, "another place of the lake"
    assert {each: before[each] for each in before} == {each: each.read_bytes() for each in before}
    assert prune(tmp_path, latest="2020-08-18").iloc[0]["states_removed"] == 8
    assert not session.sync(tmp_path)["problem"].any()
    assert cbr.history(tmp_path).days == ["2020-08-17", "2020-08-18"]
    with pytest.raises(InvalidRequest, match="latest"):
        prune(tmp_path, latest="soon")
