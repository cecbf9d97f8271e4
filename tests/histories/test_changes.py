"""What differs between two states, against a comparison row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cbr_notebook as cbr
from cbr_notebook.histories import changes, files
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.store import Store

PLACES = (("p", "r", "one"), ("p", "r", "two"))
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(scope="module")
def backups() -> pd.DataFrame:
    with cbr.simulate() as session:
        return session.backups()


def altered(frame: pd.DataFrame, luck: np.random.Generator) -> pd.DataFrame:
    """Return the table with some rows gone, some added, and some cells other, or missing."""
    kept = frame[luck.random(len(frame)) > 0.1]
    more = frame.sample(5, random_state=int(luck.integers(1000)))
    more = more.assign(id=[f"new-{luck.integers(10**9)}" for _ in range(5)])
    found = pd.concat([kept, more], ignore_index=True)
    some = luck.random(len(found)) < 0.1
    found["name"] = found["name"].where(~some, found["name"] + "-renamed")
    found["resource_size_gb"] = found["resource_size_gb"].where(luck.random(len(found)) > 0.1)
    found["expired_at"] = found["expired_at"].where(
        luck.random(len(found)) > 0.05, pd.Timestamp("2030-01-01", tz="UTC")
    )
    return found.sample(frac=1, random_state=int(luck.integers(1000)))


def expected(before: pd.DataFrame, after: pd.DataFrame) -> set[tuple[str, str, str]]:
    one, other = (each.set_index("id").astype(object) for each in (before, after))
    found = {("gone", key, "") for key in one.index.difference(other.index)}
    found |= {("added", key, "") for key in other.index.difference(one.index)}
    for key in one.index.intersection(other.index):
        for name in one.columns:
            a, b = one.at[key, name], other.at[key, name]
            if not ((pd.isna(a) and pd.isna(b)) or (not pd.isna(a) and not pd.isna(b) and a == b)):
                found.add(("changed", key, name))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_difference_is_told_and_no_other(
    seed: int, backups: pd.DataFrame, tmp_path: Path
) -> None:
    luck, store = np.random.default_rng(seed), Store(tmp_path)
    states: list[list[Entry]] = [[], []]
    wanted: set[tuple[str, str, str, str]] = set()
    for place in PLACES:
        before = altered(backups, luck)
        # Of the other project the same rows in every second run: only cells differ.
        after = altered(before, luck) if seed % 2 or place == PLACES[0] else before.assign(
            status="error"
        )  # fmt: skip
        for state, frame in zip(states, (before, after), strict=True):
            state.append(files.write(store, "backups", place, frame, NOW, whole_at="", before=None))
        wanted |= {(place[2], *each) for each in expected(before, after)}
    found = changes.changed(store, "backups", *states)
    told = set(found[["project", "change", "id", "column"]].itertuples(index=False, name=None))
    assert told == wanted


def test_files_in_other_pieces_and_of_other_types_have_the_same_differences(
    backups: pd.DataFrame, tmp_path: Path
) -> None:
    luck, store = np.random.default_rng(5), Store(tmp_path)
    after = altered(backups, luck)
    states = [
        files.write(store, "backups", PLACES[0], frame, NOW, whole_at="", before=None)
        for frame in (backups, after)
    ]
    table = pq.read_table(tmp_path / states[0].file)
    place = table.schema.get_field_index("resource_size_gb")
    table = table.set_column(
        place, "resource_size_gb", table["resource_size_gb"].cast(pa.float64())
    ).drop_columns(["description"])
    pq.write_table(table, tmp_path / states[0].file, row_group_size=7)
    old = states[0]._replace(shape="of an earlier version")
    found = changes.changed(store, "backups", [old], [states[1]])
    told = set(found[["change", "id", "column"]].itertuples(index=False, name=None))
    assert told == {each for each in expected(backups, after) if each[2] != "description"}


def with_one_value(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with columns that have the same value in all rows."""
    return frame.assign(name="alike", status="available", resource_az="az1", image_type="backup")


@pytest.mark.parametrize("missing", [True, False], ids=["one missing", "none missing"])
def test_columns_of_one_value_differ_where_it_is_another_or_missing(
    missing: bool, backups: pd.DataFrame, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    before = with_one_value(backups).astype(backups.dtypes.to_dict())
    after = before.assign(status="error").astype(backups.dtypes.to_dict()).iloc[3:]
    if missing:
        after["resource_az"] = after["resource_az"].where(after["id"] != after["id"].iloc[0])
    states = [
        [files.write(store, "backups", PLACES[0], frame, NOW, whole_at="", before=None)]
        for frame in (before, after)
    ]
    found = changes.changed(store, "backups", *states)
    told = set(found[["change", "id", "column"]].itertuples(index=False, name=None))
    assert told == expected(before, after)
    assert {each[2] for each in told} == {"", "status"} | ({"resource_az"} if missing else set())
    assert set(found["name"]) == {"alike"}


def test_a_cell_that_is_no_number_any_more_differs(backups: pd.DataFrame, tmp_path: Path) -> None:
    """The statistics of a file say nothing of it."""
    store = Store(tmp_path)
    entries = []
    for rows, cell in ((len(backups), 5.0), (len(backups) - 1, float("nan"))):
        entry = files.write(store, "backups", PLACES[0], backups, NOW, whole_at="", before=None)
        table = pq.read_table(tmp_path / entry.file).slice(0, rows)
        sizes = pa.array([cell] + [5.0] * (rows - 1), pa.float64())
        place = table.schema.get_field_index("resource_size_gb")
        pq.write_table(table.set_column(place, "resource_size_gb", sizes), tmp_path / entry.file)
        entries.append([entry])
    found = changes.changed(store, "backups", *entries)
    assert found[["change", "column"]].value_counts().to_dict() == {
        ("changed", "resource_size_gb"): 1, ("gone", ""): 1,
    }  # fmt: skip


def test_differences_come_in_one_order_whatever_the_order_of_the_rows(
    backups: pd.DataFrame, tmp_path: Path
) -> None:
    luck, store = np.random.default_rng(6), Store(tmp_path)
    after = altered(backups, luck)
    tables = []
    for seed in (1, 2):
        one, other = (
            files.write(
                store, "backups", PLACES[0], frame.sample(frac=1, random_state=seed), NOW,
                whole_at="", before=None,
            )
            for frame in (backups, after)
        )  # fmt: skip
        tables.append(changes.changed(store, "backups", [one], [other]))
    pd.testing.assert_frame_equal(*tables)
    assert tables[0]["id"].is_monotonic_increasing and len(tables[0]) > 10


@pytest.mark.parametrize("missing", ["before", "after"])
def test_a_project_that_is_in_one_state_only_is_told_with_all_its_rows(
    missing: str, backups: pd.DataFrame, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    state = [
        files.write(store, "backups", place, backups, NOW, whole_at="", before=None)
        for place in PLACES
    ]
    less = state[:1]
    before, after = (less, state) if missing == "before" else (state, less)
    found = changes.changed(store, "backups", before, after)
    assert set(found["change"]) == {"added" if missing == "before" else "gone"}
    assert set(found["project"]) == {"two"} and set(found["id"]) == set(backups["id"])
    nothing = changes.changed(store, "backups", *(([], state) if before is less else (state, [])))
    assert len(nothing) == 2 * len(backups)
    assert changes.changed(store, "backups", state, state).empty
