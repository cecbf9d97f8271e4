"""The handle of a cloud does the same in the kernel and over TCP."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.simulator import Cloud, Disk, Server
from cbr_notebook.simulator.classroom.control_operations import operations
from cbr_notebook.simulator.classroom.remote import RemoteCloud, RemoteDisk, RemoteServer
from cbr_notebook.simulator.classroom.serving import ServedClass
from cbr_notebook.simulator.core.state import StateFileError

Serve = Callable[..., ServedClass]


@pytest.fixture(params=["kernel", "tcp"])
def session(request: pytest.FixtureRequest, serve: Serve) -> cbr.Session:
    """A session on the demo cloud, in this process or at a seat of a class."""
    if request.param == "kernel":
        return cbr.simulate()
    return cbr.connect(join=serve(1).ready["seats"][0]["join"])


def test_a_week_passes_and_the_session_knows(session: cbr.Session) -> None:
    before = session.now
    backups = set(session.backups()["id"])
    after = session.cloud.advance(days=7)
    assert after == session.cloud.now
    assert timedelta(days=6.9) < session.now - before < timedelta(days=7.1)
    assert len(session.backups(since="7d")) > 0
    assert set(session.backups()["id"]) - backups


def test_a_wait_costs_nothing(session: cbr.Session) -> None:
    task = session.back_up("vault-web", name="mine")
    task.wait(progress=False)
    assert task.status == "success"
    assert session.cloud.now - session.now < timedelta(seconds=2)


def test_files_are_written_and_read(session: cbr.Session) -> None:
    disk = session.cloud.server("web-01").disk("vda")
    before = disk.checksum()
    disk.write_file("/etc/motd", b"\x00\xffhello")
    assert disk.read_file("/etc/motd") == b"\x00\xffhello"
    assert "/etc/motd" in disk.files()
    assert disk.checksum() != before
    disk.write(200 * 1024**2, b"raw")
    assert disk.read(200 * 1024**2, 3) == b"raw"
    disk.delete_file("/etc/motd")
    with pytest.raises(errors.NotFound, match="There is no file"):
        disk.read_file("/etc/motd")


def test_servers_are_made_and_deleted(session: cbr.Session) -> None:
    cloud = session.cloud
    server = cloud.create_server("new", disks=(("vda", 2), ("vdb", 1)), tags={"a": "b"})
    assert [disk.size_gb for disk in server.disks] == [2, 1]
    extra = cloud.create_disk("extra", 3)
    server.attach(extra)
    assert extra.device is not None
    server.detach(extra)
    assert cloud.disk("extra").device is None
    server.stop()
    assert server.status == "SHUTOFF"
    server.tag(c="d")
    cloud.delete_server("new")
    with pytest.raises(errors.NotFound, match="There are:"):
        cloud.server("new")


def test_an_incident_happens(session: cbr.Session) -> None:
    lost = session.cloud.ransomware("web-01")
    assert lost
    assert all(":" in each for each in lost)


def test_trouble_is_asked_for_and_healed(session: cbr.Session) -> None:
    cloud = session.cloud
    cloud.fail("list_vault", "BackupService.9900", times=2)
    with pytest.raises(errors.CBRError, match=r"BackupService\.9900"):
        session.vaults()
    cloud.heal()
    assert len(session.vaults())
    with pytest.raises(errors.InvalidRequest, match="no operation"):
        cloud.fail("dance", 500)


def test_options_are_read_and_set(session: cbr.Session) -> None:
    options = session.cloud.options
    assert options["vaults"] == 1000
    options["vaults"] = 1
    assert session.cloud.options["vaults"] == 1
    with pytest.raises(KeyError, match="there are"):
        options["nothing"] = 1


def test_a_reset_brings_the_start_back(session: cbr.Session) -> None:
    cloud = session.cloud
    start = cloud.fingerprint()
    session.create_vault("mine", size_gb=10)
    cloud.advance(days=30)
    assert cloud.fingerprint() != start
    cloud.reset()
    assert cloud.fingerprint() == start
    assert "mine" not in set(session.vaults()["name"])


def test_a_snapshot_begins_another_cloud(session: cbr.Session, tmp_path: Path) -> None:
    path = tmp_path / "copy.state"
    session.create_vault("mine", size_gb=10)
    session.cloud.snapshot(path)
    assert "mine" in set(cbr.simulate(template=path).vaults()["name"])
    assert session.cloud.copy().fingerprint() == session.cloud.fingerprint()
    with pytest.raises(StateFileError):
        session.cloud.snapshot(path)


def test_another_user_is_made(session: cbr.Session) -> None:
    made = session.cloud.credentials_for(user_name="ada", project="eu-west-1")
    assert (made.user_name, made.region) == ("ada", "eu-west-1")
    assert made.base_url == session.identity.endpoint


def test_wrong_arguments_are_refused(session: cbr.Session) -> None:
    with pytest.raises(TypeError):
        session.cloud.advance(fortnights=1)
    with pytest.raises(TypeError):
        session.cloud.server()  # type: ignore[call-arg]
    with pytest.raises(errors.InvalidRequest, match="does not go back"):
        session.cloud.advance(days=-1)


def test_every_method_of_the_handles_is_there_over_tcp() -> None:
    """Whatever is added to a handle is controlled from afar, or has its own way there."""
    for kind, remote in ((Cloud, RemoteCloud), (Server, RemoteServer), (Disk, RemoteDisk)):
        public = {name for name in vars(kind) if not name.startswith("_")}
        assert public - set(vars(remote)) <= {"open", "wsgi", "quiet"}


def test_the_document_describes_every_operation(serve: Serve) -> None:
    served = serve(1)
    document = httpx.get(f"{served.ready['base_url']}/control/v1/openapi.json").json()
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert {(each.method, each.path) for each in operations()} < described
    assert json.dumps(document).count("summary") == len(described)


def test_the_handle_says_where_it_is_and_no_secret(serve: Serve) -> None:
    seat = serve(1).ready["seats"][0]
    session = cbr.connect(join=seat["join"])
    assert seat["base_url"] in repr(session.cloud)
    assert seat["control_key"] not in repr(session.cloud) + repr(vars(session.cloud))
