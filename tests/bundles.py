"""The scripts and styles as pages fetch them: bundled anew before tests once one of them has changed.

`make dev` does it too; a test that is run by itself in a checkout that lies behind would try what was there before.
"""

import subprocess

from tests import node

ROOT = node.ROOT


def freshen():
    if stale(ROOT):
        subprocess.run(["node", "build.mjs"], cwd=ROOT, env=node.environment(), check=True)


def stale(root):
    """Whether a source is newer than what was built of them, or one has gone. Not so where nothing was ever built."""
    built = root / "static/dist/manifest.json"
    if not built.exists():
        return False
    folders = [root / "static/js", root / "static/css"]
    sources = [root / "build.mjs", *folders, *(path for folder in folders for path in folder.rglob("*"))]
    return max(path.stat().st_mtime for path in sources) > built.stat().st_mtime
