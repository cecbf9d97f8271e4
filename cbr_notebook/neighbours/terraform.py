"""Vaults and policies as Terraform: resources with the blocks that import them.

The file describes what there is, so that a first ``terraform plan`` changes nothing. What the
provider cannot say of a vault or policy is not left out of its resource, because the next
``terraform apply`` would then take it away: such a one is named in a comment, with the reason.
Every resource has ``prevent_destroy``.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from cbr_notebook.api.messages.constants import BARE_METAL, DISK, FILE_SYSTEM, SERVER
from cbr_notebook.api.messages.records import Policy, Vault, VaultResource
from cbr_notebook.errors import AnswerWarning, InvalidRequest
from cbr_notebook.exporting import ensure_writable
from cbr_notebook.session.context import Context
from cbr_notebook.text import arguments

Provider = Literal["huaweicloud", "flexibleengine"]
PROVIDERS: Mapping[str, str] = {
    "huaweicloud": "huaweicloud/huaweicloud",
    "flexibleengine": "FlexibleEngineCloud/flexibleengine",
}
"""The source of each provider whose arguments for vaults and policies are known here."""
_HOSTS = {"myhuaweicloud.": "huaweicloud", "orange-business.com": "flexibleengine"}
_RULE = re.compile(r"FREQ=(WEEKLY|DAILY);(BYDAY|INTERVAL)=([A-Z,\d]+);BYHOUR=(\d+);BYMINUTE=(\d+)")
_LONG_TERM = {
    "day_backups": "daily",
    "week_backups": "weekly",
    "month_backups": "monthly",
    "year_backups": "yearly",
}
_DEFINED = {
    *_LONG_TERM, "max_backups", "retention_duration_days", "timezone", "full_backup_interval",
    "destination_region", "destination_project_id", "created_by",
}  # fmt: skip
"""What a policy's definition can hold and its resource can say; who made it needs no saying."""


class _Unwritable(Exception):
    """What is there cannot be said with the provider's arguments."""


class Block(dict[str, Any]):
    """A block inside a resource: arguments by name; a list of blocks is several of one name."""


class Reference(str):
    """An expression, written as it is."""


