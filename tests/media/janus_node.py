"""Janus as a site runs it: started with the very files of deploy/janus, on ports of its own."""

import asyncio
import contextlib
import subprocess
import tempfile
from pathlib import Path

from signaling.media.forwarder.spread import own_addresses
from tests.parts import JANUS, path_of
from tests.stores import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "janus"
SECRET = "known to the platform only"


def outer_address():
    """Janus offers no loopback."""
    addresses = own_addresses()
    if not addresses:
        raise LookupError("no address but loopback: ip link add media type dummy; ip addr add 10.77.0.1/24 dev media")
    return addresses[0]


class JanusNode:
    """`secret` is set in its configuration, or none."""

    def __init__(self, address, secret=SECRET):
        self.address, self.secret, self.port = address, secret, free_port()
        self._folder, self._process = tempfile.TemporaryDirectory(prefix="janus-"), None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        for shipped in SHIPPED.glob("*.jcfg"):
            (Path(self._folder.name) / shipped.name).write_text(self._of_this_site(shipped.read_text()))
        self._process = subprocess.Popen([path_of(JANUS), "-F", self._folder.name, "-N"], stdout=subprocess.DEVNULL)
        return self

    def _of_this_site(self, words):
        set_here = {
            '#api_secret = ""': f'api_secret = "{self.secret}"' if self.secret else "",
            '#ice_enforce_list = "10.0.0.20"': f'ice_enforce_list = "{self.address}"',
            "ws_port = 8188": f"ws_port = {self.port}",
        }
        for shipped, here in set_here.items():
            words = words.replace(shipped, here)
        return words

    async def answers(self):
        """Waits until it can be spoken to."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("Janus did not start")

    def kill(self):
        """As kill -9 does it."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()
