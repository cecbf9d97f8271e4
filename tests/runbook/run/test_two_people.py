"""A restore that needs two people: nothing begins without another person's yes to this plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.cli import main
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.run.execute import begin
from cbr_notebook.runbook.run.restore_options import RestoreOptions
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import restores

Become = Callable[[str], None]


@pytest.fixture
def plan(session: Session) -> RestorePlan:
    return session.plan_restore("clean-web-01", approval="two people")


@pytest.fixture
def path(plan: RestorePlan, become: Become, tmp_path: Path) -> Path:
    """A plan that Ada made and Bob approved; Ada is back at the screen."""
    file = plan.export(tmp_path / "plan.json")
    become("bob")
    cbr.approve_plan(file)
    become("ada")
    return file


def execute(plan: RestorePlan, path: Path | str | None, **options: Any) -> RestoreRun:
    return plan.execute(confirm="web-01", approval=path, **options)


def refused(session: Session, plan: RestorePlan, path: Path | str | None, why: str) -> None:
    """Check that a plan is refused before anything is begun or sent."""
    with pytest.raises(errors.CBRError, match=why) as caught:
        execute(plan, path)
    assert isinstance(caught.value, errors.Conflict | errors.InvalidRequest)
    assert session.restores().empty
    assert session.tasks(operation_type="restore").empty


def test_with_the_yes_of_another_it_is_carried_out_and_reported(
    session: Session, plan: RestorePlan, path: Path, tmp_path: Path
) -> None:
    run = execute(plan, path).wait()
    assert run.state == "success"
    (told,) = json.loads(run.report(tmp_path / "r.json").read_text("utf-8"))["runs"]
    assert "approved by bob with the key ssh-ed25519 " in told["tables"]["Hand-over note"]["By"]
    # Once, and not once more.
    again = session.plan_restore("clean-web-01")
    with pytest.raises(errors.Conflict):
        execute(again, path)


def test_a_plan_made_again_within_the_hour_may_be_carried_out(session: Session, path: Path) -> None:
    session.cloud.advance(minutes=5)
    assert execute(session.plan_restore("clean-web-01"), path).wait().state == "success"


def test_without_a_yes_nothing_begins(
    session: Session,
    plan: RestorePlan,
    become: Become,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused(session, plan, None, "needs the yes of a second person")
    plain = session.plan_restore("clean-web-01")
    refused(session, plain, "two people", "needs the yes of a second person")
    refused(session, plan.refresh(), None, "needs the yes of a second person")
    refused(session, plan, plan.export(tmp_path / "p.json"), "Nobody has approved the plan")
    monkeypatch.setenv("CBR_APPROVAL", "two people")
    refused(session, plain, None, "needs the yes of a second person")
    with pytest.raises(errors.Conflict, match="second person"):
        session.plan_restores([{"backup": "clean-web-01"}]).execute(confirm=["web-01"])


def test_ones_own_yes_is_none(
    session: Session, plan: RestorePlan, become: Become, path: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mine = plan.export(tmp_path / "mine.json")
    with pytest.raises(errors.Conflict, match="the key is the same"):
        cbr.approve_plan(mine)
    monkeypatch.setenv("CBR_SIGNING_FOLDER", str(tmp_path / "second-key-of-ada"))
    with pytest.raises(errors.Conflict, match="the user is the same"):
        cbr.approve_plan(mine)
    become("bob")  # who approved it does not carry it out
    refused(session, plan, path, "must not be who carries it out")


def test_another_plan_than_was_approved_is_refused(
    session: Session, plan: RestorePlan, path: Path
) -> None:
    off = session.plan_restore("clean-web-01", power_on=False)
    refused(session, off, path, "what is restored, or where to")
    with pytest.raises(errors.Conflict, match="the safety backup, which is left out"):
        execute(plan, path, safety_backup=False, acknowledge=["safety backup"])
    session.cloud.server("web-01").disk("vdb").resize(5)
    grown = session.plan_restore("clean-web-01")
    with pytest.raises(errors.Conflict, match=r"how things stand.*what the checks warn of"):
        execute(grown, path, acknowledge=grown.warnings)
    assert session.restores().empty


def test_an_old_yes_is_refused(session: Session, path: Path) -> None:
    session.cloud.advance(hours=2)
    refused(session, session.plan_restore("clean-web-01"), path, "an approval is for an hour")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_an_edited_or_cut_plan_is_refused(
    session: Session, plan: RestorePlan, path: Path, place: float
) -> None:
    text = path.read_bytes()
    at = int(len(text) * place)
    path.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
    refused(session, plan, path, "is altered|not a sealed|not a plan")
    path.write_bytes(text[:at])
    refused(session, plan, path, "is incomplete")


def test_only_those_who_may_approve_are_heard(
    session: Session, plan: RestorePlan, path: Path, tmp_path: Path, become: Become,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    become("eve")
    keys = tmp_path / "approvers.pub"
    keys.write_text(cbr.public_key())
    become("ada")
    monkeypatch.setenv("CBR_APPROVERS", str(keys))
    refused(session, plan, path, "none of those in")
    become("bob")
    keys.write_text(cbr.public_key())
    become("ada")
    assert execute(plan, path).wait().state == "success"


def test_no_plan_is_overwritten_and_no_other_kind_of_approval_exists(
    session: Session, plan: RestorePlan, path: Path
) -> None:
    with pytest.raises(errors.InvalidRequest, match="is there already"):
        plan.export(path)
    with pytest.raises(errors.InvalidRequest, match="There is no approval"):
        session.plan_restore("clean-web-01", approval="one")


def test_the_command_leads_two_people_through_it(
    become: Become, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    base = ["runbook", "restore-server", "--server", "web-01", "--simulate"]
    assert main([*base, "--confirm", "web-01", "--two-people"]) == 3
    assert "second person" in capsys.readouterr().err
    assert main([*base, "--dry-run", "--export-plan", str(plan)]) == 0
    assert main(["approve", str(plan)]) == 3
    assert "the key is the same" in capsys.readouterr().err
    become("bob")
    assert main(["approve", str(plan)]) == 0
    assert "Restore of web-01 from" in capsys.readouterr().out
    become("ada")
    assert main([*base, "--confirm", "web-01", "--approval", str(plan)]) == 5
    assert main([*base, "--confirm", "web-01", "--approval", str(tmp_path / "none")]) == 2


def test_a_way_back_and_a_group_take_the_yes_of_a_second_person_too(
    session: Session, become: Become, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = session.plan_restore("clean-web-01").execute(confirm="web-01").wait()
    monkeypatch.setenv("CBR_APPROVAL", "two people")
    safety = run.journal.last("safety_backup_made")
    assert safety is not None
    with pytest.raises(errors.Conflict, match="second person"):
        run.roll_back("web-01")
    path = session.plan_restore(safety.facts["backup_id"]).export(tmp_path / "back.json")
    group = session.plan_restores([{"backup": "clean-web-01"}])
    folder = tmp_path / "group"
    with pytest.raises(errors.Conflict, match="second person"):
        group.execute(confirm=["web-01"], approval="two people")
    (member,) = group.export(folder)
    with pytest.raises(errors.InvalidRequest, match="Nobody has approved"):
        group.execute(confirm=["web-01"], approval=folder)
    become("bob")
    cbr.approve_plan(path)
    become("ada")
    back = run.roll_back("web-01", approval=path).wait()
    assert back.begun["approval"]["name"] == "bob"
    group = session.plan_restores([{"backup": "clean-web-01"}])
    member.unlink()
    group.export(folder)
    become("bob")
    cbr.approve_plan(member)
    become("ada")
    done = group.execute(confirm=["web-01"], approval=folder).wait()
    assert [each.begun["approval"]["name"] for each in done.runs] == ["bob"]


def test_what_was_approved_for_an_hour_is_not_taken_up_later_by_one_alone(
    session: Session, plan: RestorePlan, path: Path
) -> None:
    options = RestoreOptions.of(session.now, approval=path)
    run = begin(plan, options, ledger.folder_for(session))
    session.cloud.advance(hours=2)
    with pytest.raises(errors.Conflict, match="approved by bob for an hour"):
        session.resume_restore(run.run_id, confirm="web-01")
    assert session.tasks(operation_type="restore").empty


def test_nobody_restores_past_the_second_person(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBR_APPROVAL", "two people")
    with pytest.raises(errors.Conflict, match="need the yes of a second person here"):
        session.restore("clean-web-01", confirm="web-01")
    monkeypatch.setenv("CBR_APPROVAL", "2 people")  # misspelt, it asks for nobody less
    for act in (
        lambda: session.restore("clean-web-01", confirm="web-01"),
        lambda: session.plan_restore("clean-web-01"),
    ):
        with pytest.raises(errors.InvalidRequest, match="there is no such approval"):
            act()
    assert restores(session) == 0
