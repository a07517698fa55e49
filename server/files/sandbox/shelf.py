"""A folder in memory: the ECG readers want paths, and this process may write no file."""

import builtins
import io
from pathlib import Path
from typing import Any

ROOT = Path("/shelf")


def put(files: dict[str, bytes]) -> None:
    """Makes `files` (name to content) readable beneath ROOT for the rest of this process's short life."""
    shelf = {str(ROOT / name): content for name, content in files.items()}
    real_open, real_bytes, real_exists, real_is_file = builtins.open, Path.read_bytes, Path.exists, Path.is_file

    def opened(path: Any, *args: Any, **options: Any) -> Any:
        content = shelf.get(str(path))
        return real_open(path, *args, **options) if content is None else io.BytesIO(content)

    def read_bytes(path: Path) -> bytes:
        content = shelf.get(str(path))
        return real_bytes(path) if content is None else content

    def exists(path: Path, **options: Any) -> bool:
        return str(path) in shelf or real_exists(path, **options)

    def is_file(path: Path) -> bool:
        return str(path) in shelf or real_is_file(path)

    for owner, name, stand_in in (
        (builtins, "open", opened),
        (Path, "read_bytes", read_bytes),
        (Path, "exists", exists),
        (Path, "is_file", is_file),
    ):
        setattr(owner, name, stand_in)
