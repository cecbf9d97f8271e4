"""Changes of vaults: what may change, when, and when backups then expire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused


@pytest.fixture
def vault_id(ask: Client) -> str:
    return ask.create_vault("films")


def change(ask: Client, vault_id: str, **members: Any) -> Any:
    return ask("PUT", f"vaults/{vault_id}", {"vault": members})["vault"]


def test_only_the_given_members_change(ask: Client, vault_id: str) -> None:
    before = ask.vault(vault_id)
    after = change(ask, vault_id, name="reels", billing={"size": 300}, smn_notify=False)
    assert after == ask.vault(vault_id)
    assert (after["name"], after["billing"]["size"], after["smn_notify"]) == ("reels", 300, False)
    expected = before | {"name": "reels", "smn_notify": False}
    expected |= {"billing": before["billing"] | {"size": 300}}
    assert after == expected


def test_settings_can_be_changed_and_rules_cleared(ask: Client, vault_id: str) -> None:
    rules = {"tags": [{"key": "team", "value": "studio"}]}
    after = change(ask, vault_id, auto_bind=True, bind_rules=rules, auto_expand=True, threshold=10)
    assert (after["auto_bind"], after["auto_expand"], after["threshold"]) == (True, True, 10)
    assert after["bind_rules"] == rules
    assert change(ask, vault_id, bind_rules={"tags": []})["bind_rules"] == {"tags": []}


@pytest.mark.parametrize(
    "members",
    [
        {"name": None, "threshold": None, "smn_notify": None, "auto_bind": None},
        {"billing": None, "bind_rules": None, "locked": None, "auto_expand": None},
        {"billing": {"size": None}, "policy_id": None},
    ],
)
def test_null_is_as_good_as_left_out(ask: Client, vault_id: str, members: dict[str, Any]) -> None:
    before = ask.vault(vault_id)
    assert change(ask, vault_id, **members) == before


@pytest.mark.parametrize(
    "members",
    [
        {"name": "with space"},
        {"threshold": 0},
        {"billing": {"size": "large"}},
        {"bind_rules": {"tags": [{"key": "<", "value": ""}]}},
        {"bind_rules": {"tags": [{"key": str(n), "value": ""} for n in range(6)]}},
    ],
)
def test_a_wrong_member_changes_nothing(
    ask: Client, vault_id: str, members: dict[str, Any]
) -> None:
    before = ask.vault(vault_id)
    with pytest.raises(Refused, match="9900"):
        change(ask, vault_id, **{"smn_notify": False, **members})
    assert ask.vault(vault_id) == before


def test_a_vault_shrinks_down_to_what_is_used(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01")
    server.disk("vda").fill(1500)
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    assert change(ask, vault_id, billing={"size": 2})["billing"]["size"] == 2
    with pytest.raises(Refused, match="6101"):
        change(ask, vault_id, billing={"size": 1})
    for size in (0, 10_485_761):
        with pytest.raises(Refused, match="6101"):
            change(ask, vault_id, billing={"size": size})


def test_consistency_goes_up_and_never_down(ask: Client, vault_id: str) -> None:
    after = change(ask, vault_id, billing={"consistent_level": "app_consistent"})
    assert after["billing"]["spec_code"] == "vault.backup.database.normal"
    with pytest.raises(Refused, match="9900"):
        change(ask, vault_id, billing={"consistent_level": "crash_consistent"})
    disks = ask.create_vault(object_type="disk")
    with pytest.raises(Refused, match="6126"):
        change(ask, disks, billing={"consistent_level": "app_consistent"})


def test_a_locked_vault_stays_locked(ask: Client, vault_id: str) -> None:
    assert change(ask, vault_id, locked=True)["locked"] is True
    with pytest.raises(Refused, match="9900 vault not support to modify locked attribute"):
        change(ask, vault_id, locked=False)
    assert change(ask, vault_id, locked=True, name="still")["name"] == "still"


def test_a_vault_that_is_being_deleted_cannot_be_changed(ask: Client, vault_id: str) -> None:
    ask("DELETE", f"vaults/{vault_id}")
    with pytest.raises(Refused, match="6110"):
        change(ask, vault_id, name="late")


def test_an_unknown_vault_cannot_be_changed(ask: Client) -> None:
    with pytest.raises(Refused, match="404 6105"):
        change(ask, "00000000-0000-4000-8000-000000000000", name="x")


def test_a_full_vault_that_may_expands_by_a_quarter(ask: Client) -> None:
    vault_id = ask.create_vault(size=10, auto_expand=True)
    server = ask.cloud.create_server("big", disks=(("vda", 100),))
    server.disk("vda").fill(10_300)
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    billing = ask.vault(vault_id)["billing"]
    assert billing["size"] == 13
    assert 10 * 1024 <= billing["used"] < 13 * 1024


def test_a_full_vault_that_may_not_expand_takes_no_more_backups(ask: Client) -> None:
    vault_id = ask.create_vault(size=10)
    server = ask.cloud.create_server("big", disks=(("vda", 100),))
    server.disk("vda").fill(10_300)
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    assert ask.vault(vault_id)["billing"]["size"] == 10
    with pytest.raises(Refused, match="6114"):
        ask.back_up(vault_id)


def test_notifications_of_all_vaults_change_at_once(ask: Client, vault_id: str) -> None:
    other = ask.create_vault("other")
    answer = ask("PUT", "vaults/batch-update", {"vault": {"smn_notify": False, "threshold": 60}})
    assert answer == {"updated_vaults_id": [vault_id, other]}
    for each in (vault_id, other):
        assert (ask.vault(each)["smn_notify"], ask.vault(each)["threshold"]) == (False, 60)
    for wrong in ({}, {"threshold": 0}, {"threshold": True}):
        with pytest.raises(Refused, match="9900"):
            ask("PUT", "vaults/batch-update", {"vault": wrong})


# -- when backups expire -------------------------------------------------------------------------


@pytest.fixture
def kept_for_a_week(ask: Client, vault_id: str) -> str:
    server = ask.cloud.create_server("web-01")
    ask.add(vault_id, server.id)
    ask.back_up(vault_id, retention_duration_days=7)
    (backup,) = ask("GET", "backups", vault_id=vault_id)["backups"]
    return str(backup["id"])


def expire(ask: Client, vault_id: str, day: str, zone: str = "UTC+00:00") -> Any:
    body = {"expect_expiration_date": day, "time_zone": zone}
    return ask("PUT", f"vaults/{vault_id}/update-backup-expiration-time", body)


def expiry(ask: Client, backup_id: str) -> Any:
    return ask("GET", f"backups/{backup_id}")["backup"]["expired_at"]


def test_the_expiry_of_a_vaults_backups_can_be_moved(
    ask: Client, vault_id: str, kept_for_a_week: str
) -> None:
    answer = expire(ask, vault_id, "2020-09-10", "UTC+08:00")
    assert answer["affected_backups_count"] == 1
    assert answer["new_expiration_day"] == "2020-09-10"
    assert expiry(ask, kept_for_a_week) == "2020-09-10T16:00:00.000000"
    ask.wait()
    task = ask("GET", f"operation-logs/{answer['operation_log_id']}")["operation_log"]
    assert (task["status"], task["vault_id"]) == ("success", vault_id)
    assert task["extra_info"]["update_expiration_time"] == {
        "affected_backups_count": 1,
        "expiration_day": "2020-09-10",
    }
    ask.cloud.advance(days=23)
    assert expiry(ask, kept_for_a_week)
    ask.cloud.advance(days=2)
    with pytest.raises(Refused, match="6200"):
        expiry(ask, kept_for_a_week)


def test_backups_that_never_expire_are_left_alone(ask: Client, vault_id: str) -> None:
    ask.add(vault_id, ask.cloud.create_server("web-01").id)
    ask.back_up(vault_id)
    assert expire(ask, vault_id, "2020-09-10")["affected_backups_count"] == 0


def test_in_a_locked_vault_expiry_moves_only_later(
    ask: Client, vault_id: str, kept_for_a_week: str
) -> None:
    change(ask, vault_id, locked=True)
    before = expiry(ask, kept_for_a_week)
    assert expire(ask, vault_id, "2020-08-18")["affected_backups_count"] == 0
    assert expiry(ask, kept_for_a_week) == before
    assert expire(ask, vault_id, "2020-12-24")["affected_backups_count"] == 1


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        ("2020-08-16", "UTC+00:00"),
        ("tomorrow", "UTC+00:00"),
        ("2020-02-30", "UTC+00:00"),
        ("9999-12-31", "UTC+00:00"),
        ("2020-09-10", "Europe/Paris"),
        ("2020-09-10", "UTC+15:00"),
        ("2020-09-10", "UTC+01:99"),
    ],
)
def test_a_day_that_is_past_or_none_is_refused(
    ask: Client, vault_id: str, day: str, zone: str
) -> None:
    with pytest.raises(Refused, match="9900"):
        expire(ask, vault_id, day, zone)
