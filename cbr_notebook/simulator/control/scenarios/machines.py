"""Scenarios that befall servers, their disks and their agents."""

from __future__ import annotations

import json
from functools import partial

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.control.scenarios.scene import Kept, Scenario, Scene
from cbr_notebook.simulator.core import clock, kept_documents
from cbr_notebook.simulator.core.kept_documents import Record
from cbr_notebook.simulator.inventory import kept_disks, ransomware, resources


def _gone(kind: str, name: str) -> InvalidRequest:
    return InvalidRequest(
        f"This cannot be undone: the {kind} {name} is gone.",
        advice="Bring it back, or go back to the start: cloud.reset().",
    )


def _attack(scene: Scene, target: str | None, *, pace: str) -> Kept:
    server = scene.server(target)
    disks = resources.disks_of(scene.engine, server.id)
    kept = [[each.disk.id, kept_disks.keep_disk(scene.engine, each.disk.store)] for each in disks]
    ransomware.begin(scene.engine, server.id, pace)
    return {"target": server.name, "server": server.id, "disks": kept}


def _end_attack(scene: Scene, kept: Kept) -> None:
    ransomware.stop(scene.engine, kept["server"])
    for disk_id, chain in kept["disks"]:
        disk = resources.find_disk(scene.engine, disk_id)
        if disk is not None:
            kept_disks.restore_disk(scene.engine, chain, disk.store)


def _delete_server(scene: Scene, target: str | None) -> Kept:
    server = scene.server(target)
    disks = [
        each.disk
        for each in resources.disks_of(scene.engine, server.id)
        if len(resources.servers_of(scene.engine, each.disk.id)) == 1
    ]
    kept: Kept = {
        "target": server.name,
        "server": scene.rows("server", "id = ?", server.id),
        "attachment": scene.rows("attachment", "server_id = ?", server.id),
        "disk": [row for each in disks for row in scene.rows("disk", "id = ?", each.id)],
        "contents": [
            [each.store, kept_disks.keep_disk(scene.engine, each.store)] for each in disks
        ],
    }
    resources.delete_server(scene.engine, server.id)
    return kept


def _bring_server_back(scene: Scene, kept: Kept) -> None:
    kept_disks.put_machines_back(scene.engine, kept["server"], kept["disk"], kept["attachment"])
    for store, chain in kept["contents"]:
        kept_disks.restore_disk(scene.engine, chain, store)


def _grow_disk(scene: Scene, target: str | None) -> Kept:
    server = scene.server(target)
    disks = resources.disks_of(scene.engine, server.id)
    if not disks:
        raise InvalidRequest(f"{server.name} has no disk.", field="target")
    disk = disks[-1].disk
    resources.resize(scene.engine, disk.id, 2 * disk.size_gb)
    return {"target": server.name, "disk": disk.id, "size_gb": disk.size_gb}


def _shrink_disk(scene: Scene, kept: Kept) -> None:
    if resources.find_disk(scene.engine, kept["disk"]) is None:
        raise _gone("disk of", kept["target"])
    resources.resize(scene.engine, kept["disk"], kept["size_gb"])


def _agent_offline(scene: Scene, target: str | None) -> Kept:
    engine, server = scene.engine, scene.server(target)
    state = engine.state
    agents = [
        each
        for each in kept_documents.of_owner(state, "agent", server.project_id)
        if json.loads(each.document)["host_name"] == server.name
    ]
    now = clock.to_api_time(engine.now())
    if agents:
        agent_id = agents[0].id
        _set_agent(scene, agent_id, "offline")
    else:
        agent_id = state.new_id("agent")
        document: Kept = {
            "agent_id": agent_id, "host_name": server.name, "host_ip": "192.168.0.10",
            "host_os": server.os_version, "host_nickname": "", "agent_version": "1.0.0",
            "agent_type": "native", "created_at": now, "updated_at": now,
            "last_active_time": now, "paths": [], "status": "offline",
        }  # fmt: skip
        kept_documents.put(
            state,
            Record("agent", agent_id, server.project_id, engine.now(), json.dumps(document)),
        )
    traits = resources.properties(server)
    installed = traits.get("agent")
    resources.set_server_traits(engine, server.id, traits | {"agent": resources.AGENT_OFFLINE})
    return {
        "target": server.name,
        "server": server.id,
        "agent": agent_id,
        "was_there": bool(agents),
        "installed": installed,
    }


def _set_agent(scene: Scene, agent_id: str, status: str) -> None:
    state = scene.engine.state
    record = kept_documents.find(state, "agent", agent_id)
    if record is not None:
        document = json.loads(record.document) | {"status": status}
        kept_documents.change(state, "agent", agent_id, json.dumps(document))


def _agent_online(scene: Scene, kept: Kept) -> None:
    if kept["was_there"]:
        _set_agent(scene, kept["agent"], "normal")
    else:
        kept_documents.remove(scene.engine.state, "agent", kept["agent"])
    server = resources.find_server(scene.engine, kept["server"])
    if server is not None:
        traits = resources.properties(server)
        traits.pop("agent", None)
        if kept["installed"] is not None:
            traits["agent"] = kept["installed"]
        resources.set_server_traits(scene.engine, server.id, traits)


_BYTES_BACK = "The attack stops; the server's disks hold what they held before it."
SCENARIOS = (
    Scenario(
        "ransomware",
        "All files of a server are encrypted at once.",
        partial(_attack, pace="fast"), _end_attack, target="server", undo=_BYTES_BACK,
    ),
    Scenario(
        "ransomware_slow",
        "A fourteenth of a server's files and data is encrypted each day, for a fortnight.",
        partial(_attack, pace="slow"), _end_attack, target="server", undo=_BYTES_BACK,
    ),
    Scenario(
        "ransomware_pausing",
        "Half of a server is encrypted within three hours; after four quiet days, the rest.",
        partial(_attack, pace="pausing"), _end_attack, target="server", undo=_BYTES_BACK,
    ),
    Scenario(
        "deleted_server",
        "A server is deleted with its disks; its backups stay.",
        _delete_server, _bring_server_back, codes=("BackupService.7100",), target="server",
        undo="The server and its disks are there again, with what they held.",
    ),
    Scenario(
        "grown_disk",
        "A server's last disk is twice as large as when it was backed up.",
        _grow_disk, _shrink_disk, target="server", undo="The disk has its former size again.",
    ),
    Scenario(
        "agent_offline",
        "The agent on a server is offline: it cannot be changed, and backups in an "
        "app-consistent vault are crash-consistent only.",
        _agent_offline, _agent_online, codes=("BackupService.7403",), target="server",
        undo="The agent is as it was before.",
    ),
)  # fmt: skip
