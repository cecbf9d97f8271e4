"""Policies as the clock goes on: they run, are left out, and fail."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client
from tests.simulator.policies.policy_builders import (
    HOURLY,
    NIGHTLY,
    apply,
    backups,
    create_policy,
    made_on,
    protect,
)


def test_a_week_of_a_nightly_policy_gives_seven_backups_of_each_server(ask: Client) -> None:
    policy = create_policy(ask, {"retention_duration_days": 30})
    vault = protect(ask, "web", "db", policy=policy)
    ask.cloud.advance(days=7)
    found = backups(ask)
    assert [each["resource_name"] for each in found].count("web") == 7
    assert [each["resource_name"] for each in found].count("db") == 7
    assert {each["created_at"][11:] for each in found} == {"02:00:00.000000"}
    assert {each["extend_info"]["auto_trigger"] for each in found} == {True}
    assert {each["vault_id"] for each in found} == {vault}
    assert [each["incremental"] for each in found] == [True] * 12 + [False] * 2
    runs = ask.tasks(operation_type="backup")
    assert {(each["status"], each["policy_id"]) for each in runs} == {("success", policy)}


def test_automatic_backups_have_automatic_names_with_the_vaults_prefix(ask: Client) -> None:
    policy = create_policy(ask)
    protect(ask, "web", "db", policy=policy, backup_name_prefix="prod-")
    ask.cloud.advance(days=1)
    names = sorted(each["name"] for each in backups(ask))
    assert re.fullmatch(r"prod-autobk_[0-9a-f]{4}_0001", names[0])
    assert names[1] == names[0].replace("_0001", "_0002")


def test_a_backup_of_a_policy_with_days_says_when_it_expires(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"retention_duration_days": 30}))
    ask.cloud.advance(days=1)
    (backup,) = backups(ask)
    made, expires = (datetime.fromisoformat(backup[k]) for k in ("created_at", "expired_at"))
    assert (expires - made).days == 30


def test_a_backup_of_a_policy_with_a_count_does_not_expire(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"max_backups": 3}))
    ask.cloud.advance(days=1)
    assert backups(ask)[0]["expired_at"] is None


def test_a_policy_that_is_switched_off_does_not_run_until_it_is_on_again(ask: Client) -> None:
    policy = create_policy(ask, enabled=False)
    protect(ask, "web", policy=policy)
    ask.cloud.advance(days=3)
    assert backups(ask) == []
    ask("PUT", f"policies/{policy}", {"policy": {"enabled": True}})
    ask.cloud.advance(days=1)
    assert made_on(ask) == ["2020-08-21"]


def test_a_policy_runs_on_every_vault_it_is_applied_to_and_on_no_other(ask: Client) -> None:
    policy = create_policy(ask)
    first, second = protect(ask, "one", policy=policy), protect(ask, "two", policy=policy)
    protect(ask, "three")
    ask.cloud.advance(days=1)
    assert {each["vault_id"] for each in backups(ask)} == {first, second}
    ask("POST", f"vaults/{first}/dissociatepolicy", {"policy_id": policy})
    ask.cloud.advance(days=1)
    assert len(backups(ask, vault_id=first)) == 1
    assert len(backups(ask, vault_id=second)) == 2


def test_new_times_count_from_the_change(ask: Client) -> None:
    policy = create_policy(ask)
    protect(ask, "web", policy=policy)
    rule = "FREQ=DAILY;INTERVAL=3;BYHOUR=12;BYMINUTE=30"
    ask("PUT", f"policies/{policy}", {"policy": {"trigger": {"properties": {"pattern": [rule]}}}})
    ask.cloud.advance(days=7)
    assert made_on(ask) == ["2020-08-23", "2020-08-20", "2020-08-17"]
    assert backups(ask)[0]["created_at"][11:16] == "12:30"


def test_suspended_resources_are_left_out(ask: Client) -> None:
    vault = protect(ask, "web", "db", policy=create_policy(ask))
    web = ask.cloud.server("web").id
    body = {"resource_ids": [web], "action": "suspend"}
    ask("PUT", f"vaults/{vault}/set-resources", body)
    ask.cloud.advance(days=1)
    assert [each["resource_name"] for each in backups(ask)] == ["db"]


def test_a_run_is_left_out_while_the_one_before_still_goes_on(ask: Client) -> None:
    policy = create_policy(ask, {}, HOURLY)
    vault = ask.create_vault(size=10_000)
    server = ask.cloud.create_server("huge", disks=(("vda", 4000),))
    ask.add(vault, server.id)
    apply(ask, vault, policy)
    ask.cloud.advance(hours=8)
    # A full backup of 4000 GB takes 2:41 h, an incremental one 1:21 h.
    assert [each["created_at"][11:16] for each in backups(ask)] == [
        "11:00", "09:00", "07:00", "04:00",
    ]  # fmt: skip


def test_a_full_vault_leaves_a_failed_task_for_each_resource(ask: Client) -> None:
    vault = protect(ask, "web", "db", policy=create_policy(ask), size=10)
    ask.cloud.server("web").disk("vda").fill(10 * 1024)
    ask.back_up(vault)
    ask.cloud.advance(days=1)
    failed = ask.tasks(status="failed")
    assert {each["extra_info"]["resource"]["name"] for each in failed} == {"web", "db"}
    assert {each["error_info"]["code"] for each in failed} == {"BackupService.6114"}
    assert len(backups(ask)) == 2


def test_a_server_that_is_gone_leaves_a_failed_task_and_the_others_their_backups(
    ask: Client,
) -> None:
    protect(ask, "web", "db", policy=create_policy(ask))
    ask.cloud.delete_server("db")
    ask.cloud.advance(days=1)
    assert [each["resource_name"] for each in backups(ask)] == ["web"]
    (failed,) = ask.tasks(status="failed")
    assert failed["extra_info"]["resource"]["name"] == "db"
    assert failed["error_info"]["code"] == "BackupService.7100"
    assert failed["ended_at"] == failed["created_at"]
    ask.cloud.delete_server("web")
    ask.cloud.advance(days=1)
    codes = [each["error_info"]["code"] for each in ask.tasks(status="failed")]
    assert codes == ["BackupService.7100"] * 3


def test_a_server_that_is_being_backed_up_already_is_left_out(ask: Client) -> None:
    vault = protect(ask, "web", "db", policy=create_policy(ask))
    ask.cloud.advance(hours=22, minutes=7)
    web = ask.cloud.server("web").id
    body = {"vault_id": vault, "parameters": {"name": "by-hand", "resources": [web]}}
    ask("POST", "checkpoints", {"checkpoint": body})
    ask.cloud.advance(hours=1)
    assert sorted(each["resource_name"] for each in backups(ask)) == ["db", "web"]
    assert ask.tasks(status="failed") == []


def test_a_vault_without_resources_leaves_nothing(ask: Client) -> None:
    vault = ask.create_vault()
    apply(ask, vault, create_policy(ask))
    ask.cloud.advance(days=2)
    assert ask.tasks() == []


def test_a_full_backup_comes_after_as_many_incremental_ones_as_asked(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"full_backup_interval": 2}))
    ask.cloud.advance(days=7)
    kinds = [each["incremental"] for each in reversed(backups(ask))]
    assert kinds == [False, True, True, False, True, True, False]


def test_every_backup_is_full_when_no_incremental_one_may_come_between(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"full_backup_interval": 0}))
    ask.cloud.advance(days=3)
    assert [each["incremental"] for each in backups(ask)] == [False, False, False]


def test_the_events_of_policies_survive_in_the_state_file(ask: Client, tmp_path: Path) -> None:
    protect(ask, "web", policy=create_policy(ask))
    ask.cloud.advance(hours=12)
    path = tmp_path / "cloud.db"
    ask.cloud.snapshot(path)
    again = Cloud.open(state=path)
    again.advance(days=2)
    assert made_on(Client(again)) == ["2020-08-19", "2020-08-18"]
    assert again.now.date().isoformat() == "2020-08-19"
    again.close()


def test_two_clouds_of_a_seed_live_the_same_days(ask: Client) -> None:
    def live(asker: Client) -> list[tuple[str, str]]:
        protect(asker, "web", policy=create_policy(asker, {"max_backups": 2}, NIGHTLY))
        asker.cloud.advance(days=5)
        return [(each["id"], each["name"]) for each in backups(asker)]

    other = Cloud.open(estate="empty")
    assert live(ask) == live(Client(other))
    other.close()


def test_the_clock_goes_no_further_than_told_when_what_was_next_is_cancelled(
    ask: Client,
) -> None:
    policy = create_policy(ask)
    protect(ask, "web", policy=policy)
    ask.cloud.server("web").set_trait("backup_fails", "BackupService.7103")
    ask.cloud.advance(days=2)  # in a month the failed backups will be cleared away
    ask("PUT", f"policies/{policy}", {"policy": {"enabled": False}})
    before = ask.cloud.now
    ask.cloud.advance(days=2)
    assert ask.cloud.now - before == timedelta(days=2)
    assert [each["status"] for each in backups(ask)] == ["error", "error"]
