"""Browsers try the scripts that are there, not those of the last build."""

import os

from tests.bundles import stale


def laid(root):
    """A front end, as long ago as it was built."""
    names = ("build.mjs", "static/js/ui/a.js", "static/css/a.css", "static/dist/manifest.json")
    files = [root / name for name in names]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in (*files, *(path for path in root.rglob("*") if path.is_dir())):
        os.utime(path, (1, 1))
    return files


def test_what_was_built_last_is_good_until_a_source_changes(tmp_path):
    *sources, built = laid(tmp_path)
    assert not stale(tmp_path)
    for path in sources:
        os.utime(path, (2, 2))
        assert stale(tmp_path), path
        os.utime(path, (1, 1))
    sources[1].unlink()
    assert stale(tmp_path), "one has gone"
    os.utime(built)
    assert not stale(tmp_path)


def test_where_nothing_was_built_nothing_is_built_by_a_test(tmp_path):
    assert not stale(tmp_path)
