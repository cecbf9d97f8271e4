"""Resources that join a vault by themselves."""

from __future__ import annotations

import pytest

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client
from tests.simulator.policies.policy_builders import NIGHTLY, apply, backups, create_policy

RULES = {"tags": [{"key": "backup", "value": "yes"}, {"key": "env", "value": "prod"}]}


def members(ask: Client, vault_id: str) -> set[str]:
    return {each["name"] for each in ask.vault(vault_id)["resources"]}


def binding_vault(ask: Client, pattern: str = NIGHTLY, **more: object) -> str:
    vault = ask.create_vault(auto_bind=True, **({"bind_rules": RULES} | more))
    apply(ask, vault, create_policy(ask, {}, pattern))
    return vault


def test_a_server_with_any_of_the_tags_joins_at_the_next_cycle(ask: Client) -> None:
    vault = binding_vault(ask)
    ask.cloud.create_server("one", tags={"backup": "yes"})
    ask.cloud.create_server("two", tags={"env": "prod", "team": "x"})
    ask.cloud.create_server("three", tags={"env": "test"})
    ask.cloud.create_server("four")
    assert members(ask, vault) == set()
    ask.cloud.advance(days=1)
    assert members(ask, vault) == {"one", "two"}
    assert {each["resource_name"] for each in backups(ask)} == {"one", "two"}


def test_without_tags_every_unprotected_server_joins(ask: Client) -> None:
    vault = binding_vault(ask, bind_rules={"tags": []})
    ask.cloud.create_server("one")
    ask.cloud.create_disk("loose", 10)
    ask.cloud.advance(days=1)
    assert members(ask, vault) == {"one"}


def test_a_vault_that_does_not_take_in_stays_as_it_is(ask: Client) -> None:
    vault = ask.create_vault(auto_bind=False, bind_rules=RULES)
    apply(ask, vault, create_policy(ask))
    ask.cloud.create_server("one", tags={"backup": "yes"})
    ask.cloud.advance(days=2)
    assert members(ask, vault) == set()


def test_a_server_of_another_vault_stays_there(ask: Client) -> None:
    server = ask.cloud.create_server("one", tags={"backup": "yes"})
    home = ask.create_vault()
    ask.add(home, server.id)
    vault = binding_vault(ask)
    ask.cloud.advance(days=1)
    assert members(ask, vault) == set()
    assert members(ask, home) == {"one"}


def test_the_vault_whose_policy_runs_first_has_the_server(ask: Client) -> None:
    late = binding_vault(ask, "FREQ=DAILY;INTERVAL=1;BYHOUR=5;BYMINUTE=0")
    early = binding_vault(ask, "FREQ=DAILY;INTERVAL=1;BYHOUR=4;BYMINUTE=0")
    ask.cloud.create_server("one", tags={"backup": "yes"})
    ask.cloud.advance(days=1)
    assert members(ask, early) == {"one"}
    assert members(ask, late) == set()


@pytest.mark.parametrize(("size", "joins"), [(40, False), (41, True)])
def test_more_than_forty_gigabytes_must_be_free(ask: Client, size: int, joins: bool) -> None:
    vault = binding_vault(ask, size=size)
    ask.cloud.create_server("one", disks=(("vda", 10),), tags={"backup": "yes"})
    ask.cloud.advance(days=1)
    assert members(ask, vault) == ({"one"} if joins else set())


def test_more_than_the_size_of_the_server_must_be_free(ask: Client) -> None:
    vault = binding_vault(ask, size=200)
    for name, size in (("one", 100), ("two", 100), ("three", 59)):
        ask.cloud.create_server(name, disks=(("vda", size),), tags={"backup": "yes"})
    ask.cloud.advance(days=1)
    assert members(ask, vault) == {"one", "three"}


def test_a_server_that_cannot_be_backed_up_stays_outside_and_the_others_join(
    ask: Client, cloud: Cloud
) -> None:
    vault = binding_vault(ask)
    cloud.create_server("diskless", disks=(), tags={"backup": "yes"})
    cloud.create_server("sound", tags={"backup": "yes"})
    cloud.advance(days=1)
    assert members(ask, vault) == {"sound"}


def test_disks_join_a_vault_for_disks(ask: Client) -> None:
    vault = binding_vault(ask, object_type="disk", bind_rules={"tags": []})
    ask.cloud.create_disk("loose", 10)
    ask.cloud.create_file_system("shared", 500)
    ask.cloud.advance(days=1)
    assert members(ask, vault) == {"loose"}
