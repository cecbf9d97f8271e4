"""Put clouds behind a port: one for this computer, or a class of them for a whole room."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.classroom.join import Join, is_loopback
from cbr_notebook.simulator.classroom.registry import Registry
from cbr_notebook.simulator.classroom.seats import MOST_SEATS, Classroom
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core.state import StateFileError
from cbr_notebook.simulator.server import CloudServer


class ServedClass:
    """Clouds behind a port, and what people need to enter them."""

    def __init__(self, classroom: Classroom, server: CloudServer, ready: dict[str, Any]) -> None:
        """Put the parts together; see :func:`serve_one` and :func:`serve_seats`."""
        self.classroom = classroom
        self.server = server
        self.ready = ready
        """How to enter, as JSON has it."""


def serve_one(
    cloud: Cloud, host: str = "127.0.0.1", port: int = 0, *, tls: bool = False
) -> ServedClass:
    """Put one cloud behind a port of this computer, with the keys that its estate has.

    Nobody is told a control key: whoever wants to drive the cloud from afar takes
    :func:`serve_seats`, with one seat.

    Args:
        cloud: the cloud.
        host: the address to listen on.
        port: the port; 0 lets the system choose.
        tls: serve HTTPS, with a certificate made now.

    Raises:
        InvalidRequest: others could reach the address, and everybody knows the keys; or there is
            no such address.
        OSError: the address or port cannot be used.
    """
    _validate_address(host, port)
    if not is_loopback(host):
        raise InvalidRequest(
            f"Others can reach {host}, and the keys of an estate are known to everybody who has "
            "this package.",
            advice="Serve it with keys of its own: --seats 1 --tls. For this computer alone, "
            "leave --host out.",
            field="host",
        )
    return _serve(Classroom.of_one(cloud), Registry.create(1), host, port, tls=tls)


def serve_seats(
    template: Cloud,
    seats: int | None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: bool = False,
    folder: str | Path | None = None,
    speed: float = 0.0,
) -> ServedClass:
    """Put a class behind a port: a cloud for each seat, with keys that nobody can guess.

    Args:
        template: what each seat begins as; it is not changed.
        seats: how many; as many as the folder keeps if left out.
        host: the address to listen on.
        port: the port; 0 lets the system choose.
        tls: serve HTTPS, with a certificate made for the class.
        folder: keeps keys, certificate and all clouds, and is continued from; nothing is kept
            if left out.
        speed: simulated seconds in a real second; 0 stands still.

    Raises:
        InvalidRequest: others could reach the address without TLS, nobody knows by which one,
            there is no such address, or the number of seats is another than in the folder.
        StateFileError: something in the folder cannot be used.
        OSError: the address or port cannot be used.
    """
    _validate_address(host, port)
    if not is_loopback(host) and not tls:
        raise InvalidRequest(
            f"Others can reach {host}, and could read the keys on the way.",
            advice="Add --tls: a certificate is made, and stands in the join line.",
            field="tls",
        )
    place = None if folder is None else _folder(Path(folder))
    registry = _registry(place, seats)
    if place is not None:
        registry.save(place)  # before any cloud has its keys
    classroom = Classroom.open(template, registry, place, speed=speed)
    try:
        served = _serve(classroom, registry, host, port, tls=tls)
        if place is not None:
            registry.save(place)  # with the certificate
    except BaseException:
        classroom.close()
        raise
    base_url, sha256 = classroom.seats[0].base_url, classroom.seats[0].certificate
    served.ready = {
        "base_url": base_url,
        "instructor_key": registry.instructor_key,
        "instructor_join": Join(base_url, registry.instructor_key, sha256, "1").line,
        "seats": [seat.about() for seat in classroom.seats],
    } | ({"certificate": registry.certificate} if tls else {})
    return served


def _registry(folder: Path | None, seats: int | None) -> Registry:
    """Return the keys that a folder keeps, or new ones; refuse another number of seats."""
    kept = None if folder is None else Registry.load(folder)
    if kept is None:
        if seats is None or not 1 <= seats <= MOST_SEATS:
            raise InvalidRequest(f"A class has from 1 to {MOST_SEATS} seats.", field="seats")
        return Registry.create(seats)
    if seats is not None and seats != len(kept.seats):
        raise InvalidRequest(
            f"{folder} keeps a class of {len(kept.seats)} seats, not of {seats}.",
            advice="Leave --seats as it was, or choose another folder.",
            field="seats",
        )
    return kept


def _validate_address(host: str, port: int) -> None:
    """Refuse what cannot be an address, before anything is made for it."""
    if not 0 <= port <= 65535:
        raise InvalidRequest(f"There is no port {port}: they end at 65535.", field="port")
    try:
        host.encode("idna")
    except UnicodeError as problem:
        raise InvalidRequest(f"{host} is no name of a computer: {problem}.", field="host") from None


def _serve(
    classroom: Classroom, registry: Registry, host: str, port: int, *, tls: bool
) -> ServedClass:
    names = reachable_names(host)
    certificate = registry.tls(*names) if tls else None
    context = None if certificate is None else certificate.server_context()
    server = CloudServer(classroom, host, port, tls=context)
    shown = f"[{names[0]}]" if ":" in names[0] else names[0]
    base_url = f"{'https' if tls else 'http'}://{shown}:{server.port}"
    classroom.publish(base_url, None if certificate is None else certificate.sha256)
    ready = asdict(replace(classroom.seats[0].cloud.credentials, base_url=base_url))
    if certificate is not None:
        ready["certificate"] = certificate.certificate
    return ServedClass(classroom, server, ready)


def reachable_names(host: str) -> list[str]:
    """Return by which names and addresses clients reach what listens on a host, best first.

    Raises:
        InvalidRequest: it listens on all addresses, and this computer does not know its own.
    """
    with suppress(ValueError):
        if not ipaddress.ip_address(host).is_unspecified:
            return [host]
        return list(dict.fromkeys([_own_address(), socket.gethostname()]))
    return [host]


def _own_address() -> str:
    """Return this computer's address in its network; nothing is sent.

    Raises:
        InvalidRequest: there is no way to the network that would tell.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
        except OSError:
            raise InvalidRequest(
                "By which address others reach this computer is not known: it has no way out of "
                "its network, so the join lines would lead nowhere.",
                advice="Name its address in the room's network: --host 192.168.1.20. For this "
                "computer alone, leave --host out.",
                field="host",
            ) from None
        return address


def _folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise StateFileError(
            f"{path} cannot be the folder of a class: {problem}.",
            advice="With --seats, --state names a folder, which is created.",
        ) from None
    return path
