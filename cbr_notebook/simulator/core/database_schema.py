"""The tables in which a simulated cloud keeps everything it knows.

Times are integers: microseconds since 1970, UTC. Sizes are in the unit that their name
says. Bytes of disks live in ``block``, once for each different content; what a disk holds
and what a backup stores are lists of references to them.
"""

VERSION = 2
"""Stored in ``PRAGMA user_version``; raised with every change of the tables."""

UPGRADES = {
    1: """
    ALTER TABLE task ADD COLUMN enterprise_project_id TEXT NOT NULL DEFAULT '0';
    UPDATE task SET enterprise_project_id = coalesce(
        (SELECT enterprise_project_id FROM vault WHERE vault.id = task.vault_id), '0');
    """,
}
"""For each older version, the SQL that makes the next one of it."""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE reserved (
    kind TEXT NOT NULL, position INTEGER NOT NULL, value NOT NULL,
    PRIMARY KEY (kind, position)
) WITHOUT ROWID;

CREATE TABLE domain (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE project (
    id TEXT PRIMARY KEY, domain_id TEXT NOT NULL REFERENCES domain, name TEXT NOT NULL,
    region TEXT NOT NULL, parent_id TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
    enabled INTEGER NOT NULL DEFAULT 1,
    UNIQUE (domain_id, name)
) WITHOUT ROWID;
CREATE TABLE user (
    id TEXT PRIMARY KEY, domain_id TEXT NOT NULL REFERENCES domain, name TEXT NOT NULL,
    password_salt BLOB NOT NULL, password_hash BLOB NOT NULL, enabled INTEGER NOT NULL DEFAULT 1,
    UNIQUE (domain_id, name)
) WITHOUT ROWID;
CREATE TABLE access_key (
    access TEXT PRIMARY KEY, secret TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES user,
    security_token TEXT, expires_at INTEGER, enabled INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE token (
    digest BLOB PRIMARY KEY, user_id TEXT NOT NULL REFERENCES user, project_id TEXT,
    domain_id TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE server (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES project, name TEXT NOT NULL,
    type TEXT NOT NULL DEFAULT 'OS::Nova::Server', status TEXT NOT NULL DEFAULT 'ACTIVE',
    created_at INTEGER NOT NULL, availability_zone TEXT NOT NULL,
    architecture TEXT NOT NULL DEFAULT 'x86_64', os_type TEXT NOT NULL DEFAULT 'Linux',
    os_version TEXT NOT NULL DEFAULT 'CentOS 7.2 64bit', flavor TEXT NOT NULL DEFAULT 's3.large.2',
    tags TEXT NOT NULL DEFAULT '{}', properties TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE INDEX server_by_project ON server (project_id, created_at, id);
CREATE TABLE disk (
    id TEXT PRIMARY KEY, store INTEGER NOT NULL UNIQUE, project_id TEXT NOT NULL REFERENCES project,
    name TEXT NOT NULL, type TEXT NOT NULL DEFAULT 'OS::Cinder::Volume', size_gb INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'available', created_at INTEGER NOT NULL,
    availability_zone TEXT NOT NULL, bootable INTEGER NOT NULL DEFAULT 0,
    volume_type TEXT NOT NULL DEFAULT 'SAS', encrypted INTEGER NOT NULL DEFAULT 0,
    shareable INTEGER NOT NULL DEFAULT 0, writes INTEGER NOT NULL DEFAULT 0,
    written_at INTEGER, tags TEXT NOT NULL DEFAULT '{}', properties TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE INDEX disk_by_project ON disk (project_id, created_at, id);
CREATE TABLE attachment (
    server_id TEXT NOT NULL REFERENCES server ON DELETE CASCADE,
    disk_id TEXT NOT NULL REFERENCES disk ON DELETE CASCADE,
    device TEXT NOT NULL, attached_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, disk_id)
) WITHOUT ROWID;
CREATE INDEX attachment_by_disk ON attachment (disk_id);

CREATE TABLE block (hash BLOB PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE disk_block (
    store INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB, written INTEGER NOT NULL,
    PRIMARY KEY (store, position)
) WITHOUT ROWID;
CREATE INDEX disk_block_by_write ON disk_block (store, written);
CREATE TABLE chain (id INTEGER PRIMARY KEY, vault_id TEXT NOT NULL, store INTEGER NOT NULL);
CREATE INDEX chain_by_store ON chain (vault_id, store, id);
CREATE TABLE stored_block (
    chain INTEGER NOT NULL, position INTEGER NOT NULL, sequence INTEGER NOT NULL, hash BLOB,
    PRIMARY KEY (chain, position, sequence)
) WITHOUT ROWID;
CREATE INDEX stored_block_by_sequence ON stored_block (chain, sequence);

CREATE TABLE vault (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES project, name TEXT NOT NULL,
    description TEXT, provider_id TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, user_id TEXT NOT NULL, enterprise_project_id TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'available', size_gb INTEGER NOT NULL,
    object_type TEXT NOT NULL, protect_type TEXT NOT NULL, consistent_level TEXT NOT NULL,
    cloud_type TEXT NOT NULL, charging_mode TEXT NOT NULL, order_id TEXT, product_id TEXT,
    is_multi_az INTEGER NOT NULL DEFAULT 0, auto_bind INTEGER NOT NULL DEFAULT 0,
    bind_rules TEXT NOT NULL DEFAULT '{}', auto_expand INTEGER NOT NULL DEFAULT 0,
    smn_notify INTEGER NOT NULL DEFAULT 1, threshold INTEGER NOT NULL DEFAULT 80,
    backup_name_prefix TEXT NOT NULL DEFAULT '', demand_billing INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0, availability_zone TEXT,
    sys_lock_source_service TEXT NOT NULL DEFAULT '', used_blocks INTEGER NOT NULL DEFAULT 0,
    properties TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE INDEX vault_by_project ON vault (project_id, created_at, id);
CREATE TABLE vault_resource (
    vault_id TEXT NOT NULL REFERENCES vault ON DELETE CASCADE, resource_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL, name TEXT NOT NULL, size_gb INTEGER NOT NULL, extra_info TEXT NOT NULL,
    protect_status TEXT NOT NULL DEFAULT 'available', auto_protect INTEGER NOT NULL DEFAULT 1,
    added_at INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (vault_id, resource_id)
) WITHOUT ROWID;
CREATE TABLE vault_policy (
    vault_id TEXT NOT NULL REFERENCES vault ON DELETE CASCADE,
    policy_id TEXT NOT NULL REFERENCES policy ON DELETE CASCADE,
    operation_type TEXT NOT NULL, destination_vault_id TEXT, applied_at INTEGER NOT NULL,
    PRIMARY KEY (vault_id, operation_type)
) WITHOUT ROWID;
CREATE INDEX vault_policy_by_policy ON vault_policy (policy_id);
CREATE INDEX vault_policy_by_destination ON vault_policy (destination_vault_id)
    WHERE destination_vault_id IS NOT NULL;
CREATE TABLE vault_tag (
    vault_id TEXT NOT NULL REFERENCES vault ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (vault_id, key)
) WITHOUT ROWID;

CREATE TABLE policy (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES project, name TEXT NOT NULL,
    operation_type TEXT NOT NULL, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL, defined_at INTEGER NOT NULL, trigger_id TEXT NOT NULL,
    patterns TEXT NOT NULL, start_window_minutes INTEGER, definition TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX policy_by_project ON policy (project_id, created_at, id);

CREATE TABLE restore_point (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES project, vault_id TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, name TEXT, description TEXT,
    retention_days INTEGER NOT NULL DEFAULT -1, automatic INTEGER NOT NULL DEFAULT 0,
    policy_id TEXT, resources TEXT NOT NULL, skipped TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX restore_point_by_vault ON restore_point (vault_id, created_at);
CREATE TABLE backup (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, vault_id TEXT NOT NULL,
    restore_point_id TEXT NOT NULL, parent_id TEXT, name TEXT NOT NULL, description TEXT,
    status TEXT NOT NULL, image_type TEXT NOT NULL DEFAULT 'backup', provider_id TEXT NOT NULL,
    resource_id TEXT NOT NULL, resource_name TEXT NOT NULL, resource_type TEXT NOT NULL,
    resource_size_gb INTEGER NOT NULL, resource_az TEXT, created_at INTEGER NOT NULL,
    protected_at INTEGER, updated_at INTEGER NOT NULL, expired_at INTEGER,
    automatic INTEGER NOT NULL DEFAULT 0, incremental INTEGER NOT NULL DEFAULT 0,
    policy_id TEXT, extend_info TEXT NOT NULL, chain INTEGER, sequence INTEGER,
    writes INTEGER, stored_blocks INTEGER NOT NULL DEFAULT 0,
    enterprise_project_id TEXT NOT NULL DEFAULT '0', properties TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX backup_by_time ON backup (project_id, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX backup_by_expiry ON backup (vault_id, expired_at) WHERE expired_at IS NOT NULL;
CREATE INDEX backup_failed ON backup (vault_id, created_at, id)
    WHERE status = 'error' AND parent_id IS NULL;
CREATE INDEX backup_by_vault ON backup (vault_id, created_at, id);
CREATE INDEX backup_usage ON backup (vault_id, resource_id, status, stored_blocks)
    WHERE parent_id IS NULL;
CREATE INDEX backup_by_resource ON backup (resource_id, created_at, id);
CREATE INDEX backup_by_restore_point ON backup (restore_point_id);
CREATE INDEX backup_by_parent ON backup (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX backup_by_chain ON backup (chain, sequence) WHERE chain IS NOT NULL;

CREATE TABLE task (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, operation_type TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, ended_at INTEGER, updated_at INTEGER NOT NULL,
    vault_id TEXT, vault_name TEXT, restore_point_id TEXT, policy_id TEXT, provider_id TEXT,
    resource_id TEXT, resource_name TEXT, resource_type TEXT, request_id TEXT NOT NULL,
    error_code TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '',
    extra_info TEXT NOT NULL DEFAULT '{}', subject_id TEXT,
    enterprise_project_id TEXT NOT NULL DEFAULT '0'
);
CREATE INDEX task_by_time ON task (project_id, created_at, id);
CREATE INDEX task_by_vault ON task (vault_id, status);
CREATE INDEX task_by_resource ON task (resource_id, status);
CREATE INDEX task_by_status ON task (status);

CREATE TABLE event (
    id INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    arguments TEXT NOT NULL DEFAULT '{}',
    UNIQUE (kind, subject, due_at)
);
CREATE INDEX event_by_time ON event (due_at, id);

CREATE TABLE member (
    id TEXT PRIMARY KEY, backup_id TEXT NOT NULL, project_id TEXT NOT NULL,
    dest_project_id TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER, image_id TEXT, vault_id TEXT,
    UNIQUE (backup_id, dest_project_id)
) WITHOUT ROWID;
CREATE INDEX member_by_destination ON member (dest_project_id, status);
CREATE TABLE image (id TEXT PRIMARY KEY, backup_id TEXT NOT NULL, project_id TEXT NOT NULL);
CREATE INDEX image_by_backup ON image (backup_id);
CREATE TABLE replication_record (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, status TEXT NOT NULL,
    source_backup_id TEXT NOT NULL, source_restore_point_id TEXT NOT NULL,
    source_project_id TEXT NOT NULL, source_region TEXT NOT NULL, source_vault_id TEXT NOT NULL,
    destination_backup_id TEXT, destination_restore_point_id TEXT,
    destination_project_id TEXT NOT NULL, destination_region TEXT NOT NULL,
    destination_vault_id TEXT NOT NULL, automatic INTEGER NOT NULL DEFAULT 0,
    fail_code TEXT NOT NULL DEFAULT '', fail_reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX replication_by_source ON replication_record (source_backup_id);
CREATE INDEX replication_by_destination ON replication_record (destination_backup_id);

CREATE TABLE record (
    kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX record_by_owner ON record (kind, owner, created_at, id);
"""
