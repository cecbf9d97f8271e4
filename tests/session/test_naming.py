"""Whatever names a thing does so in every helper: an ID, a name, a record, a row, a selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.entry import on_cloud
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest, NotFound

WAYS = ["id", "name", "record", "row", "one row", "column of names", "tuple", "mapping"]
LIKE_AN_ID = "01234567-89ab-cdef-0123-456789abcdef"


def said(way: str, record: Any, table: Any) -> Any:
    """Name a thing in one of the ways."""
    one = table[table["id"] == record.id]
    ways: dict[str, Callable[[], Any]] = {
        "id": lambda: record.id,
        "name": lambda: record.name,
        "record": lambda: record,
        "row": lambda: one.iloc[0],
        "one row": lambda: one,
        "column of names": lambda: one[["name"]],
        "tuple": lambda: next(one.itertuples()),
        "mapping": lambda: one.to_dict("records")[0],
    }
    return ways[way]()


@pytest.fixture(scope="module")
def built() -> Iterator[Session]:
    """Vaults with a server and a disk in them, their backups, policies, and a region elsewhere."""
    with cbr.simulate("empty") as opened:
        opened.cloud.create_server("web-01").disk("vda").write_file("/etc/hosts", b"x")
        opened.cloud.create_server("web-02")
        opened.cloud.create_disk("archive", 10)
        opened.create_vault("films", size_gb=200, resources="web-01")
        opened.create_vault("disks", size_gb=200, object_type="disk", resources="archive")
        opened.create_policy("nightly", days="daily", times="23:00", max_backups=3)
        for vault, name in (("films", "clean"), ("disks", "of-disk")):
            opened.back_up(vault, name=name).wait(progress=False)
        yield opened


@pytest.fixture
def session(built: Session) -> Iterator[Session]:
    """A cloud of one's own that is like the built one."""
    with on_cloud(built.cloud.copy()) as opened:
        yield opened


VAULT_HELPERS: dict[str, Callable[[Session, Any], Any]] = {
    "find_vault": lambda s, v: s.find_vault(v),
    "update_vault": lambda s, v: s.update_vault(v, size_gb=300),
    "delete_vault": lambda s, v: _asks(lambda: s.delete_vault(v)),
    "add_resources": lambda s, v: s.add_resources(v, "web-02"),
    "remove_resources": lambda s, v: _asks(lambda: s.remove_resources(v, "web-01")),
    "back_up": lambda s, v: s.back_up(v),
    "apply_policy": lambda s, v: s.apply_policy("nightly", v),
    "remove_policy": lambda s, v: (
        s.apply_policy("nightly", "films"),
        s.remove_policy("nightly", v),
    ),
    "backups": lambda s, v: _one(s.backups(vault=v)),
    "tasks": lambda s, v: _one(s.tasks(vault=v)),
    "restore_points": lambda s, v: _one(s.restore_points(vault=v)),
    "policies": lambda s, v: s.policies(vault=v),
    "vault_resources": lambda s, v: _one(s.vault_resources(v)),
    "tags": lambda s, v: s.tags(v),
    "tag": lambda s, v: s.tag(v, team="web"),
    "untag": lambda s, v: (s.tag("films", team="web"), s.untag(v, "team")),
    "set_tags": lambda s, v: s.set_tags(v, {"team": "web"}),
}
BACKUP_HELPERS: dict[str, Callable[[Session, Any], Any]] = {
    "find_backup": lambda s, b: s.find_backup(b),
    "backups": lambda s, b: _one(s.backups(parent=b)),
    "delete_backup": lambda s, b: _asks(lambda: s.delete_backup(b)),
    "restore": lambda s, b: _asks(lambda: s.restore(b)),
    "plan_restore": lambda s, b: s.plan_restore(b),
    "plan_restores": lambda s, b: s.plan_restores([{"backup": b}]),
    "share": lambda s, b: s.share(b, _staging(s).identity.project_id),
    "members": lambda s, b: s.members(b),
    "unshare": lambda s, b: (
        s.share("clean", _staging(s).identity.project_id),
        s.unshare(b, _staging(s).identity.project_id),
    ),
    "accept_share": lambda s, b: _offered(s).accept_share(b, vault="theirs"),
    "reject_share": lambda s, b: _offered(s).reject_share(b),
    "replicate": lambda s, b: s.replicate(b, **_elsewhere(s)),
}
POLICY_HELPERS: dict[str, Callable[[Session, Any], Any]] = {
    "find_policy": lambda s, p: s.find_policy(p),
    "create_vault": lambda s, p: s.create_vault("more", size_gb=10, policy=p),
    "update_policy": lambda s, p: s.update_policy(p, enabled=False),
    "delete_policy": lambda s, p: _asks(lambda: s.delete_policy(p)),
    "apply_policy": lambda s, p: s.apply_policy(p, "films"),
    "remove_policy": lambda s, p: (s.apply_policy("nightly", "films"), s.remove_policy(p, "films")),
    "vaults": lambda s, p: (s.apply_policy("nightly", "films"), _one(s.vaults(policy=p))),
    "policy_rules": lambda s, p: _one(s.policy_rules(p)),
}
RESOURCE_HELPERS: dict[str, Callable[[Session, Any], Any]] = {
    "find_resource": lambda s, r: s.find_resource(r),
    "back_up": lambda s, r: s.back_up("films", resources=r),
    "remove_resources": lambda s, r: _asks(lambda: s.remove_resources("films", r)),
    "backups": lambda s, r: _one(s.backups(resource=r)),
    "tasks": lambda s, r: _one(s.tasks(resource=r)),
    "restore_points": lambda s, r: _one(s.restore_points(resource=r)),
    "changed_data": lambda s, r: _one(s.changed_data(r)),
    "suspicion": lambda s, r: _one(s.suspicion(r)),
    "last_quiet_backup": lambda s, r: s.last_quiet_backup(r, accept_unjudged=True),
    "restore": lambda s, r: _asks(lambda: s.restore("clean", target=r)),
    "plan_restore": lambda s, r: s.plan_restore("clean", target=r),
    "take_manifest": lambda s, r: s.take_manifest(r),
}
FREE_RESOURCE_HELPERS: dict[str, Callable[[Session, Any], Any]] = {
    "create_vault": lambda s, r: s.create_vault("more", size_gb=100, resources=r),
    "add_resources": lambda s, r: s.add_resources("films", r),
}


