"""When the policies run next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.schedule.runs import known_runs
from cbr_notebook.schedule.zones import zone
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import check_days
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import api_text


def schedule(
    session: Context, *, days: int = 7, timezone: str | None = None, tags: Tags = None
) -> pd.DataFrame:
    """Return the next runs of every enabled policy on every vault it is applied to.

    Args:
        days: how many days ahead, 1 to 366.
        timezone: of the local time, such as ``Europe/Paris`` or ``UTC+02:00``; this
            computer's if left out.
        tags: only vaults with these tags, as in :meth:`vaults`.

    Returns:
        The columns of ``cbr.schema("schedule")``, in order of time.

    Raises:
        InvalidRequest: ``days`` is out of range, ``tags`` cannot be read, or there is no such
            time zone.

    API: Policy, "Querying the Policy List".

    Example:
        >>> session.schedule(days=1)[["runs_at", "vault_name"]].head(1).astype(str).values.tolist()
        [['2020-08-18 01:30:00+00:00', 'vault-db']]
    """
    check_days(days, 366)
    chosen = TagChoice(session, tags, "vault")
    there = zone(timezone) if timezone is not None else None
    # Only the tags that are asked for need them; else they bring names and numbers.
    ask: Callable[[], list[Vault]] = lambda: list(session.client.vaults.list_all())  # noqa: E731
    listed = ask() if chosen else if_permitted("Vaults", ask)
    vaults = {vault.id: vault for vault in listed or ()}
    rows = []
    for policy in session.client.policies.list().policies:
        if not policy.enabled or not policy.associated_vaults:
            continue
        for run in known_runs(policy, session.now, session.now + timedelta(days=days)):
            local = run.astimezone(there).isoformat(" ", timespec="minutes")
            for applied in policy.associated_vaults:
                vault = vaults.get(applied.vault_id)
                if chosen and not (vault and chosen.vault(vault)):
                    continue
                rows.append(
                    SimpleNamespace(
                        runs_at=api_text(run), runs_at_local=local, policy_id=policy.id,
                        policy_name=policy.name, operation_type=policy.operation_type,
                        vault_id=applied.vault_id, vault_name=vault.name if vault else None,
                        resources=len(vault.resources or ()) if vault else None,
                    )
                )  # fmt: skip
    rows.sort(key=lambda row: (row.runs_at, row.policy_name or "", row.vault_name or ""))
    asked = {"days": days, "timezone": timezone}
    return chosen.answer(frames.SCHEDULE, rows, asked)
