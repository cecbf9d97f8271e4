"""A safety backup of what can come back, where a disk has grown since the backup."""

from __future__ import annotations

import pytest

from cbr_notebook import Session, errors
from tests.runbook.situations import is_back, restores, spoilt

GROWN = ["disk size"]


def grow(session: Session, name: str = "web-01", device: str = "vdb") -> None:
    session.cloud.server(name).disk(device).resize(4)


def test_a_whole_safety_backup_of_a_grown_disk_cannot_come_back(session: Session) -> None:
    grow(session)
    plan = session.plan_restore("clean-web-01")
    (size,) = [each for each in plan.verdicts if each.name == "disk size"]
    assert "There is no way back to a grown disk" in size.seen
    assert 'safety_backup="partial"' in size.to_do
    run = plan.execute(confirm="web-01", acknowledge=GROWN).wait()
    with pytest.raises(errors.Conflict, match="disk size"):
        run.roll_back("web-01")


def test_what_can_come_back_is_backed_up_and_comes_back(session: Session) -> None:
    grow(session)
    spoilt_disk = session.cloud.server("web-01").disk("vda").checksum()
    plan = session.plan_restore("clean-web-01")
    with pytest.raises(errors.InvalidRequest, match="disk size"):
        plan.execute(confirm="web-01", safety_backup="partial")
    run = plan.execute(confirm="web-01", acknowledge=GROWN, safety_backup="partial").wait()
    assert is_back(session)
    made = run.journal.last("safety_backup_made")
    assert made is not None and made.facts["disks"] == ["web-01"]
    back = run.roll_back("web-01", acknowledge=["added disks"]).wait()
    assert back.state == "success"
    assert session.cloud.server("web-01").disk("vda").checksum() == spoilt_disk


def test_a_part_is_refused_where_all_of_it_or_nothing_could_come_back(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    with pytest.raises(errors.InvalidRequest, match="No disk of web-01 has grown"):
        plan.ensure_ready(safety_backup="partial")
    grow(session)
    grow(session, device="vda")
    plan = session.plan_restore("clean-web-01")
    with pytest.raises(errors.Conflict, match="Nothing of the present state of web-01"):
        plan.ensure_ready(safety_backup="partial")
    with pytest.raises(errors.InvalidRequest, match="cannot be 'some'"):
        plan.ensure_ready(safety_backup="some")  # type: ignore[arg-type]
    assert restores(session) == 0


def test_in_a_group_only_what_has_grown_is_left_out(session: Session) -> None:
    spoilt(session, "db-01")
    grow(session)
    group = session.plan_restores([{"backup": "clean-db-01"}, {"backup": "clean-web-01"}])
    done = group.execute(
        confirm=["db-01", "web-01"], acknowledge=GROWN, safety_backup="partial"
    ).wait()
    made = {run.target["name"]: run.begun.get("safety_leaves_out", []) for run in done.runs}
    assert [len(made[each]) for each in ("db-01", "web-01")] == [0, 1]
