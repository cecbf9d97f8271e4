"""Verification and report: what was found, who did what when, and whether it was edited."""

from __future__ import annotations

import json
import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal import report as report_module
from cbr_notebook.runbook.journal.evidence import duration
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.report import write_report
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.checksum_manifest import over_ssh
from cbr_notebook.sealing.keys import person_key, simulated_key
from cbr_notebook.sealing.seal import open_sealed, read_sealed, seal
from tests.runbook.situations import execute, spoilt

SUFFIXES = ("html", "md", "json")


def done(session: Session, **options: Any) -> RestoreRun:
    return execute(session, **options).wait()


@pytest.fixture
def run(session: Session) -> RestoreRun:
    """A restore that has ended and was verified."""
    run = done(session)
    run.verify()
    return run


# -- verification -----------------------------------------------------------------------------


def outcomes(run: RestoreRun, *arguments: Any, **options: Any) -> dict[str, str]:
    found = run.verify(*arguments, **options)
    return {each.name: each.outcome for each in found.findings}


def test_a_good_restore_is_found_good(session: Session) -> None:
    run = done(session)
    found = run.verify()
    assert found.outcome == "unknown"  # nobody looked at what is on the disks
    assert not found
    assert list(found.frame["outcome"].unique()) == ["pass"]
    assert {"task", "target", "power", "backup"} < set(found.frame["name"])
    assert sum(name.startswith("disk ") for name in found.frame["name"]) == 2


def test_what_is_not_as_it_should_be_is_found(session: Session) -> None:
    run = done(session)
    server = session.cloud.server("web-01")
    small = server.disk("vdb")
    server.stop()
    small.resize(5)
    found = run.verify()
    assert not found
    assert {each.name for each in found.failed} == {"power", f"disk {small.name}"}
    server.start()
    server.detach(small)
    assert {each.name for each in run.verify().failed} == {f"disk {small.name}"}
    session.cloud.delete_server("web-01")
    assert "target" in {each.name for each in run.verify().failed}


def test_a_server_that_shall_stay_off_is_verified_as_off(session: Session) -> None:
    plan = session.plan_restore("clean-web-01", power_on=False)
    run = plan.execute(confirm="web-01", safety_backup=False, acknowledge=["safety backup"]).wait()
    assert session.cloud.server("web-01").status == "SHUTOFF"
    assert not run.verify().failed


def test_files_are_compared_with_the_manifest_taken_at_backup_time(session: Session) -> None:
    server = session.cloud.server("web-01")
    done(session)
    manifest = session.take_manifest("web-01")
    assert {(each["disk"], each["path"]) for each in manifest["files"]} == {
        ("vda", "/etc/motd"), ("vdb", "/data"),
    }  # fmt: skip
    session.cloud.ransomware("web-01")
    run = done(session)
    assert outcomes(run, manifest=manifest)["files"] == "pass"
    server.disk("vda").write_file("/etc/motd", b"evil")
    server.disk("vdb").delete_file("/data")
    (finding,) = run.verify(manifest=manifest).failed
    assert finding.seen == "0 of 2 files are as then. Missing: vdb:/data. Different: vda:/etc/motd."


def test_a_manifest_is_kept_as_json(session: Session, tmp_path: Path) -> None:
    run = done(session)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(session.take_manifest("web-01", ["vda:/etc/motd", "/data"])))
    assert outcomes(run, manifest=path)["files"] == "pass"
    with pytest.raises(errors.NotFound, match="no file /nowhere"):
        session.take_manifest("web-01", ["/nowhere"])
    path.write_text("{}")
    with pytest.raises(errors.InvalidRequest, match="manifest cannot be read"):
        run.verify(manifest=path)


def test_functions_of_the_user_are_part_of_the_verification(session: Session) -> None:
    def site_answers(session: Session) -> str:
        return "200 from /health"

    def orders_are_there(session: Session) -> bool:
        return False

    def database_starts(session: Session) -> None:
        raise OSError("port 5432 is closed")

    run = done(session)
    found = run.verify([site_answers, orders_are_there, database_starts])
    seen = {each.name: (each.outcome, each.seen) for each in found.findings}
    # Whether what a text tells is well, only a person can say.
    assert seen["site answers"][0] == "unknown"
    assert "200 from /health" in seen["site answers"][1]
    assert seen["orders are there"] == ("fail", "It does not hold.")
    assert seen["database starts"] == ("fail", "OSError: port 5432 is closed")
    # What failed stays failed until it passes itself.
    assert run.verify({"nothing special": lambda session: None}).outcome == "failed"
    well = {"orders are there": lambda _: True, "database starts": lambda _: None}
    assert run.verify(well)


