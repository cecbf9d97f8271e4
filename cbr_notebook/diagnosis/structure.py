"""Members of another type than documented, or unknown to this package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from cbr_notebook.diagnosis.vocabulary import words

_SCALARS: tuple[tuple[type[Any], tuple[type, ...]], ...] = (
    (inspect.StrType, (str,)),
    (inspect.BoolType, (bool,)),
    (inspect.IntType, (int,)),
    (inspect.FloatType, (int, float)),
)

_KNOWN_UNREAD = words(
    """
    app_consistency app_consistency_error_code app_consistency_error_message
    app_consistency_status availability_zone backup_name_prefix cbc_delete_count created_by
    cross_account cross_account_urn demand_billing encrypted_algorithm extra_info frozen is_dec
    is_double_az is_multi_az os_images_data partner_bp_id scheduled_operation_id snapshot_id
    supplier support_lld sys_lock_source_service task_id updated_at version
    """
)
"""Members that the service is known to have, and that nothing here needs."""


def differences(value: Any, kind: type[Any], where: str) -> Iterator[tuple[str, str]]:
    """Return where an answer differs from what is documented, and how; each place once.

    Args:
        value: an answer, as decoded from JSON.
        kind: the struct that this package reads it as.
        where: the name of the answer, which begins each place.
    """
    found: dict[tuple[str, str], None] = {}
    for place, what in _compare(value, inspect.type_info(kind), where):
        found.setdefault((re.sub(r"\[\d+\]", "", place), what))
    yield from found


def _compare(value: Any, info: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(info, inspect.UnionType):
        yield from _compare_union(value, info, where)
    elif isinstance(info, inspect.StructType):
        yield from _compare_struct(value, info.cls, where)
    elif isinstance(info, inspect.ListType | inspect.VarTupleType):
        if not isinstance(value, list):
            yield where, _instead("a list", value)
            return
        for number, each in enumerate(value):
            yield from _compare(each, info.item_type, f"{where}[{number}]")
    elif isinstance(info, inspect.DictType):
        if not isinstance(value, dict):
            yield where, _instead("an object", value)
    else:
        yield from _compare_scalar(value, info, where)


def _compare_union(value: Any, info: inspect.UnionType, where: str) -> Iterator[tuple[str, str]]:
    if value is None and any(isinstance(each, inspect.NoneType) for each in info.types):
        return
    others = [each for each in info.types if not isinstance(each, inspect.NoneType)]
    outcomes = [list(_compare(value, each, where)) for each in others]
    if outcomes and all(outcomes):
        yield from min(outcomes, key=len)


def _compare_struct(value: Any, kind: Any, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield where, _instead("an object", value)
        return
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    for name, each in value.items():
        if name not in fields:
            if name not in _KNOWN_UNREAD:
                yield f"{where}.{name}", "unknown member"
        elif each is not None or fields[name].required:
            yield from _compare(each, inspect.type_info(fields[name].type), f"{where}.{name}")
    for name, each in fields.items():
        if each.required and name not in value:
            yield f"{where}.{name}", "missing"


def _compare_scalar(value: Any, info: Any, where: str) -> Iterator[tuple[str, str]]:
    for kind, types in _SCALARS:
        if isinstance(info, kind):
            wrong = isinstance(value, bool) and bool not in types
            if wrong or not isinstance(value, types):
                yield where, _instead(types[0].__name__, value)
            return
    if isinstance(info, inspect.LiteralType) and value not in info.values:
        yield where, "a word that is not documented"


def _instead(wanted: str, value: Any) -> str:
    return f"{'null' if value is None else type(value).__name__} instead of {wanted}"
