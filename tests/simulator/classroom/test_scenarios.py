"""Each scenario has its true code and can be undone, in the kernel and over TCP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import catalogue, errors
from cbr_notebook.api.groups.protectables import AgentQuestion
from cbr_notebook.simulator.classroom.serving import ServedClass, serve_seats
from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.classroom.conftest import running as serving

Serve = Callable[..., ServedClass]


@pytest.fixture(scope="module")
def served() -> Iterator[ServedClass]:
    """A class of one, for all tests of this file: each begins with its cloud's start."""
    with serving(serve_seats(Cloud.open("demo"), 1)) as one:
        yield one


@pytest.fixture(params=["kernel", "tcp"])
def session(request: pytest.FixtureRequest, served: ServedClass) -> cbr.Session:
    """A session on the demo cloud, in this process or at a seat of a class."""
    if request.param == "kernel":
        return cbr.simulate()
    return at_seat(served)


def at_seat(served: ServedClass) -> cbr.Session:
    session = cbr.connect(join=served.ready["seats"][0]["join"])
    session.cloud.reset()
    return session


def with_token(seat: dict[str, Any]) -> Callable[[], httpx.Response]:
    """Sign in by password; return what lists the vaults with that token, as often as called."""
    user = {
        "name": seat["user_name"],
        "password": seat["password"],
        "domain": {"name": seat["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": seat["project_id"]}}
    signed_in = httpx.post(
        f"{seat['base_url']}/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}
    )
    headers = {"X-Auth-Token": signed_in.headers["X-Subject-Token"]}
    path = f"{seat['base_url']}/v3/{seat['project_id']}/vaults"
    return lambda: httpx.get(path, headers=headers)


def running(session: cbr.Session) -> set[str]:
    table = session.cloud.scenarios()
    return set(table[table["running"]]["name"])


def test_they_are_listed_with_codes_and_a_way_back(session: cbr.Session) -> None:
    table = session.cloud.scenarios()
    assert {
        "full_vault", "failing_policy", "expired_token", "ransomware", "ransomware_slow",
        "ransomware_pausing", "deleted_server", "grown_disk", "quota", "replication_lag",
        "agent_offline", "throttling", "maintenance", "deleting_colleague",
    } == set(table["name"])  # fmt: skip
    assert dict(table.dtypes.astype(str)) == {
        name: "bool" if name == "running" else "string" for name in table.columns
    }
    assert table["undo"].str.len().min() > 10
    assert not table["running"].any()
    codes = {code for each in table["codes"] for code in each.split(", ") if "." in code}
    assert codes
    assert all(catalogue.lookup(code) is not None for code in codes)


def test_an_unknown_one_is_refused_with_a_near_name(session: cbr.Session) -> None:
    with pytest.raises(errors.InvalidRequest, match="Did you mean full_vault"):
        session.cloud.scenario("full_vaults")
    with pytest.raises(errors.InvalidRequest, match="whole cloud"):
        session.cloud.scenario("quota", "web-01")
    with pytest.raises(errors.NotFound, match="There are:"):
        session.cloud.scenario("ransomware", "web-99")
    with pytest.raises(errors.Conflict, match="not running"):
        session.cloud.undo_scenario("quota")
    assert not running(session)


def test_a_full_vault_takes_no_backup(session: cbr.Session) -> None:
    (before,) = session.vaults().loc[lambda table: table["name"] == "vault-web", "size_gb"]
    begun = session.cloud.scenario("full_vault", "vault-web")
    assert (begun.name, begun.target, begun.running) == ("full_vault", "vault-web", True)
    with pytest.raises(errors.QuotaExceeded, match=r"BackupService\.6114"):
        session.back_up("vault-web")
    with pytest.raises(errors.Conflict, match="running already"):
        session.cloud.scenario("full_vault", "vault-db")
    assert running(session) == {"full_vault"}
    assert not session.cloud.undo_scenario("full_vault").running
    (after,) = session.vaults().loc[lambda table: table["name"] == "vault-web", "size_gb"]
    assert after == before
    session.back_up("vault-web", resources="web-01")


def test_a_policy_fails_from_the_next_night_on(session: cbr.Session) -> None:
    session.cloud.scenario("failing_policy")
    session.cloud.advance(days=1)
    failures = session.failures(since="1d")
    assert "BackupService.7203" in set(failures["error_code"])
    session.cloud.undo_scenario("failing_policy")
    session.cloud.advance(days=1, hours=1)
    assert session.failures(since="1d").empty


def test_a_session_signs_in_again_when_its_token_expires(session: cbr.Session) -> None:
    session.vaults()
    session.cloud.scenario("expired_token")
    assert len(session.vaults())


def test_an_expired_token_has_its_code(served: ServedClass) -> None:
    cloud = at_seat(served).cloud
    vaults = with_token(served.ready["seats"][0])
    assert vaults().status_code == 200
    cloud.scenario("expired_token")
    refused = vaults()
    assert (refused.status_code, refused.json()["error_code"]) == (401, "APIGW.0301")
    cloud.undo_scenario("expired_token")
    assert vaults().status_code == 200


@pytest.mark.parametrize(
    ("name", "lasts"), [("ransomware", 0), ("ransomware_slow", 13), ("ransomware_pausing", 5)]
)
def test_files_are_encrypted_at_their_pace(session: cbr.Session, name: str, lasts: int) -> None:
    cloud = session.cloud
    disk = cloud.server("web-01").disk("vda")
    before, names = disk.checksum(), disk.files()
    cloud.scenario(name, "web-01")
    at_once = disk.checksum()
    assert at_once != before
    if lasts:
        assert [each for each in disk.files() if not each.endswith(".locked")]
        cloud.advance(days=lasts)
        assert disk.checksum() != at_once
    assert all(each.endswith(".locked") or "README" in each for each in disk.files())
    cloud.undo_scenario(name)
    assert (disk.checksum(), disk.files()) == (before, names)
    cloud.advance(days=7)
    assert disk.files() == names


def test_an_attack_that_is_undone_midway_goes_no_further(session: cbr.Session) -> None:
    disk = session.cloud.server("web-01").disk("vda")
    before = disk.checksum()
    session.cloud.scenario("ransomware_slow", "web-01")
    session.cloud.advance(days=3)
    session.cloud.undo_scenario("ransomware_slow")
    session.cloud.advance(days=14)
    assert disk.checksum() == before


def test_a_deleted_server_is_missed_by_its_backup(session: cbr.Session) -> None:
    cloud = session.cloud
    sums = [disk.checksum() for disk in cloud.server("db-01").disks]
    cloud.scenario("deleted_server", "db-01")
    with pytest.raises(errors.NotFound, match="There are:"):
        cloud.server("db-01")
    with pytest.raises(errors.NotFound, match=r"BackupService\.7100"):
        session.back_up("vault-db", resources="db-01")
    cloud.undo_scenario("deleted_server")
    assert [disk.checksum() for disk in cloud.server("db-01").disks] == sums
    session.back_up("vault-db", resources="db-01")


def test_a_disk_grows_and_shrinks(session: cbr.Session) -> None:
    disk = session.cloud.server("db-01").disks[-1]
    before = disk.size_gb
    session.cloud.scenario("grown_disk", "db-01")
    assert disk.size_gb == 2 * before
    session.cloud.undo_scenario("grown_disk")
    assert disk.size_gb == before


def test_the_quota_is_used_up(session: cbr.Session) -> None:
    session.cloud.scenario("quota")
    with pytest.raises(errors.QuotaExceeded, match=r"BackupService\.6133"):
        session.create_vault("one-more", size_gb=10)
    session.cloud.undo_scenario("quota")
    session.create_vault("one-more", size_gb=10)


def test_a_replica_comes_late(session: cbr.Session) -> None:
    backup = session.backups(resource="web-01", status="available", limit=1).iloc[0]
    session.cloud.scenario("replication_lag")
    task = session.replicate(
        backup["id"], destination_region="eu-west-1", destination_vault="vault-replica"
    )
    session.cloud.advance(days=1)
    assert not task.refresh().ended
    session.cloud.advance(days=1)
    assert task.refresh().status == "success"
    session.cloud.undo_scenario("replication_lag")
    assert session.cloud.options["replication_lag_seconds"] == 0


def test_an_agent_goes_offline(session: cbr.Session) -> None:
    agents = session.client.agents
    session.cloud.scenario("agent_offline", "web-01")
    (agent,) = agents.list_all()
    assert (agent.host_name, agent.status) == ("web-01", "offline")
    with pytest.raises(errors.Conflict, match=r"BackupService\.7403"):
        agents.update(agent.agent_id, status="uninstall")
    session.cloud.undo_scenario("agent_offline")
    assert not list(agents.list_all())


def test_without_its_agent_a_server_is_backed_up_without_its_applications(
    session: cbr.Session,
) -> None:
    vaults = session.client.vaults
    server = session.cloud.server("legacy-01")
    session.create_vault("databases", size_gb=100, resources="legacy-01")
    vault = session.find_vault("databases")
    vaults.update(vault.id, consistent_level="app_consistent")

    def seen() -> tuple[object, ...]:
        (checked,) = session.client.protectables.check_agents(
            [AgentQuestion(server.id, "OS::Nova::Server", server.name)]
        )
        session.back_up("databases").wait(progress=False)
        newest = session.backups(resource="legacy-01", limit=1)["id"].iloc[0]
        kept = session.client.backups.show(newest).extend_info.app_consistency
        return checked.code, kept.app_consistency, kept.app_consistency_error_code

    assert seen() == (None, "1", "0")
    session.cloud.scenario("agent_offline", "legacy-01")
    assert seen() == ("BackupService.7403", "0", "BackupService.7403")
    session.cloud.undo_scenario("agent_offline")
    assert seen() == (None, "1", "0")


def test_too_many_requests_are_waited_out(session: cbr.Session) -> None:
    session.cloud.scenario("throttling")
    assert len(session.vaults())
    assert len(session.policies())
    session.cloud.undo_scenario("throttling")
    assert not running(session)


def test_a_closed_service_opens_again(served: ServedClass) -> None:
    cloud = at_seat(served).cloud
    vaults = with_token(served.ready["seats"][0])
    cloud.scenario("maintenance")
    assert [vaults().status_code for _ in range(3)] == [503] * 3
    cloud.undo_scenario("maintenance")
    assert vaults().status_code == 200


def test_a_colleague_deletes_backups(session: cbr.Session) -> None:
    def backups() -> list[str]:
        return list(session.backups(resource="web-01", status="available")["id"])

    def used() -> float:
        return float(session.vaults().set_index("name").loc["vault-web", "used_mb"])

    cloud, before, room = session.cloud, backups(), used()
    cloud.scenario("deleting_colleague", "web-01")
    cloud.advance(minutes=5)  # before the hour, at which retention deletes
    gone = [each for each in before if each not in backups()]
    assert len(gone) == 3
    with pytest.raises(errors.NotFound, match=r"BackupService\.6200"):
        session.client.backups.show(gone[0])
    assert len(session.tasks(operation_type="delete", since="1h")) == 3
    cloud.undo_scenario("deleting_colleague")
    assert backups() == before
    assert used() == room


@pytest.mark.parametrize("minutes", [0, 5], ids=["before they are gone", "when they are gone"])
def test_backups_that_came_back_hold_their_bytes(minutes: int) -> None:
    session = cbr.simulate()
    cloud, disk = session.cloud, session.cloud.server("web-01").disk("vda")
    made = []
    for text in (b"one", b"two"):
        disk.write_file("/etc/motd", text)
        made.append(disk.checksum())
        session.back_up("vault-web", resources="web-01", name=text.decode()).wait(progress=False)
    cloud.scenario("deleting_colleague", "web-01")
    cloud.advance(minutes=minutes)
    disk.write_file("/etc/motd", b"three")
    session.back_up("vault-web", resources="web-01", name="three").wait(progress=False)
    cloud.undo_scenario("deleting_colleague")
    for name, checksum in zip(("one", "two"), made, strict=True):
        (backup,) = session.backups(name=name, status="available")["id"]
        session.restore(backup, target="web-01", confirm="web-01").wait(progress=False)
        assert disk.checksum() == checksum
    assert session.client.vaults.list(name="vault-web").vaults


def test_a_running_one_survives_the_end_of_its_process(tmp_path: Path) -> None:
    path = tmp_path / "cloud.state"
    first = cbr.simulate(state=path)
    first.cloud.scenario("maintenance")
    first.cloud.scenario("full_vault", "vault-web")
    first.cloud.close()
    again = cbr.simulate(state=path)
    assert running(again) == {"maintenance", "full_vault"}
    with pytest.raises(errors.CBRError, match="503"):
        again.vaults()
    again.cloud.heal()
    assert running(again) == {"full_vault"}
    assert len(again.vaults())
    again.cloud.reset()
    assert not running(again)


def test_the_instructor_lets_it_happen_at_one_seat(serve: Serve) -> None:
    served = serve(2)
    ready = served.ready
    answer = httpx.post(
        f"{ready['base_url']}/control/v1/cloud/scenario",
        params={"seat": "2"},
        headers={"X-Control-Key": ready["instructor_key"]},
        json={"name": "quota"},
    )
    assert answer.json()["running"] is True
    first, second = (cbr.connect(join=seat["join"]) for seat in ready["seats"])
    assert running(first) == set()
    assert running(second) == {"quota"}


def test_unknown_options_and_traits_change_nothing(session: cbr.Session) -> None:
    cloud = session.cloud
    before = cloud.options.all()
    with pytest.raises(KeyError, match="there are"):
        cloud.options.set({"vaults": 1, "nothing": 1})
    with pytest.raises(ValueError, match="whole number"):
        cloud.options["vaults"] = -1
    assert cloud.options.all() == before
    with pytest.raises(errors.InvalidRequest, match="no trait"):
        cloud.server("web-01").set_trait("haunted", True)
    with pytest.raises(errors.InvalidRequest, match="does not change color"):
        cloud.server("web-01").rebuild(color="red")
    with pytest.raises(errors.InvalidRequest, match="It changes: architecture"):
        cloud.server("web-01").rebuild()
    with pytest.raises(TypeError):
        cloud.create_server("new", color="red")