def test_checksums_come_over_ssh_where_there_is_no_simulated_disk(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "it's here $(touch x)"
    site.write_bytes(b"good")
    fake = tmp_path / "bin" / "ssh"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    ssh = over_ssh("root@web-01")
    manifest = session.take_manifest("web-01", [str(site)], checksum=ssh)
    run = done(session)
    assert outcomes(run, manifest=manifest, checksum=ssh)["files"] == "pass"
    site.write_bytes(b"bad")
    assert outcomes(run, manifest=manifest, checksum=ssh)["files"] == "fail"
    site.unlink()
    assert outcomes(run, manifest=manifest, checksum=ssh)["files"] == "fail"
    # Some files matched, then the connection broke: neither verified nor unknown.
    manifest["files"] = [{"disk": "", "path": "/a", "sha256": "a" * 64}, *manifest["files"]]

    def breaks_off(disk: str, path: str) -> str:
        if path != "/a":
            raise OSError("connection reset")
        return "a" * 64

    run = done(session)
    assert run.verify(manifest=manifest, checksum=breaks_off).outcome == "partly"
    fake.write_text("#!/bin/sh\necho connection refused >&2\nexit 255\n")
    assert outcomes(run, manifest=manifest, checksum=ssh)["files"] == "unknown"
    assert not (tmp_path / "x").exists()


def test_a_restore_that_runs_is_not_verified_yet(session: Session) -> None:
    run = execute(session)
    with pytest.raises(errors.InvalidRequest, match="has not ended"):
        run.verify()


# -- what a report says -------------------------------------------------------------------------


def document(run: RestoreRun, tmp_path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(run.report(tmp_path / "r.json").read_text("utf-8"))
    return read


def test_a_report_says_who_what_when_and_by_which_requests(
    session: Session, tmp_path: Path
) -> None:
    run = done(session, safety_backup=True, acknowledge=())
    run.verify()
    (told,) = document(run, tmp_path)["runs"]
    short = told["tables"]["In short"]
    assert short["State"] == "success"
    assert session.identity.who in short["Carried out by"]
    assert session.identity.project_id in short["Project"]
    assert short["Safety backup"] == f"before-{run.run_id}"
    assert short["Restore task"] == run.task_id
    assert short["Confirmed"].endswith("by typing web-01")
    assert len(told["tables"]["Checks before"]) == len(session.plan_restore("clean-web-01").checks)
    asked = [row for row in told["tables"]["Requests"] if row["Request"].endswith("/restore")]
    assert len(asked) == 1
    assert re.fullmatch(r"[0-9a-f-]{32,36}", asked[0]["Request ID"])
    assert all(row["Request ID"] for row in told["tables"]["Requests"])
    assert len(told["tables"]["What was overwritten"]) == 2


def test_achieved_times_are_held_against_their_targets(session: Session, tmp_path: Path) -> None:
    incident = session.now
    session.cloud.advance(minutes=30)
    run = done(session, rto="1h", rpo="2h", incident_at=incident)
    assert document(run, tmp_path)["runs"][0]["recovery_time_met"] is True
    run.verify({"never": lambda session: False})
    (told,) = document(run, tmp_path)["runs"]
    assert (told["recovery_time_seconds"], told["recovery_time_met"]) == (None, None)
    run.verify({"never": lambda session: True})
    (told,) = document(run, tmp_path)["runs"]
    assert 1800 < told["recovery_time_seconds"] < 3600
    assert told["recovery_time_met"] is True
    assert 3 * 3600 < told["recovery_point_seconds"] < 3.2 * 3600
    assert told["recovery_point_met"] is False
    assert "target 2 h: MISSED" in told["tables"]["In short"]["Recovery point"]


@pytest.mark.parametrize("option", [{"rto": "soon"}, {"rpo": "0h"}, {"incident_at": "2030-01-01"}])
def test_targets_that_make_no_sense_are_refused(session: Session, option: dict[str, str]) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        done(session, **option)
    assert caught.value.field in option
    assert session.restores().empty


def test_a_restore_that_failed_or_runs_has_a_report_too(session: Session, tmp_path: Path) -> None:
    run = execute(session)
    assert document(run, tmp_path)["runs"][0]["state"] == "running"
    session.cloud.server("web-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    with pytest.raises(errors.TaskFailed):
        run.wait()
    (told,) = document(run, tmp_path)["runs"]
    assert told["state"] == "failed"
    assert told["recovery_time_seconds"] is None
    assert told["tables"]["In short"]["Why"]


class Outline(HTMLParser):
    """Reads a page: its headings, cells, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pictures += tag == "svg"
        self.loads += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data)


def test_the_page_stands_alone_and_is_well_formed(run: RestoreRun, tmp_path: Path) -> None:
    text = run.report(tmp_path / "r.html").read_text("utf-8")
    page = Outline()
    page.feed(text)
    assert page.open == []
    assert page.loads == []
    assert page.pictures == 1
    assert page.headings[0] == "Restore of web-01 from clean-web-01"
    assert {"Checks before", "Verification after", "Time line", "Requests"} <= set(page.headings)


def test_names_cannot_smuggle_markup_into_a_report(session: Session, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> | --> x"
    run = done(session)
    run.verify({evil: lambda session: "<img src=x onerror=alert(1)> -- -->"})
    text = run.report(tmp_path / "r.html").read_text("utf-8")
    shown = text.split("<!-- cbr-notebook-evidence")[0]
    assert "<script" not in shown
    assert "<img" not in shown
    assert text.count("-->") == text.count("<!-- ") == 3  # its beginning, its journal, its seal
    for suffix in SUFFIXES:
        assert cbr.verify_report(run.report(tmp_path / f"r.{suffix}"))
    page = Outline()
    page.feed(text)
    assert page.open == []
    markdown = (tmp_path / "r.md").read_text("utf-8").split("<!-- cbr-notebook-evidence")[0]
    assert "<script" not in markdown
    assert "<img" not in markdown


def test_unknown_forms_and_places_are_refused(run: RestoreRun, tmp_path: Path) -> None:
    for name in ("r.pdf", "r"):
        with pytest.raises(errors.InvalidRequest, match="cannot be written as"):
            run.report(tmp_path / name)
    with pytest.raises(errors.InvalidRequest, match="cannot be written"):
        run.report(tmp_path / "nowhere" / "r.html")


# -- whether it was edited ----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_report_that_was_not_edited_is_intact(
    run: RestoreRun, tmp_path: Path, folder: Path, suffix: str
) -> None:
    path = run.report(tmp_path / f"r.{suffix}")
    verdict = cbr.verify_report(path)
    assert verdict
    assert verdict.whole
    assert verdict.outcome == "whole"
    assert cbr.verify_report(str(path), folder=folder)
    # The same journal gives the same report, byte by byte.
    assert run.report(tmp_path / f"again.{suffix}").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("success", "failed"),
        ("web-01", "web-02"),
        ("operator", "somebody"),
        ("06:5", "05:5"),
        ("pass", "fail"),
    ],
)
def test_an_edited_report_shows(
    run: RestoreRun, tmp_path: Path, suffix: str, old: str, new: str
) -> None:
    path = run.report(tmp_path / f"r.{suffix}")
    text = path.read_text("utf-8")
    for edited in (text.replace(old, new), text.replace(old, new, 1)):
        assert edited != text
        path.write_text(edited, "utf-8")
        assert not cbr.verify_report(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_edited_table_shows_even_under_a_new_seal(
    run: RestoreRun, tmp_path: Path, suffix: str
) -> None:
    path = run.report(tmp_path / f"r.{suffix}")
    verdict, opened = open_sealed(read_sealed(path))
    assert verdict
    assert opened is not None
    edited = opened.text.replace("operator", "somebody", 1)
    path.write_text(seal(edited, opened.kind, simulated_key()), "utf-8")
    verdict = cbr.verify_report(path)
    assert verdict.altered
    assert "does not say what the journal says" in verdict.reason


def test_a_report_of_a_journal_written_anew_is_not_written(
    run: RestoreRun, tmp_path: Path, session: Session
) -> None:
    forged = Journal(tmp_path / f"{run.run_id}.jsonl")
    with forged.held():
        for entry in run.journal.entries:
            forged.append(session.now, entry.kind, **entry.facts)
    for key in (simulated_key(), person_key()):
        with pytest.raises(errors.InvalidRequest, match="not the one that the run wrote"):
            write_report([forged], tmp_path / "r.html", key)
    assert not (tmp_path / "r.html").exists()


def test_a_report_without_a_run_does_not_pass_as_one(
    run: RestoreRun, tmp_path: Path, session: Session
) -> None:
    made_up = Journal(tmp_path / "made-up.jsonl")
    with made_up.held():
        facts = run.journal.entries[0].facts | {"run_id": "made-up"}
        made_up.append(session.now, "confirmed", **facts | {"file_id": None})
        made_up.append(session.now, "task_ended", status="success", error_code=None)
    with pytest.raises(errors.InvalidRequest, match="not the one that the run wrote"):
        write_report([made_up], tmp_path / "r.json", person_key())
    # Not even sealed by hand, with a key of one's own.
    path = tmp_path / "r.md"
    document = {"version": "0", "journals": [[each.as_dict() for each in made_up.entries]]}
    path.write_text(seal(json.dumps(document, indent=2) + "\n", "restore report", person_key()))
    assert cbr.verify_report(path).altered


def test_the_report_of_a_simulated_cloud_is_vouched_for_by_nobody(
    run: RestoreRun, tmp_path: Path
) -> None:
    path = run.report(tmp_path / "r.html")
    key = simulated_key().signer.public
    for trusted in (None, key, [cbr.public_key(), key]):
        verdict = cbr.verify_report(path, trusted)
        assert verdict.whole
        assert verdict.signed_by == key
        assert verdict.signer == "simulated"
        assert not verdict.vouched
        assert bool(verdict) is (trusted is None)
        assert "nobody vouches for it: it is of a simulated cloud" in str(verdict)


def test_a_journal_that_says_something_else_shows_beside_the_report(
    run: RestoreRun, tmp_path: Path, folder: Path
) -> None:
    path = run.report(tmp_path / "r.html")
    kept = folder / f"{run.run_id}.jsonl"
    kept.write_bytes(kept.read_bytes().splitlines(keepends=True)[0])
    assert cbr.verify_report(path)
    verdict = cbr.verify_report(path, folder=folder)
    assert verdict.altered
    assert "something else" in verdict.reason


_KEPT: list[str] = []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_changed_character_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    if not _KEPT:
        with cbr.simulate("empty") as session:
            spoilt(session)
            run = done(session)
            _KEPT.extend(
                run.report(folder / f"kept.{suffix}").read_text("utf-8") for suffix in SUFFIXES
            )
    text = data.draw(st.sampled_from(_KEPT))
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters(exclude_categories=["Cs"]))
    if text[place] == character:
        return
    path = folder / "edited.txt"
    path.write_text(text[:place] + character + text[place + 1 :], "utf-8", newline="")
    try:
        verdict = cbr.verify_report(path)
    except errors.InvalidRequest:
        return
    assert not verdict


def test_the_tables_of_another_version_are_not_computed_again(
    run: RestoreRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "__version__", "0.0.9")
    path = run.report(tmp_path / "r.html")
    monkeypatch.undo()
    assert cbr.verify_report(path)


@pytest.mark.parametrize("text", ["", "{}", "<html></html>", '{"journals": 1}', "[1]"])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.html"
    path.write_text(text)
    with pytest.raises(errors.InvalidRequest, match="not a sealed document"):
        cbr.verify_report(path)
    with pytest.raises(errors.InvalidRequest, match="cannot be read"):
        cbr.verify_report(tmp_path / "nowhere.html")


def test_durations_are_written_as_people_say_them() -> None:
    said = [duration(each) for each in (0, 59.6, 3600, 90061, -60)]
    assert said == ["0 s", "1 min", "1 h", "1 d 1 h 1 min 1 s", "-1 min"]
