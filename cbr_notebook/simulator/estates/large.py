"""A cloud for measuring, and for practising on much: as many backups as one likes.

Its backups are records without bytes: they can be listed, shown and deleted, but hold nothing
that could be restored. What is wrong in it is wrong in few places, as in a real estate: a vault
without a policy, one whose policy is off, one that fills up, servers that nobody protects, that
are gone, whose backups fail or have stopped.
"""

from __future__ import annotations

from cbr_notebook.simulator.backups.seeding import listed_backups
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import account, estate_requests
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.tasks import past_tasks
from cbr_notebook.simulator.vaults import vault_creation, vault_resources, vaults

DEFAULT_BACKUPS = 100_000
_VAULTS = 40
_SERVERS_A_VAULT = 25
_UNPROTECTED = 12
_HOUR = 3600 * clock.MICROSECONDS
_BETWEEN_RUNS = 84 * _HOUR
_FIRST_RUN = 13 * _HOUR
"""A Thursday in 1970; half a week later it was Monday, 01:00."""
_PATTERNS = (
    "FREQ=WEEKLY;BYDAY=MO;BYHOUR=1;BYMINUTE=00",
    "FREQ=WEEKLY;BYDAY=TH;BYHOUR=13;BYMINUTE=00",
)
_MOST = 101
"""Of each server the policies keep so many: one more than a hundred thousand backups are."""
_OFF, _ALONE, _FULL, _UNTAGGED = 36, 37, 38, 39
"""Vaults whose policy is off, that has none, that is nearly full, that has no tags."""
_TEAMS = ("web", "db", "app", "files")
_GONE = ("server-05-03", "server-11-17", "server-23-08")
_LEFT_OUT = ("server-02-11", "server-19-04")
_TASKS_OF = 14 * 24 * _HOUR


def build(engine: Engine, backups: int) -> None:
    """Make 40 vaults with 1000 servers, two runs a week, and what is wrong here and there."""
    now = engine.now()
    last_run = now - (now - _FIRST_RUN) % _BETWEEN_RUNS
    runs = -(-backups // (_VAULTS * _SERVERS_A_VAULT))
    engine.clock.current = last_run - (runs + listed_backups.STOPPED_RUNS) * _BETWEEN_RUNS
    user, project, _ = account.build(engine)
    running = _policy(engine, project, "twice-a-week", enabled=True)
    switched_off = _policy(engine, project, "twice-a-week-off", enabled=False)
    for number in range(_VAULTS):
        vault_id = _vault(engine, project, user, number)
        if number != _ALONE:
            policy = switched_off if number == _OFF else running
            vault = vaults.find(engine, project, vault_id)
            policies.apply(engine, vault, policies.find(engine, project, policy), None)
    for number in range(_UNPROTECTED):
        resources.create_server(engine, project, f"new-{number:02d}", tags={"env": "dev"})
    engine.clock.current = now
    listed = listed_backups.Listed(backups, _VAULTS, _SERVERS_A_VAULT, last_run, _BETWEEN_RUNS)
    listed_backups.fill_listed(engine, project, listed)
    past_tasks.fill_from_backups(engine, project, now - _TASKS_OF)
    policies.schedule(engine, running)
    for name in _GONE:
        (gone,) = resources.select(engine, "server", "project_id = ? AND name = ?", project, name)
        resources.delete_server(engine, gone.id)


def _policy(engine: Engine, project: str, name: str, *, enabled: bool) -> str:
    wanted = estate_requests.policy(name, _PATTERNS, {"max_backups": _MOST}, enabled=enabled)
    return policies.create(engine, project, wanted).id


def _vault(engine: Engine, project: str, user: str, number: int) -> str:
    """Create a vault with its servers."""
    team, env = _TEAMS[number % len(_TEAMS)], "dev" if number >= 32 else "prod"
    tags = {"team": team, "env": env}
    wanted = estate_requests.vault(
        f"vault-{number:02d}",
        52 if number == _FULL else 100,
        tags=None if number == _UNTAGGED else tags,
    )
    vault = vault_creation.create(engine, project_id=project, user_id=user, wanted=wanted)
    for position in range(_SERVERS_A_VAULT):
        name = f"server-{number:02d}-{position:02d}"
        server_id = resources.create_server(engine, project, name, tags=tags)
        resource = resources.find_resource(engine, project, server_id)
        vault_resources.place(engine, vault.id, resource, {})
        if name in _LEFT_OUT:
            vault_resources.set_auto_protect(engine, server_id, on=False)
    return vault.id
