"""Each exercise fails untouched, and its solution passes: in the kernel, and one at a seat."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.simulator.classroom.serving import serve_seats
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.workshops import Exercise, Finding, Lab, verify_certificate
from tests.workshops.by_form import BY_FORM
from tests.workshops.solutions import RESTORE_NIGHT, SOLUTIONS


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("CBR_RUNBOOK_FOLDER", str(tmp_path / "runs"))
    return cbr.workshop("basics", folder=tmp_path)


@pytest.mark.parametrize("number", range(1, 11))
def test_an_untouched_start_fails_and_the_solution_passes(lab: Lab, number: int) -> None:
    lab.start(number)
    untouched = lab.check()
    assert not untouched
    assert "session." not in str(untouched)  # what was seen, never the call
    SOLUTIONS[number - 1](lab.session)
    assert lab.check(), str(lab.check())
    assert lab.progress().set_index("exercise").loc[number, "state"] == "solved"


@pytest.mark.parametrize("number", range(1, 4))
def test_a_restore_of_the_night_fails_untouched_and_can_be_done(
    lab: Lab, tmp_path: Path, number: int
) -> None:
    night = cbr.workshop("restore night", session=lab.session, folder=tmp_path)
    night.start(number)
    assert not night.check()
    RESTORE_NIGHT[number - 1](night.session)
    assert night.check(), str(night.check())


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, ways in BY_FORM.items() for number in range(1, len(ways) + 1)],
)
def test_the_forms_are_a_way_through_each_exercise(
    lab: Lab, tmp_path: Path, name: str, number: int
) -> None:
    taken = cbr.workshop(name, session=lab.session, folder=tmp_path)
    taken.start(number)
    BY_FORM[name][number - 1](taken.session)
    assert taken.check(), str(taken.check())


def test_an_exercise_is_solved_at_a_seat_of_a_class(tmp_path: Path) -> None:
    served = serve_seats(Cloud.open("demo"), 1)
    thread = threading.Thread(target=served.server.serve)
    thread.start()
    try:
        session = cbr.connect(join=served.ready["seats"][0]["join"])
        lab = cbr.workshop("basics", session=session, folder=tmp_path)
        lab.start(4)
        assert not lab.check()
        SOLUTIONS[3](session)
        assert lab.check()
    finally:
        served.server.stop()
        thread.join(20)


def test_a_start_is_the_same_whatever_was_done_before(lab: Lab) -> None:
    lab.start(7)
    start = lab.session.cloud.fingerprint()
    lab.session.cloud.delete_server("web-01")
    lab.reset()
    assert lab.session.cloud.fingerprint() == start


def test_progress_is_kept_for_the_next_notebook(lab: Lab, tmp_path: Path) -> None:
    lab.start(1)
    assert [lab.hint() for _ in range(4)][-2:] == [lab.hint()] * 2
    SOLUTIONS[0](lab.session)
    lab.check()
    again = cbr.workshop("basics", session=lab.session, folder=tmp_path)
    row = again.progress().iloc[0]
    assert (row["state"], row["checks"], row["hints"]) == ("solved", 1, 3)
    assert "1 of 10" in repr(again)


def test_a_certificate_can_be_verified(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidRequest, match="nothing to certify"):
        lab.certificate(tmp_path / "early.html")
    lab.start(1)
    SOLUTIONS[0](lab.session)
    lab.check()
    page = lab.certificate(tmp_path / "ada.html", learner="Ada <L>")
    verdict = verify_certificate(page)
    assert (bool(verdict), verdict.learner, len(verdict.solved)) == (True, "Ada <L>", 1)
    text = page.read_text()
    page.write_text(text.replace("solved 1 of 10", "solved 10 of 10"))
    assert not verify_certificate(page)
    with pytest.raises(errors.InvalidRequest, match="no certificate"):
        verify_certificate(lab._file)


def test_a_workshop_of_ones_own(tmp_path: Path) -> None:
    """As the guide for trainers says it."""

    def start(session: cbr.Session) -> dict[str, str]:
        session.cloud.create_server("tape-01")
        return {"server": "tape-01"}

    def check(session: cbr.Session, facts: dict[str, str]) -> list[Finding]:
        found = facts["server"] in set(session.resources("server")["name"])
        return [Finding(not found, f"{facts['server']} is {'still ' if found else 'not '}there.")]

    own = Exercise("Away with it", "Delete tape-01.", start, check, ("a", "b", "c"))
    lab = cbr.workshop("mine", exercises=[own], session=cbr.simulate("empty"), folder=tmp_path)
    assert "tape-01" in str(lab.start(1))
    assert not lab.check()
    lab.session.cloud.delete_server("tape-01")
    assert lab.check()


def test_what_cannot_be_a_workshop_is_refused(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidRequest, match="no workshop"):
        cbr.workshop("advanced", folder=tmp_path)
    for number in (11, 0, "1", None, True, 1.0):
        with pytest.raises(errors.InvalidRequest, match=f"no exercise {number}"):
            lab.start(number)  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidRequest, match=r"lab\.start\(1\)"):
        lab.check()


def test_a_cloud_on_which_nothing_was_begun_is_not_judged(lab: Lab, tmp_path: Path) -> None:
    """As after a restart of the kernel, and where another workshop began since."""
    lab.start(3)
    again = cbr.workshop("basics", folder=tmp_path)
    with pytest.raises(errors.InvalidRequest, match="was not begun on this cloud"):
        again.check()
    again.reset()
    assert not again.check()
    other = cbr.workshop("restore night", session=lab.session, folder=tmp_path)
    other.start(1)
    with pytest.raises(errors.InvalidRequest, match="another exercise was since"):
        lab.check()


def test_a_cloud_that_is_kept_is_judged_by_the_next_kernel(tmp_path: Path) -> None:
    for first in (True, False):
        session = cbr.simulate(state=tmp_path / "cloud.state")
        lab = cbr.workshop("basics", session=session, folder=tmp_path)
        if first:
            lab.start(1)
            SOLUTIONS[0](session)
        else:
            assert lab.check()
        session.cloud.close()


@pytest.mark.parametrize("number", [4, 7, 10])
def test_what_an_exercise_is_about_may_be_gone(lab: Lab, number: int) -> None:
    lab.start(number)
    for name in list(lab.session.resources("server")["name"]):
        lab.session.cloud.delete_server(name)
    outcome = lab.check()
    assert not outcome
    assert "gone" in str(outcome)


_VAULTS = {1: "finance", 4: "vault-dev", 6: "vault-files"}


@pytest.mark.filterwarnings("ignore:There is another vault")
@pytest.mark.parametrize("number", _VAULTS)
def test_a_second_vault_of_the_name_does_not_hide_the_right_one(lab: Lab, number: int) -> None:
    lab.start(number)
    SOLUTIONS[number - 1](lab.session)
    lab.session.create_vault(_VAULTS[number], size_gb=10, object_type="disk")
    assert lab.check(), str(lab.check())


@pytest.mark.parametrize("number", [4, 6])
def test_a_vault_that_was_renamed_is_said_to_be_missing(lab: Lab, number: int) -> None:
    lab.start(number)
    lab.session.update_vault(_VAULTS[number], name="another")
    outcome = lab.check()
    assert not outcome
    assert f"No vault is called {_VAULTS[number]}" in str(outcome)


def _own(**changes: Any) -> Exercise:
    usual: dict[str, Any] = {
        "title": "T", "story": "S", "start": lambda _: {}, "hints": ("a", "b", "c"),
        "check": lambda _session, _facts: [Finding(False, "seen")],
    }  # fmt: skip
    return Exercise(**usual | changes)


@pytest.mark.parametrize(
    ("name", "exercises", "words"),
    [
        ("../up", [_own()], "name of a workshop"), ("", [_own()], "name of a workshop"),
        ("mine", [], "no exercises"), ("mine", ["do it"], "not Exercise"),
        ("mine", [_own(hints=())], "no hints"), ("mine", [_own(hints="look")], "no hints"),
    ],
)  # fmt: skip
def test_what_cannot_be_exercises_is_refused(
    lab: Lab, tmp_path: Path, name: str, exercises: list[Any], words: str
) -> None:
    with pytest.raises(errors.InvalidRequest, match=words):
        cbr.workshop(name, exercises=exercises, session=lab.session, folder=tmp_path)


@pytest.mark.parametrize("seen", [None, [], [True], [Finding(True, "a"), "b"]])
def test_a_check_that_says_nothing_is_refused(lab: Lab, tmp_path: Path, seen: Any) -> None:
    own = _own(check=lambda _session, _facts: seen)
    mine = cbr.workshop("mine", exercises=[own], session=lab.session, folder=tmp_path)
    mine.start(1)
    with pytest.raises(errors.InvalidRequest, match="what it saw"):
        mine.check()


def test_facts_are_the_same_before_and_after_a_restart(lab: Lab, tmp_path: Path) -> None:
    told: list[Any] = []

    def check(_: cbr.Session, facts: dict[str, Any]) -> list[Finding]:
        told.append(facts)
        return [Finding(False, "seen")]

    own = _own(start=lambda session: {"began": session.now, "names": ("a",)}, check=check)
    for _ in range(2):
        mine = cbr.workshop("mine", exercises=[own], session=lab.session, folder=tmp_path)
        if not told:
            mine.start(1)
        mine.check()
    assert told[0] == told[1]
    odd = _own(start=lambda session: {"session": session})
    mine = cbr.workshop("odd", exercises=[odd], session=lab.session, folder=tmp_path)
    with pytest.raises(errors.InvalidRequest, match="cannot be kept"):
        mine.start(1)
