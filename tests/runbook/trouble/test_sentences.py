"""Nights of trouble: one restore a confirmation, and each sentence that is said of it is true.

``CBR_TROUBLE_EXAMPLES=500`` tries that many nights; without it, a few.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.entry import on_cloud
from cbr_notebook.forms.restore import run_view
from cbr_notebook.forms.testing import text_of
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.group.resume import find
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.verification import Verification
from cbr_notebook.simulator import Cloud
from tests.runbook.situations import spoilt
from tests.runbook.trouble.sentences import CANCELLED, ENTRIES, FORM, REPORT, Told, untrue
from tests.runbook.trouble.troubled import PEOPLE, SERVERS, Night

NIGHTS = int(os.environ.get("CBR_TROUBLE_EXAMPLES", "16"))


@pytest.fixture(scope="module")
def spoilt_cloud() -> Iterator[tuple[Cloud, dict[str, Any]]]:
    """A cloud with spoilt servers, to be copied, and the manifests of their files."""
    with cbr.simulate("empty") as session:
        yield session.cloud, {name: spoilt(session, name, sizes=(1, 1)) for name in SERVERS}


def wrong_in_report(told: Told, path: Path) -> list[str]:
    """Return what a report says that is not so, or that no line of ours knows."""
    told.run.report(path)
    assert cbr.verify_report(path, folder=told.night.folder)
    document = json.loads(path.read_text("utf-8"))
    (run,) = document["runs"]
    found: list[str | None] = []
    for table in ("In short", "Hand-over note"):
        for row, text in run["tables"][table].items():
            lines = REPORT.get((table, row))
            found.append(untrue(told, text, lines) if lines else f"no line for {table}: {row}")
    for entry in told.run.journal.entries:
        holds = ENTRIES.get(entry.kind)
        if holds is None or not holds(told, entry):
            found.append(f"time line: {entry.kind} {entry.facts}")
    kinds = {row["What"].replace(" ", "_") for row in run["tables"]["Time line"]}
    found += [f"no line for {each}" for each in kinds - ENTRIES.keys()]
    return [each for each in found if each]


def headings(written: str) -> list[str]:
    """Return the headings and sentences of cards, as people read them."""
    return [text_of(each) for each in re.findall(r"<(?:h4|p)[^>]*>(.*?)</(?:h4|p)>", written)]


def wrong_in_form(told: Told, night: Night) -> list[str]:
    """Return what the form says of a run that is not so."""
    runs = night.watcher.restores(folder=night.folder)
    mine = runs[runs["run_id"] == told.run.run_id]
    written = ""
    if mine["state"].iloc[0] in ("not asked", "asked", "running"):
        written += run_view.unfinished(mine.to_dict("records"))
    if told.run.state in ("success", "failed"):
        written += run_view.ended(told.run, None)
    return [wrong for each in headings(written) if each and (wrong := untrue(told, each, FORM))]


def hold_verification_to(night: Night, run: RestoreRun, found: Verification) -> None:
    """Hold a verification against the disks, at the moment when it is made."""
    seen = {each.name: each.outcome for each in found.findings}
    if "files" in seen:
        assert (seen["files"] == "pass") == night.is_restored(run.target["name"])
    if found:
        assert night.is_restored(run.target["name"])
    assert "files" in seen or found.outcome in ("unknown", "failed")
    told = Told(night, run)
    title = headings(run_view.ended(run, found))[0]
    assert untrue(told, title, FORM) is None


def hold_cancel_to(night: Night, run_id: str, said: str) -> None:
    """Hold what a cancel says of each run against what the cloud did."""
    found = find(night.watcher, run_id, night.folder)
    runs = found.runs if isinstance(found, GroupRun) else (found,)
    for run, line in zip(runs, said.splitlines(), strict=True):
        (words,) = [each for each in CANCELLED if re.search(each, line)]
        seen = re.search(words, line)
        assert seen is not None and CANCELLED[words](Told(night, run), seen), line


NOT_ASKED = re.compile(
    r"[Nn]othing was (begun|changed|restored|sent)|was not asked to restore|service was not asked"
    r"|asked nothing of the service|othing was asked of the service|(was|is) not sent\b(?! again)"
)
"""Says that the call asked for no restore."""
NOT_AGAIN = re.compile(r"not sent again|not asked for again|not repeated")
GOES_ON = re.compile(r"the restore goes on|was running when last seen|is being restored")


def hold_error_to(night: Night, problem: errors.CBRError) -> None:
    """Hold what an error says, by itself and in words, against what the call did in the cloud."""
    said = str(problem)
    sent = sum(night.sent.values()) - night.sent_before
    began = sum(map(len, night.began.values())) - night.began_before
    assert problem.may_have_happened or not began, f"{began} began, but: {problem!r} {said}"
    if NOT_ASKED.search(said):
        assert not sent, said
    if NOT_AGAIN.search(said):
        assert sent <= 1, said
    if GOES_ON.search(said):
        assert any(night.began.values()), said
    tasks = night.tasks()
    if re.search(r"\b(is|was) restored\b(?! by)", re.sub(r"whether \S+ was restored", "", said)):
        assert any(task["status"] == "success" for task in tasks.values()), said
    for task in re.findall(r"begun by somebody since \(task ([\w-]+)", said):
        assert task in tasks, said


@pytest.mark.parametrize("seed", range(NIGHTS))
def test_a_night_of_trouble_ends_with_one_restore_a_confirmation_and_true_sentences(
    seed: int, spoilt_cloud: tuple[Cloud, dict[str, Any]], folder: Path
) -> None:
    cloud, manifests = spoilt_cloud
    night = Night(on_cloud(cloud.copy()), folder, seed, manifests)
    night.on_error = lambda problem: hold_error_to(night, problem)
    night.on_cancelled = lambda run_id, said: hold_cancel_to(night, run_id, said)
    night.on_verified = lambda run, found: hold_verification_to(night, run, found)
    try:
        with night.trouble():
            night.happen(8)
            read_all(night)
            night.calm_down()
            night.cloud.advance(hours=3)
            bring_to_an_end(night)
            read_all(night)
    except AssertionError as problem:
        raise AssertionError("\n".join([str(problem), f"seed {seed}:", *night.told])) from problem
    finally:
        night.cloud.close()


def read_all(night: Night) -> None:
    """Read what is said of each run now: one restore each, and nothing that is not so."""
    for run_id in night.ever - {"console"}:
        assert len(night.began.get(run_id, ())) <= 1, run_id
    for run_id in night.runs():
        run = opened(night.watcher, night, run_id)
        if run is None:
            continue
        told = Told(night, run)
        try:
            wrong = wrong_in_report(told, night.folder / "report.json")
        except errors.InvalidRequest as problem:
            cut = re.search(r"was cut off|is not the one that the run wrote", str(problem))
            wrong = [] if cut else [str(problem)]
        assert [*wrong, *wrong_in_form(told, night)] == [], run_id


def opened(session: Session, night: Night, run_id: str) -> RestoreRun | None:
    """Return a run as its journal tells it; ``None`` if that was cut to nothing."""
    try:
        run = find(session, run_id, night.folder)
    except errors.NotFound:
        return None
    assert isinstance(run, RestoreRun)
    return run


def bring_to_an_end(night: Night) -> None:
    """Resume what has not ended, as somebody does in the morning."""
    for run_id in night.all_runs():
        for name in PEOPLE:
            night.call()
            try:
                run = night.people[name].resume_restore(
                    run_id, confirm=SERVERS, folder=night.folder, on_progress=lambda _: None
                )
                night.call()
                run.wait()
            except errors.CBRError as problem:
                night.on_error(problem)
                night.told.append(f"in the morning {run_id}: {problem}")
                continue
            break
