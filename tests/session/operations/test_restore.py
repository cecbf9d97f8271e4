"""A restore from a session: asked for by name, watched to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        server = opened.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10)))
        server.disk("vda").write_file("/etc/motd", b"good")
        server.disk("vdb").write_file("/data", b"orders")
        opened.create_vault("films", size_gb=100, resources="web-01")
        opened.back_up("films", name="clean").wait(progress=False)
        yield opened


def motd(session: Session) -> bytes:
    return session.cloud.server("web-01").disk("vda").read_file("/etc/motd")


@pytest.mark.parametrize("confirm", [None, "web-02", "clean"])
def test_nothing_is_overwritten_without_the_targets_name(
    session: Session, confirm: str | None
) -> None:
    with pytest.raises(errors.ConfirmationNeeded, match="2 disks of the server web-01"):
        session.restore("clean", confirm=confirm)
    assert len(session.tasks(operation_type="restore")) == 0


@pytest.mark.parametrize("empty_answer", [0, 1])
def test_a_server_comes_back_from_ransomware(session: Session, empty_answer: int) -> None:
    session.cloud.options["restore_answers_empty"] = empty_answer
    session.cloud.ransomware("web-01")
    for _ in range(2):  # the second restore is told from the first also without a job's ID
        task = session.restore("clean", confirm="web-01")
        task.wait(progress=False)
        assert (task.status, len(task.ids)) == ("success", 1)
    assert motd(session) == b"good"
    assert session.cloud.server("web-01").status == "ACTIVE"


@pytest.mark.parametrize(
    ("power_on", "ends"), [(None, "SHUTOFF"), (True, "ACTIVE"), (False, "SHUTOFF")]
)
def test_a_stopped_server_stays_stopped_unless_asked_otherwise(
    session: Session, power_on: bool | None, ends: str
) -> None:
    server = session.cloud.server("web-01")
    server.stop()
    session.restore("clean", power_on=power_on, confirm="web-01").wait(progress=False)
    assert motd(session) == b"good"
    assert session.cloud.server("web-01").status == ends


def test_one_disk_of_a_server_can_be_chosen(session: Session) -> None:
    server = session.cloud.server("web-01")
    for disk, path in ((server.disk("vda"), "/etc/motd"), (server.disk("vdb"), "/data")):
        disk.write_file(path, b"changed")
    children = session.find_backup("clean").children or []
    small = next(child for child in children if child.resource_size == 10)
    assert small.resource_id is not None
    session.restore("clean", disks={small.id: small.resource_id}, confirm="web-01").wait(
        progress=False
    )
    assert server.disk("vdb").read_file("/data") == b"orders"
    assert motd(session) == b"changed"


def test_the_wrong_server_is_refused_with_advice(session: Session) -> None:
    session.cloud.create_server("web-02")
    with pytest.raises(errors.InvalidRequest):
        session.restore("clean", target="web-02", confirm="web-02")
    children = session.find_backup("clean").children or []
    disk = session.cloud.server("web-02").disk("vda")
    with pytest.raises(errors.InvalidRequest) as caught:
        session.restore("clean", target="web-02", disks={children[0].id: disk.id}, confirm="web-02")
    assert caught.value.code == "BackupService.2003"
    assert caught.value.advice


def test_a_single_disk_must_be_detached(session: Session) -> None:
    disk = session.cloud.create_disk("spare", 20)
    disk.write_file("/a", b"one")
    session.create_vault("disks", size_gb=100, object_type="disk", resources="spare")
    session.back_up("disks", name="kept").wait(progress=False)
    disk.write_file("/a", b"two")
    session.cloud.server("web-01").attach(disk)
    with pytest.raises(errors.Conflict, match="detached"):
        session.restore("kept", confirm="spare")
    session.cloud.server("web-01").detach(disk)
    session.restore("kept", confirm="spare").wait(progress=False)
    assert disk.read_file("/a") == b"one"