def _asks(act: Callable[[], Any]) -> None:
    with pytest.raises(ConfirmationNeeded):
        act()


def _one(table: pd.DataFrame) -> pd.DataFrame:
    assert len(table) == 1
    return table


def _staging(session: Session) -> Session:
    return session.in_project("eu-west-0_staging")


def _offered(session: Session) -> Session:
    session.share("clean", _staging(session).identity.project_id)
    receiver = _staging(session)
    receiver.create_vault("theirs", size_gb=100)
    return receiver


def _elsewhere(session: Session) -> dict[str, str]:
    session.in_project("eu-west-1").create_vault(
        "replicas", size_gb=200, protect_type="replication"
    )
    return {"destination_region": "eu-west-1", "destination_vault": "replicas"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("helper", VAULT_HELPERS)
def test_a_vault_is_named_in_every_way(session: Session, helper: str, way: str) -> None:
    VAULT_HELPERS[helper](session, said(way, session.find_vault("films"), session.vaults()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("helper", BACKUP_HELPERS)
def test_a_backup_is_named_in_every_way(session: Session, helper: str, way: str) -> None:
    BACKUP_HELPERS[helper](session, said(way, session.find_backup("clean"), session.backups()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("helper", POLICY_HELPERS)
def test_a_policy_is_named_in_every_way(session: Session, helper: str, way: str) -> None:
    POLICY_HELPERS[helper](session, said(way, session.find_policy("nightly"), session.policies()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("helper", RESOURCE_HELPERS)
def test_a_resource_is_named_in_every_way(session: Session, helper: str, way: str) -> None:
    record, table = session.find_resource("web-01", "server"), session.resources("server")
    RESOURCE_HELPERS[helper](session, said(way, record, table))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("helper", FREE_RESOURCE_HELPERS)
def test_a_resource_in_no_vault_is_named_in_every_way(
    session: Session, helper: str, way: str
) -> None:
    record, table = session.find_resource("web-02", "server"), session.resources("server")
    FREE_RESOURCE_HELPERS[helper](session, said(way, record, table))


@pytest.mark.parametrize("way", ["id", "row", "one row", "tuple", "mapping", "record"])
def test_a_task_is_named_in_every_way(session: Session, way: str) -> None:
    table = session.tasks()
    record = session.client.tasks.show(table["id"].iloc[0])
    assert session.task(said(way, record, table)).id == record.id


@pytest.mark.parametrize("way", WAYS)
def test_a_vault_for_replicas_is_named_in_every_way(session: Session, way: str) -> None:
    _elsewhere(session)
    there = session.in_project("eu-west-1")
    vault = said(way, there.find_vault("replicas"), there.vaults())
    task = session.replicate(vault="films", destination_region="eu-west-1", destination_vault=vault)
    assert task.wait(progress=False).status == "success"
    session.create_policy(
        "copies", days="daily", times="01:00", max_backups=3, operation_type="replication",
        destination_region="eu-west-1", destination_project_id=there.identity.project_id,
    )  # fmt: skip
    session.apply_policy("copies", "films", destination_vault=vault)
    assert list(session.policies(vault="films")["name"]) == ["copies"]


def test_a_row_without_an_id_of_its_own_names_the_thing_it_is_about(session: Session) -> None:
    row = session.changed_data("web-01").iloc[0]
    assert session.find_backup(row).name == "clean"
    assert session.find_resource(row).name == "web-01"
    assert session.find_vault(row).name == "films"


@pytest.mark.parametrize("find", ["find_vault", "find_backup", "find_policy", "find_resource"])
@pytest.mark.parametrize("wrong", [["films", "disks"], [], 7, None, {"size": 7}, b"films"])
def test_what_does_not_name_one_thing_is_refused(session: Session, find: str, wrong: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        getattr(session, find)(wrong)
    assert caught.value.advice


@pytest.mark.parametrize("question", ["backups", "tasks"])
@pytest.mark.parametrize("what", ["vault", "resource"])
def test_an_empty_selection_does_not_mean_everything(
    session: Session, question: str, what: str
) -> None:
    nothing = session.vaults().head(0)
    with pytest.raises(InvalidRequest, match="selection is empty"):
        getattr(session, question)(**{what: nothing})


def test_a_name_that_looks_like_an_id_is_found(session: Session) -> None:
    session.update_vault("films", name=LIKE_AN_ID)
    session.update_policy("nightly", name=LIKE_AN_ID)
    session.cloud.create_server(LIKE_AN_ID)
    vault = session.find_vault(LIKE_AN_ID)
    assert vault.name == LIKE_AN_ID
    assert session.find_policy(LIKE_AN_ID).name == LIKE_AN_ID
    assert session.find_resource(LIKE_AN_ID).name == LIKE_AN_ID
    session.add_resources(LIKE_AN_ID, LIKE_AN_ID)
    task = session.back_up(LIKE_AN_ID, resources=LIKE_AN_ID, name=LIKE_AN_ID)
    task.wait(progress=False)
    assert len(task.records) == 1
    assert session.find_backup(LIKE_AN_ID).resource_name == LIKE_AN_ID
    assert len(session.backups(vault=LIKE_AN_ID)) == 2


def test_an_id_wins_over_a_name_that_looks_like_it(session: Session) -> None:
    disks = session.find_vault("disks").id
    session.update_vault("films", name=disks)
    assert session.find_vault(disks).name == "disks"


@pytest.mark.parametrize("find", ["find_vault", "find_backup", "find_policy", "find_resource"])
def test_an_id_of_nothing_is_not_found(session: Session, find: str) -> None:
    with pytest.raises(NotFound):
        getattr(session, find)(LIKE_AN_ID)


def test_a_name_of_two_resources_with_backups_is_not_taken_for_one_of_them(
    session: Session,
) -> None:
    old = session.find_resource("web-01").id
    session.cloud.delete_server(old)
    session.cloud.create_server("web-01")
    (new,) = [row.id for row in session.client.protectables.list_all("server", name="web-01")]
    session.add_resources("films", new)
    session.back_up("films", resources=new, name="newer").wait(progress=False)
    for ask in (session.changed_data, session.suspicion, session.last_quiet_backup):
        with pytest.raises(InvalidRequest, match="fits 2 resources") as caught:
            ask("web-01")
        assert old in str(caught.value.advice)
        assert new in str(caught.value.advice)
    assert session.last_quiet_backup(old, accept_unjudged=True).name == "clean"


def test_a_shared_backup_whose_name_fits_several_is_not_guessed(session: Session) -> None:
    session.back_up("films", name="clean").wait(progress=False)
    receiver = _staging(session)
    receiver.create_vault("theirs", size_gb=100)
    for each in session.backups(name="clean")["id"]:
        session.share(each, receiver.identity.project_id)
    with pytest.raises(InvalidRequest, match="fits 2") as caught:
        receiver.accept_share("clean", vault="theirs")
    assert all(each in str(caught.value.advice) for each in session.backups(name="clean")["id"])
