"""The vendor's client on storage usage."""

from __future__ import annotations

from tests.conformance.sdk_client import SdkClient


def test_show_storage_usage(sdk: SdkClient) -> None:
    server = sdk.cloud.create_server("web-01")
    server.disk("vda").fill(3)
    vault_id = sdk.create_vault()
    body = {"resources": [{"id": server.id, "type": "OS::Nova::Server"}]}
    sdk("add_vault_resource", vault_id=vault_id, body=body)
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault_id}})
    sdk.wait()
    answer = sdk("show_storage_usage", resource_type="OS::Nova::Server", limit=10, offset=0)
    (usage,) = answer.storage_usage
    assert (usage.resource_id, usage.backup_count, answer.resource_count) == (server.id, 1, 1)
    assert usage.backup_size >= 3
    with sdk.refuses("9900"):
        sdk("show_storage_usage", resource_type="OS::Cinder::Volume")
