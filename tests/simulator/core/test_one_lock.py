"""One connection serves all threads: whoever touches the state holds the engine's lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.simulator.core.state import State

TOUCHES = ("_execute", "all", "all_of", "run_many")


def test_the_state_is_touched_by_holders_of_the_lock_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with cbr.simulate("demo") as session:
        cloud = session.cloud
        lock = cloud._engine.lock
        without: set[str] = set()

        def watched(name: str) -> Any:
            plain = getattr(State, name)

            def touch(state: State, *given: Any) -> Any:
                if state is cloud._engine.state and not lock.held:
                    without.add(f"{name}: {given[0]}")
                return plain(state, *given)

            return touch

        for name in TOUCHES:
            monkeypatch.setattr(State, name, watched(name))
        session.in_project("eu-west-1").backups()
        assert cloud.credentials.user_name == "ada"
        cloud.credentials_for(user_name="grace")
        cloud.options.set({"vaults": 5})
        cloud.options.read()
        cloud.create_server("web-09").disk("vda").write_file("/etc/motd", b"hello")
        cloud.advance(days=1)
        cloud.fail("list_vault", "BackupService.0001", times=1)
        cloud.heal()
        cloud.tag("web-09", env="test")
        cloud.create_project("eu-west-0_extra")
        disk = cloud.server("web-01").disks[0]
        disk.write(0, b"hello")
        assert disk.read(0, 5) == b"hello"
        assert cloud.now and cloud.fingerprint() and repr(cloud.server("web-01"))
        cloud.scenario("agent_offline", "web-01")
        cloud.copy().close()
        cloud.delete_server("web-09")
        cloud.snapshot(tmp_path / "kept.sqlite")
        cloud.reset()
        assert without == set()


def test_sessions_of_many_projects_are_opened_at_once() -> None:
    with cbr.simulate("demo") as session, ThreadPoolExecutor(8) as pool:
        projects = ["eu-west-0", "eu-west-0_staging", "eu-west-1"] * 40
        opened = list(pool.map(lambda name: session.in_project(name).identity.region, projects))
    assert opened == ["eu-west-0", "eu-west-0", "eu-west-1"] * 40
