"""The types and kinds of the service, which requests and answers share."""

from __future__ import annotations

from typing import Literal

# -- what is backed up -----------------------------------------------------------------------------

SERVER = "OS::Nova::Server"
DISK = "OS::Cinder::Volume"
BARE_METAL = "OS::Ironic::BareMetalServer"
NATIVE_SERVER = "OS::Native::Server"
FILE_SYSTEM = "OS::Sfs::Turbo"
DESKTOP = "OS::Workspace::DesktopV2"
RESOURCE_TYPES = (SERVER, DISK, BARE_METAL, NATIVE_SERVER, FILE_SYSTEM, DESKTOP)
SERVER_TYPES = (SERVER, BARE_METAL)

ResourceKind = Literal["server", "disk", "turbo", "workspace"]
"""A list of what can be protected."""
KINDS: tuple[ResourceKind, ...] = ("server", "disk", "turbo", "workspace")
COMMON_KINDS: tuple[ResourceKind, ...] = ("server", "disk", "turbo")
"""The lists that are read where none is named: desktops belong to a service of their own."""
SEARCHED_KINDS: tuple[ResourceKind, ...] = ("server", "turbo", "disk")
"""The same, in the order in which a name is looked for: a server's disk often bears its name."""
KIND_OF: dict[str, ResourceKind] = {
    SERVER: "server",
    BARE_METAL: "server",
    NATIVE_SERVER: "server",
    DISK: "disk",
    FILE_SYSTEM: "turbo",
    DESKTOP: "workspace",
}
"""The list in which a resource of a type is."""

# -- vaults ----------------------------------------------------------------------------------------

ObjectType = Literal["server", "disk", "turbo", "workspace", "vmware", "rds", "file"]
OBJECT_TYPES = ("server", "disk", "turbo", "workspace", "vmware", "rds", "file")
"""What a vault can be for."""
