"""A real twelve-lead ECG and a real radiograph, out of packages that ship them for testing, in the name of whose case it is."""

from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from pydicom import dcmread

from server.files.subjects import About

FILES = {
    "ecg": ("pydicom", "data/test_files/waveform_ecg.dcm", "十二导联心电图.dcm"),
    "chest": ("data_store", "data/RG1_UNCR.dcm", "X光片.dcm"),
}


def of(name: str, about: About, at: datetime) -> tuple[bytes, str]:
    """The bytes and the file name of "ecg" or "chest", taken of that patient at that time.

    Raises FileNotFoundError when the package is not there.
    """
    package, path, shown = FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package}: install the extra `demo`")
    return _renamed(Path(spec.origin).parent / path, about, at), shown


def _renamed(path: Path, about: About, at: datetime) -> bytes:
    """The sample says somebody else's name; ours must be the case's, or the file is rightly flagged as a mix-up."""
    sample = dcmread(path)
    sample.SpecificCharacterSet = "ISO_IR 192"
    sample.PatientName = about.names[0] if about.names else ""
    sample.PatientID = (about.patient_id or "")[:12]
    sample.PatientSex = about.sex or "O"
    sample.PatientBirthDate = f"{about.birth_date:%Y%m%d}" if about.birth_date else ""
    for day in ("StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate"):
        if day in sample:
            setattr(sample, day, f"{at:%Y%m%d}")
    if "AcquisitionDateTime" in sample:
        sample.AcquisitionDateTime = f"{at:%Y%m%d%H%M%S}"
    written = BytesIO()
    sample.save_as(written)
    return written.getvalue()
