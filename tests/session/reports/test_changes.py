"""How much changed from one backup to the next."""

from __future__ import annotations

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest, NotFound


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


def test_the_last_quiet_backup_is_older_than_the_jump() -> None:
    with cbr.simulate() as session:
        session.cloud.advance(days=2)
        assert session.last_quiet_backup("web-01").created_at == "2020-08-19T03:00:00.000000"
        session.cloud.server("web-01").disks[0].write(10_000_000, bytes(range(256)) * 250_000)
        session.cloud.advance(days=2)
        assert session.last_quiet_backup("web-01").created_at == "2020-08-19T03:00:00.000000"
        older = session.last_quiet_backup("web-01", before="2020-08-18T12:00Z")
        assert older.created_at == "2020-08-18T03:00:00.000000"
        explained = session.last_quiet_backup("web-01", explained=["2020-08-20"])
        assert explained.created_at == "2020-08-21T03:00:00.000000"
        with pytest.raises(NotFound, match="no quiet backup of web-01"):
            session.last_quiet_backup("web-01", before="2020-01-01")
        with pytest.raises(InvalidRequest, match="not a day"):
            session.suspicion("web-01", explained=["tuesday"])


def test_a_safety_backup_is_marked_and_never_offered() -> None:
    with cbr.simulate() as session:
        session.cloud.advance(hours=20)
        before = session.last_quiet_backup("web-01")
        plan = session.plan_restore(before)
        plan.execute(confirm="web-01", acknowledge=plan.warnings, on_progress=print).wait()
        newest = session.suspicion("web-01").iloc[0]
        assert newest["verdict"] == "safety"
        for accepted in (False, True):
            found = session.last_quiet_backup("web-01", accept_unjudged=accepted)
            assert found.id == before.id


def test_where_nothing_can_be_judged_an_error_says_so() -> None:
    with cbr.simulate("empty") as session:
        session.cloud.create_server("web-01").disks[0].write_file("/a", b"1")
        session.create_vault("films", size_gb=100, resources="web-01")
        session.back_up("films", name="only").wait(progress=False)
        assert session.suspicion("web-01")["verdict"].tolist() == ["unjudged"]
        with pytest.raises(NotFound, match="cannot be judged"):
            session.last_quiet_backup("web-01")
        assert session.last_quiet_backup("web-01", accept_unjudged=True).name == "only"
