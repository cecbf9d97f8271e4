"""IAM's catalogue: the service's address in a region, as the operator publishes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cbr_notebook.auth import endpoints
from cbr_notebook.errors import AuthenticationError, CBRError, InvalidRequest

SERVICE_TYPE = "cbr"


@dataclass(frozen=True, slots=True)
class CatalogEndpoint:
    """One address of the service, as it is in the catalogue."""

    region: str
    interface: str
    url: str


def endpoints_in(catalog: Any) -> tuple[CatalogEndpoint, ...]:
    """Return the service's addresses in a catalogue; what is not understood is left out."""
    found = []
    for service in catalog if isinstance(catalog, list) else ():
        if not isinstance(service, dict) or service.get("type") != SERVICE_TYPE:
            continue
        rows = service.get("endpoints")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("url"), str):
                region = row.get("region_id") or row.get("region") or ""
                interface = row.get("interface") or "public"
                found.append(CatalogEndpoint(str(region), str(interface), row["url"]))
    return tuple(found)


def service_address(
    found: Sequence[CatalogEndpoint], *, region: str | None, interface: str, iam: str
) -> tuple[str, str] | None:
    """Return the service's address and its region; ``None`` where the catalogue has no service.

    Args:
        found: the addresses in the catalogue.
        region: the region that is wanted; may be left out if there is only one.
        interface: which kind of address is wanted.
        iam: IAM's address, for the errors.

    Raises:
        AuthenticationError: there are several regions and none is wanted, or the one that is
            wanted is not among them.
        InvalidRequest: the address cannot be used.
    """
    fitting = [each for each in found if each.interface == interface]
    if not fitting:
        return None
    # An address without a region is the same for all of them.
    regions = sorted({each.region for each in fitting if each.region not in ("", "*")})
    if region is None and len(regions) > 1:
        raise AuthenticationError(
            "No region is named, and this account has several.",
            advice=f"Name one by region=: {', '.join(regions)}.",
            field="region",
        )
    wanted = region or (regions[0] if regions else "")
    rows = [each for each in fitting if each.region in (wanted, "", "*")]
    if not rows:
        raise AuthenticationError(
            f"The catalogue of IAM at {iam} has no backup service in region {wanted!r}.",
            advice=f"It has one in: {', '.join(regions)}. Name the service's address by endpoint= "
            "if you know it.",
            field="region",
        )
    try:
        checked = endpoints.checked_service(rows[0].url)
    except InvalidRequest as problem:
        raise _unusable(problem, iam) from None
    if endpoints.is_loopback(checked) and not endpoints.is_loopback(iam):
        raise _unusable(InvalidRequest(f"{checked} is on this computer."), iam)
    return checked, wanted


def _unusable(problem: CBRError, iam: str) -> InvalidRequest:
    return InvalidRequest(
        f"The catalogue of IAM at {iam} names an address that cannot be used. {problem.message}",
        advice="Name the service's address by endpoint=.",
        field="endpoint",
    )
