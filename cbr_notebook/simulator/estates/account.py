"""The account that every example cloud has: one domain, its first user, two regions."""

from __future__ import annotations

import json

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts

BASE_URL = "https://cloud.simulated"
REGION, OTHER_REGION = "eu-west-0", "eu-west-1"


def build(
    engine: Engine,
    *,
    project_id: str | None = None,
    user_id: str | None = None,
    domain_name: str = "workshop",
    user_name: str = "operator",
) -> tuple[str, str, str]:
    """Create the account; return the IDs of its user, its project and its project elsewhere."""
    state = engine.state
    domain_id = accounts.create_domain(engine, domain_name)
    first = accounts.create_project(engine, domain_id, REGION, REGION, project_id)
    second = accounts.create_project(engine, domain_id, OTHER_REGION, OTHER_REGION)
    accounts.create_project(engine, domain_id, f"{REGION}_staging", REGION)
    password = "Pw-" + state.new_hex("password", 16)
    user = accounts.create_user(engine, domain_id, user_name, password, user_id)
    access, secret = accounts.create_access_key(engine, user)
    account = {
        "base_url": BASE_URL,
        "region": REGION,
        "project_id": first,
        "domain_id": domain_id,
        "domain_name": domain_name,
        "user_name": user_name,
        "password": password,
        "access_key": access,
        "secret_key": secret,
    }
    state.set_meta("account", json.dumps(account))
    return user, first, second
