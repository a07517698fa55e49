"""A real twelve-lead ECG and a real radiograph, out of packages that ship them for testing."""

from importlib.util import find_spec
from pathlib import Path

FILES = {
    "ecg": ("pydicom", "data/test_files/waveform_ecg.dcm", "十二导联心电图.dcm"),
    "chest": ("data_store", "data/RG1_UNCR.dcm", "X光片.dcm"),
}


def of(name: str) -> tuple[bytes, str]:
    """The bytes and the file name of "ecg" or "chest". Raises FileNotFoundError when the package is not there."""
    package, path, shown = FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package}: install the extra `demo`")
    return (Path(spec.origin).parent / path).read_bytes(), shown
