"""What is said when a restore is cancelled, at each stage, against what the cloud did."""

from __future__ import annotations

import pytest

from cbr_notebook import Session, errors
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.group.resume import find
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import execute, only_run, restores, resumed, spoilt

CANNOT = "was running when last seen, and the service cannot stop a restore"


def test_one_that_ended_unseen_is_looked_at_and_not_called_running(session: Session) -> None:
    run = execute(session)
    session.cloud.advance(hours=2)
    said = session.cancel_restore(run.run_id)
    assert "has ended already (success); nothing was stopped" in said
    assert session.restores()["state"].tolist() == ["success"]


def test_one_that_cannot_be_seen_was_running_when_last_seen(session: Session) -> None:
    run = execute(session)
    session.cloud.advance(hours=2)
    session.cloud.fail("show_op_log", "cut before", times=50)
    with pytest.raises(errors.Conflict, match=CANNOT):
        session.cancel_restore(run.run_id)


def test_another_persons_run_is_judged_by_the_service_as_well(session: Session) -> None:
    run = execute(session)
    other = session.as_user("ada")
    with pytest.raises(errors.Conflict, match=CANNOT):
        other.cancel_restore(run.run_id)
    session.cloud.advance(hours=2)
    assert "has ended already" in other.cancel_restore(run.run_id)
    with pytest.raises(errors.NotFound, match="no-such-run"):
        other.cancel_restore("no-such-run")


def test_one_that_may_have_been_heard_is_given_up_and_never_called_cancelled(
    session: Session,
) -> None:
    session.cloud.fail("restore_backup", 503)
    with pytest.raises(errors.ConnectionFailed):
        execute(session)
    said = session.cancel_restore(only_run(session))
    assert "Whether the service carried it out is not known" in said
    assert "cancelled" not in said
    run = resumed(session, only_run(session))
    assert "has no known end. Given up by the user" in str(run.error)
    assert "was not carried out" not in str(run.error)
    assert "has ended already (given up)" in session.cancel_restore(only_run(session))


def test_one_that_began_while_it_was_being_cancelled_is_not_called_prepared(
    session: Session,
) -> None:
    def watch(progress: Progress) -> None:
        if progress.step == "checks" and not early:
            early.append(find(session, progress.run_id))  # as it was before it was asked for
        elif progress.step == "restoring" and not said:
            with pytest.raises(errors.Conflict, match=CANNOT) as caught:
                early[0].cancel()
            said.append(str(caught.value))

    early: list[RestoreRun | GroupRun] = []
    said: list[str] = []
    execute(session, on_progress=watch).wait()
    assert len(said) == 1
    assert restores(session) == 1


def test_a_group_tells_of_each_member_what_became_of_it(session: Session) -> None:
    spoilt(session, "db-01")
    plan = session.plan_restores([{"backup": "clean-db-01"}, {"backup": "clean-web-01"}])
    session.cloud.fail("restore_backup", 503, times=1)
    group = plan.execute(
        confirm=["db-01", "web-01"], acknowledge=["safety backup"], safety_backup=False,
        on_failure="continue", parallel=1,
    )  # fmt: skip
    states = dict(zip(group.frame["target"], group.frame["state"], strict=True))
    assert states == {"db-01": "asked", "web-01": "success"}
    first, second = session.cancel_restore(group.run_id).splitlines()
    assert "db-01" in first and "is given up. Whether" in first
    assert "web-01" in second and "has ended already (success)" in second
    assert restores(session) == 1
