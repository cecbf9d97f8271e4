"""Pictures say in words what they show, hold on every estate, and leave nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.plots import (
    alt_text,
    calendar,
    capacity,
    changes,
    durations,
    picture,
    timeline,
)

PICTURES = ("capacity", "calendar", "recovery_points", "durations")


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_has_title_axes_and_words(session: cbr.Session, picture: str) -> None:
    axes = getattr(session.plots, picture)()
    assert axes.get_title(loc="left")
    assert axes.get_xlabel()
    assert alt_text(axes).startswith(axes.get_title(loc="left"))
    shown = axes._repr_html_()
    assert '<img src="data:image/png;base64,' in shown
    assert axes._repr_png_().startswith(b"\x89PNG")
    assert 'alt="' in shown
    assert shown == getattr(session.plots, picture)()._repr_html_()


def test_the_titles_say_what_is_seen(session: cbr.Session) -> None:
    titles = {each: getattr(session.plots, each)().get_title(loc="left") for each in PICTURES}
    assert titles["capacity"] == "1 of 7 vaults filling up"
    assert titles["calendar"] == "Backups of the last 30 days: 3 failed days, 0 missing"
    assert titles["recovery_points"].startswith("1 of 12 resources without a good backup")
    assert "minutes at the median" in titles["durations"]


def test_a_failure_is_told_by_name_and_day(session: cbr.Session) -> None:
    assert "db-02 failed on 14 August" in alt_text(session.plots.calendar())


def test_days_of_a_lake_are_drawn_and_told(tmp_path: Path) -> None:
    with cbr.simulate() as session:
        session.sync(tmp_path)
        session.cloud.advance(days=1)
        session.update_vault("vault-files", size_gb=20)
        session.sync(tmp_path)
        used = session.vaults(name="vault-files")["used_mb"].iloc[0]
    history = cbr.history(tmp_path)
    changed, growth = history.plots.changes("vaults"), history.plots.growth()
    assert "1 day: 0 added, 2 changed, 0 gone" in alt_text(changed)
    assert f"{used / 20480:.1%}".replace("%", " %") in alt_text(growth)
    axes: Any
    for axes, marks in ((changed, 3), (growth, 14)):
        assert axes._repr_html_().count("<title>") >= marks
    none = history.plots.changes("vaults", since="0d")
    assert alt_text(none) == "The lake has one state of vaults in this time."


@pytest.mark.parametrize("count", [1, 2, 12, 40, 200])
def test_no_tick_of_a_picture_of_days_stands_within_a_day(count: int) -> None:
    days = pd.date_range("2030-03-01", periods=count, freq="D", tz="UTC")
    frame = pd.DataFrame({"day": days, "before": days[0], "added": 1, "changed": 0, "gone": 2})
    axes = changes.draw(frame)
    first, last = axes.get_xlim()
    ticks = [each for each in axes.get_xticks() if first <= each <= last]
    assert ticks
    assert all(each == int(each) for each in ticks)
    assert all(each == int(each) for each in axes.get_yticks())


@pytest.mark.parametrize("picture", PICTURES)
def test_all_that_the_pointer_is_told_is_in_a_list_that_keys_open(
    session: cbr.Session, picture: str
) -> None:
    shown = getattr(session.plots, picture)()._repr_html_()
    before, _, listed = shown.partition("<details>")
    assert before.endswith("</div>"), "outside of what is one image to a screen reader"
    wide = before.partition('class="narrow"')[0]
    pointed = re.findall(r"<title>(.*?)</title>", wide)
    assert pointed
    assert sorted(re.findall(r"<li>(.*?)</li>", listed)) == sorted(pointed)
    assert f"In words: {len(pointed)} mark" in listed
    assert '<ol tabindex="0"' in listed


def test_of_too_many_marks_the_rarest_are_listed_first_and_the_rest_are_counted() -> None:
    ax = picture.begin(None)
    picture.tell(ax, ax.scatter([0] * 3000, [0] * 3000), [f"good <{n}>" for n in range(3000)])
    picture.tell(ax, ax.scatter([1] * 2, [1] * 2), ["failed 1", "failed 2"])
    shown = ax._repr_html_()  # type: ignore[attr-defined]
    listed = re.findall(r"<li>(.*?)</li>", shown)
    assert listed[:3] == ["failed 1", "failed 2", "good &lt;0&gt;"]
    assert listed[-1].startswith("… and 1,002 more")
    assert "In words: 3002 marks" in shown
    assert len(re.findall("<title>failed 1</title>", shown)) == 2, "wide and narrow"


@pytest.mark.parametrize("picture", PICTURES)
def test_an_empty_estate_is_said_in_words(picture: str) -> None:
    with cbr.simulate("empty") as session:
        axes = getattr(session.plots, picture)()
    assert alt_text(axes).strip(". ")
    assert [text.get_text() for text in axes.texts] == [alt_text(axes)]


def test_long_names_leave_room_for_the_picture() -> None:
    with cbr.simulate("empty") as session:
        session.create_vault("v" * 64, size_gb=100)
        axes: Any = session.plots.capacity()
        (label,) = [text.get_text() for text in axes.get_yticklabels()]
        assert len(label) == 28
        assert axes._repr_html_()


def test_a_picture_is_drawn_where_one_wants_it(session: cbr.Session) -> None:
    left, right = Figure().subplots(1, 2)
    assert session.plots.capacity(ax=left) is left
    assert session.plots.durations(since="7d", ax=right) is right
    assert alt_text(left) == alt_text(session.plots.capacity())
    assert alt_text(Figure().subplots()) == ""


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
            "resource_id": list(rows),
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
    assert dict(zip(found["resource_id"], found["state"], strict=True)) == {
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


def test_bad_input_is_refused_before_anything_is_sent(session: cbr.Session) -> None:
    before = session.client.transport.requests
    for ask in (
        lambda: session.plots.capacity(days=0),
        lambda: session.plots.calendar(days=0),
        lambda: session.plots.calendar(days="7"),  # type: ignore[arg-type]
        lambda: session.plots.recovery_points(target="soon"),
        lambda: session.plots.durations(since="yesterday"),
    ):
        with pytest.raises(InvalidRequest):
            ask()
    assert session.client.transport.requests == before


def test_pictures_touch_no_global_state() -> None:
    program = (
        "import sys, cbr_notebook as cbr; s = cbr.simulate('empty');"
        "assert 'matplotlib' not in sys.modules;"
        "s.plots.capacity(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_resources_of_one_name_have_a_row_each() -> None:
    with cbr.simulate("empty") as session:
        for name in ("same", "same", "x" * 40 + "-a", "x" * 40 + "-b"):
            session.cloud.create_server(name)
        ids = list(session.resources("server")["id"])
        policy = session.create_policy("nightly", days="daily", times="02:00")
        session.create_vault("films", size_gb=100, resources=ids, policy=policy)
        session.cloud.advance(days=1)
        for axes in (session.plots.calendar(days=7), session.plots.recovery_points()):
            labels = {text.get_text() for text in axes.get_yticklabels()}
            assert len(labels) == 4
            assert sum(label.startswith("same (") for label in labels) == 2
        assert "4 resources" in alt_text(session.plots.calendar(days=7))


def test_a_resource_without_any_backup_has_a_row_that_says_so(session: cbr.Session) -> None:
    axes = session.plots.calendar()
    assert "build-01" in [text.get_text() for text in axes.get_yticklabels()]
    assert [text.get_text() for text in axes.texts] == ["no backup in this time"]
    assert "build-01 has no backup in this time" in alt_text(axes)
    axes = session.plots.recovery_points()
    assert [text.get_text() for text in axes.texts] == ["no good backup"]


def test_names_are_shown_as_they_are() -> None:
    odd = ("web $x_1$", r"$\nothing{", "数据库-01")
    with cbr.simulate("empty") as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in odd:
            session.cloud.create_server(name)
        session.create_vault("金库", size_gb=100, resources=list(odd))
        session.back_up("金库").wait(progress=False)
        for name in PICTURES:
            axes = getattr(session.plots, name)()
            assert axes._repr_html_()
        labels = [text.get_text() for text in session.plots.calendar().get_yticklabels()]
        assert set(labels) == set(odd)


def _vaults(number: int, **columns: object) -> pd.DataFrame:
    """Return a table of capacity in which a little of each vault is used."""
    given = {
        "id": [f"{each:08d}" for each in range(number)],
        "name": [f"vault-{each}" for each in range(number)],
        "size_gb": pd.array([100] * number, dtype="Int64"),
        "used_mb": pd.array([1024] * number, dtype="Int64"),
        "used_percent": [1.0] * number,
        "threshold": pd.array([80] * number, dtype="Int64"),
        "allocated_gb": pd.array([40] * number, dtype="Int64"),
        "full_at": pd.to_datetime([None] * number, utc=True),
    }
    frame = pd.DataFrame({**given, **columns})
    full = (frame["used_percent"] >= frame["threshold"]).fillna(False).astype(bool)
    return frame.assign(filling_up=(full | frame["full_at"].notna()).astype("boolean"))


def test_of_a_large_estate_the_worst_is_drawn_and_the_rest_counted() -> None:
    axes = capacity.draw(_vaults(900))
    assert len(axes.get_yticklabels()) == 40
    assert axes.get_title(loc="left").replace("\n", " ") == (
        "0 of 900 vaults filling up (40 of 900 drawn: those filling up first)"
    )
    assert alt_text(axes).endswith("and 875 more.")


def test_what_does_not_fit_the_bars_is_told_in_figures() -> None:
    large = capacity.draw(_vaults(1, allocated_gb=pd.array([7000], dtype="Int64")))
    assert "7,000 % →" in [text.get_text() for text in large.texts]
    unknown = _vaults(
        1,
        size_gb=pd.array([None], dtype="Int64"),
        used_percent=pd.array([None], dtype="Float64"),
        allocated_gb=pd.array([None], dtype="Int64"),
        threshold=pd.array([None], dtype="Int64"),
    )
    assert alt_text(capacity.draw(unknown)).endswith("vault-0: 1.0 GB of ? GB.")


def test_the_first_vault_to_be_full_is_named_and_the_others_counted() -> None:
    soon = pd.to_datetime(["2020-10-08", "2020-09-08", None], utc=True)
    title = capacity.draw(_vaults(3, full_at=soon)).get_title(loc="left").replace("\n", " ")
    assert title.endswith("vault-1 is full on 8 September 2020, 1 more later")
    full = _vaults(1, full_at=soon[1:2], used_percent=[100.0])
    assert capacity.draw(full).get_title(loc="left").endswith("vault-0 is full")


def test_the_states_of_a_day_differ_in_form_and_not_only_in_colour(session: cbr.Session) -> None:
    marks = [
        tuple(map(tuple, each.get_paths()[0].vertices))
        for each in session.plots.calendar().collections
    ]
    assert len(marks) == len(set(marks)) == 4


def test_a_target_of_minutes_or_days_is_told_as_such(session: cbr.Session) -> None:
    for target, words in (("30m", "30 minutes"), ("1h", "1 hour"), ("7d", "7 days")):
        title = session.plots.recovery_points(target=target).get_title(loc="left")
        assert title.endswith(f"without a good backup of the last {words}")


def _tasks(**columns: object) -> pd.DataFrame:
    begun = pd.Timestamp("2020-08-17T02:00Z")
    given = {
        "operation_type": ["backup", "restore", None, "backup"],
        "status": ["success", "failed", "success", "skipped"],
        "resource_name": ["web-01", "web-02", None, "web-03"],
        "started_at": [begun] * 4,
        "ended_at": [begun + timedelta(minutes=each) for each in (2, 6, 4, 0)],
    }
    return pd.DataFrame({**given, **columns})


def test_failed_tasks_are_marked_and_skipped_ones_took_no_time() -> None:
    axes = durations.draw(_tasks())
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert shown == ["backup (1)", "other (1)", "failed, of any kind (1)"]
    assert axes.get_title(loc="left") == (
        "3 tasks: 4.0 minutes at the median; the longest, restore of web-02, 6.0"
    )
    assert axes.get_ylabel() == "minutes"


def test_long_tasks_are_shown_in_hours() -> None:
    begun = pd.Timestamp("2020-08-17T02:00Z")
    axes = durations.draw(_tasks(ended_at=[begun + timedelta(hours=each) for each in (2, 6, 4, 0)]))
    assert axes.get_ylabel() == "hours"
    assert "6.0" in axes.get_title(loc="left")


def test_a_picture_in_a_notebook_is_one_image_with_its_words(session: cbr.Session) -> None:
    from IPython.core.formatters import DisplayFormatter

    axes = session.plots.capacity()
    data, _ = DisplayFormatter().format(axes)
    assert set(data) == {"text/html", "text/plain", "image/png"}
    (alt,) = re.findall('alt="([^"]*)"', data["text/html"])
    assert alt == alt_text(axes)


def _drawings(axes: object) -> list[ElementTree.Element]:
    """Return the drawings of a picture for a wide and for a narrow place."""
    found = re.findall("<svg.*?</svg>", axes._repr_html_(), flags=re.DOTALL)  # type: ignore[attr-defined]
    return [ElementTree.fromstring(each) for each in found]


@pytest.mark.parametrize("picture", PICTURES)
def test_drawings_take_the_colours_of_the_page(session: cbr.Session, picture: str) -> None:
    shown = re.findall("<svg.*?</svg>", getattr(session.plots, picture)()._repr_html_(), re.DOTALL)
    assert len(shown) == 2
    for each in shown:
        assert "currentColor" in each
        assert not re.search("#1a1a1a|#000000|#ffffff|#dfe8f2|<style|font-family", each)
    ids = [set(re.findall(' id="([^"]+)"', each)) for each in shown]
    assert not ids[0] & ids[1]
    for each, known in zip(shown, ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', each)) == known


def test_what_one_adds_in_black_can_be_seen_on_a_dark_page(session: cbr.Session) -> None:
    axes = session.plots.durations()
    axes.axhline(5, color="black")
    assert "#000000" not in axes._repr_html_()  # type: ignore[attr-defined]


def test_a_drawing_says_what_each_mark_is(session: cbr.Session) -> None:
    wide, narrow = _drawings(session.plots.calendar())
    words = [each.text or "" for each in wide.iter("{http://www.w3.org/2000/svg}title")]
    assert words == [each.text for each in narrow.iter("{http://www.w3.org/2000/svg}title")]
    assert "db-02: failed on 14 August 2020" in words
    assert len([each for each in words if ": good on " in each]) == 186
    (_, width, _), (_, height, _) = [
        re.split(r"([\d.]+)", str(each.get("width"))) for each in (wide, narrow)
    ]
    assert float(width) == 648
    assert float(height) < 300


def test_names_are_escaped_in_drawings() -> None:
    name = '<b> & "x" #ffffff 1.2345'
    for each in _drawings(capacity.draw(_vaults(1, name=[name]))):
        words = [each.text or "" for each in each.iter("{http://www.w3.org/2000/svg}title")]
        assert words[0].startswith(f"{name}: ")


def test_a_picture_of_very_many_tasks_stays_small() -> None:
    many = pd.concat([_tasks()] * 2500, ignore_index=True)
    axes = durations.draw(many)
    shown = axes._repr_html_()  # type: ignore[attr-defined]
    assert "<image" in shown
    assert len(shown) < 300_000


def test_a_picture_is_as_it_was_after_it_was_shown(session: cbr.Session) -> None:
    axes: Any = session.plots.recovery_points()
    size = tuple(axes.figure.get_size_inches())
    labels = [text.get_text() for text in axes.get_yticklabels()]
    before = axes._repr_png_()
    axes._repr_html_()
    assert axes._repr_png_() == before
    assert tuple(axes.figure.get_size_inches()) == size
    assert [text.get_text() for text in axes.get_yticklabels()] == labels
    assert not [text for text in axes.figure.texts if text.get_text()]


def test_pictures_are_drawn_from_tables_alone(session: cbr.Session) -> None:
    points, backups = session.recovery_points(), session.backups(status="available")
    before = session.client.transport.requests
    drawn = timeline.draw(points, backups, now=session.now)
    assert session.client.transport.requests == before
    assert alt_text(drawn) == alt_text(session.plots.recovery_points())


def test_in_a_calendar_of_many_resources_the_troubled_ones_are_drawn() -> None:
    now = pd.Timestamp("2020-08-17T12:00Z").to_pydatetime()
    good = _frame("created_at", **{f"r{each:04d}": "2020-08-17T02:00Z" for each in range(3000)})
    bad = _frame("started_at", r2999="2020-08-17T03:00Z")
    known = good.rename(columns={"resource_id": "id", "resource_name": "name"})
    axes = calendar.draw(
        good.assign(status="available"),
        bad.assign(operation_type="backup"),
        _frame("missed_at"),
        known,
        now=now,
        days=7,
    )
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert len(labels) == 40
    assert "r2999" in labels
    assert "r2999 partial on 17 August" in alt_text(axes)
    assert "40 of 3000 drawn" in alt_text(axes)


def test_what_is_late_is_drawn_however_many_resources_there_are(session: cbr.Session) -> None:
    points = pd.concat([session.recovery_points()] * 20, ignore_index=True)
    points["id"] = [f"resource-{place}" for place in points.index]
    points["name"] = points["id"]
    points["within_target"] = pd.array([True] * len(points), dtype="boolean")
    points.loc[points.index[-1], "within_target"] = False
    axes = timeline.draw(points, session.backups(limit=5), now=session.now)
    drawn = [text.get_text() for text in axes.get_yticklabels()]
    assert len(drawn) == 40
    assert f"resource-{len(points) - 1}  !" in drawn
