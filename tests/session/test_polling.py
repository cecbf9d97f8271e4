"""How many requests it takes to wait for work, and which."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.http.transport import RequestRecord


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


def waited(session: Session, task: cbr.Task) -> tuple[list[RequestRecord], int]:
    """Return the requests of a wait, and how often it paused."""
    sent: list[RequestRecord] = []
    pauses: list[float] = []
    sleep = session.poller.sleep

    def counted(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    session.client.transport.on_request = sent.append
    session.poller.sleep = counted
    task.wait(progress=False)
    return sent, len(pauses)


def test_a_backup_is_asked_for_once_a_poll_and_by_its_id_once_that_is_known(
    session: Session,
) -> None:
    session.create_vault("films", size_gb=300, resources="legacy-01")
    task = session.back_up("films")
    sent, pauses = waited(session, task)
    assert pauses >= 3
    assert len(sent) <= pauses + 1
    assert [each.path.rpartition("/")[2] for each in sent[1:]] == [task.id] * (len(sent) - 1)


def test_several_tasks_are_asked_for_together(session: Session) -> None:
    task = session.back_up("vault-web")
    sent, pauses = waited(session, task)
    assert len(task.ids) == 4
    assert len(sent) <= pauses + 1


def test_a_task_that_cannot_be_shown_yet_is_looked_for_in_the_list(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.create_vault("films", size_gb=300, resources="legacy-01")
    task = session.back_up("films").refresh()

    def unknown(task_id: str) -> object:
        raise cbr.errors.NotFound("There is no such task.")

    monkeypatch.setattr(session.poller, "show", unknown)
    assert task.wait(progress=False).status == "success"


def test_looks_grow_rarer_up_to_the_longest_pause(session: Session) -> None:
    freshness: list[float] = []

    def look(within: float) -> str | None:
        freshness.append(within)
        return "ended" if len(freshness) == 40 else None

    def watched() -> Iterator[float]:
        ended.append((yield from session.poller.poll(look, longest=30.0)))

    ended: list[str] = []
    pauses = []
    for pause in watched():
        pauses.append(pause)
        session.poller.sleep(pause)
    assert ended == ["ended"]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5.0, 30.0)
    # Only the first look insists on asking; later ones take what was seen half a pause ago.
    assert freshness == [0.0, *(pause / 2 for pause in pauses)]
