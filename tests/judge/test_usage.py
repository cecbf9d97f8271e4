"""The vendor's client on storage usage."""

from __future__ import annotations

from tests.judge.judging import Judge


def test_show_storage_usage(judge: Judge) -> None:
    server = judge.cloud.create_server("web-01")
    server.disk("vda").fill(3)
    vault_id = judge.create_vault()
    body = {"resources": [{"id": server.id, "type": "OS::Nova::Server"}]}
    judge("add_vault_resource", vault_id=vault_id, body=body)
    judge("create_checkpoint", body={"checkpoint": {"vault_id": vault_id}})
    judge.wait()
    answer = judge("show_storage_usage", resource_type="OS::Nova::Server", limit=10, offset=0)
    (usage,) = answer.storage_usage
    assert (usage.resource_id, usage.backup_count, answer.resource_count) == (server.id, 1, 1)
    assert usage.backup_size >= 3
    with judge.refuses("9900"):
        judge("show_storage_usage", resource_type="OS::Cinder::Volume")
