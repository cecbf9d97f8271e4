"""Several answers asked together: nothing is read twice, and no answer is another one."""

from __future__ import annotations

import pandas as pd

import cbr_notebook as cbr


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


def test_the_overview_shares_what_it_reads() -> None:
    with cbr.simulate() as session:
        asked: list[str] = []
        session.client.transport.on_request = lambda seen: asked.append(seen.path)
        session.forms.overview().submit()  # it looks when it is opened, and once more now
        assert 0 < len(asked) <= 46
