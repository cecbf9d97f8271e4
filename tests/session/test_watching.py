"""What somebody else has seen is fresh for a while, by either clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.tasks import poller
from cbr_notebook.tasks.poller import TaskPoller


class Clocks:
    """The session's clock and this computer's, moved by hand."""

    def __init__(self) -> None:
        self.session = datetime(2020, 8, 17, tzinfo=UTC)
        self.computer = 0.0


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(poller.time, "monotonic", lambda: made.computer)
    return made


@pytest.mark.parametrize("clock", ["session", "computer"])
def test_an_answer_ages_by_the_clock_that_goes_on(clocks: Clocks, clock: str) -> None:
    watcher, asked = TaskPoller(lambda: clocks.session), []

    def ask() -> list[TaskRecord]:
        asked.append(1)
        return []

    for passed, requests in ((0, 1), (4, 1), (2, 2)):
        if clock == "session":
            clocks.session += timedelta(seconds=passed)
        else:
            clocks.computer += passed
        watcher.answer("the newest", ask, within=5)
        assert len(asked) == requests
