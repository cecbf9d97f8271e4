"""``cbr-notebook workshop check-all`` proves exercises: those that come with it, and one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbr_notebook.cli import main
from cbr_notebook.workshops import WORKSHOPS, proofs
from tests.workshops.solutions import WAYS

OWN = """
from cbr_notebook.workshops import Exercise, Finding

def start(session):
    session.cloud.create_server("tape-01")
    return {}

def check(session, facts):
    there = "tape-01" in set(session.resources("server")["name"])
    return [Finding(not there, "tape-01 is there." if there else "tape-01 is gone.")]

def solve(session):
    session.cloud.delete_server("tape-01")

hints = ("Look around.", "There is a server too many.", "Its name is tape-01.")
WORKSHOPS = {"mine": [Exercise("Away with it", "Delete tape-01.", start, check, hints)]}
WAYS = {"by hand": {"mine": [solve]}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check_all(*options: str) -> int:
    return main(["workshop", "check-all", *options])


def test_each_exercise_has_a_way_by_methods_and_one_by_form() -> None:
    for ways in WAYS.values():
        assert {name: len(each) for name, each in ways.items()} == {
            name: len(exercises) for name, exercises in WORKSHOPS.items()
        }


def test_exercises_of_ones_own_are_proven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "own_good.py").write_text(OWN)
    assert check_all("--workshops", "own_good", "--solutions", "own_good") == 0
    shown = capsys.readouterr().out
    assert "by hand" in shown
    assert "passes" in shown


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("not there", "True"), "PASSES"),
        (("    session.cloud.delete_server", "    list"), "FAILS: tape-01 is there."),
        (("    session.cloud.delete_server", "    session.nothing"), "FAILS: AttributeError"),
    ],
    ids=["untouched passes", "does not solve", "raises"],
)
def test_what_proves_nothing_is_told(
    here: Path, change: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = f"own_{abs(hash(change))}"
    (here / f"{module}.py").write_text(OWN.replace(*change))
    assert check_all("--workshops", module, "--solutions", module) == 1
    assert told in capsys.readouterr().out


def test_what_is_not_there_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_all("--workshops", "own_missing") == 1
    assert "no WORKSHOPS in own_missing" in capsys.readouterr().err
    (here / "own_short.py").write_text(OWN.replace("[solve]", "[]"))
    assert check_all("--workshops", "own_short", "--solutions", "own_short") == 1
    assert "0 solutions for the 1 exercises" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "told"),
    [("{}", "There is no workshop"), ("[1]", "no dictionary, but list"), ('{"a": []}', "'a'")],
)
def test_nothing_to_prove_is_not_proven(
    here: Path, written: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = f"own_{abs(hash(written))}"
    (here / f"{module}.py").write_text(f"WORKSHOPS = {written}\n")
    assert check_all("--workshops", module) == 1
    assert told in capsys.readouterr().err


def test_nothing_is_left_behind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    first = {"basics": WORKSHOPS["basics"][6:7]}
    ways = {"by methods": {"basics": WAYS["by methods"]["basics"][6:7]}}
    (proof,) = proofs.prove(first, ways)
    assert proof.good, proof.words
    assert list(here.iterdir()) == []  # no journal of the restore, either
