"""What the tests need from the machine and no Python package carries: `python -m tests.parts` sees to it.

As root on Debian it installs what is missing; elsewhere it says in one line what to do, and fails. Nothing is skipped.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from tests import node


@dataclass(frozen=True)
class Part:
    name: str
    programs: tuple[str, ...]  # any of them will do
    package: str

    def path(self) -> str | None:
        return next(filter(None, map(shutil.which, self.programs)), None)


CHROMIUM = Part("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium")
COTURN = Part("coturn", ("turnserver",), "coturn")
JANUS = Part("Janus", ("janus",), "janus")
PARTS = (CHROMIUM, COTURN, JANUS)


def path_of(part: Part) -> str:
    """Where the program is. Raises FileNotFoundError, saying how to get it."""
    if path := part.path():
        return path
    raise FileNotFoundError(f"{part.name} is missing: apt-get install -y {part.package}")


def install(missing: list[Part]) -> None:
    packages = [part.package for part in missing]
    print("installing", *packages, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    # a broken source that is not needed must not stop us: only the install has to succeed
    subprocess.run([*apt, "update"], env=quiet, capture_output=True)
    command = [*apt, "install", "-y", "--no-install-recommends", *packages]
    done = subprocess.run(command, env=quiet, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")


def main() -> None:
    missing = [part for part in PARTS if not part.path()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install(missing)
        missing = [part for part in missing if not part.path()]
    if missing:
        names = ", ".join(part.name for part in missing)
        sys.exit(f"{names} missing: sudo apt-get install -y {' '.join(part.package for part in missing)}")
    node.environment()


if __name__ == "__main__":
    main()
