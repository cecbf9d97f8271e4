"""The operations of the service, and the method of the client that asks for each.

Written for tests and documentation; the client itself does not need it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        id: the service's own name of it.
        call: the group and method of the client, such as ``vaults.create``.
        method: the HTTP method.
        path: with parameters in braces.
        success: the HTTP status of a good answer.
        section: the section of the reference.
    """

    id: str
    call: str
    method: str
    path: str
    success: int
    section: str


def _operation(id: str, call: str, request: str, success: int, section: str) -> Operation:  # noqa: A002
    method, path = request.split(" ")
    return Operation(id, call, method, path, success, section)


# fmt: off
OPERATIONS = (
    _operation("list_op_logs", "tasks.list", "GET /v3/{project_id}/operation-logs", 200, "Task"),
    _operation(
        "show_op_log", "tasks.show",
        "GET /v3/{project_id}/operation-logs/{operation_log_id}",
        200, "Task",
    ),
    _operation(
        "show_members_detail", "members.list",
        "GET /v3/{project_id}/backups/{backup_id}/members",
        200, "Backup sharing",
    ),
    _operation(
        "add_member", "members.add",
        "POST /v3/{project_id}/backups/{backup_id}/members",
        200, "Backup sharing",
    ),
    _operation(
        "delete_member", "members.delete",
        "DELETE /v3/{project_id}/backups/{backup_id}/members/{member_id}",
        204, "Backup sharing",
    ),
    _operation(
        "show_member_detail", "members.show",
        "GET /v3/{project_id}/backups/{backup_id}/members/{member_id}",
        200, "Backup sharing",
    ),
    _operation(
        "update_member_status", "members.update",
        "PUT /v3/{project_id}/backups/{backup_id}/members/{member_id}",
        200, "Backup sharing",
    ),
    _operation(
        "show_vault_resource_instances", "tags.filter",
        "POST /v3/{project_id}/vault/resource_instances/action",
        200, "Tag",
    ),
    _operation(
        "show_vault_project_tag", "tags.list_project",
        "GET /v3/{project_id}/vault/tags",
        200, "Tag",
    ),
    _operation(
        "show_vault_tag", "tags.list",
        "GET /v3/{project_id}/vault/{vault_id}/tags",
        200, "Tag",
    ),
    _operation(
        "create_vault_tags", "tags.create",
        "POST /v3/{project_id}/vault/{vault_id}/tags",
        204, "Tag",
    ),
    _operation(
        "batch_create_and_delete_vault_tags", "tags.action",
        "POST /v3/{project_id}/vault/{vault_id}/tags/action",
        204, "Tag",
    ),
    _operation(
        "delete_vault_tag", "tags.delete",
        "DELETE /v3/{project_id}/vault/{vault_id}/tags/{key}",
        204, "Tag",
    ),
    _operation(
        "create_checkpoint", "restore_points.create",
        "POST /v3/{project_id}/checkpoints",
        200, "Restore point",
    ),
    _operation(
        "copy_checkpoint", "restore_points.replicate",
        "POST /v3/{project_id}/checkpoints/replicate",
        200, "Restore point",
    ),
    _operation(
        "import_checkpoint", "restore_points.sync",
        "POST /v3/{project_id}/checkpoints/sync",
        200, "Restore point",
    ),
    _operation(
        "show_checkpoint", "restore_points.show",
        "GET /v3/{project_id}/checkpoints/{checkpoint_id}",
        200, "Restore point",
    ),
    _operation(
        "check_agent", "protectables.check_agents",
        "POST /v3/{project_id}/agent/check",
        200, "Protectable",
    ),
    _operation(
        "list_protectable", "protectables.list",
        "GET /v3/{project_id}/protectables/{protectable_type}/instances",
        200, "Protectable",
    ),
    _operation(
        "show_protectable", "protectables.show",
        "GET /v3/{project_id}/protectables/{protectable_type}/instances/{instance_id}",
        200, "Protectable",
    ),
    _operation(
        "show_replication_capabilities", "protectables.replication_capabilities",
        "GET /v3/{project_id}/replication-capabilities",
        200, "Protectable",
    ),
    _operation("list_agent", "agents.list", "GET /v3/{project_id}/agents", 200, "Agent"),
    _operation("register_agent", "agents.register", "POST /v3/{project_id}/agents", 200, "Agent"),
    _operation(
        "unregister_agent", "agents.unregister",
        "DELETE /v3/{project_id}/agents/{agent_id}",
        200, "Agent",
    ),
    _operation("show_agent", "agents.show", "GET /v3/{project_id}/agents/{agent_id}", 200, "Agent"),
    _operation(
        "update_agent", "agents.update",
        "PUT /v3/{project_id}/agents/{agent_id}",
        200, "Agent",
    ),
    _operation(
        "add_agent_path", "agents.add_paths",
        "POST /v3/{project_id}/agents/{agent_id}/add-path",
        200, "Agent",
    ),
    _operation(
        "remove_agent_path", "agents.remove_paths",
        "POST /v3/{project_id}/agents/{agent_id}/remove-path",
        200, "Agent",
    ),
    _operation(
        "list_organization_policies", "organization_policies.list",
        "GET /v3/{project_id}/organization-policies",
        200, "Organization policy",
    ),
    _operation(
        "create_organization_policy", "organization_policies.create",
        "POST /v3/{project_id}/organization-policies",
        200, "Organization policy",
    ),
    _operation(
        "delete_organization_policy", "organization_policies.delete",
        "DELETE /v3/{project_id}/organization-policies/{organization_policy_id}",
        204, "Organization policy",
    ),
    _operation(
        "show_organization_policy", "organization_policies.show",
        "GET /v3/{project_id}/organization-policies/{organization_policy_id}",
        200, "Organization policy",
    ),
    _operation(
        "update_organization_policy", "organization_policies.update",
        "PUT /v3/{project_id}/organization-policies/{organization_policy_id}",
        200, "Organization policy",
    ),
    _operation(
        "list_organization_policy_detail", "organization_policies.deployments",
        "GET /v3/{project_id}/organization-policies/{organization_policy_id}/policy-detail",
        200, "Organization policy",
    ),
    _operation("list_policies", "policies.list", "GET /v3/{project_id}/policies", 200, "Policy"),
    _operation("create_policy", "policies.create", "POST /v3/{project_id}/policies", 200, "Policy"),
    _operation(
        "delete_policy", "policies.delete",
        "DELETE /v3/{project_id}/policies/{policy_id}",
        204, "Policy",
    ),
    _operation(
        "show_policy", "policies.show",
        "GET /v3/{project_id}/policies/{policy_id}",
        200, "Policy",
    ),
    _operation(
        "update_policy", "policies.update",
        "PUT /v3/{project_id}/policies/{policy_id}",
        200, "Policy",
    ),
    _operation("show_migrate_status", "migrations.show", "GET /v3/migrates", 200, "Migration"),
    _operation("migrate_domain", "migrations.start", "POST /v3/migrates", 200, "Migration"),
    _operation(
        "list_domain_projects", "projects.list_domain",
        "GET /v3/domain/{domain_name}/projects",
        200, "Project",
    ),
    _operation(
        "show_domain", "projects.show_domain",
        "GET /v3/domain/{source_project_id}",
        200, "Project",
    ),
    _operation("list_projects", "projects.list", "GET /v3/region-projects", 200, "Project"),
    _operation(
        "list_features", "features.list",
        "GET /v3/{project_id}/cbr-features",
        200, "Feature",
    ),
    _operation(
        "show_feature", "features.show",
        "GET /v3/{project_id}/cbr-features/{feature_key}",
        200, "Feature",
    ),
    _operation(
        "show_storage_usage", "usage.list",
        "GET /v3/{project_id}/storage_usage",
        200, "Usage",
    ),
    _operation(
        "change_order", "orders.change",
        "POST /v3/{project_id}/orders/change",
        200, "Order",
    ),
    _operation(
        "update_order", "orders.update",
        "PUT /v3/{project_id}/orders/{order_id}",
        200, "Order",
    ),
    _operation(
        "change_vault_charge_mode", "orders.change_charge_mode",
        "POST /v3/{project_id}/vaults/change-charge-mode",
        200, "Order",
    ),
    _operation(
        "create_post_paid_vault", "orders.create_vault",
        "POST /v3/{project_id}/vaults/order",
        200, "Order",
    ),
    _operation("list_backups", "backups.list", "GET /v3/{project_id}/backups", 200, "Backup"),
    _operation(
        "import_backup", "backups.sync",
        "POST /v3/{project_id}/backups/sync",
        200, "Backup",
    ),
    _operation(
        "delete_backup", "backups.delete",
        "DELETE /v3/{project_id}/backups/{backup_id}",
        204, "Backup",
    ),
    _operation(
        "show_backup", "backups.show",
        "GET /v3/{project_id}/backups/{backup_id}",
        200, "Backup",
    ),
    _operation(
        "update_backup", "backups.update",
        "PUT /v3/{project_id}/backups/{backup_id}",
        200, "Backup",
    ),
    _operation(
        "show_metadata", "backups.metadata",
        "GET /v3/{project_id}/backups/{backup_id}/metadata",
        200, "Backup",
    ),
    _operation(
        "copy_backup", "backups.replicate",
        "POST /v3/{project_id}/backups/{backup_id}/replicate",
        200, "Backup",
    ),
    _operation(
        "restore_backup", "backups.restore",
        "POST /v3/{project_id}/backups/{backup_id}/restore",
        202, "Backup",
    ),
    _operation("list_vault", "vaults.list", "GET /v3/{project_id}/vaults", 200, "Vault"),
    _operation("create_vault", "vaults.create", "POST /v3/{project_id}/vaults", 200, "Vault"),
    _operation(
        "batch_update_vault", "vaults.batch_update",
        "PUT /v3/{project_id}/vaults/batch-update",
        200, "Vault",
    ),
    _operation(
        "list_external_vault", "vaults.list_external",
        "GET /v3/{project_id}/vaults/external",
        200, "Vault",
    ),
    _operation(
        "show_summary", "vaults.summary",
        "GET /v3/{project_id}/vaults/summary",
        200, "Vault",
    ),
    _operation(
        "delete_vault", "vaults.delete",
        "DELETE /v3/{project_id}/vaults/{vault_id}",
        204, "Vault",
    ),
    _operation("show_vault", "vaults.show", "GET /v3/{project_id}/vaults/{vault_id}", 200, "Vault"),
    _operation(
        "update_vault", "vaults.update",
        "PUT /v3/{project_id}/vaults/{vault_id}",
        200, "Vault",
    ),
    _operation(
        "add_vault_resource", "vaults.add_resources",
        "POST /v3/{project_id}/vaults/{vault_id}/addresources",
        200, "Vault",
    ),
    _operation(
        "associate_vault_policy", "vaults.apply_policy",
        "POST /v3/{project_id}/vaults/{vault_id}/associatepolicy",
        200, "Vault",
    ),
    _operation(
        "disassociate_vault_policy", "vaults.remove_policy",
        "POST /v3/{project_id}/vaults/{vault_id}/dissociatepolicy",
        200, "Vault",
    ),
    _operation(
        "migrate_vault_resource", "vaults.migrate_resources",
        "POST /v3/{project_id}/vaults/{vault_id}/migrateresources",
        200, "Vault",
    ),
    _operation(
        "remove_vault_resource", "vaults.remove_resources",
        "POST /v3/{project_id}/vaults/{vault_id}/removeresources",
        200, "Vault",
    ),
    _operation(
        "set_vault_resource", "vaults.set_resources",
        "PUT /v3/{project_id}/vaults/{vault_id}/set-resources",
        200, "Vault",
    ),
    _operation(
        "update_expiration_time", "vaults.update_expiration_time",
        "PUT /v3/{project_id}/vaults/{vault_id}/update-backup-expiration-time",
        200, "Vault",
    ),
)
# fmt: on
"""All operations, in the order of the reference's groups."""
