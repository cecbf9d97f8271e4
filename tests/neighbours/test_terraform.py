"""Vaults and policies as Terraform: judged by a parser of its language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hcl2
import pytest
from hcl2.utils import SerializationOptions

import cbr_notebook as cbr
from cbr_notebook.api.messages.constants import SERVER
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import AnswerWarning, InvalidRequest

PLAIN = SerializationOptions(with_comments=False, strip_string_quotes=True, explicit_blocks=False)


def parsed(path: Path) -> dict[str, Any]:
    return hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=PLAIN)


def resources(document: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        name: body
        for each in document.get("resource", [])
        for found, bodies in each.items()
        if found.strip('"') == kind
        for name, body in ((key.strip('"'), value) for key, value in bodies.items())
    }


def test_everything_is_there_with_its_import_or_named_with_a_reason(tmp_path: Path) -> None:
    session = cbr.simulate()
    with pytest.warns(AnswerWarning, match="1 of 11 vaults and policies are not written"):
        path = session.terraform(tmp_path / "cbr.tf")
    document = parsed(path)
    vaults = resources(document, "huaweicloud_cbr_vault")
    policies = resources(document, "huaweicloud_cbr_policy")
    written = {each["id"] for each in document["import"]}
    listed = set(session.vaults()["id"]) | set(session.policies()["id"])
    left_out = listed - written
    assert len(vaults) == len(session.vaults())
    assert len(written) == len(vaults) + len(policies)
    text = path.read_text()
    assert all(f"(ID {each}) is not written: " in text for each in left_out)
    assert "it runs at 01:30" in text
    assert all(body["lifecycle"][0]["prevent_destroy"] is True for body in vaults.values())
    assert vaults["vault_web"]["size"] == 200
    assert vaults["vault_web"]["tags"] == {"team": "web"}
    assert len(vaults["vault_web"]["resources"]) == 4
    assert policies["weekly_sunday"]["backup_quantity"] == 8
    assert policies["weekly_sunday"]["backup_cycle"][0] == {
        "days": "SU", "execution_times": ["04:00"],
    }  # fmt: skip
    assert "huaweicloud_cbr_policy.daily_0300.id" in vaults["vault_web"]["policy"][0]["id"]


def test_texts_of_others_stay_texts(tmp_path: Path) -> None:
    session = cbr.simulate("empty")
    value = 'a"b\\c${var.x}%{if true}'
    vault = session.create_vault("v1", size_gb=10, object_type="server")
    session.set_tags(vault, {"note": "x", "more": "a.b"})
    from cbr_notebook.neighbours import terraform

    assert terraform._quoted(value) == '"a\\"b\\\\c$${var.x}%%{if true}"'
    body = resources(parsed(session.terraform(tmp_path / "a.tf")), "huaweicloud_cbr_vault")
    assert body["v1"]["tags"] == {"note": "x", "more": "a.b"}


def test_excluded_disks_and_two_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    session = cbr.simulate()
    session.create_vault("Twin-A", size_gb=10, object_type="server")
    session.create_vault("twin-a", size_gb=10, object_type="server")
    server = session.cloud.server("db-01")
    session.remove_resources("vault-db", "db-01", confirm="vault-db")
    session.cloud.advance(hours=1)
    disk = server.disk("vdb")
    item = ResourceItem(server.id, SERVER, extra_info={"exclude_volumes": [disk.id]})
    session.add_resources("vault-db", item)
    with pytest.warns(AnswerWarning):
        found = resources(parsed(session.terraform(tmp_path / "a.tf")), "huaweicloud_cbr_vault")
    assert {"twin_a", "twin_a_2"} <= set(found)
    members = {each["server_id"]: each for each in found["vault_db"]["resources"]}
    assert members[server.id]["excludes"] == [disk.id]
    assert sum("excludes" in each for each in members.values()) == 1


def test_a_provider_without_words_for_it_writes_no_half_of_it(tmp_path: Path) -> None:
    session = cbr.simulate()
    session.create_vault("grows", size_gb=10, object_type="server", auto_expand=True)
    with pytest.warns(AnswerWarning):
        path = session.terraform(tmp_path / "a.tf", provider="flexibleengine")
    found = resources(parsed(path), "flexibleengine_cbr_vault")
    assert found["grows"]["auto_expand"] is True
    assert "flexibleengine_cbr_policy.daily_0300.id" in found["vault_web"]["policy_id"]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.tf", {"provider": "aws"}, "'aws' is not known"),
        ("a.txt", {}, "ends with .tf"),
        ("none/a.tf", {}, "There is no folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_asked(
    tmp_path: Path, name: str, options: dict[str, Any], words: str
) -> None:
    session = cbr.simulate("empty")
    before = session.client.transport.requests
    with pytest.raises(InvalidRequest, match=words):
        session.terraform(tmp_path / name, **options)
    assert session.client.transport.requests == before


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    session = cbr.simulate("empty")
    path = session.terraform(tmp_path / "a.tf")
    with pytest.raises(InvalidRequest, match="there already"):
        session.terraform(path)
    assert session.terraform(path, overwrite=True) == path
