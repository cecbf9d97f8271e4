"""Values in other JSON types than usual: read for what they mean, or missing and told."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbr_notebook import errors, frames
from cbr_notebook.api.groups.backups import BackupPage
from cbr_notebook.api.groups.tasks import TaskPage
from cbr_notebook.api.http.decoding import Undecodable, decode
from cbr_notebook.api.messages import source
from cbr_notebook.api.messages.records import Backup
from cbr_notebook.api.messages.vault_bodies import VaultAnswer, VaultPage


def page_of(*rows: Any, **more: Any) -> BackupPage:
    return decode(json.dumps({"backups": rows, **more}).encode(), BackupPage)


def backup_with(**members: Any) -> Backup:
    return page_of({"id": "b", "name": "nightly", **members}).backups[0]


@pytest.mark.parametrize(
    ("member", "value", "read"),
    [
        ("resource_size", "40", 40),
        ("resource_size", " 40 ", 40),
        ("resource_size", "40.0", 40),
        ("resource_size", 40.0, 40),
        ("resource_size", True, 1),
        ("resource_size", "", None),
        ("resource_size", {}, None),
        ("resource_size", [], None),
        ("incremental", "false", False),
        ("incremental", "False", False),
        ("incremental", "TRUE", True),
        ("incremental", 0, False),
        ("incremental", 1, True),
        ("incremental", "1", True),
        ("incremental", "", None),
        ("incremental", {}, None),
        ("enterprise_project_id", 0, "0"),
        ("enterprise_project_id", 12, "12"),
        ("resource_az", True, "true"),
        ("description", {}, None),
        ("description", [], None),
        ("description", "", ""),
        ("status", "brand_new", "brand_new"),
        ("extend_info", {}, None),
        ("extend_info", "", None),
        ("children", {}, None),
        ("children", "", None),
    ],
)
def test_a_value_is_read_for_what_it_means(member: str, value: Any, read: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.AnswerWarning)
        found = getattr(backup_with(**{member: value}), member)
    if member == "extend_info" and value == {}:
        assert found.auto_trigger is None
    else:
        assert found == read
        assert type(found) is type(read)


@pytest.mark.parametrize(
    ("member", "value", "column"),
    [
        ("resource_size", "large", "resource_size_gb"),
        ("resource_size", "9" * 5000, "resource_size_gb"),
        ("resource_size", {"gb": 40}, "resource_size_gb"),
        ("incremental", "perhaps", "incremental"),
        ("incremental", 2, "incremental"),
        ("description", {"en": "text"}, "description"),
        ("vault_id", ["v"], "vault_id"),
        ("extend_info", 7, "extend_info"),
    ],
)
def test_what_cannot_be_read_is_missing_and_told_with_column_row_and_value(
    member: str, value: Any, column: str
) -> None:
    with pytest.warns(errors.AnswerWarning) as told:
        found = backup_with(**{member: value})
    assert getattr(found, member) is None
    assert found.raw[member] == value
    (warning,) = told
    assert str(warning.message).startswith(f"{column}: ")
    assert '"nightly"' in str(warning.message)
    assert json.dumps(value)[:20] in str(warning.message)


def test_many_values_of_one_column_are_told_at_once() -> None:
    rows = [{"id": str(number), "resource_size": "?"} for number in range(1000)]
    with pytest.warns(errors.AnswerWarning) as told:
        assert len(page_of(*rows).backups) == 1000
    (only,) = (each for each in told if each.category is errors.AnswerWarning)
    assert "1000 such values" in str(only.message)


def test_a_row_that_is_no_object_is_left_out_and_told_and_null_rows_are_none() -> None:
    with pytest.warns(errors.AnswerWarning, match="row 2"):
        page = page_of({"id": "a"}, "what?", {"id": "b"}, None)
    assert [row.id for row in page.backups] == ["a", "b"]


def test_a_progress_in_fractions_is_a_progress() -> None:
    task = {"id": "t", "extra_info": {"common": {"progress": 25.2}}}
    read = decode(json.dumps({"operation_logs": [task]}).encode(), TaskPage).operation_logs[0]
    assert read.extra_info is not None
    assert read.extra_info.common is not None
    assert read.extra_info.common.progress == 25


def test_unknown_members_are_kept() -> None:
    row = {"id": "b", "brand_new": {"a": [1, None]}, "resource_size": "40"}
    assert page_of(row).backups[0].raw == row
    assert page_of({"id": "b", "x": 1}).backups[0].raw == {"id": "b", "x": 1}
    assert Backup(id="b").raw == {}


def test_records_are_equal_by_what_is_read_of_them() -> None:
    one, other = page_of({"id": "b"}).backups[0], page_of({"id": "b", "new": 1}, count=5).backups[0]
    assert one == other == Backup(id="b")
    assert hash(one) == hash(other)
    assert "_source" not in repr(one)
    assert one != Backup(id="c")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b"7", b'"text"', b"{", b"{}", b'{"message": "please sign in"}',
        b'{"backups": 7}', b'{"backups": "none"}', b"\xff", b"{" * 5000, b'{"backups":' * 5000,
        b'{"backups": [' + b"1," * 2_000_001 + b"1]}",
        b'{"backups": [' + b"{}," * 500_001 + b"{}]}",
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)  # fmt: skip
def test_an_answer_without_what_it_is_about_cannot_be_read(content: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(content, BackupPage)


@pytest.mark.parametrize(
    "content", [b'{"backups": null}', b'{"backups": {}}', b'{"backups": ""}', b'{"backups": []}']
)
def test_a_list_that_is_empty_in_another_way_is_empty(content: bytes) -> None:
    assert decode(content, BackupPage).backups == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2020-08-17T03:51:24.678916", datetime(2020, 8, 17, 3, 51, 24, 678916)),
        ("2020-02-21T07:00:54.065+00:00", datetime(2020, 2, 21, 7, 0, 54, 65000)),
        ("2020-02-21T09:00:54.065001+02:00", datetime(2020, 2, 21, 7, 0, 54, 65001)),
        ("2020-02-23T01:00:32Z", datetime(2020, 2, 23, 1, 0, 32)),
        ("2020-08-17 08:39:44", datetime(2020, 8, 17, 8, 39, 44)),
        ("2020-08-17 08:39:44 +0200", datetime(2020, 8, 17, 6, 39, 44)),
        ("2020-08-17 08:39:44 UTC", datetime(2020, 8, 17, 8, 39, 44)),
        ("2020-08-17", datetime(2020, 8, 17)),
        ("2020-08-17T08:39:44.123456789Z", datetime(2020, 8, 17, 8, 39, 44, 123456)),
        ("9999-12-31T23:59:59", datetime(9999, 12, 31, 23, 59, 59)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1)),
        ("", None),
        (None, None),
    ],
)
def test_times_are_read_however_they_are_written(text: str | None, read: datetime | None) -> None:
    rows = [Backup(id="a", created_at=text), Backup(id="b", created_at="2020-01-01T00:00:00")]
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.AnswerWarning)
        table = frames.BACKUPS.frame(rows)
    cell = table["created_at"][0]
    if read is None:
        assert pd.isna(cell)
    else:
        assert cell.to_pydatetime() == read.replace(tzinfo=UTC)
    assert table["created_at"][1] == pd.Timestamp("2020-01-01", tz=UTC)


ZONES = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]
)
WAYS: tuple[Callable[[datetime], str], ...] = (
    lambda moment: moment.astimezone(UTC).replace(tzinfo=None).isoformat(),
    lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    lambda moment: moment.isoformat(sep=" "),
    lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%f%z}".rjust(31, "0"),
    lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC".rjust(30, "0"),
)


@settings(max_examples=int(os.environ.get("CBR_TIME_EXAMPLES", "30")), deadline=None)
@given(
    cells=st.lists(
        st.tuples(
            st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES),
            st.sampled_from(WAYS),
        ),
        max_size=9,
    )
)
def test_a_column_of_times_in_many_forms_keeps_each_microsecond(
    cells: list[tuple[datetime, Callable[[datetime], str]]],
) -> None:
    rows = [
        Backup(id=str(place), created_at=f" {write(moment)}")
        for place, (moment, write) in enumerate(cells)
    ]
    table = frames.BACKUPS.frame(rows)
    assert [each.to_pydatetime() for each in table["created_at"]] == [each for each, _ in cells]


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "0000-00-00T00:00:00",
        "2020-13-01",
        "1597636284x",
        "99-01-01",
        "0000-01-01",
        "10:00",
        "today",
    ],
)
def test_a_time_that_cannot_be_read_is_one_missing_cell(text: str) -> None:
    rows = [Backup(id=str(number), created_at="2020-01-01T00:00:00.5") for number in range(9)]
    rows[4] = Backup(id="4", name="strange", created_at=text)
    with pytest.warns(errors.AnswerWarning) as told:
        table = frames.BACKUPS.frame(rows)
    assert table["created_at"].isna().tolist() == [place == 4 for place in range(9)]
    message = str(told[0].message)
    assert len(told) == 1
    assert "created_at" in message and "strange" in message and text in message


MEMBERS = (
    "id", "name", "billing", "resources", "tags", "created_at", "locked", "bind_rules",
    "threshold", "description",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "size", "tags", "key", "billing", "resources", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
@settings(max_examples=int(os.environ.get("CBR_LENIENT_EXAMPLES", "100")), deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=9), max_size=5))
def test_whatever_a_row_holds_it_becomes_a_row(rows: list[dict[str, Any]]) -> None:
    page = decode(json.dumps({"vaults": rows}).encode(), VaultPage)
    assert len(page.vaults) == len(rows)
    assert [row.raw for row in page.vaults] == rows
    table = frames.VAULTS.frame(page.vaults)
    assert len(table) == len(rows)
    assert [str(dtype) for dtype in table.dtypes] == [
        column.dtype for column in frames.VAULTS.columns
    ]


def test_a_number_too_large_for_a_table_is_one_missing_cell() -> None:
    rows = [backup_with(resource_size=10**30), backup_with(resource_size=40)]
    with pytest.warns(errors.AnswerWarning, match="resource_size_gb: 10000"):
        table = frames.BACKUPS.frame(rows)
    assert table["resource_size_gb"].isna().tolist() == [True, False]


def test_each_part_of_a_record_has_what_the_service_sent_of_it() -> None:
    vault = {
        "id": "v", "billing": {"size": 10, "new": 1}, "tags": [{"key": "k", "new": 2}],
        "resources": [{"id": "r", "new": {"x": None}}], "bind_rules": {"tags": [{"key": "b"}]},
    }  # fmt: skip
    page = decode(json.dumps({"vaults": [{"id": "u"}, vault], "new": 3}).encode(), VaultPage)
    found = page.vaults[1]
    assert page.raw["new"] == 3
    assert found.raw == vault
    assert found.billing.raw == vault["billing"]
    assert found.tags and found.tags[0].raw == {"key": "k", "new": 2}
    assert found.resources and found.resources[0].raw == {"id": "r", "new": {"x": None}}
    assert found.bind_rules and found.bind_rules.tags
    assert found.bind_rules.tags[0].raw == {"key": "b"}
    assert page.vaults[0].billing.raw == {}
    one = decode(json.dumps({"vault": vault}).encode(), VaultAnswer).vault
    assert one.raw == vault
    assert one.billing.raw == vault["billing"]


def test_what_was_left_out_before_a_record_moves_no_raw_part() -> None:
    rows = [7, {"id": "a", "size": 0}, None, {"id": "b", "billing": '{"used": "9", "new": 1}'}]
    with pytest.warns(errors.AnswerWarning):
        page = decode(json.dumps({"vaults": rows}).encode(), VaultPage)
    assert [each.raw for each in page.vaults] == [rows[1], rows[3]]
    assert page.vaults[1].billing.raw == {"used": "9", "new": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = decode(b'{"vaults": {"id": "c", "name": 5, "tags": {"key": "k"}}}', VaultPage)
    assert one.vaults[0].raw["name"] == 5
    assert one.vaults[0].tags and one.vaults[0].tags[0].raw == {"key": "k"}


def test_half_a_character_is_no_text() -> None:
    content = b'\xef\xbb\xbf{"backups": [{"id": "a", "name": "x\\ud800"}], "count": 1}'
    with pytest.warns(errors.AnswerWarning, match="name"):
        found = decode(content, BackupPage)
    assert (found.backups[0].id, found.backups[0].name) == ("a", None)
    assert found.backups[0].raw["name"] == "x\ud800"


def test_what_records_of_a_page_came_from_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": str(number), "extend_info": {"a": [number]}} for number in range(9)]
    found = decode(json.dumps({"backups": rows, "count": 9}).encode(), BackupPage).backups
    read: list[bytes] = []
    plain = source.loads

    def noting(content: bytes) -> Any:
        read.append(content)
        return plain(content)

    monkeypatch.setattr(source, "loads", noting)
    assert [each.raw for each in found] == rows
    found[0].raw["extend_info"]["a"].append("changed by somebody")
    assert found[0].raw == rows[0]
    assert len(read) == 1
