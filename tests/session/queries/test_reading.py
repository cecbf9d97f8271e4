"""Several answers asked together: nothing is read twice, and no answer is another one."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.api.http import transport
from cbr_notebook.errors import InvalidRequest


def test_answers_asked_together_are_those_asked_apart_with_fewer_requests() -> None:
    with cbr.simulate() as session:
        transport = session.client.transport
        questions = ("unprotected", "capacity", "recovery_points", "vaults", "policies")
        start = transport.requests
        apart = [getattr(session, each)() for each in questions]
        middle = transport.requests
        with session.reading() as reading:
            together = [getattr(reading, each)() for each in questions]
        end = transport.requests
        for one, other in zip(apart, together, strict=True):
            pd.testing.assert_frame_equal(one, other)
        assert 0 < end - middle < 0.75 * (middle - start)


def test_a_reading_asks_for_backups_and_policies_once_in_any_order() -> None:
    questions: list[Callable[[cbr.Session], pd.DataFrame]] = [
        lambda session: session.unprotected(target=None),
        lambda session: session.backups(),
        lambda session: session.capacity(),
        lambda session: session.backups(status=["available", "error"]),
        lambda session: session.recovery_points(),
        lambda session: session.orphans(),
        lambda session: session.retention_preview(),
        lambda session: session.gaps(),
        lambda session: session.vaults(),
        lambda session: session.schedule(),
    ]
    with cbr.simulate() as session:
        session.cloud.delete_server("build-01")
        for order in (questions, questions[::-1]):
            apart = [ask(session) for ask in order]
            asked: list[str] = []
            session.client.transport.on_request = lambda seen, kept=asked: kept.append(seen.path)
            with session.reading() as reading:
                together = [ask(reading) for ask in order]
            session.client.transport.on_request = None
            for one, other in zip(apart, together, strict=True):
                pd.testing.assert_frame_equal(one, other)
                assert one.attrs["filters"] == other.attrs["filters"]
            ends = [path.rsplit("/", 1)[-1] for path in asked]
            assert ends.count("backups") == ends.count("policies") == ends.count("vaults") == 1


def test_an_empty_answer_of_a_reading_says_what_there_is_without_the_filter() -> None:
    with cbr.simulate() as session, session.reading() as reading:
        empty = reading.backups(status="restoring")
        assert empty.empty
        assert empty.attrs["without_filters"] == len(reading.backups()) > 0
        with pytest.raises(InvalidRequest, match="status"):
            reading.backups(status="good")


def test_more_than_a_reading_keeps_is_asked_again_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with cbr.simulate() as session:
        answers = session.vaults(), session.backups()
        monkeypatch.setattr(transport, "_MOST_KEPT", 40_000)
        asked: list[str] = []
        session.client.transport.on_request = lambda seen: asked.append(seen.path)
        with session.reading() as reading:
            for _ in range(2):
                for one, other in zip(answers, (reading.vaults(), reading.backups()), strict=True):
                    pd.testing.assert_frame_equal(one, other)
        ends = [path.rsplit("/", 1)[-1] for path in asked]
        assert ends.count("vaults") == ends.count("backups") == 1


def test_what_was_read_is_forgotten_after_a_change_and_after_the_block() -> None:
    with cbr.simulate() as session:
        with session.reading() as reading:
            before = len(reading.vaults())
            session.create_vault("another", size_gb=10)
            assert len(reading.vaults()) == before
            reading.create_vault("mine", size_gb=10)
            assert len(reading.vaults()) == before + 2
        session.create_vault("later", size_gb=10)
        assert len(reading.vaults()) == len(session.vaults()) == before + 3


def test_the_overview_reads_each_list_once_and_two_restore_points_a_vault() -> None:
    with cbr.simulate() as session:
        full = session.capacity()["backups"].gt(0).sum()
        form = session.forms.overview()
        form.submit()
        asked: list[str] = []
        session.client.transport.on_request = lambda seen: asked.append(seen.path)
        form.submit()
        ends = [path.rsplit("/", 1)[-1] for path in asked]
        for each in ("vaults", "backups", "policies"):
            assert ends.count(each) == 1
        # What failed is told by the tasks of seven days, which fit one page here.
        assert ends.count("operation-logs") == 1
        assert sum("/checkpoints/" in path for path in asked) == 2 * full
        assert len(asked) == 7 + 2 * full


def test_what_is_told_of_a_list_that_is_read_once_stands_beside_each_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        answer = plain(self, request, **options)  # type: ignore[arg-type]
        if not request.url.path.endswith("/backups"):
            return answer
        document = answer.json()
        return httpx.Response(200, json={**document, "count": 10_000}, request=request)

    with cbr.simulate() as session:
        monkeypatch.setattr(httpx.Client, "send", send)
        with session.reading() as reading, pytest.warns(cbr.errors.AnswerWarning):
            tables = [reading.backups(), reading.backups(status="available")]
    for table in tables:
        assert any("The service counts 10000 rows" in each for each in table.attrs["notes"])
