"""The vendor's client on sharing, both sides of it."""

from __future__ import annotations

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient

OTHER = "eu-west-0_staging"


@pytest.fixture
def receiver(sdk: SdkClient) -> SdkClient:
    return sdk.elsewhere(OTHER)


@pytest.fixture
def backup_id(sdk: SdkClient) -> str:
    server = sdk.cloud.create_server("web-01").id
    vault = sdk.create_vault("films")
    items = [{"id": server, "type": "OS::Nova::Server"}]
    sdk("add_vault_resource", vault_id=vault, body={"resources": items})
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault}})
    sdk.wait()
    return str(sdk("list_backups").backups[0].id)


def share(sdk: SdkClient, backup_id: str, *projects: str) -> None:
    sdk("add_member", backup_id=backup_id, body={"members": list(projects)})


def test_a_backup_is_shared_and_accepted(
    sdk: SdkClient, receiver: SdkClient, backup_id: str
) -> None:
    share(sdk, backup_id, receiver.project_id)
    seen = receiver("list_backups", own_type="shared", member_status="pending").backups
    assert [each.id for each in seen] == [backup_id]
    vault = receiver.create_vault("theirs")
    member = {"backup_id": backup_id, "member_id": receiver.project_id}
    body = {"status": "accepted", "vault_id": vault}
    assert receiver("update_member_status", body=body, **member).member.status == "accepted"
    assert sdk("show_member_detail", **member).member.vault_id == vault
    listed = sdk("show_members_detail", backup_id=backup_id, status="accepted")
    assert (listed.count, listed.members[0].dest_project_id) == (1, receiver.project_id)
    sdk("delete_member", **member)
    assert receiver("list_backups", own_type="shared").count == 0


def test_a_backup_can_be_rejected(sdk: SdkClient, receiver: SdkClient, backup_id: str) -> None:
    share(sdk, backup_id, receiver.project_id)
    member = {"backup_id": backup_id, "member_id": receiver.project_id}
    receiver("update_member_status", body={"status": "rejected"}, **member)
    assert receiver("list_backups", own_type="shared", member_status="rejected").count == 1


def test_add_member_is_refused(sdk: SdkClient, receiver: SdkClient, backup_id: str) -> None:
    for project in ("0" * 32, sdk.project_id, sdk.elsewhere("eu-west-1").project_id):
        with sdk.refuses("6704"):
            share(sdk, backup_id, project)
    child = sdk("show_backup", backup_id=backup_id).backup.children[0].id
    with sdk.refuses("6700"):
        share(sdk, child, receiver.project_id)
    sdk.cloud.options["projects_per_shared_backup"] = 1
    others = [sdk.cloud.create_project(f"eu-west-0_{number}") for number in range(2)]
    with sdk.refuses("6701"):
        share(sdk, backup_id, *others)
    share(sdk, backup_id, receiver.project_id)
    with sdk.refuses("6714"):
        share(sdk, backup_id, receiver.project_id)
    with receiver.refuses("6707"):
        share(receiver, backup_id, others[0])


def test_accepting_is_refused_without_a_vault_that_fits(
    sdk: SdkClient, receiver: SdkClient, backup_id: str
) -> None:
    share(sdk, backup_id, receiver.project_id)
    member = {"backup_id": backup_id, "member_id": receiver.project_id}

    def accept(vault: str | None) -> None:
        receiver("update_member_status", body={"status": "accepted", "vault_id": vault}, **member)

    with receiver.refuses("6706"):
        accept(None)
    with receiver.refuses("6105", 404):
        accept(NOBODY)
    with receiver.refuses("6713"):
        accept(receiver.create_vault("disks", object_type="disk"))
    with sdk.refuses("6708"):
        sdk("update_member_status", body={"status": "rejected"}, **member)


def test_unknown_members_and_filters_are_refused(
    sdk: SdkClient, receiver: SdkClient, backup_id: str
) -> None:
    member = {"backup_id": backup_id, "member_id": receiver.project_id}
    for operation in ("show_member_detail", "delete_member"):
        with sdk.refuses("6705", 404):
            sdk(operation, **member)
    with receiver.refuses("6200", 404):
        receiver("show_member_detail", **member)
    with sdk.refuses("9900"):
        sdk("show_members_detail", backup_id=backup_id, sort="colour")


def test_an_image_blocks_the_end_of_sharing_and_the_deletion(
    sdk: SdkClient, receiver: SdkClient, backup_id: str
) -> None:
    share(sdk, backup_id, receiver.project_id)
    member = {"backup_id": backup_id, "member_id": receiver.project_id}
    body = {"status": "accepted", "vault_id": receiver.create_vault("theirs")}
    receiver("update_member_status", body=body, **member)
    sdk.cloud.register_image(backup_id, receiver.project_id)
    with sdk.refuses("6710"):
        sdk("delete_member", **member)
    with sdk.refuses("6204"):
        sdk("delete_backup", backup_id=backup_id)
