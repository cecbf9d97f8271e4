"""How much changed from one backup to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import NotFound
from cbr_notebook.session.reports.change_rate import newest_clean


def test_a_disk_that_is_rewritten_shows_as_a_jump_and_nothing_else_does() -> None:
    with cbr.simulate() as session:
        disk = session.cloud.server("web-01").disks[0]
        session.cloud.advance(days=2)
        disk.write(10_000_000, bytes(range(256)) * 250_000)
        session.cloud.advance(days=2)
        found = session.changed_data("web-01")
        jumps = found[found["jump"]]
        assert jumps["created_at"].dt.strftime("%m-%d").tolist() == ["08-20"]
        assert 55 <= jumps["changed_mb"].iloc[0] <= 75
        assert jumps["usual_mb"].iloc[0] <= 2
        assert found["created_at"].is_monotonic_decreasing
        assert len(found) == len(session.backups(resource="web-01"))


def test_an_ordinary_history_has_no_jump() -> None:
    with cbr.simulate() as session:
        for name in ("web-01", "db-01", "archive", "mail-01"):
            assert not session.changed_data(name)["jump"].any()


def test_where_there_are_few_backups_nothing_is_called_a_jump() -> None:
    with cbr.simulate() as session:
        session.cloud.server("web-01").disks[0].write(0, bytes(range(256)) * 250_000)
        session.cloud.advance(days=1)
        assert not session.changed_data("web-01", newest=3)["jump"].any()


def test_a_full_backup_is_no_jump() -> None:
    with cbr.simulate() as session:
        session.back_up("vault-web", resources=["web-01"], incremental=False).wait()
        session.cloud.advance(days=2)
        found = session.changed_data("web-01")
        assert not found["jump"].any()
        assert found.loc[~found["incremental"], "usual_mb"].isna().all()


def test_an_unknown_name_is_refused() -> None:
    with cbr.simulate() as session, pytest.raises(NotFound, match="web-99"):
        session.changed_data("web-99")


def test_the_last_clean_backup_is_older_than_the_jump() -> None:
    with cbr.simulate() as session:
        session.cloud.advance(days=2)
        assert session.last_clean_backup("web-01").created_at == "2020-08-19T03:00:00.000000"
        session.cloud.server("web-01").disks[0].write(10_000_000, bytes(range(256)) * 250_000)
        session.cloud.advance(days=2)
        assert session.last_clean_backup("web-01").created_at == "2020-08-19T03:00:00.000000"
        older = session.last_clean_backup("web-01", before="2020-08-18T12:00Z")
        assert older.created_at == "2020-08-18T03:00:00.000000"
        with pytest.raises(NotFound, match="no clean backup of web-01"):
            session.last_clean_backup("web-01", before="2020-01-01")


def test_a_jump_of_long_ago_has_been_lived_with() -> None:
    day = timedelta(days=1)
    now = datetime(2020, 8, 20, tzinfo=UTC)
    found = [(now - number * day, True, number == 9) for number in range(20)]
    assert newest_clean(found) == 0
    assert newest_clean(found[5:]) == 5
    assert newest_clean([]) is None
