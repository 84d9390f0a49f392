"""Ports: free or taken, and by whom."""

import os
import socket

import pytest

from mwaa_local import ports
from mwaa_local.errors import PortTaken


@pytest.fixture
def listener():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        yield s.getsockname()[1]


def test_free_ports_are_free_and_different():
    chosen = ports.free_ports(5)
    assert len(set(chosen)) == 5 and all(ports.is_free(port) for port in chosen)


def test_a_taken_port_is_named_with_its_setting_and_its_holder(listener):
    with pytest.raises(PortTaken) as taken:
        ports.require_free({"WEB_PORT": listener, "AWS_PORT": ports.free_ports(1)[0]})
    text = str(taken.value)
    assert f"WEB_PORT={listener}" in text and f"pid {os.getpid()}" in text and "AWS_PORT" not in text
    assert "make up WEB_PORT=" in text
