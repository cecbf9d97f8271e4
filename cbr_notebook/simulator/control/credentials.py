"""The credentials with which one signs in to a simulated cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cbr_notebook.errors import NotFound
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts


@dataclass(frozen=True, slots=True)
class CloudCredentials:
    """How to sign in to a simulated cloud."""

    base_url: str
    region: str
    project_id: str
    domain_id: str
    domain_name: str
    user_name: str
    password: str = field(repr=False)
    access_key: str
    secret_key: str = field(repr=False)


def of_first_user(engine: Engine) -> CloudCredentials:
    """Return how to sign in as the cloud's first user, in its first project."""
    return CloudCredentials(**_account(engine))


def of_user(
    engine: Engine, *, user_name: str | None = None, project: str | None = None
) -> CloudCredentials:
    """Return the credentials of a user, in a project; a user that is not there is created.

    Args:
        engine: the cloud's engine.
        user_name: a user of the account; the first one if left out.
        project: name or ID of a project; the first one if left out.

    Raises:
        NotFound: there is no such project.
    """
    account = _account(engine)
    state = engine.state
    with engine.work():
        if project is not None:
            row = accounts.project_named(state, project)
            if row is None:
                names = ", ".join(each.name for each in accounts.projects(state))
                raise NotFound(
                    f"There is no project {project!r} in the simulated cloud.",
                    advice=f"There are: {names}.",
                )
            account |= {"project_id": row.id, "region": row.region}
        if user_name is not None and user_name != account["user_name"]:
            account |= _user(engine, user_name, account["domain_id"])
    return CloudCredentials(**account)


def _account(engine: Engine) -> dict[str, str]:
    """Return the account of the cloud's first user; read under the lock, as all of the state is."""
    with engine.lock:
        found: dict[str, str] = json.loads(engine.state.meta("account"))
    return found


def _user(engine: Engine, name: str, domain_id: str) -> dict[str, str]:
    """Return a user's own part of the credentials; create the user if need be."""
    state = engine.state
    known = state.meta(f"user/{name}")
    if known is not None:
        found: dict[str, str] = json.loads(known)
        return found
    password = "Pw-" + state.new_hex("password", 16)
    user_id = accounts.create_user(engine, domain_id, name, password)
    access, secret = accounts.create_access_key(engine, user_id)
    made = {"user_name": name, "password": password, "access_key": access, "secret_key": secret}
    state.set_meta(f"user/{name}", json.dumps(made))
    return made
