"""What fields offer: vaults, resources and policies as options, and tags as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from cbr_notebook.api.groups.tags import checked
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import BARE_METAL, DISK, FILE_SYSTEM, SERVER, ResourceKind
from cbr_notebook.api.messages.records import Policy, Protectable, Vault, VaultResource
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms.kit import field
from cbr_notebook.forms.kit.field import Field, Option
from cbr_notebook.forms.kit.markup import card, link_to_form
from cbr_notebook.session.operations.readiness import why_not_now
from cbr_notebook.session.references import is_id


class HasName(Protocol):
    """What has a name."""

    @property
    def name(self) -> str | None:
        """Its name, if it has one."""


PROTECTS = (
    Option("server", "Cloud servers"),
    Option("disk", "Disks"),
    Option("turbo", "SFS Turbo file systems"),
)
KINDS: Mapping[str, tuple[ResourceKind, str]] = MappingProxyType(
    {
        SERVER: ("server", "server"),
        BARE_METAL: ("server", "bare-metal server"),
        DISK: ("disk", "disk"),
        FILE_SYSTEM: ("turbo", "file system"),
    }
)
"""What the service calls a type of resource: in which kind of vault it is, and what people say."""
KEPT: Mapping[str, str] = MappingProxyType(
    {
        "max_backups": "Newest backups",
        "retention_days": "Days to keep",
        "day_backups": "Daily backups",
        "week_backups": "Weekly backups",
        "month_backups": "Monthly backups",
        "year_backups": "Yearly backups",
    }
)
"""What a policy can keep, by the argument that says how much of it."""
_MOST_KEPT = 99_999
_MOST_TAGS = 10


def vaults(found: Iterable[Vault]) -> list[Option]:
    """Offer vaults, by name."""
    return [
        Option(each.id, each.name or each.id, gigabytes(each.billing.size))
        for each in sorted(found, key=lambda each: each.name or "")
    ]


def gigabytes(size: int | None) -> str:
    """Return a size, if it is known."""
    return f"{size} GB" if size else ""


def no_vault() -> str:
    """Return that there is no vault, and what leads to one."""
    return card(
        "There is no vault yet",
        text="Backups are kept in vaults. Create one first.",
        buttons=[link_to_form("create_vault", "Create a vault")],
    )


def nothing_or(options: Iterable[Option], nothing: str) -> list[Option]:
    """Return options with one before them that stands for none."""
    return [Option("", nothing), *options]


def policies(found: Iterable[Policy]) -> list[Option]:
    """Offer policies, by name; says which are switched off."""
    return [
        Option(each.id, each.name or each.id, "" if each.enabled else "switched off")
        for each in sorted(found, key=lambda each: each.name or "")
    ]


def free_resources(found: Iterable[Protectable]) -> list[Option]:
    """Offer resources for a vault; says why one cannot be put into it."""
    options = []
    for each in found:
        protectable = each.protectable
        vault = protectable.vault if protectable else None
        size = gigabytes(each.size)
        if vault is not None:
            option = Option(each.id, each.name or each.id, f"in vault {vault.name}", True)
        elif protectable is not None and protectable.result is False:
            option = Option(each.id, each.name or each.id, protectable.reason or "", True)
        else:
            option = Option(each.id, each.name or each.id, size)
        options.append(option)
    return sorted(options, key=lambda option: (option.disabled, option.label))


def members(vault: Vault, found: Mapping[str, Protectable]) -> list[Option]:
    """Offer the resources of a vault; says why one cannot be backed up now."""

    def option(member: VaultResource) -> Option:
        reason = why_not_now(member, found.get(member.id), vault)
        size = gigabytes(member.size)
        return Option(member.id, member.name or member.id, reason or size, reason is not None)

    options = [option(each) for each in vault.resources or ()]
    return sorted(options, key=lambda each: (each.disabled, each.label))


def named(field: Field, value: str, among: Iterable[HasName] | None = None) -> str:
    """Return the name of an option where it says which one is meant, else its ID.

    Args:
        field: which offers it.
        value: its ID.
        among: all that a name is looked for in, if that is more than what the field offers.
    """
    label = field.label_of(value)
    offered = [each["label"] for each in field.options]
    labels = offered if among is None else [each.name for each in among]
    return value if is_id(label) or labels.count(label) != 1 else label


def kept(name: str, **traits: Any) -> Field:
    """Create the field for one of what a policy keeps."""
    label = KEPT[name]
    return field.number(
        name, label, rule=lambda given: validate.within(given, 1, _MOST_KEPT, label), **traits
    )


def taken(name: str, among: Iterable[HasName], what: str) -> dict[str, str]:
    """Return that a name is taken, as a problem of the field ``name``: names tell things apart."""
    if all(each.name != name for each in among):
        return {}
    return {"name": f"There is a {what} of this name already. Give another one."}


def tags(text: str) -> dict[str, str]:
    """Read tags as people write them: ``team=web, env=prod``.

    Raises:
        InvalidRequest: one is not allowed, appears twice, or there are more than ten.
    """
    found: dict[str, str] = {}
    for part in (each.strip() for each in text.replace("\n", ",").split(",")):
        if not part:
            continue
        key, equals, value = part.partition("=")
        if not equals:
            raise InvalidRequest(f"{part!r} is no tag.", advice="Write key=value, key=value.")
        key, value = checked(key.strip(), value.strip())
        if key in found:
            raise InvalidRequest(f"The tag {key} appears twice.", advice="Leave one out.")
        found[key] = value
    if len(found) > _MOST_TAGS:
        raise InvalidRequest(f"{len(found)} tags are too many.", advice="At most ten.")
    return found
