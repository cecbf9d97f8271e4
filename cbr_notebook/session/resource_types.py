"""The service's types of resources, and in which of its lists they are."""

from __future__ import annotations

from cbr_notebook.session.lookup import ResourceKind

SERVER = "OS::Nova::Server"
DISK = "OS::Cinder::Volume"
FILE_SYSTEM = "OS::Sfs::Turbo"
KINDS: dict[str, ResourceKind] = {
    SERVER: "server",
    "OS::Ironic::BareMetalServer": "server",
    "OS::Native::Server": "server",
    DISK: "disk",
    FILE_SYSTEM: "turbo",
    "OS::Workspace::DesktopV2": "workspace",
}
"""The list in which a resource of a type is."""
