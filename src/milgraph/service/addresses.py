"""Addresses: the socket that a server listens on, and what to type to reach it."""

import errno
import socket
from ipaddress import ip_address

from milgraph.errors import AddressError

__all__ = ["address_of", "bind", "is_loopback", "listen"]

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that owns the address; nobody is answered before it listens.

    Raises:
        AddressError: the port is in use or not allowed, or the host is not here.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressError(f"there is no host {host}") from error
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        found.close()
        raise _refused(host, port, error) from error
    return found


def _refused(host: str, port: int, error: OSError) -> AddressError:
    if error.errno == errno.EADDRINUSE:
        return AddressError(
            f"port {port} is in use",
            hint="Stop the other program, or choose another port: --port 0 takes a free one.",
        )
    if error.errno == errno.EACCES:
        return AddressError(
            f"port {port} may not be used by this user",
            hint="Ports below 1024 belong to the system; choose a higher one.",
        )
    return AddressError(f"{host}:{port} cannot be listened on: {error.strerror}")


def address_of(listening: socket.socket) -> str:
    """Return the address of the socket as one would type it into a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(bound: socket.socket) -> None:
    """Let the socket take connections.

    Raises:
        AddressError: another program took the port meanwhile.
    """
    try:
        bound.listen(_BACKLOG)
    except OSError as error:
        host, port = bound.getsockname()[:2]
        raise _refused(host, port, error) from error


def is_loopback(bound: socket.socket) -> bool:
    """Return whether only this machine can reach the address."""
    return ip_address(bound.getsockname()[0]).is_loopback
