"""Bad lines: two network namespaces joined by shared/tools/wan.py. Needs root, `ip` and /dev/net/tun."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

TOOL = Path(__file__).parents[3] / "shared/tools/wan.py"
PROFILES = {"N2": "--rate 2000 --delay 50 --jitter 5 --loss 1"}
"""One way, in each direction: rural 4G as it normally is."""
FAR = "10.88.0.2"


@asynccontextmanager
async def line(profile):
    """The names of two namespaces, near and far; the far one has the address FAR."""
    near, far = (f"lz-{side}-{os.getpid()}" for side in ("near", "far"))
    try:
        for name in (near, far):
            await ip("netns", "add", name)
            await ip("-n", name, "link", "set", "lo", "up")
        command = (sys.executable, str(TOOL), near, far, *PROFILES[profile].split(), "--seconds", "3600")
        carrier = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            assert await carrier.stdout.readline() == b"up\n"
            yield near, far
        finally:
            carrier.kill()
            await carrier.wait()
    finally:
        for name in (near, far):
            await ip("netns", "delete", name)


async def ip(*words):
    process = await asyncio.create_subprocess_exec("ip", *words)
    assert await process.wait() == 0, words


def within(namespace, folder, program):
    """A program that runs another inside a namespace: what Playwright can be told to start."""
    script = folder / f"in-{namespace}"
    script.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {program} "$@"\n')
    script.chmod(0o700)
    return script
