"""Estates that a file describes: built as written, and refused line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from tests.repository.places import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "estate.yaml"


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "estate.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest) as caught:
        cbr.simulate(path)
    return str(caught.value)


def test_the_example_is_what_it_says(tmp_path: Path) -> None:
    session = cbr.simulate(str(EXAMPLE))
    cloud = session.cloud
    start = cloud.fingerprint()
    assert set(session.vaults()["name"]) == {"vault-shop", "vault-archive"}
    assert cloud.server("shop-01").disk("vda").read_file("/etc/motd") == b"Welcome to the shop"
    assert [disk.size_gb for disk in cloud.server("shop-01").disks] == [40, 100]
    assert cloud.server("test-01").status == "SHUTOFF"
    assert cloud.disk("documents").files() == ["/handbook.txt"]
    assert set(session.unprotected()["name"]) >= {"test-01", "documents"}
    assert list(session.failures(since="90d")["error_code"]) == [
        "BackupService.8300",
        "BackupService.7203",
    ]
    nightly = session.backups(resource="shop-01", status="available")
    assert 29 <= len(nightly) <= 31
    days = nightly["created_at"].dt.date
    assert (days.max() - days.min()).days in (29, 30)
    assert set(nightly["created_at"].dt.hour) == {3}
    tasks = session.tasks(operation_type="backup")
    assert (tasks["started_at"].max() - tasks["started_at"].min()).days >= 88
    assert not (session.backups(resource="shop-02", since="20h")["status"] == "error").any()
    cloud.advance(days=1)
    cloud.reset()
    assert cloud.fingerprint() == start
    assert cbr.simulate(EXAMPLE).cloud.fingerprint() == start
    cloud.snapshot(tmp_path / "copy.state")


def test_bare_metal_and_a_vault_for_replicas(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(
        "servers: [{name: iron-01, kind: bare metal}]\n"
        "vaults:\n"
        "  - {name: local, size_gb: 100, resources: [iron-01]}\n"
        "  - {name: far, size_gb: 100, protects_by: replication}\n"
    )
    session = cbr.simulate(path)
    (resource,) = list(session.find_vault("local").resources or ())
    assert resource.type == "OS::Ironic::BareMetalServer"
    assert session.find_vault("far").billing.protect_type == "replication"
    session.back_up("local").wait(progress=False)
    told = refused(
        tmp_path,
        "servers: [{name: one}]\nvaults:\n"
        "  - {name: far, size_gb: 100, protects_by: replication, resources: [one]}\n",
    )
    assert "line 3: far takes replicas" in told


def test_a_reset_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "small.yml"
    path.write_text("servers: [{name: one}]\n")
    cloud = cbr.simulate(path).cloud
    start = cloud.fingerprint()
    path.unlink()
    cloud.delete_server("one")
    cloud.reset()
    assert cloud.fingerprint() == start


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("servrs: []\n", 1, "did you mean servers"),
        ("servers:\n  - nam: a\n", 2, "did you mean name"),
        ("servers:\n  - disks: []\n", 2, "lacks name"),
        ("servers:\n  - name: a\n  - name: a\n", 3, "two things are called a"),
        ("servers:\n  - name: 12\n", 2, 'text, in quotes: "12"'),
        ("policies:\n  - name: p\n    at: 12:30\n", 3, 'in quotes: "12:30"'),
        ("policies:\n  - name: p\n    at: '25:00'\n", 3, "cannot be '25:00'"),
        ("policies:\n  - {name: p, at: '03:00', days: [MON]}\n", 2, "did you mean MO"),
        ("vaults:\n  - {name: v, size_gb: 0}\n", 2, "from 10 to"),
        ("vaults:\n  - {name: v, size_gb: true}\n", 2, "a whole number"),
        ("servers: [{name: web}]\nvaults:\n  - {name: v, size_gb: 10, resources: [wbe]}\n", 3,
         "did you mean web"),
        ("vaults:\n  - {name: v, size_gb: 10, policy: nightly}\n", 2, "no policy nightly"),
        ("policies: [{name: nightly, at: '03:00'}]\nvaults:\n"
         "  - {name: v, size_gb: 10, policy: nigtly}\n", 3, "did you mean nightly"),
        ("vaults:\n  - {name: my vault, size_gb: 10}\n", 2, "cannot be 'my vault'"),
        ("policies:\n  - {name: a/b, at: '03:00'}\n", 2, "cannot be 'a/b'"),
        ("servers: {}\n", 1, "a list"),
        ("servers: [\n", 2, "no YAML"),
        ("history:\n  days: 1\n  days: 2\n", 3, "twice"),
        ("history:\n  days: 1\n  failures:\n    - {resource: a, days_ago: 2}\n", 4, "1 days only"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    said = refused(tmp_path, text)
    assert f"line {line}:" in said
    assert words in said


def test_a_small_file_does_not_become_a_large_estate(tmp_path: Path) -> None:
    text = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)
    )
    assert "has no a0" in refused(tmp_path, text)
    deep = text.replace("a0: &a0", "servers: &a0", 1)
    assert "a mapping" in refused(tmp_path, deep)
    assert "no YAML" in refused(tmp_path, "[" * 500)
    assert "empty" in refused(tmp_path, "# nothing\n")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        cbr.simulate(tmp_path / "none.yaml")
    with pytest.raises(InvalidRequest, match="or name a YAML file"):
        cbr.simulate("dmeo")


def test_what_the_service_would_refuse_is_a_typed_error(tmp_path: Path) -> None:
    tag = "{name: v, size_gb: 10, tags: {a b: c}}"
    assert "Parameter verification failed" in refused(tmp_path, f"vaults:\n  - {tag}\n")