def terraform(
    session: Context,
    path: str | Path,
    *,
    provider: Provider | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the vaults and policies as a Terraform file, ready to be imported; nothing is changed.

    Each is a resource with ``prevent_destroy`` and an ``import`` block, so that ``terraform
    plan`` shows whether the file says what there is. Read that plan before you apply anything. A
    vault or policy of which the provider cannot say everything is not written: a comment names
    it with the reason, and a warning counts them. Backups and their sharing are no resources.

    Args:
        path: a new file, ending with ``.tf``.
        provider: ``huaweicloud`` or ``flexibleengine``; by the service's address if left out.
        overwrite: replace a file that is there already.

    Returns:
        The file.

    Raises:
        InvalidRequest: the provider is not known here or cannot be told from the address, the
            file is there already, or its folder is not.

    API: Vault, "Querying the Vault List"; Policy, "Querying the Policy List".

    Example:
        >>> import warnings
        >>> warnings.simplefilter("ignore")  # it says how many it could not write
        >>> session.terraform("cbr.tf").name
        'cbr.tf'
    """
    target = arguments.path(path, "path")
    chosen = _provider(session, provider)
    if target.suffix != ".tf":
        raise InvalidRequest("A Terraform file ends with .tf.", field="path")
    ensure_writable(target, overwrite=overwrite)
    policies = sorted(session.client.policies.list().policies, key=_order)
    vaults = sorted(session.client.vaults.list_all(), key=_order)
    text, left_out = _document(chosen, session.identity.region, policies, vaults)
    target.write_text(text, encoding="utf-8", newline="\n")
    if left_out:
        warnings.warn(
            f"{left_out} of {len(policies) + len(vaults)} vaults and policies are not written to "
            f"{target.name}: each stands there in a comment, with the reason.",
            AnswerWarning,
            stacklevel=2,
        )
    return target


def _order(record: Policy | Vault) -> tuple[str, str]:
    return record.name or "", record.id


def _provider(session: Context, named: str | None) -> str:
    """Return the provider that was named, or that belongs to the service's address."""
    if named is None and not session.simulated:
        found = [name for host, name in _HOSTS.items() if host in session.identity.endpoint]
        named = found[0] if len(found) == 1 else None
    elif named is None:
        named = "huaweicloud"
    if named is None or named not in tuple(PROVIDERS):
        what = f"The provider {named!r} is not known here" if named else (
            f"No provider is known for {session.identity.endpoint}"
        )  # fmt: skip
        raise InvalidRequest(
            f"{what}.", advice=f"Say provider= one of: {', '.join(PROVIDERS)}.", field="provider"
        )
    return named


def _document(
    provider: str, region: str, policies: Sequence[Policy], vaults: Sequence[Vault]
) -> tuple[str, int]:
    """Return the file's text, and how many things are named in comments only."""
    parts = [
        "terraform {\n  required_providers {\n"
        f'    {provider} = {{\n      source = "{PROVIDERS[provider]}"\n    }}\n  }}\n'
        '  required_version = ">= 1.5"\n}\n',
        _written("provider", [provider], Block(region=region)) if region else "",
    ]
    names: set[str] = set()
    written: dict[str, str] = {}
    """The address of each policy that is written, by ID."""
    left_out = 0
    makers: list[tuple[str, Any, Callable[[], Block]]] = [
        *(("cbr_policy", each, lambda each=each: _policy(provider, each)) for each in policies),
        *(
            ("cbr_vault", each, lambda each=each: _vault(provider, each, policies, written))
            for each in vaults
        ),
    ]  # fmt: skip
    for kind, record, make in makers:
        try:
            body = make()
        except _Unwritable as reason:
            left_out += 1
            parts.append(_comment(kind, record, str(reason)))
            continue
        name = _name(record.name or record.id, names)
        address = f"{provider}_{kind}.{name}"
        written[record.id] = address
        body["lifecycle"] = [Block(prevent_destroy=True, **body.pop("lifecycle", {}))]
        parts.append(_written("import", [], Block(to=Reference(address), id=record.id)))
        parts.append(_written("resource", [f"{provider}_{kind}", name], body))
    return "\n".join(part for part in parts if part), left_out


def _comment(kind: str, record: Policy | Vault, reason: str) -> str:
    what = "Policy" if kind == "cbr_policy" else "Vault"
    name = json.dumps(record.name or "", ensure_ascii=True)
    return f"# {what} {name} (ID {record.id}) is not written: {reason}\n"


def _name(text: str, taken: set[str]) -> str:
    """Return a name for an address, which no other has."""
    plain = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_") or "unnamed"
    plain = plain if plain[0].isalpha() or plain[0] == "_" else f"_{plain}"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    taken.add(name)
    return name


# -- policies --------------------------------------------------------------------------------------


def _policy(provider: str, policy: Policy) -> Block:
    kept = policy.operation_definition
    if kept is None or policy.operation_type not in ("backup", "replication"):
        raise _Unwritable("the service does not say what it does")
    if strange := sorted({name for name, value in kept.raw.items() if value} - _DEFINED):
        raise _Unwritable(f"the provider has no argument for {', '.join(strange)}")
    block = Block(
        name=policy.name,
        type=policy.operation_type,
        enabled=policy.enabled is not False,
        backup_cycle=[_cycle(policy)],
    )
    most, days = kept.max_backups, kept.retention_duration_days
    if (most or -1) > 0 and (days or -1) > 0:
        raise _Unwritable("it keeps backups by number and by days; the provider takes one of them")
    for name, value in (("backup_quantity", most), ("time_period", days)):
        if value is not None and value != -1:
            block[name] = value
    if policy.operation_type == "replication":
        block["destination_region"] = kept.destination_region
        block["destination_project_id"] = kept.destination_project_id
    long_term = Block({
        argument: number
        for member, argument in _LONG_TERM.items()
        if (number := getattr(kept, member)) and number > 0
    })  # fmt: skip
    if kept.full_backup_interval is not None:
        long_term["full_backup_interval"] = kept.full_backup_interval
    if long_term:
        if provider != "huaweicloud":
            raise _Unwritable(f"{provider} has no argument for daily to yearly backups")
        block["long_term_retention"] = [long_term]
        if kept.timezone:
            block["time_zone"] = kept.timezone
    return block


def _cycle(policy: Policy) -> Block:
    """Return when it runs: on some weekdays or every so many days, at full hours."""
    properties = policy.trigger.properties if policy.trigger else None
    rules = (properties.pattern if properties else None) or ()
    found = [_RULE.fullmatch(rule) for rule in rules]
    if not found or not all(found):
        raise _Unwritable(f"the provider cannot say when it runs: {' | '.join(rules) or 'no rule'}")
    every = {each.group(1, 2, 3) for each in found if each}
    if len(every) != 1:
        raise _Unwritable(f"its rules are for different days: {' | '.join(rules)}")
    times = sorted(f"{int(each[4]):02d}:{int(each[5]):02d}" for each in found if each)
    if any(not time.endswith(":00") for time in times):
        raise _Unwritable(f"the provider takes full hours only, and it runs at {', '.join(times)}")
    (_, kind, days), *_ = every
    chosen = {"days": days} if kind == "BYDAY" else {"interval": int(days)}
    return Block(**chosen, execution_times=times)


# -- vaults ----------------------------------------------------------------------------------------


def _vault(
    provider: str, vault: Vault, policies: Sequence[Policy], written: Mapping[str, str]
) -> Block:
    billing = vault.billing
    if billing.protect_type not in ("backup", "replication"):
        raise _Unwritable(f"the provider has no vaults for {billing.protect_type}")
    block = Block(
        name=vault.name,
        type=billing.object_type,
        protection_type=billing.protect_type,
        size=billing.size,
    )
    if billing.protect_type == "backup":
        block["consistent_level"] = billing.consistent_level
        block["auto_expand"] = bool(vault.auto_expand)
    if vault.enterprise_project_id not in (None, "", "0"):
        block["enterprise_project_id"] = vault.enterprise_project_id
    for name, value in (
        ("backup_name_prefix", vault.backup_name_prefix),
        ("is_multi_az", billing.is_multi_az),
        ("locked", vault.locked),
        ("auto_bind", vault.auto_bind),
    ):
        if value:
            block[name] = value
    if vault.bind_rules and vault.bind_rules.tags:
        block["bind_rules"] = {each.key: each.value for each in vault.bind_rules.tags}
    if billing.charging_mode == "pre_paid":
        block["charging_mode"] = "prePaid"
        # The service does not tell the period that was ordered.
        missing = ["period_unit", "period", "auto_renew"]
        block["lifecycle"] = {"ignore_changes": [Reference(each) for each in missing]}
    block["policy"] = list(_applied(vault, policies, written))
    block["resources"] = list(_members(vault.resources or ()))
    if vault.tags:
        block["tags"] = {each.key: each.value for each in vault.tags}
    return _only_known(provider, block)


def _only_known(provider: str, block: Block) -> Block:
    """Return a vault in the words of its provider.

    Raises:
        _Unwritable: it has no words for something.
    """
    if provider == "huaweicloud":
        return block
    unknown = {"backup_name_prefix", "is_multi_az", "locked", "auto_bind", "bind_rules",
               "charging_mode", "enterprise_project_id"}  # fmt: skip
    applied = block.pop("policy")
    strange = sorted(unknown & set(block))
    strange += ["excluded disks"] * any("excludes" in each for each in block["resources"])
    strange += ["two policies"] * (len(applied) > 1)
    if strange:
        raise _Unwritable(f"{provider} has no argument for {', '.join(strange)}")
    if applied:
        block["policy_id"] = applied[0]["id"]
    return block


def _applied(
    vault: Vault, policies: Sequence[Policy], written: Mapping[str, str]
) -> Iterator[Block]:
    for policy in policies:
        for each in policy.associated_vaults or ():
            if each.vault_id != vault.id:
                continue
            address = written.get(policy.id)
            block = Block(id=Reference(f"{address}.id") if address else policy.id)
            if each.destination_vault_id:
                block["destination_vault_id"] = each.destination_vault_id
            yield block


def _members(resources: Sequence[VaultResource]) -> Iterator[Block]:
    """Return what is in a vault: a block for each server, one for all disks or file systems."""
    others = []
    for each in sorted(resources, key=lambda each: each.id):
        if each.type in (SERVER, BARE_METAL):
            block = Block(server_id=each.id)
            choice = each.extra_info if isinstance(each.extra_info, Mapping) else {}
            if choice.get("include_volumes"):
                raise _Unwritable(f"of {each.name or each.id} only named disks are backed up")
            excluded = [
                str(disk["id"] if isinstance(disk, Mapping) else disk)
                for disk in choice.get("exclude_volumes") or ()
            ]
            if excluded:
                block["excludes"] = excluded
            yield block
        elif each.type in (DISK, FILE_SYSTEM):
            others.append(each.id)
        else:
            raise _Unwritable(f"the provider has no resources of type {each.type}")
    if others:
        yield Block(includes=others)


# -- the language ----------------------------------------------------------------------------------


def _written(kind: str, labels: Sequence[str], body: Mapping[str, Any], indent: str = "") -> str:
    """Return a block as text; empty arguments are left out."""
    head = " ".join([kind, *map(_quoted, labels)])
    lines = [f"{indent}{head} {{"]
    inner = indent + "  "
    for name, value in body.items():
        if value is None or value == [] or value == {}:
            continue
        if isinstance(value, list) and isinstance(value[0], Block):
            lines += [_written(name, [], each, inner).rstrip("\n") for each in value]
        else:
            lines.append(f"{inner}{name} = {_value(value, inner)}")
    return "\n".join([*lines, f"{indent}}}\n"])


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(each, indent) for each in value)}]"
    if isinstance(value, Mapping):
        lines = [
            f"{indent}  {_quoted(key)} = {_value(each or '', indent)}"
            for key, each in sorted(value.items())
        ]
        return "\n".join(["{", *lines, f"{indent}}}"])
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """Return a text as a literal: nothing in it ends it or is computed."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
