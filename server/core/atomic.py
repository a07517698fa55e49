"""A file that is there whole or not at all, whoever else writes it at that moment."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """On disk before it has its name, readable by nobody else. Of several who write at once the last one's stays.

    Raises OSError; what was there before is then untouched.
    """
    descriptor, beside = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
