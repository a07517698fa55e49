"""What carries halls, each kind of it: our own processes, and a real Janus."""

from contextlib import asynccontextmanager

from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.janus.cluster import Cluster
from tests.media.janus_node import CROWD, SECRET, JanusNode, outer_address
from tests.media.people import LOOPBACK, House, on_loopback

KINDS = ("embedded", "janus")


@asynccontextmanager
async def house_on(kind, monkeypatch, speech=None):
    """A `House` with the hall "round" open."""
    address = LOOPBACK if kind == "embedded" else outer_address()
    on_loopback(monkeypatch, address)
    node = JanusNode(address).start() if kind == "janus" else None
    carries = (
        Cluster([node.url], SECRET, CROWD, speech) if node else Spread(Ground([address], processes=1, speech=speech))
    )
    house = House(carries)
    await house.open()
    await house.forwarder.open("round")
    yield house
    await house.close()
    if node:
        node.stop()


def spread_of(house):
    """Our own processes."""
    return house.forwarder.annex.forwarder if isinstance(house.forwarder, Cluster) else house.forwarder


def process_of(house, taker):
    """The recorder's or the listener's; 0 while there is none."""
    spread = spread_of(house)
    return spread._children[taker].process.pid if taker in spread._children else 0
