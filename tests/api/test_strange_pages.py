"""Pages in other JSON types are read at the same speed, and tables keep no documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.api.groups.backups import BackupPage
from cbr_notebook.api.http import lenient_reader
from cbr_notebook.api.http.decoding import decode, without_sources

ROW = {"id": "b", "resource_size": 40, "incremental": True, "extend_info": {"progress": 25}}


def page(**members: Any) -> bytes:
    return json.dumps({"backups": [ROW, {**ROW, "id": "c", **members}], "count": 2}).encode()


@pytest.mark.parametrize(
    "members",
    [
        {"resource_size": "40"},
        {"incremental": "true"},
        {"incremental": "True", "resource_size": "40"},
        {"incremental": 1},
        {"resource_size": 40.0},
        {"extend_info": {"progress": "25"}},
    ],
)
def test_numbers_and_flags_as_texts_take_no_detour(
    members: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly = lenient_reader.Reader(page(**members)).answer(json.loads(page(**members)), BackupPage)

    def never(*_: object) -> None:
        raise AssertionError("was read value by value")

    monkeypatch.setattr(lenient_reader, "Reader", never)
    quickly = decode(page(**members), BackupPage)
    assert quickly == slowly
    assert [each.raw for each in quickly.backups] == [each.raw for each in slowly.backups]


def test_a_table_keeps_no_document_and_a_record_does() -> None:
    read = without_sources(decode)
    assert read(page(), BackupPage).backups[0].raw == {}
    assert decode(page(), BackupPage).backups[0].raw == ROW
    with cbr.simulate() as session:
        session.backups()
        assert session.client.backups.list(limit=1).backups[0].raw["id"]
