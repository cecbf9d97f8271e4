"""Pictures say in words what they show, hold on every estate, and leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest
from matplotlib.figure import Figure

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.plots import alt_text, calendar

PICTURES = ("capacity", "calendar", "recovery_points", "durations")


@pytest.fixture(scope="module")
def demo() -> Iterator[cbr.Session]:
    with cbr.simulate() as session:
        yield session


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_has_title_axes_and_words(demo: cbr.Session, picture: str) -> None:
    axes = getattr(demo.plots, picture)()
    assert axes.get_title(loc="left")
    assert axes.get_xlabel()
    assert alt_text(axes).startswith(axes.get_title(loc="left"))
    shown = axes._repr_html_()
    assert shown.startswith("<img ")
    assert 'alt="' in shown
    assert shown == getattr(demo.plots, picture)()._repr_html_()


def test_the_titles_say_what_is_seen(demo: cbr.Session) -> None:
    titles = {each: getattr(demo.plots, each)().get_title(loc="left") for each in PICTURES}
    assert titles["capacity"] == "1 of 7 vaults over the threshold; none is filling up"
    assert titles["calendar"] == "Backups of the last 30 days: 3 failed days, 0 missing"
    assert titles["recovery_points"].startswith("1 of 12 resources without a good backup")
    assert "minutes at the median" in titles["durations"]


def test_a_failure_is_told_by_name_and_day(demo: cbr.Session) -> None:
    assert "db-02 failed on 14 August" in alt_text(demo.plots.calendar())


@pytest.mark.parametrize("picture", PICTURES)
def test_an_empty_estate_is_said_in_words(picture: str) -> None:
    with cbr.simulate("empty") as session:
        axes = getattr(session.plots, picture)()
    assert alt_text(axes).strip(". ")
    assert [text.get_text() for text in axes.texts] == [alt_text(axes).removeprefix(". ")]


def test_long_names_leave_room_for_the_picture() -> None:
    with cbr.simulate("empty") as session:
        session.create_vault("v" * 64, size_gb=100)
        axes = session.plots.capacity()
        (label,) = [text.get_text() for text in axes.get_yticklabels()]
        assert len(label) == 28
        assert axes._repr_html_()


def test_a_picture_is_drawn_where_one_wants_it(demo: cbr.Session) -> None:
    left, right = Figure().subplots(1, 2)
    assert demo.plots.capacity(ax=left) is left
    assert demo.plots.durations(since="7d", ax=right) is right
    assert alt_text(left) == ""


def test_a_vault_that_fills_up_is_told_with_its_day() -> None:
    with cbr.simulate("empty") as session:
        disk = session.cloud.create_server("web-01").disk("vda")
        session.create_vault("small", size_gb=10, resources="web-01")
        for number in range(3):
            disk.fill(900, seed=number)
            session.back_up("small").wait(progress=False)
            session.cloud.advance(days=1)
        title = session.plots.capacity().get_title(loc="left")
        full_at = session.capacity()["full_at"].item()
    assert title.endswith(f"small is full on {full_at.day} {full_at:%B %Y}")


def _frame(column: str, **rows: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "resource_name": list(rows),
            column: pd.to_datetime(list(rows.values()), utc=True),
        }
    )


def test_a_day_is_good_partial_failed_or_missing() -> None:
    now = pd.Timestamp("2020-08-17T12:00Z").to_pydatetime()
    today, old = "2020-08-17T02:00Z", "2020-08-10T02:00Z"
    backups = _frame("created_at", good=today, partial=today, mended=today, old=old)
    failures = _frame("started_at", partial="2020-08-17T03:00Z", failed=today)
    gaps = _frame("missed_at", failed=today, missing=today, mended=today)
    found = calendar.states(
        backups.assign(status="available"),
        failures.assign(operation_type="backup"),
        gaps,
        now=now,
        days=3,
    )
    assert dict(zip(found["resource_name"], found["state"], strict=True)) == {
        "good": "good",
        "mended": "good",
        "partial": "partial",
        "failed": "failed",
        "missing": "missing",
    }


def test_gaps_lists_what_recovery_points_counts() -> None:
    with cbr.simulate("empty") as session:
        server = session.cloud.create_server("web-01")
        policy = session.create_policy("nightly", days="daily", times="02:00")
        vault = session.create_vault("films", size_gb=100, resources="web-01", policy=policy)
        session.cloud.advance(days=2)
        server.set_trait("backup_fails", "BackupService.7103")
        session.cloud.advance(days=2)
        server.set_trait("backup_fails", None)
        session.cloud.advance(days=2)
        gaps = session.gaps()
        assert list(gaps["missed_at"].dt.strftime("%m-%d %H:%M")) == ["08-21 02:00", "08-20 02:00"]
        assert set(gaps["resource_name"]) == {"web-01"}
        assert set(gaps["vault_name"]) == {vault.name}
        assert session.recovery_points()["gaps"].tolist() == [2]
        assert "web-01 failed on 20 August" in alt_text(session.plots.calendar(days=7))
        assert session.gaps(days=1).empty
        assert list(session.gaps(days=1).dtypes) == list(gaps.dtypes)


def test_bad_input_is_refused_before_anything_is_sent(demo: cbr.Session) -> None:
    before = demo.client.transport.requests
    for ask in (
        lambda: demo.plots.capacity(days=0),
        lambda: demo.plots.calendar(days=0),
        lambda: demo.plots.recovery_points(target="soon"),
        lambda: demo.plots.durations(since="yesterday"),
    ):
        with pytest.raises(InvalidRequest):
            ask()
    assert demo.client.transport.requests == before


def test_pictures_touch_no_global_state() -> None:
    program = (
        "import sys, cbr_notebook as cbr; s = cbr.simulate('empty');"
        "assert 'matplotlib' not in sys.modules;"
        "s.plots.capacity(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
