"""What several tests of media begin with."""

import pytest

from signaling.media.forwarder.gate import Gate
from tests.media.janus_node import JanusNode, outer_address
from tests.media.people import LOOPBACK, on_loopback


@pytest.fixture
async def gate():
    gate = Gate([LOOPBACK])
    gate.open()
    yield gate
    gate.close()


@pytest.fixture
def nodes(monkeypatch):
    """Two real Janus nodes, which tell of themselves."""
    address = outer_address()
    on_loopback(monkeypatch, address)
    nodes = [JanusNode(address, watched=True).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        node.stop()
