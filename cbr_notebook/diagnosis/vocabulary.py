"""Words of the service's interface, which say nothing about whose account it is."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache

import msgspec

from cbr_notebook import api, catalogue


def words(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


_VALUES = words(
    """
    accepted ACTIVE active admin all_granted app_consistent available backup bookmark copy
    crash_consistent create customer day delete deleted deleting disabled disk enabled ERROR error
    error-deleting EVS fail failed False false file fixed floating frozen hybrid in-use Linux lock
    locked MANUAL migrating month na normal OS::Cinder::Volume OS::Ironic::BareMetalServer
    OS::Native::Server OS::Nova::Server OS::Sfs::Turbo OS::Workspace::DesktopV2 password pending
    post_paid pre_paid private protecting public rds rejected remove_resource removing replicating
    replication restore restoring rw self server shared SHUTOFF skip skipped snapshot success
    suspend sync time timeout True true turbo uninstall unsuspend UP vault.backup.database.normal
    vault.backup.rds.normal vault.backup.server.normal vault.backup.turbo.normal
    vault.backup.volume.normal vault.hybrid.server.normal vault.replication.server.normal
    vault_delete vmware waiting waiting_delete waiting_protect waiting_replicate waiting_restore
    week Windows workspace workspace_v2 year
    """
)
_KEYS = words(
    """
    accessIPv4 accessIPv6 addr addresses app_consistency_error_code app_consistency_error_message
    app_consistency_status attached_at attached_mode attachment_id attachments bootable catalog
    checksum children code config_drive container_format created description detail device disk
    disk_format domain domain_id dr_site enabled encrypted endpoints error error_code error_msg
    expires_at flavor host host_status hostId href image image_id image_name interface is_domain
    issued_at key_name links locked media-types message metadata metering methods min_disk min_ram
    min_version multiattach name next os_bit os_type parent_id password_expires_at platform
    previous progress projects ram readonly region region_id rel replication_status request_id
    roles security_groups self server_id service_type shareable size status tags task_id tenant_id
    title token type unauthorized updated url user user_id vcpus version versions virtual_env_type
    volume_image_metadata volume_type volumes_attached wwn
    """
)
_SYSTEM_KEY = re.compile(
    r"(?:features|replication)\.[a-z_]+|(?:OS-[A-Z]+-[A-Z-]+|os-[a-z-]+|OS-DCF|metering|cascaded):?[.:]?[\w.-]+"
)
_PLAIN_KEY = re.compile(r"[a-z]+(?:_[a-z]+)*")
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"",
        r"-?\d{1,6}(?:\.\d{1,6})?",
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?",
        r"(?:FREQ|BYDAY|BYHOUR|BYMINUTE|INTERVAL)=[A-Z0-9,]+"
        r"(?:;(?:FREQ|BYDAY|BYHOUR|BYMINUTE|INTERVAL)=[A-Z0-9,]+)*",
        r"UTC[+-]\d\d:\d\d",
        r"(?:BackupService|APIGW|IAM)\.\d{4}",
        r"[1-5]\d\d",
        r"\{\}|\[\]",
        r"/dev/[a-z]{2,3}[a-z]",
    )
)


def is_known_value(text: str) -> bool:
    """Return whether a text is a word or a format of the interface, not somebody's own."""
    if text in _VALUES or any(pattern.fullmatch(text) for pattern in _PATTERNS):
        return True
    return text in _messages()


def is_known_key(name: str) -> bool:
    """Return whether a member's name is one of the interface."""
    return name in _KEYS or name in _fields()


def may_be_a_new_member(name: str) -> bool:
    """Return whether an unknown name looks like one that the service's authors would choose."""
    plain = _PLAIN_KEY.fullmatch(name) or _SYSTEM_KEY.fullmatch(name)
    return len(name) <= 40 and plain is not None


@cache
def _fields() -> frozenset[str]:
    """Return the names of all members that this package reads or writes."""
    names: set[str] = set()
    for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        for value in vars(importlib.import_module(found.name)).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct):
                names |= {each.encode_name for each in msgspec.structs.fields(value)}
    return frozenset(names)


@cache
def _messages() -> frozenset[str]:
    return frozenset(entry.message for entry in catalogue.entries(documented_only=False))
