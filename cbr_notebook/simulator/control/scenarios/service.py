"""Scenarios that befall vaults, policies, accounts and the service itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.backups import backups, undelete
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.control.scenarios.scene import Kept, Scenario, Scene
from cbr_notebook.simulator.iam import tokens
from cbr_notebook.simulator.inventory import kept_disks, resources
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults

_FAILS_WITH = "BackupService.7203"
_DELETED = 3
_LAG_SECONDS = 36 * 3600
_UNTIL_UNDONE = 1 << 62


def _fill_vault(scene: Scene, target: str | None) -> Kept:
    vault = scene.vault(target)
    added = vaults.fill_up(scene.engine, vault["id"])
    return {
        "target": vault["name"],
        "vault": vault["id"],
        "size_gb": vault["size_gb"],
        "auto_expand": vault["auto_expand"],
        "added": added,
    }


def _empty_vault(scene: Scene, kept: Kept) -> None:
    vaults.undo_fill_up(
        scene.engine, kept["vault"], kept["added"], kept["size_gb"], kept["auto_expand"]
    )


def _break_policy(scene: Scene, target: str | None) -> Kept:
    vault = scene.vault(target)
    members = scene.rows("vault_resource", "vault_id = ?", vault["id"])
    before = []
    for member in members:
        table = _table(member["type"])
        row = resources.find(scene.engine, table, member["resource_id"])
        if row is not None:
            before.append([table, row.id, resources.properties(row).get("backup_fails")])
            _set_failure(scene, table, row.id, _FAILS_WITH)
    if not before:
        raise InvalidRequest(f"Nothing is in the vault {vault['name']}.", field="target")
    return {"target": vault["name"], "before": before}


def _table(kind: str) -> resources.Table:
    return "server" if kind in resources.OBJECT_TYPES["server"] else "disk"


def _set_failure(scene: Scene, table: resources.Table, key: str, code: str | None) -> None:
    row = resources.find(scene.engine, table, key)
    if row is None:
        return
    traits = {k: v for k, v in resources.properties(row).items() if k != "backup_fails"}
    traits |= {"backup_fails": code} if code else {}
    change = resources.set_server_traits if table == "server" else resources.set_disk_traits
    change(scene.engine, key, traits)


def _mend_policy(scene: Scene, kept: Kept) -> None:
    for table, key, code in kept["before"]:
        _set_failure(scene, table, key, code)


def _expire_tokens(scene: Scene, target: str | None) -> Kept:
    return {"target": None, "ends": tokens.end_all(scene.engine)}


def _renew_tokens(scene: Scene, kept: Kept) -> None:
    tokens.set_ends(scene.engine, kept["ends"])


def _use_quota_up(scene: Scene, target: str | None) -> Kept:
    options, state = scene.engine.options, scene.engine.state
    before = options["vaults"]
    options["vaults"] = state.number(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM vault GROUP BY project_id UNION SELECT 0)"
    )
    return {"target": None, "option": "vaults", "before": before}


def _lag(scene: Scene, target: str | None) -> Kept:
    before = scene.engine.options["replication_lag_seconds"]
    scene.engine.options["replication_lag_seconds"] = _LAG_SECONDS
    return {"target": None, "option": "replication_lag_seconds", "before": before}


def _option_back(scene: Scene, kept: Kept) -> None:
    scene.engine.options[kept["option"]] = kept["before"]


def _refuse(scene: Scene, target: str | None, *, resume: Callable[[Scene, Kept], None]) -> Kept:
    kept: Kept = {"target": None}
    resume(scene, kept)
    return kept


def _throttle(scene: Scene, kept: Kept) -> None:
    scene.faults.add("*", 429, times=_UNTIL_UNDONE, retry_after=1, every=2, reason=scene.name)


def _close(scene: Scene, kept: Kept) -> None:
    scene.faults.add("*", 503, times=_UNTIL_UNDONE, reason=scene.name)


def _no_refusal(scene: Scene, kept: Kept) -> None:
    scene.faults.clear(scene.name)


def _delete_backups(scene: Scene, target: str | None) -> Kept:
    engine, server = scene.engine, scene.server(target)
    newest = engine.state.all_of(
        BackupRow,
        "SELECT * FROM backup WHERE resource_id = ? AND parent_id IS NULL "
        "AND image_type = 'backup' AND status = 'available' "
        "ORDER BY created_at DESC, id DESC LIMIT ?",
        server.id,
        _DELETED,
    )
    if not newest:
        raise InvalidRequest(f"{server.name} has no usable backup.", field="target")
    for row in newest:
        backups.check_deletable(engine, row)
    rows = [
        each for row in newest for each in scene.rows("backup", "id = ?1 OR parent_id = ?1", row.id)
    ]
    points = [
        each
        for key in dict.fromkeys(row.restore_point_id for row in newest)
        for each in scene.rows("restore_point", "id = ?", key)
    ]
    chains = sorted({row["chain"] for row in rows if row["chain"] is not None})
    kept = {
        "target": server.name,
        "backup": rows,
        "restore_point": points,
        "chains": [[chain, kept_disks.keep_chain(scene.engine, chain)] for chain in chains],
        "member": [
            each for row in newest for each in scene.rows("member", "backup_id = ?", row.id)
        ],
    }
    kept["tasks"] = [backups.begin_delete(engine, row) for row in newest]
    return kept


def _bring_backups_back(scene: Scene, kept: Kept) -> None:
    state = scene.engine.state
    vault_ids = {row["vault_id"] for row in kept["backup"]}
    if any(not state.has("SELECT 1 FROM vault WHERE id = ?", each) for each in vault_ids):
        raise InvalidRequest(
            "This cannot be undone: the vault of the backups is gone.",
            advice="Go back to the start: cloud.reset().",
        )
    for task_id in kept["tasks"]:
        tasks.take_back(scene.engine, task_id, "backup_deleted")
    undelete.put_back(
        scene.engine, kept["backup"], kept["restore_point"], kept["member"], kept["chains"]
    )


SCENARIOS = (
    Scenario(
        "full_vault",
        "A vault is full: no backup begins in it.",
        _fill_vault, _empty_vault, codes=("BackupService.6114",), target="vault",
        undo="The vault has at least its former size again.",
    ),
    Scenario(
        "failing_policy",
        "From the next run on, every backup of what is in a vault fails.",
        _break_policy, _mend_policy, codes=(_FAILS_WITH,), target="vault",
        undo="Backups succeed again; those that failed stay failed.",
    ),
    Scenario(
        "expired_token",
        "All tokens of the cloud end at once.",
        _expire_tokens, _renew_tokens, codes=("APIGW.0301",),
        undo="Tokens end when they would have.",
    ),
    Scenario(
        "quota",
        "The project has as many vaults as it may have.",
        _use_quota_up, _option_back, codes=("BackupService.6133",),
        undo="The quota is what it was.",
    ),
    Scenario(
        "replication_lag",
        "A replication that begins now takes a day and a half longer.",
        _lag, _option_back,
        undo="Replications that begin from then on are as fast as before.",
    ),
    Scenario(
        "throttling",
        "Every second request is refused: too many of them.",
        partial(_refuse, resume=_throttle), _no_refusal, codes=("APIGW.0308",),
        undo="Requests are answered again.", resume=_throttle,
    ),
    Scenario(
        "maintenance",
        "The service answers nothing but HTTP 503.",
        partial(_refuse, resume=_close), _no_refusal, codes=("503",),
        undo="Requests are answered again.", resume=_close,
    ),
    Scenario(
        "deleting_colleague",
        "A colleague deletes the three newest backups of a server.",
        _delete_backups, _bring_backups_back, codes=("BackupService.6200",), target="server",
        undo="The backups are there again, with what they held.",
    ),
)  # fmt: skip
