"""No packet leaves the machine: the whole stack and the demo in a network of their own, whose only way out is counted."""

import os
import shutil
import subprocess

import pytest

from mwaa_local.settings import ROOT

# Everything that is not loopback would leave through `out`, name lookups included.
IN_ITS_OWN_NETWORK = r"""
set -Eeuo pipefail
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
packets() { ip -j -s link show out | python3 -c "import json, sys; print(json.load(sys.stdin)[0]['stats64']['tx']['packets'])"; }
ip link set lo up
ip link add out type veth peer name far
ip address add 192.0.2.1/24 dev out
ip link set far up
ip link set out up
ip route add default via 192.0.2.2
ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:01 dev out
python3 stack/bin/mwaa-local up
python3 stack/bin/mwaa-local demo
python3 stack/bin/mwaa-local down
echo "left: $(packets)"
python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.1", 9))'
echo "counted: $(packets)"
"""


def can_have_its_own_network() -> bool:
    if not shutil.which("ip") or not shutil.which("unshare"):
        return False
    command = ["unshare", "--net", "ip", "link", "add", "out", "type", "veth", "peer", "name", "far"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(
    not can_have_its_own_network(), reason="needs root, unshare and iproute2: the network of the test is its own"
)
def test_no_packet_leaves_while_the_demo_runs(new_stack):
    one = new_stack()
    environment = one.environment | {"HOME": os.environ["HOME"]}
    done = subprocess.run(
        ["unshare", "--net", "bash", "-c", IN_ITS_OWN_NETWORK],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left: 0\n" in done.stdout
    assert "counted: 1\n" in done.stdout, "the counter itself does not count"
