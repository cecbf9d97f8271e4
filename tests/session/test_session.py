"""What people do with a session, on a cloud of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        opened.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10)))
        opened.cloud.create_server("web-02")
        opened.cloud.create_disk("spare", 20)
        yield opened


def test_the_card_says_who_and_where_and_nothing_secret(session: Session) -> None:
    secret = session.cloud.credentials.secret_key
    for text in (repr(session), session._repr_html_()):
        assert "eu-west-0" in text
        assert session.identity.project_id in text
        assert secret not in text


def test_every_table_has_the_same_columns_and_dtypes_when_it_is_empty() -> None:
    with cbr.simulate("empty") as bare, cbr.simulate("demo") as full:
        for name in ("vaults", "backups", "tasks", "policies", "resources"):
            empty, filled = getattr(bare, name)(), getattr(full, name)()
            assert not len(empty) or name == "resources"
            assert len(filled)
            for column in filled.columns:
                kind = str(empty[column].dtype)
                assert str(filled[column].dtype) == kind, column
            described = cbr.schema(name)
            assert list(described["column"]) == list(filled.columns)


def test_a_table_remembers_what_was_asked(session: Session) -> None:
    attrs = session.backups(status="available").attrs
    assert attrs["filters"] == {"status": "available"}
    assert attrs["region"] == "eu-west-0"
    assert attrs["requests"] == 2  # the list, which is empty, and how many it has without filters


def test_a_resource_may_be_named_in_every_way(session: Session) -> None:
    vault = session.create_vault("films", size_gb=100)
    servers = session.resources("server")
    row = servers[servers["name"] == "web-01"].iloc[0]
    one = servers[servers["name"] == "web-01"][["name"]]
    record = session.find_resource("web-01")
    for way in (row, one, record, record.id, "web-01", ["web-01"]):
        assert session.add_resources(vault, way) == [record.id]
    assert len(session.add_resources("films", servers)) == 2


def test_an_unknown_name_is_an_error_that_lists_the_candidates(session: Session) -> None:
    session.create_vault("films", size_gb=100)
    with pytest.raises(errors.NotFound, match="films"):
        session.find_vault("movies")
    with pytest.raises(errors.NotFound, match="web-01, web-02"):
        session.add_resources("films", "web-03")


def test_an_ambiguous_name_is_an_error_that_lists_the_ids(session: Session) -> None:
    ids = [session.create_vault("films", size_gb=100).id for _ in range(2)]
    with pytest.raises(errors.InvalidRequest) as caught:
        session.find_vault("films")
    assert all(each in str(caught.value) for each in ids)


def test_a_server_in_a_vault_is_not_taken_by_another(session: Session) -> None:
    session.create_vault("first", size_gb=100, resources="web-01")
    session.create_vault("second", size_gb=100)
    with pytest.raises(errors.Conflict) as caught:
        session.add_resources("second", "web-01")
    assert caught.value.code == "BackupService.6103"
    assert caught.value.request_id
    assert session.vaults(name="second")["resources"].item() == 0


def test_a_full_vault_refuses_a_backup_and_says_what_to_do(session: Session) -> None:
    session.cloud.server("web-01").disk("vda").fill(1100)
    session.create_vault("films", size_gb=10, resources="web-01")
    session.update_vault("films", size_gb=1)
    session.back_up("films").wait(progress=False)
    with pytest.raises(errors.QuotaExceeded, match="update_vault"):
        session.back_up("films")


def test_backing_up_several_servers_is_one_task(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources=["web-01", "web-02"])
    task = session.back_up("films", name="both")
    assert task.status == "waiting"
    task.wait(progress=False)
    assert (task.status, task.progress, len(task.ids)) == ("success", 100, 2)
    assert sorted(session.backups(vault="films")["name"]) == ["both-0001", "both-0002"]


def test_a_failed_backup_says_which_server_and_why(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources=["web-01", "web-02"])
    session.cloud.server("web-02").set_trait("backup_fails", "BackupService.7203")
    with pytest.raises(errors.TaskFailed) as caught:
        session.back_up("films").wait(progress=False)
    text = str(caught.value)
    assert "web-02" in text
    assert "The other 1 went well" in text
    assert caught.value.code == "BackupService.7203"
    assert list(session.backups(vault="films", status="error")["resource_name"]) == ["web-02"]


def test_waiting_can_be_limited_and_taken_up_again(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    task = session.back_up("films")
    with pytest.raises(errors.WaitTimeout, match="Watch it again"):
        task.wait(timeout=30, progress=False)
    assert task.id is not None
    again = session.task(task.id)
    assert again.status == "running"
    again.wait(progress=False)
    assert again.status == "success"


def test_an_interrupt_stops_the_waiting_not_the_work(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    task = session.back_up("films")

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session.poller, "sleep", interrupted)
    with pytest.raises(errors.WaitTimeout, match="You stopped waiting"):
        task.wait()
    session.cloud.advance(hours=1)
    assert task.refresh().status == "success"


def test_a_minute_of_a_backup_costs_few_requests(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    task = session.back_up("films")
    before = session.client.transport.requests
    with pytest.raises(errors.WaitTimeout):
        task.wait(timeout=60, progress=False)
    assert session.client.transport.requests - before <= 14


@pytest.mark.parametrize("confirm", [None, "Films", "films "])
def test_deleting_a_vault_asks_for_its_name(session: Session, confirm: str | None) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    session.back_up("films").wait(progress=False)
    with pytest.raises(errors.ConfirmationNeeded, match="1 backup"):
        session.delete_vault("films", confirm=confirm)
    assert len(session.vaults()) == 1


def test_removing_a_resource_says_how_many_backups_go_and_then_removes_them(
    session: Session,
) -> None:
    session.create_vault("films", size_gb=100, resources=["web-01", "web-02"])
    session.back_up("films").wait(progress=False)
    with pytest.raises(errors.ConfirmationNeeded, match=r"backups of web-01.*1 backup"):
        session.remove_resources("films", "web-01")
    session.remove_resources("films", "web-01", confirm="films").wait(progress=False)
    assert list(session.backups()["resource_name"]) == ["web-02"]


def test_a_backup_is_deleted_by_its_name(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    session.back_up("films", name="first").wait(progress=False)
    with pytest.raises(errors.ConfirmationNeeded, match="first"):
        session.delete_backup("first")
    session.delete_backup("first", confirm="first").wait(progress=False)
    assert len(session.backups()) == 0


def test_a_policy_in_words_fires_and_is_kept_for_its_days(session: Session) -> None:
    session.create_vault("films", size_gb=100, resources="web-01")
    policy = session.create_policy("nightly", days=["MO", "TU"], times="23:30", retention_days=2)
    assert policy.trigger is not None
    assert policy.trigger.properties is not None
    assert policy.trigger.properties.pattern == ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=23;BYMINUTE=30"]
    session.apply_policy("nightly", "films")
    session.cloud.advance(days=2)
    assert len(session.backups()) == 2
    session.cloud.advance(days=4)
    assert len(session.backups()) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": "25:00"},
        {"times": []},
        {"times": "23:00", "days": "funday"},
        {"times": "23:00", "every_days": 31},
        {"pattern": "FREQ=DAILY;BYHOUR=1;BYMINUTE=0", "times": "23:00"},
    ],
)
def test_a_policy_with_impossible_times_is_refused(
    session: Session, wrong: dict[str, object]
) -> None:
    with pytest.raises(errors.InvalidRequest):
        session.create_policy("nightly", **wrong)  # type: ignore[arg-type]
    assert len(session.policies()) == 0


@pytest.mark.parametrize("since", ["yesterday", "7", "2020-13-01"])
def test_a_time_that_cannot_be_read_is_refused(session: Session, since: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="since"):
        session.backups(since=since)


def test_an_expired_token_is_renewed_on_the_way(session: Session) -> None:
    account = session.cloud.credentials
    assert account.user_name
    session.cloud.advance(days=3)
    assert isinstance(session.vaults(), pd.DataFrame)


def test_a_cloud_in_a_file_continues_exactly(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite"
    with cbr.simulate("empty", state=path) as first:
        first.cloud.create_server("web-01")
        first.create_vault("films", size_gb=100, resources="web-01")
        first.back_up("films")
        then = first.now
    with cbr.simulate(state=path) as second:
        assert second.now == then
        second.cloud.advance(hours=1)
        assert list(second.backups()["status"]) == ["available"]


def test_the_same_seed_and_calls_give_the_same_ids_and_times() -> None:
    seen = []
    for _ in range(2):
        with cbr.simulate("demo") as session:
            session.create_vault("films", size_gb=100)
            seen.append(session.vaults()[["id", "created_at"]].to_csv())
    assert seen[0] == seen[1]
    with cbr.simulate("demo", seed=8) as other:
        other.create_vault("films", size_gb=100)
        assert other.vaults()[["id", "created_at"]].to_csv() != seen[0]


def test_projects_and_users_share_a_cloud(session: Session) -> None:
    session.create_vault("films", size_gb=100)
    elsewhere = session.in_project("eu-west-1")
    assert len(elsewhere.vaults()) == 0
    colleague = session.as_user("grace")
    assert list(colleague.vaults()["name"]) == ["films"]
    with pytest.raises(errors.NotFound, match="eu-west-0"):
        session.in_project("mars")


def test_a_real_session_has_no_cloud() -> None:
    session = cbr.connect(
        endpoint="http://127.0.0.1:9", region="eu-west-0", project_id="0" * 32,
        access_key="AK", secret_key="sk",
    )  # fmt: skip
    with pytest.raises(errors.InvalidRequest, match=r"cbr\.simulate"):
        _ = session.cloud
    assert "sk" not in repr(session).split()


def test_certificates_that_cannot_be_read_are_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    for file in (nothing, tmp_path / "missing.pem", tmp_path):
        with pytest.raises(errors.InvalidRequest, match="certificates cannot be read") as refused:
            cbr.connect(region="eu-west-0", access_key="AK", secret_key="sk", verify=str(file))
        assert refused.value.field == "verify"


def test_without_a_network_the_error_says_that_nothing_was_changed() -> None:
    session = cbr.connect(
        endpoint="http://127.0.0.1:9", region="eu-west-0", project_id="0" * 32,
        access_key="AK", secret_key="sk",
    )  # fmt: skip
    session.client.transport._sleep = lambda seconds: None
    with pytest.raises(errors.ConnectionFailed, match="Nothing was changed"):
        session.vaults()


def test_the_catalogue_has_the_182_codes_with_advice() -> None:
    codes = cbr.error_codes()
    assert len(codes) == 182
    assert codes["advice"].str.len().min() > 20
    assert codes["code"].is_unique


def test_the_catalogue_repeats_the_documents_facts_exactly(spec: Path) -> None:
    documented = pd.read_csv(spec / "error_codes.csv", dtype={"http_status": int})
    ours = cbr.error_codes().set_index("code")
    row: Any
    for row in documented.itertuples():
        entry = ours.loc[row.error_code]
        assert (entry["http_status"], entry["message"]) == (row.http_status, row.error_msg)
