"""Ports: free ones when asked for, and who holds one that is taken."""

from __future__ import annotations

import socket

import psutil

from mwaa_local.errors import PortTaken


def free_ports(count: int) -> list[int]:
    """`count` different ports that are free on 127.0.0.1 now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether nothing listens on 127.0.0.1 (or on all addresses) at `port`: of TCP, or with SOCK_DGRAM of UDP."""
    with socket.socket(type=kind) as s:
        if kind == socket.SOCK_DGRAM:
            # there, reuse would share the port with a program that allows it
            return _binds(s, port)
        # as servers do: a port in TIME_WAIT is free
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _binds(s, port)


def _binds(s: socket.socket, port: int) -> bool:
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def require_free(wanted: dict[str, int]) -> None:
    """Raises PortTaken that names each taken port, its setting, and the process that holds it where that can be known."""
    taken = {name: port for name, port in wanted.items() if not is_free(port)}
    if taken:
        lines = "\n".join(f"  - {name}={port} is in use by {holder(port)}" for name, port in taken.items())
        others = " ".join(f"{name}={free}" for name, free in zip(taken, free_ports(len(taken))))
        raise PortTaken(
            f"The stack cannot start, for a port is taken:\n{lines}",
            f"stop what holds it, or choose another: make up {others} (or in .env), "
            "or let free ones be chosen: make up PORTS=auto",
        )


def holder(port: int) -> str:
    """The process that listens on `port`, as "name (pid 123): command"."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS, without root
        return "another program (its name needs more rights than this command has)"
    for c in connections:
        if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port and c.pid:
            try:
                process = psutil.Process(c.pid)
                return f"{process.name()} (pid {c.pid}): {' '.join(process.cmdline())[:120]}"
            except psutil.Error:
                return f"pid {c.pid}"
    return "another program"
